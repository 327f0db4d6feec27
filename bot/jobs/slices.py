"""Work in slices: before each, a job asks whether it may go on."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

if TYPE_CHECKING:
    from bot.jobs.words import Turn
    from knowledge.documents import Progress
    from knowledge.embedding import Embedder, Vectors
    from knowledge.sync import Shelf

ASK_S = 0.1  # between questions while only reading is done
SLICE_S = 0.1  # that a slice of embedding takes, about: as long a question waits for it
FEWEST = 2  # texts in a slice: they are embedded beside each other


@dataclass(frozen=True)
class Polite:
    """A turn that lets others go first whenever it is asked."""

    turn: Turn
    yields: Callable[[], None]

    def check(self) -> None:
        """May it go on? Raises as `Turn.check` does."""
        self.yields()
        self.turn.check()


class Sliced:
    """An embedder that asks before each slice of many texts; a slice takes about as long as set.

    The longest texts come first, so that those beside each other take equally long.
    """

    def __init__(
        self,
        whole: Embedder,
        ask: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._whole, self._ask, self._clock = whole, ask, clock
        self._size = FEWEST

    @property
    def name(self) -> str:
        """That of the whole."""
        return self._whole.name

    @property
    def dims(self) -> int:
        """That of the whole."""
        return self._whole.dims

    @property
    def max_tokens(self) -> int:
        """That of the whole."""
        return self._whole.max_tokens

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages."""
        order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
        vectors = np.zeros((len(texts), self.dims), np.float32)
        while order:
            some, order = order[: self._size], order[self._size :]
            self._ask()
            began = self._clock()
            vectors[some] = self._whole.embed([texts[i] for i in some])
            self._learn(len(some), self._clock() - began)
        return vectors

    def _learn(self, size: int, took_s: float) -> None:
        """How many texts fit in a slice; it grows by leaps of two at most."""
        fit = int(size * SLICE_S / max(took_s, 1e-6))
        self._size = max(FEWEST, min(fit, 2 * self._size))

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of questions."""
        return self._whole.embed_queries(texts)

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text."""
        return self._whole.count(texts)


class Guarded:
    """Something each of whose calls waits for the word of a turn."""

    def __init__(self, whole: object, turn: Turn) -> None:
        self._whole, self._turn = whole, turn

    def __getattr__(self, name: str) -> Any:
        """The same as that of the whole."""
        found = getattr(self._whole, name)
        return self._asking(found) if callable(found) else found

    def _asking(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def asked(*given: Any, **named: Any) -> Any:
            self._turn.check()
            return call(*given, **named)

        return asked


def guarded(index: Shelf, turn: Turn) -> Shelf:
    """An index that is asked and written to only while the turn lasts: a batch is a slice."""
    return cast("Shelf", Guarded(index, turn))


def asking(progress: Progress, turn: Turn) -> Progress:
    """Progress that also asks, now and then, whether the turn lasts."""
    asked = [time.monotonic()]

    def told(step: str, done: int, total: int | None) -> None:
        if time.monotonic() - asked[0] >= ASK_S:
            turn.check()
            asked[0] = time.monotonic()
        progress(step, done, total)

    return told
