"""A place where people ask, vote and change their minds, with a harvest over it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.conversation import (
    Answer,
    Citation,
    Earlier,
    Feedback,
    Mode,
    Outcome,
    Place,
    Question,
    Route,
    Timings,
    Turn,
    Verdict,
)
from bot.database import upgrade
from bot.harvest import HarvestParts, HarvestReport, harvest
from bot.learning.book import Book
from bot.learning.channels import Channels
from bot.learning.readings import Consent
from bot.people import People
from bot.sessions import Sessions
from bot.store import Store
from bot.tables import Table
from knowledge.documents import Chunk, Passage
from model.examples import Example
from model.tasks import BUILT_IN

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TASKS = {task.name: task for task in BUILT_IN}
LEAVE = "Full-time staff get 27 days of leave each year. Part-time staff get 20 days."
TRAVEL = "Trips are booked by the office. Trains are first choice within the country."


def passage(text: str, key: str, rank: int = 0) -> Passage:
    """A passage of the handbook."""
    return Passage(Chunk("handbook", key, key.title(), f"file:///{key}", (), rank, text), 1.0)


LEAVE_PAGE, TRAVEL_PAGE = passage(LEAVE, "leave"), passage(TRAVEL, "travel", 1)


@dataclass
class Team:
    """A team that uses the bot; all that it says and votes is in SQL."""

    sessions: Sessions
    policy: str = "auto"
    clock: list[int] = field(default_factory=lambda: [0])

    def __post_init__(self) -> None:
        self.store, self.book = Store(self.sessions), Book(self.sessions)
        self.people, self.channels = People(self.sessions), Channels(self.sessions)

    @property
    def parts(self) -> HarvestParts:
        """What a harvest works with."""
        consent = Consent(self.people.may_learn, self.channels.may_learn)
        return HarvestParts(self.book, self.store, TASKS, consent, lambda _: self.policy)

    def harvest(self, anew: bool = False) -> HarvestReport:
        """One pass."""
        return harvest(self.parts, anew)

    def examples(self) -> list[Example]:
        """What is kept, oldest first."""
        return self.book.examples()[::-1]

    def wrote(
        self,
        text: str = "Rewrite: cant come today",
        answer: str = "I can't come today.",
        task: str = "rewrite",
        asker: str = "ben",
        channel: str = "general",
        outcome: Outcome = Outcome.WRITTEN,
    ) -> int:
        """The tuned model did a task."""
        route = Route(Mode.TUNED, task, "forced", 1.0)
        return self._record(text, asker, channel, route, Answer(answer, outcome))

    def answered(
        self,
        text: str = "How many days of leave do I get?",
        answer: str = "Full-time staff get 27 days of leave each year. [1]",
        asker: str = "ben",
        passages: Sequence[Passage] = (LEAVE_PAGE, TRAVEL_PAGE),
        outcome: Outcome = Outcome.CITED,
        earlier: int | None = None,
        thread: Sequence[Turn] = (),
    ) -> int:
        """A question was answered from the first of these passages."""
        chunk = passages[0].chunk
        cited = Citation(1, chunk.title, chunk.url, *chunk.page, chunk.text.split(". ")[0])
        made = Answer(
            answer,
            outcome,
            (cited,) if outcome is Outcome.CITED else (),
            tuple(passages),
            cached_from=None if earlier is None else Earlier(earlier, NOON),
        )
        route = Route(Mode.RAG, None, "a question", 1.0)
        return self._record(text, asker, "general", route, made, thread)

    def _record(
        self,
        text: str,
        asker: str,
        channel: str,
        route: Route,
        answer: Answer,
        thread: Sequence[Turn] = (),
    ) -> int:
        question = Question(text, asker, Place("slack", "T1", channel, "1"), tuple(thread))
        return self.store.record(question, route, answer, Timings(), NOON).id

    def up(self, id: int, who: str = "ana") -> None:
        """A thumbs-up."""
        self.store.rate(Feedback(id, who, Verdict.UP, self._now()))

    def down(self, id: int, who: str = "ana", correction: str = "", reason: str = "") -> None:
        """A thumbs-down."""
        self.store.rate(Feedback(id, who, Verdict.DOWN, self._now(), reason, correction))

    def _now(self) -> datetime:
        self.clock[0] += 1
        return NOON + timedelta(seconds=self.clock[0])


def empty_database(folder: Path) -> Path:
    """A database file with all tables, to be copied: that is quicker than to make them."""
    file = folder / "tandem.db"
    upgrade(f"sqlite:///{file}")
    return file


def wipe(sessions: Sessions) -> None:
    """Empty all tables: quicker than another database, for which all SQL is compiled anew."""
    with sessions.writing() as connection:
        for table in reversed(Table.metadata.sorted_tables):
            connection.execute(table.delete())
        connection.exec_driver_sql("DELETE FROM sqlite_sequence")  # numbers begin at 1 again


@contextmanager
def team_at(file: Path, policy: str = "auto") -> Iterator[Team]:
    """A team whose database is that file."""
    with closing(Sessions(f"sqlite:///{file}")) as sessions:
        yield Team(sessions, policy)


def bare(example: Example) -> Example:
    """Without what SQL gave it."""
    return replace(example, id=0)


def only(team: Team) -> Example:
    """The one example that a harvest gives."""
    team.harvest()
    [example] = team.examples()
    return example
