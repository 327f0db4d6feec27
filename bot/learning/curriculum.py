"""What a training learns from: the accepted examples, or a refusal with the numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.errors import TooFewExamples
from bot.learning.book_words import Wanted
from model.errors import UnknownTask
from model.examples import Example, Origin, Review, What
from model.tasks import Task
from model.training.lessons import tells
from model.training.recipe import Recipe

LONGEST = 100_000  # characters of an example; a longer one never reaches the model


class Kept(Protocol):
    """What knows the examples."""

    def examples(self, wanted: Wanted | None = None) -> list[Example]:
        """Those that are wanted."""


@dataclass(frozen=True)
class Curriculum:
    """The examples of a training; what is held out to measure with is not among them."""

    tasks: tuple[str, ...]
    train: tuple[Example, ...]  # those of the validation part too, which the child sets aside
    others: tuple[Example, ...]  # of tasks that are not taught: mixed in
    notes: tuple[str, ...]  # what was left out

    @property
    def ids(self) -> tuple[int, ...]:
        """Of all that is learned from or looked at to stop early, ascending: the dataset."""
        return tuple(sorted(each.id for each in (*self.train, *self.others)))


def curriculum(
    book: Kept,
    what: What,
    asked: Sequence[str],
    tasks: Mapping[str, Task],
    how: Recipe,
    fewest: int,
) -> Curriculum:
    """The examples for these tasks; for none: for each task that has enough.

    Raises `TooFewExamples`, with the number of each task, and `UnknownTask`.
    """
    if unknown := [name for name in asked if what is What.STYLE and name not in tasks]:
        raise UnknownTask(unknown[0], tuple(tasks))
    accepted = book.examples(Wanted(what=what, review=Review.ACCEPTED))
    sound, notes = _sound(accepted)
    useful = [each for each in sound if teaches(each, how) and _known(each, what, tasks)]
    train = [each for each in useful if not each.held_out]
    named = _enough(Counter(each.task for each in train), asked, fewest, what)
    return Curriculum(
        named,
        tuple(each for each in train if each.task in named),
        tuple(each for each in train if each.task not in named and each.chosen),
        notes,
    )


def _known(example: Example, what: What, tasks: Mapping[str, Task]) -> bool:
    """Is its task one that is still set?"""
    return what is not What.STYLE or example.task in tasks


def _enough(counts: Counter[str], asked: Sequence[str], fewest: int, what: What) -> tuple[str, ...]:
    """The tasks to be taught. Raises `TooFewExamples`."""
    if what is What.ANSWERS and not counts:
        counts = Counter({str(what): 0})
    lacking = {name: counts[name] for name in asked if counts[name] < fewest}
    found = tuple(sorted(asked or (name for name in counts if counts[name] >= fewest)))
    if lacking or not found:
        raise TooFewExamples(lacking or dict(sorted(counts.items())), fewest)
    return found


def teaches(example: Example, how: Recipe) -> bool:
    """Is there something to learn from it, by the recipe's method?"""
    if example.what is What.ANSWERS:
        return tells(example)
    good, bad = bool(example.chosen), bool(example.rejected)
    if how.method == "dpo":
        return good and bad
    if how.method == "sft":
        return good and (how.thumbs or example.origin is not Origin.THUMB)
    return good or bad


def _sound(examples: Sequence[Example]) -> tuple[list[Example], tuple[str, ...]]:
    """Those that a model may be shown, and how many were not."""
    empty = [each for each in examples if not _says(each)]
    long = [each for each in examples if _says(each) and _length(each) > LONGEST]
    notes = []
    if empty:
        notes.append(f"left out: {len(empty)} empty examples")
    if long:
        notes.append(f"left out: {len(long)} examples with more than {LONGEST:,} characters")
    return [each for each in examples if _says(each) and _length(each) <= LONGEST], tuple(notes)


def _says(example: Example) -> bool:
    """Has it a text, and a word on what should be written? An answer may be silence."""
    said = example.chosen.strip() or example.rejected.strip() or example.passages
    return bool(example.text.strip() and said)


def _length(example: Example) -> int:
    shown = sum(len(passage.text) for passage in example.passages)
    return len(example.text) + len(example.chosen) + len(example.rejected) + shown
