"""What people's votes say of passages, ready for the next search: kept in step with the book."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock, Thread
from typing import Protocol

import numpy as np

from bot.learning.copied import vectors_of
from bot.learning.whereabouts import ASKED_IN
from bot.learning.words import Judged
from knowledge.documents import Passage
from knowledge.embedding import Embedder, Vectors
from knowledge.preferring import Preference, Preferences, Weight, preferred
from model.examples import group_of

ON_ONE = 5  # judgements of one person on one passage, whatever was asked
IN_ALL = 1000  # of one person on all passages, the newest
FEW = 2000  # judgements that are brought in step while a search waits
EVERYWHERE = "terminal"  # the platform of whoever runs the bot: sees all votes, and is heard by all
Where = tuple[str, str] | None  # platform and workspace; None: who runs the bot


class JudgedShelf(Protocol):
    """What is read of the book."""

    def judged(self, embedder: str | None = None) -> Sequence[Judged]:
        """All judged passages."""

    def judged_marker(self) -> str:
        """Another one whenever these are others; cheap."""

    def set_vectors(self, vectors: Mapping[int, bytes], embedder: str) -> None:
        """Keep the vectors of questions, by the judged passage's id."""


@dataclass(frozen=True)
class Weighed:
    """A judgement, and what of it counts."""

    judged: Judged
    value: float


class Inclination:
    """Moves what a search found by what people said of it, where they said it.

    Votes count in their own workspace, so that no outsider's vote counts beyond it; those of the
    terminal count everywhere. Safe to use from several threads: one brings it in step, and the
    others go on with what was there.
    """

    def __init__(
        self,
        shelf: JudgedShelf,
        embedder: Callable[[], Embedder],
        weight: Weight,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.shelf, self.embedder, self.weight, self.now = shelf, embedder, weight, now
        self._marker: str | None = None
        self._held: Mapping[Where, Preferences] = {}
        self._bringing = Lock()

    def __call__(self, text: str, passages: Sequence[Passage]) -> Sequence[Passage]:
        """The passages for a question, best first. Raises `EmbeddingFailed`, `BotError`."""
        if not self.weight.most or not passages:
            return passages
        place = ASKED_IN.get()
        where = None if place is None else where_of(place.platform, place.workspace)
        held = self.held()
        preferences = held.get(where) or held.get(("", ""))
        if preferences is None or not preferences.size:
            return passages
        vector = self.embedder().embed_queries([text])[0]
        return preferred(passages, vector, preferences, self.weight, self.now())

    def held(self) -> Mapping[Where, Preferences]:
        """The preferences by where they count; ("", ""): where nobody voted.

        Few are brought in step at once, many beside the searches, which go by the old ones.
        """
        marker = self.shelf.judged_marker()
        first = self._marker is None
        if marker != self._marker and self._bringing.acquire(blocking=first):
            if first or self._size() <= FEW:
                self._bring(marker)
            else:
                Thread(target=self._bring, args=(marker,), name="votes", daemon=True).start()
        return self._held

    def _size(self) -> int:
        held = self._held.get(None)
        return 0 if held is None else held.size

    def _bring(self, marker: str) -> None:
        """Bring them in step; the lock is held when this begins."""
        try:
            if marker != self._marker:
                judged = self.shelf.judged()
                vectors = self._vectors(judged) if judged else {}
                self._held, self._marker = by_place(list(fair(judged)), vectors), marker
        finally:
            self._bringing.release()

    def _vectors(self, judged: Sequence[Judged]) -> Mapping[int, np.ndarray]:
        """The vectors of the questions by id; what has none yet is embedded, and kept."""
        embedder = self.embedder()
        return vectors_of(judged, embedder.name, embedder.embed_queries, self.shelf.set_vectors)


def where_of(platform: str, workspace: str) -> Where:
    """Where a vote counts, or a question is asked."""
    return None if platform == EVERYWHERE else (platform, workspace)


def fair(judged: Sequence[Judged]) -> Iterator[Weighed]:
    """What counts of each judgement, so that nobody is heard more than others.

    A person counts once for a question and a passage, the newest time; `ON_ONE` times for a
    passage, and `IN_ALL` times in all. A judgement by several counts by the share of them who
    were not heard yet.
    """
    seen, on_one, in_all = set[tuple[str, ...]](), Counter[tuple[str, ...]](), Counter[str]()
    for one in sorted(judged, key=lambda j: (j.judged_at, j.id), reverse=True):
        passage = (one.source, one.key, one.chunk)
        heard = 0
        for voter in one.voters:
            once = (voter, group_of(one.question), *passage)
            if once in seen or on_one[voter, *passage] >= ON_ONE or in_all[voter] >= IN_ALL:
                continue
            seen.add(once)
            on_one[voter, *passage] += 1
            in_all[voter] += 1
            heard += 1
        share = heard / len(one.voters) if one.voters else 1.0
        if share and one.value:
            yield Weighed(one, one.value * share)


def by_place(
    weighed: Sequence[Weighed], vectors: Mapping[int, np.ndarray]
) -> Mapping[Where, Preferences]:
    """The preferences of each workspace, with those that count everywhere; None: all of them."""
    if not weighed:
        return {}
    groups: dict[Where, list[Weighed]] = {}
    for one in weighed:
        groups.setdefault(where_of(one.judged.platform, one.judged.workspace), []).append(one)
    everywhere = groups.pop(None, [])
    told: dict[Where, Preferences] = {None: preferences(weighed, vectors)}
    told[("", "")] = preferences(everywhere, vectors)
    for where, some in groups.items():
        alone = len(some) == len(weighed)  # nobody else voted: one copy is enough
        told[where] = told[None] if alone else preferences([*some, *everywhere], vectors)
    return told


def preferences(weighed: Sequence[Weighed], vectors: Mapping[int, np.ndarray]) -> Preferences:
    """As the search takes them."""
    texts: dict[str, str] = {}  # one text for all judgements of it
    held = [
        Preference(
            one.judged.source,
            one.judged.key,
            texts.setdefault(one.judged.text, one.judged.text),
            one.value,
            one.judged.judged_at,
            one.judged.chunk,
        )
        for one in weighed
    ]
    rows: list[np.ndarray] = [vectors[one.judged.id] for one in weighed]
    stacked: Vectors = np.stack(rows) if rows else np.zeros((0, 1), np.float32)
    return Preferences(held, stacked)
