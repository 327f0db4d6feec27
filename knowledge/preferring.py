"""What people found right, or wrong, for a like question moves a passage a little."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from knowledge.documents import Chunk, Passage

if TYPE_CHECKING:
    from knowledge.embedding import Vectors

NEAR = 0.9  # cosine of two questions from which on a judgement says something of the other
HEARD = 256  # preferences of one passage's text, the newest: a search stays quick
VOTES = "votes"  # the name of the part among a passage's scores


@dataclass(frozen=True)
class Preference:
    """A passage that was right, or wrong, for a question."""

    source: str
    key: str
    text: str  # of the passage as it was, or its beginning; of pieces joined by empty lines
    value: float  # -1 to 1
    at: datetime  # aware
    digest: str = ""  # `Chunk.digest` as it was, where it is known


@dataclass(frozen=True)
class Weight:
    """How much preferences say."""

    most: float = 0.05  # of a cosine, that all together move a passage, up or down
    half_life: timedelta = timedelta(days=180)  # until half of one's say is gone
    near: float = NEAR


@dataclass(frozen=True)
class _Kind:
    """The rows of one passage's text, all that was judged of it."""

    text: str
    digest: str
    vectors: Vectors  # (n, dims), of the questions
    values: np.ndarray  # (n,)
    ages: np.ndarray  # (n,) seconds since 1970


def holds(text: str, digest: str, chunk: Chunk) -> bool:
    """Is a chunk of the page this very passage, or a piece of it? Its beginning may be all kept."""
    if digest == chunk.digest:
        return True
    return bool(chunk.text) and (chunk.text in text or (bool(text) and chunk.text.startswith(text)))


class Preferences:
    """All preferences, ready to be asked: by page, so that a search looks at what it found only."""

    def __init__(self, held: Sequence[Preference], vectors: Vectors) -> None:
        self.size = len(held)
        groups: dict[tuple[str, str], dict[tuple[str, str], list[int]]] = {}
        for row, one in enumerate(held):
            page = groups.setdefault((one.source, one.key), {})
            page.setdefault((one.digest, one.text), []).append(row)
        self._pages: Mapping[tuple[str, str], list[_Kind]] = {
            page: [_kind(held, vectors, rows) for rows in kinds.values()]
            for page, kinds in groups.items()
        }

    def move(self, chunk: Chunk, vector: np.ndarray, weight: Weight, now: datetime) -> float:
        """How far a chunk is moved for a question's vector, within ±`weight.most`."""
        kinds = self._pages.get(chunk.page, ())
        said = sum(
            _said(kind, vector, weight, now)
            for kind in kinds
            if holds(kind.text, kind.digest, chunk)
        )
        return weight.most * max(-1.0, min(1.0, said))


def preferred(
    passages: Sequence[Passage],
    vector: np.ndarray,
    preferences: Preferences,
    weight: Weight,
    now: datetime,
) -> list[Passage]:
    """The passages with what people said of them added to their scores, best first.

    `vector` is the question's, by the embedder of the preferences' vectors. Who was moved has
    the part "votes" among the scores. The order of equals stays.
    """
    moves = [preferences.move(found.chunk, vector, weight, now) for found in passages]
    moved = [_moved(found, by) for found, by in zip(passages, moves, strict=True)]
    return sorted(moved, key=lambda found: -found.score) if any(moves) else moved


def _moved(found: Passage, by: float) -> Passage:
    if not by:
        return found
    return replace(found, score=found.score + by, scores={**found.scores, VOTES: by})


def _kind(held: Sequence[Preference], vectors: Vectors, rows: Sequence[int]) -> _Kind:
    first = held[rows[0]]
    rows = sorted(rows, key=lambda row: held[row].at)[-HEARD:]
    values = np.asarray([held[row].value for row in rows], np.float32)
    times = np.asarray([held[row].at.astimezone(UTC).timestamp() for row in rows], np.float64)
    return _Kind(first.text, first.digest, np.ascontiguousarray(vectors[rows]), values, times)


def _said(kind: _Kind, vector: np.ndarray, weight: Weight, now: datetime) -> float:
    """The sum of what the near ones say: each its value, less the farther and the older it is."""
    cosines = kind.vectors @ vector
    near = np.clip((cosines - weight.near) / (1 - weight.near), 0.0, 1.0)
    if not near.any():
        return 0.0
    lives = np.maximum(0.0, now.timestamp() - kind.ages) / weight.half_life.total_seconds()
    return float(np.sum(kind.values * near * np.exp2(-lives)))
