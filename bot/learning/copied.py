"""What SQL holds, kept at hand: read again when its marker is another; and vectors of questions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from threading import Lock
from typing import Generic, Protocol, TypeVar

import numpy as np

from knowledge.embedding import Vectors

T = TypeVar("T")
AT_ONCE = 64  # questions that are embedded together
Embed = Callable[[Sequence[str]], Vectors]


class Questioned(Protocol):
    """A row with a question and its vector."""

    @property
    def id(self) -> int:
        """Of the row."""

    @property
    def question(self) -> str:
        """Its text."""

    @property
    def vector(self) -> bytes:
        """Of the question, float32, unit length; empty: not made yet."""

    @property
    def embedder(self) -> str:
        """Whose vector."""


class Copied(Generic[T]):
    """What `read` gives, read again whenever `marker` gives another. For any number of threads.

    What changes while it is read is read once more by the next call.
    """

    def __init__(self, marker: Callable[[], str], read: Callable[[], T]) -> None:
        self._marker, self._read = marker, read
        self._held: tuple[str, T] | None = None
        self._reading = Lock()

    def __call__(self) -> T:
        """The copy as it is now. Raises what `marker` and `read` raise."""
        marker = self._marker()
        with self._reading:
            if self._held is None or self._held[0] != marker:
                self._held = marker, self._read()
            return self._held[1]


def vectors_of(
    rows: Sequence[Questioned],
    embedder: str,
    embed: Embed,
    keep: Callable[[Mapping[int, bytes], str], None],
) -> dict[int, np.ndarray]:
    """The vectors of the questions by id; what has none of this embedder is embedded, and kept."""
    known = {row.id: row.vector for row in rows if row.embedder == embedder and row.vector}
    lacking = dict.fromkeys(row.question for row in rows if row.id not in known)
    made = dict(embedded(list(lacking), embed))
    fresh = {row.id: made[row.question] for row in rows if row.id not in known}
    if fresh:
        keep({id: vector.tobytes() for id, vector in fresh.items()}, embedder)
    return {id: np.frombuffer(vector, np.float32) for id, vector in known.items()} | fresh


def embedded(texts: Sequence[str], embed: Embed) -> Iterator[tuple[str, np.ndarray]]:
    """Texts with their vectors, some at a time."""
    for start in range(0, len(texts), AT_ONCE):
        some = texts[start : start + AT_ONCE]
        yield from zip(some, np.asarray(embed(some), np.float32), strict=True)
