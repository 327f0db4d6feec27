"""What a harvest reads and writes: the book of what is learned from, and what was asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from bot.conversation import Feedback, Interaction
from bot.learning.book_words import Kept, Voted
from bot.learning.known import Shelf
from bot.learning.words import Curated, Judged
from model.examples import Example


class Lessons(Shelf, Protocol):
    """Where is kept what is learned from: `bot.learning.book.Book`."""

    def harvestable(self, since: int = 0, limit: int = 100) -> list[Voted]:
        """Interactions whose verdicts changed after a mark, in the order of their last change."""

    def replace_of(
        self,
        interaction: int,
        examples: Sequence[Example],
        people: Mapping[int, Sequence[str]] | None = None,
        seen: int | None = None,
    ) -> Kept:
        """The examples that are made from an interaction become exactly these."""

    def judge(
        self,
        interaction: int,
        judged: Sequence[Judged],
        seen: int | None = None,
    ) -> None:
        """The judged passages of an interaction become exactly these."""

    def curate(
        self,
        curated: Curated | None,
        interaction: int,
        seen: int | None = None,
    ) -> None:
        """The curated answer of an interaction becomes this one; None: it has none."""

    def mark(self, name: str) -> int:
        """How far somebody is; 0: they did not begin."""

    def set_mark(self, name: str, value: int) -> None:
        """Keep how far somebody is."""


class Memory(Protocol):
    """What was asked and judged: `bot.store.Store`."""

    def interaction(self, id: int) -> Interaction:
        """A question and its answer. Raises `UnknownInteraction`."""

    def verdicts(self, interaction: int) -> list[Feedback]:
        """What people think of an answer, oldest first."""
