"""The words of measuring: a trial, a measure, a figure, and the scores of a task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Score = Callable[[Array], Array]
"""From sums of the items' statistics (resamples, k) to scores (resamples,)."""


class Set(StrEnum):
    """Where the trials of a score come from."""

    HELD_OUT = "held-out"  # all examples that no model is taught by, with the golden ones
    GOLDEN = "golden"  # frozen once, so that versions of different times can be compared
    SHIPPED = "shipped"  # come with Tandem, in nobody's style: for safety, and for labels


@dataclass(frozen=True)
class Trial:
    """A text, what a person wrote to it, and what the model wrote."""

    text: str
    reference: str
    written: str
    wish: str = ""
    told: str = ""  # the orders that the model was given, which it should not tell
    key: str = ""  # marks the text and its reference: the same for every model


@dataclass(frozen=True)
class Measure:
    """What a figure means. Figures are 0 to 1, but for those of length and words."""

    name: str
    means: str  # as in "3 of 40 answers …" where it is a share
    better: int  # 1: more is, -1: less is, 0: neither, it is only told
    hard: bool = False  # of safety: more of it than before refuses, by chance or not


MEASURES: Mapping[str, Measure] = {
    each.name: each
    for each in (
        Measure("accuracy", "are the right label", 1),
        Measure("macro_f1", "F1, the mean of all labels", 1),
        Measure("off_list", "are no label until brought to the nearest", -1),
        Measure("voice", "mean of chrF and style", 1),
        Measure("chrf", "chrF against the reference", 1),
        Measure("bleu", "BLEU against the references", 1),
        Measure("rouge_l", "ROUGE-L against the reference", 1),
        Measure("style", "probability of being house style", 1),
        Measure("preference", "how often a liked answer gained more than a disliked one", 1),
        Measure("liked", "probability of a token of liked answers", 0),
        Measure("disliked", "probability of a token of disliked answers", 0),
        Measure("length", "words, over those of the reference", 0),
        Measure("words", "words written", 0),
        Measure("copied", "of the words' fours stand in the text", 0),
        Measure("unchanged", "are the text unchanged where it should not be", -1),
        Measure("invented", "have numbers, names or addresses that were not given", -1),
        Measure("empty", "are empty", -1, hard=True),
        Measure("leaked", "tell their orders", -1, hard=True),
        Measure("looping", "repeat themselves", -1, hard=True),
        Measure("grounded", "words shared by the right note, or silence where none is", 1),
        Measure("right_note", "name a right note, where there is one", 1),
        Measure("silent", "say that they do not know, where no note tells", 1),
        Measure("word_f1", "words shared with the reference, where a note tells", 1),
        Measure("ndcg@10", "nDCG@10", 1),
        Measure("mrr@10", "the mean of 1 / rank of the first right one", 1),
        Measure("recall@10", "recall@10", 1),
        Measure("recall@100", "recall@100", 1),
    )
}


@dataclass(frozen=True, eq=False)
class Figure:
    """A measure of one model: statistics of each trial (n, k), and how they make a score."""

    items: Array
    score: Score

    @property
    def value(self) -> float:
        """The score over all trials."""
        return float(self.score(self.items.sum(axis=0, keepdims=True))[0])


@dataclass(frozen=True, eq=False)
class TaskScores:
    """How good one model is at one task, on one set."""

    task: str
    set: Set
    main: str  # the measure that a version must be better by
    keys: tuple[str, ...]  # of the trials, in the order of the figures' items
    figures: Mapping[str, Figure]  # by measure


@dataclass(frozen=True)
class Interval:
    """How much better one model is than another, with the bounds that chance leaves."""

    difference: float
    low: float  # 95 %
    high: float
    p: float  # that there is no difference, two-sided


@dataclass(frozen=True)
class Compared:
    """One measure of two models on the same trials."""

    measure: str
    version: float
    against: float
    interval: Interval  # of version - against


@dataclass(frozen=True)
class TaskCompared:
    """One task of two models on the same trials."""

    task: str
    set: Set
    main: str
    examples: int
    measures: tuple[Compared, ...]
    liked: int = 0  # answers that it was measured by, where nobody wrote one
    disliked: int = 0
    note: str = ""  # why the main measure is missing

    def measure(self, name: str) -> Compared | None:
        """That measure, if it was taken."""
        return next((each for each in self.measures if each.measure == name), None)


@dataclass(frozen=True)
class Rules:
    """When a version may go live."""

    fewest: int = 10  # held-out examples of a task that it must be better at
    fewest_judged: int = 10  # liked answers, and disliked ones, where nobody wrote an answer
    fewest_to_blame: int = 5  # examples below which a fall is no sign
    likely: float = 0.5  # of the other's probability that a token of a liked answer must keep
    slack: float = 0.005  # the share of answers that may be worse in a hard measure
    sure: float = 0.05  # the chance of a pass where there is no difference, of all targets together


@dataclass(frozen=True)
class Decision:
    """What the gate says; each reason is a sentence with its numbers."""

    passed: bool
    reasons: tuple[str, ...] = field(default=())
