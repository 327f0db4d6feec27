"""Answers kept in memory, to be given again, and an embedder to which all is alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from bot.answer_cache import Kept
from bot.conversation import Verdict
from bot.errors import DatabaseUnavailable
from knowledge.embedding import Vectors
from tests.fakes import FakeStore


@dataclass
class FakeShelf(FakeStore):
    """A store in memory that also keeps answers."""

    answers: list[Kept] = field(default_factory=list)
    broken: bool = False

    def keep(self, kept: Kept, most: int) -> None:
        if self.broken:
            raise DatabaseUnavailable("sqlite:///x", "the disk is full", "Make room")
        self.interaction(kept.interaction)
        place = (kept.audience, kept.edition, kept.question)
        others = [k for k in self.answers if (k.audience, k.edition, k.question) != place]
        self.answers = [*others, kept][-most:]

    def kept(self, audience: str, edition: str, since: datetime) -> list[Kept]:
        down = {id for (id, _), vote in self.votes.items() if vote.verdict is Verdict.DOWN}
        disliked = {first(self, id) for id in down}
        return [
            k
            for k in self.answers
            if (k.audience, k.edition) == (audience, edition)
            and k.kept_at >= since
            and k.interaction not in disliked
        ]

    def unkeep(self, interaction: int) -> None:
        self.answers = [k for k in self.answers if k.interaction != interaction]


def first(store: FakeStore, id: int) -> int:
    earlier = store.interaction(id).answer.cached_from
    return earlier.interaction if earlier else id


def all_alike(texts: Sequence[str]) -> Vectors:
    """The same vector for each."""
    return np.asarray([[1, 0]] * len(texts), np.float32)
