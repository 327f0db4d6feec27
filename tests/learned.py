"""What was learned, in all stores of one database, with a clock that the tests turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from bot.conversation import Feedback, Mode, Verdict
from bot.learning import tables, version_tables
from bot.learning.book import Book
from bot.learning.channels import Channels
from bot.learning.registry import Registry
from bot.learning.words import Curated, Judged
from bot.people import People
from bot.sessions import Sessions
from bot.store import Store
from bot.tables import Table
from model.examples import Example, Origin, Review, Shown, What
from tests.fakes import kept

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LEARNING = (tables, version_tables)  # imported, they stand among the others


@dataclass
class Learned:
    """All stores on one database, and a clock that the tests turn."""

    sessions: Sessions
    url: str
    at: datetime = NOON

    def now(self) -> datetime:
        """The time."""
        return self.at

    @cached_property
    def store(self) -> Store:
        return Store(self.sessions)

    @cached_property
    def book(self) -> Book:
        return Book(self.sessions, self.now)

    @cached_property
    def registry(self) -> Registry:
        return Registry(self.sessions, clock=self.now)

    @cached_property
    def people(self) -> People:
        return People(self.sessions)

    @cached_property
    def channels(self) -> Channels:
        return Channels(self.sessions)

    def asked(self, asker: str = "ben", channel: str = "C1", **told: Any) -> int:
        """An interaction of a channel in Slack."""
        place = ("slack", "T1", channel, "")
        return kept(self.store, asker=asker, place=place, asked_at=self.at, **told).id

    def vote(self, interaction: int, author: str, up: bool = False, **told: str) -> None:
        """A verdict, a second after the last one."""
        self.at += timedelta(seconds=1)
        verdict = Verdict.UP if up else Verdict.DOWN
        reason, correction = told.get("reason", ""), told.get("correction", "")
        self.store.rate(Feedback(interaction, author, verdict, self.at, reason, correction))

    def draw(self, interaction: int, *examples: Example, people: Sequence[str] = ()) -> None:
        """An interaction's examples, which hold the words of its asker and of `people`."""
        asker = self.store.interaction(interaction).question.asker
        whose = [f"slack:{person}" for person in (asker, *people)]
        self.book.replace_of(interaction, examples, dict.fromkeys(range(len(examples)), whose))

    def changed(self) -> list[int]:
        """The interactions that the next harvest looks at, which then has them."""
        since = self.book.mark("test")
        found = self.book.harvestable(since)
        if found:
            self.book.set_mark("test", found[-1].mark)
        return sorted(voted.id for voted in found)

    def everything(self) -> str:
        """All that the database holds, as one text."""
        with self.sessions.reading() as connection:
            tables = Table.metadata.sorted_tables
            return str([connection.execute(table.select()).all() for table in tables])


def example(text: str = "cant come", chosen: str = "I can't come.", **told: Any) -> Example:
    """A correction."""
    plain = Example(What.STYLE, "rewrite", text, chosen, origin=Origin.CORRECTION)
    return replace(plain, **told)


def imported(number: int = 0, **told: Any) -> Example:
    """An example from a file."""
    made = example(f"line {number}", came_from=f"voice.jsonl:{number}", **told)
    return replace(made, origin=Origin.IMPORT)


SHOWN = Shown("Leave", "You get 27 days.", True, "handbook", "leave.md", 3)


def judged(interaction: int, **told: Any) -> Judged:
    """A passage that anna found right."""
    page = ("handbook", "leave.md", 3, "d1", "You get 27 days.")
    plain = Judged("How many days?", *page, 1.0, interaction, NOON, "slack", "T1")
    return replace(plain, **{"voters": ("slack:anna",), **told})


def curated(interaction: int, author: str = "anna", **told: Any) -> Curated:
    """An answer that somebody wrote."""
    plain = Curated(
        question="How many days?",
        answer="27, and 5 more when you are new.",
        sources=("handbook",),
        trace="t1",
        interaction=interaction,
        author=f"slack:{author}",
        written_at=NOON,
        review=Review.WAITING,
        vector=b"\x01\x02",
        platform="slack",
        workspace="T1",
    )
    return replace(plain, **told)


TUNED = (Mode.TUNED, "rewrite")
