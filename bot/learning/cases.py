"""Which texts a version is measured on."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bot.learning.book_words import Wanted
from bot.learning.golden import golden, shipped
from model.evaluation.replies import measurable as can_be_judged
from model.evaluation.trials import Rules, Set
from model.examples import Example, Origin, Review, What
from model.labels import bared
from model.tasks import Task

FEWEST = Rules()


class Examples(Protocol):
    """What keeps examples."""

    def examples(self, wanted: Wanted | None = None) -> Sequence[Example]:
        """Those that are wanted, newest first."""


@dataclass(frozen=True)
class Cases:
    """The texts of one task from one set."""

    task: str
    set: Set
    examples: tuple[Example, ...]  # each text is written to
    judged: tuple[Example, ...] = ()  # liked and disliked answers, where hardly anybody wrote one


def cases(
    book: Examples, home: Path, what: What, tasks: Iterable[Task], limit: int | None = None
) -> list[Cases]:
    """What can be measured with, by task and set; at most `limit` of each.

    Held out are the accepted examples that no model is taught by, and the golden ones. Of a task
    that hardly anybody wrote an answer to, they are the judged ones (`by_thumbs`). Raises
    `GoldenUnusable`.
    """
    return [each for task in tasks for each in _of_task(book, home, what, task, limit)]


def _of_task(
    book: Examples, home: Path, what: What, task: Task, limit: int | None
) -> Iterator[Cases]:
    frozen, held = golden(home, task.name), held_out(book, what, task.name)
    thumbs = what is What.STYLE and by_thumbs([*held, *frozen], task)
    for set_, given in ((Set.HELD_OUT, [*held, *frozen]), (Set.GOLDEN, frozen)):
        if thumbs:
            judged = _some({e.digest: e for e in given if e.chosen or e.rejected}.values(), limit)
            texts = once(sorted(judged, key=lambda e: not e.chosen))  # liked answers first
            found = Cases(task.name, set_, tuple(texts), judged)
        else:
            texts = once(each for each in given if measurable(each, task))
            found = Cases(task.name, set_, _some(texts, limit))
        if found.examples:
            yield found
    if what is What.STYLE and (mine := [e for e in shipped(task) if measurable(e, task)]):
        yield Cases(task.name, Set.SHIPPED, _some(once(mine), limit))


def by_thumbs(examples: Sequence[Example], task: Task) -> bool:
    """Must thumbs tell how good a version is, since people wrote too few answers?

    A liked answer is no reference: a model wrote it, mostly the very one to be beaten. Where
    people wrote some answers, and thumbs are too few as well, what they wrote is measured by.
    """
    written = len(once(e for e in examples if e.origin is not Origin.THUMB and measurable(e, task)))
    liked = len({e.digest for e in examples if e.chosen})
    disliked = len({e.digest for e in examples if e.rejected})
    if written >= FEWEST.fewest or not (liked or disliked):
        return False
    return not written or min(liked, disliked) >= FEWEST.fewest_judged


def held_out(book: Examples, what: What, task: str) -> Sequence[Example]:
    """The accepted examples of a task that are kept from training."""
    wanted = Wanted(what=what, task=task, review=Review.ACCEPTED, held_out=True)
    return book.examples(wanted)


def taught(book: Examples, task: str, limit: int) -> Sequence[Example]:
    """The newest examples of a style task that training learns from."""
    wanted = Wanted(What.STYLE, task, Review.ACCEPTED, held_out=False, limit=limit)
    return [each for each in book.examples(wanted) if each.chosen]


def measurable(example: Example, task: Task) -> bool:
    """Is it known what should be written?

    Of a question with passages it must be known which is right, or that none is. A text that the
    task shows as an example is measured too: it is left out of its own prompt (`sides.wish_for`).
    """
    if example.what is What.ANSWERS:
        return can_be_judged(example)
    labels = {bared(label) for label in task.labels}
    fits = not labels or bared(example.chosen) in labels
    return bool(example.chosen.strip()) and fits


def once(examples: Iterable[Example]) -> list[Example]:
    """Each text with its wish once: the first of them."""
    held: dict[tuple[str, str], Example] = {}
    for example in examples:
        held.setdefault((example.group, example.wish), example)
    return list(held.values())


def _some(examples: Collection[Example], limit: int | None) -> tuple[Example, ...]:
    """In an order that is the same every time and says nothing; the first of it."""
    ordered = sorted(examples, key=lambda e: hashlib.sha256(e.digest.encode()).digest())
    return tuple(ordered[:limit])
