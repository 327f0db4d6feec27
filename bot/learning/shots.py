"""What people wrote, as examples in the base model's prompt: corrections help before any training.

What was accepted of a task is read anew every half minute; `model.tasks.task_prompt` shows those
that are nearest to the text.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.errors import DatabaseError
from bot.learning.book_words import Wanted
from model.examples import Example, Review, What
from model.tasks import Shot

log = logging.getLogger(__name__)

FRESH_S = 30.0
MOST = 400  # of a task, the newest; more would cost more to compare than they help


class Examples(Protocol):
    """What keeps them, as `bot.learning.book.Book`."""

    def examples(self, wanted: Wanted | None = None) -> list[Example]:
        """Those that are wanted, newest first."""


@dataclass(frozen=True)
class _Read:
    shots: tuple[Shot, ...]
    until: float


class Shown:
    """The accepted examples of each task, for any number of threads."""

    def __init__(
        self, book: Callable[[], Examples], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._book, self._clock = book, clock
        self._read: dict[str, _Read] = {}
        self._reading = threading.Lock()

    def __call__(self, task: str) -> tuple[Shot, ...]:
        """Those of a task; of a database that fails, what was read last."""
        with self._reading:
            held = self._read.get(task)
            if held is None or self._clock() >= held.until:
                held = _Read(self._anew(task, held), self._clock() + FRESH_S)
                self._read[task] = held
            return held.shots

    def _anew(self, task: str, held: _Read | None) -> tuple[Shot, ...]:
        from bot.learning.book_words import Wanted

        wanted = Wanted(what=What.STYLE, task=task, review=Review.ACCEPTED, limit=MOST)
        try:
            return shots(self._book().examples(wanted))
        except DatabaseError as error:
            log.warning("the examples of %s cannot be read now: %s", task, error)
            return held.shots if held else ()


def shots(examples: Sequence[Example]) -> tuple[Shot, ...]:
    """The texts and the answers that people want for them, oldest first.

    One with a wish is none: without its wish it would teach the wrong thing.
    """
    good = [example for example in reversed(examples) if example.chosen and not example.wish]
    return tuple(Shot(example.text, example.chosen) for example in good)
