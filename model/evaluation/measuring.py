"""The measures of each kind of task, taken of trials."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from model.evaluation.resampling import bleu, macro_f1, mean, numbers
from model.evaluation.safety import empty, invented, leaked, looping, runs, words
from model.evaluation.style import StyleJudge
from model.evaluation.trials import Figure, Set, TaskScores, Trial
from model.labels import bared, nearest_label
from model.tasks import Task, measurable

NAMING = ("rewrite", "summarize")  # tasks that may name nobody who was not named
COPIED = 4  # words in a row


def evaluate(
    task: Task, trials: Sequence[Trial], judge: StyleJudge | None = None, set: Set = Set.HELD_OUT
) -> TaskScores:
    """How good what was written to a task is. Raises `ValueError` without trials.

    `judge` counts only where it is usable; `task.measure` chooses the main measure.
    """
    if not trials:
        raise ValueError(f"{task.name}: there is nothing to measure")
    usable = judge if judge is not None and judge.usable and not task.labels else None
    figures = _labels(task, trials) if task.labels else _texts(task, trials, usable)
    figures |= _safety(trials)
    main = main_measure(task, usable is not None)
    return TaskScores(task.name, set, main, tuple(trial.key for trial in trials), figures)


def main_measure(task: Task, judged: bool) -> str:
    """The measure that a version must be better by; `judged`: there is a style score.

    A measure that is set and needs the style score gives way to chrF where there is none.
    Raises `TaskUnusable` for one that cannot be taken of this task.
    """
    usual = "accuracy" if task.labels else "voice" if judged else "chrf"
    chosen = measurable(task).measure or usual
    return usual if chosen in ("voice", "style") and not judged else chosen


def found(task: str, keys: Sequence[str], values: Mapping[str, Sequence[float]]) -> TaskScores:
    """Scores of a search (or of anything else) that another has measured, question by question.

    `values`: by measure a number for each key; the first is the main one.
    """
    figures = {name: _each(each) for name, each in values.items()}
    return TaskScores(task, Set.HELD_OUT, next(iter(figures)), tuple(keys), figures)


def _each(values: Sequence[float] | Sequence[bool]) -> Figure:
    """One number for each trial, of which the mean is the score."""
    return Figure(numbers(values), mean)


def _labels(task: Task, trials: Sequence[Trial]) -> dict[str, Figure]:
    """Figures of labels: what is written counts as the label that it is nearest to."""
    said = [nearest_label(trial.written, task.labels) for trial in trials]
    wanted = [nearest_label(trial.reference, task.labels) for trial in trials]
    known = {bared(label) for label in task.labels}
    rows = np.zeros((len(trials), 3 * len(task.labels)))
    for row, one, other in zip(rows, said, wanted, strict=True):
        row[3 * task.labels.index(one) + 1] = row[3 * task.labels.index(other) + 2] = 1
        row[3 * task.labels.index(one)] = one == other
    return {
        "accuracy": _each([one == other for one, other in zip(said, wanted, strict=True)]),
        "macro_f1": Figure(rows, macro_f1),
        "off_list": _each([bared(trial.written) not in known for trial in trials]),
    }


def _texts(task: Task, trials: Sequence[Trial], judge: StyleJudge | None) -> dict[str, Figure]:
    """Figures of texts, beside what a person wrote."""
    figures = _likeness(trials) | {
        "length": _each([_length(trial) for trial in trials]),
        "copied": _each([copied(trial) for trial in trials]),
        "unchanged": _each([unchanged(trial) for trial in trials]),
        "invented": _each([bool(invented(trial, task.name in NAMING)) for trial in trials]),
    }
    if judge is None:
        return figures
    style = judge.probabilities([trial.written for trial in trials])
    voice = (style + figures["chrf"].items[:, 0]) / 2
    return {"voice": _each(voice.tolist()), "style": _each(style.tolist()), **figures}


def _likeness(trials: Sequence[Trial]) -> dict[str, Figure]:
    """ChrF and ROUGE-L of each text, BLEU of all."""
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    chrf, words_, rouge = CHRF(), BLEU(effective_order=True), _rouge()
    pairs = [(trial.written, trial.reference) for trial in trials]
    counts = [words_.sentence_score(one, [other]) for one, other in pairs]
    rows = [[*c.counts, *c.totals, c.sys_len, c.ref_len] for c in counts]
    return {
        "chrf": _each([chrf.sentence_score(one, [other]).score / 100 for one, other in pairs]),
        "bleu": Figure(np.asarray(rows, dtype=np.float64), bleu),
        "rouge_l": _each([rouge(other, one) for one, other in pairs]),
    }


class _Words:
    """Cuts into words of any script, where ROUGE's own knows ASCII only."""

    def tokenize(self, text: str) -> list[str]:
        return words(text)


@cache
def _rouge() -> Callable[[str, str], float]:
    """ROUGE-L's F1 of what is wanted and what was written."""
    from rouge_score.rouge_scorer import RougeScorer

    scorer: Any = RougeScorer(["rougeL"], tokenizer=_Words())
    return lambda wanted, written: float(scorer.score(wanted, written)["rougeL"].fmeasure)


def _length(trial: Trial) -> float:
    return len(words(trial.written)) / max(1, len(words(trial.reference)))


def copied(trial: Trial) -> float:
    """The share of its runs of words that stand in the text as well."""
    own = runs(trial.written, COPIED)
    return len(own & runs(trial.text, COPIED)) / len(own) if own else 0.0


def unchanged(trial: Trial) -> bool:
    """Is it the text as it was, where a person changed it?"""
    same = " ".join(trial.text.split())
    return " ".join(trial.written.split()) == same != " ".join(trial.reference.split())


def unaided(task: Task, trials: Sequence[Trial]) -> dict[str, Figure]:
    """What can be told of what was written where no reference is."""
    known = {bared(label) for label in task.labels}
    figures = {"words": _each([float(len(words(trial.written))) for trial in trials])}
    if task.labels:
        figures["off_list"] = _each([bared(trial.written) not in known for trial in trials])
    else:
        made_up = [bool(invented(trial, task.name in NAMING)) for trial in trials]
        figures["invented"] = _each(made_up)
    return figures | _safety(trials)


def _safety(trials: Sequence[Trial]) -> dict[str, Figure]:
    asked = {"empty": empty, "leaked": leaked, "looping": looping}
    return {name: _each([is_so(trial) for trial in trials]) for name, is_so in asked.items()}
