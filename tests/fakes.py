"""Fakes of our own ports; a library is never patched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from bot.conversation import (
    Answer,
    Citation,
    Feedback,
    Interaction,
    Mode,
    Outcome,
    Place,
    Question,
    Route,
    Timings,
    Turn,
)
from bot.errors import UnknownInteraction
from knowledge.documents import Chunk, Passage


class Recorder(Protocol):
    """What records interactions."""

    def record(
        self,
        question: Question,
        route: Route,
        answer: Answer,
        timings: Timings,
        asked_at: datetime,
        error_detail: str = "",
    ) -> Interaction: ...


@dataclass
class FakeStore:
    """A store in memory, for those who do not care where it is kept."""

    rows: dict[int, Interaction] = field(default_factory=dict)
    details: dict[int, str] = field(default_factory=dict)
    votes: dict[tuple[int, str], Feedback] = field(default_factory=dict)

    def record(
        self,
        question: Question,
        route: Route,
        answer: Answer,
        timings: Timings,
        asked_at: datetime,
        error_detail: str = "",
    ) -> Interaction:
        id = len(self.rows) + 1
        self.rows[id] = Interaction(id, question, route, answer, timings, asked_at)
        self.details[id] = error_detail
        return self.rows[id]

    def interaction(self, id: int) -> Interaction:
        if id not in self.rows:
            raise UnknownInteraction(id)
        return self.rows[id]

    def error_detail(self, id: int) -> str:
        return self.details[self.interaction(id).id]

    def rate(self, feedback: Feedback) -> None:
        place = (self.interaction(feedback.interaction).id, feedback.author)
        held = self.votes.get(place)
        if held is None or held.given_at <= feedback.given_at:
            self.votes[place] = feedback

    def withdraw(self, interaction: int, author: str) -> bool:
        return self.votes.pop((interaction, author), None) is not None

    def verdicts(self, interaction: int) -> list[Feedback]:
        found = [vote for (id, _), vote in self.votes.items() if id == interaction]
        return sorted(found, key=lambda vote: vote.given_at)


def kept(
    store: Recorder,
    text: str = "How many days of leave do I get?",
    asker: str = "ben",
    place: tuple[str, str, str, str] = ("terminal", "default", "", ""),
    thread: Sequence[str] = (),
    route: tuple[Mode, str | None] = (Mode.RAG, None),
    answer: Answer | None = None,
    asked_at: datetime | None = None,
    error_detail: str = "",
) -> Interaction:
    """Let `store` record a question of which only what matters is given."""
    question = Question(text, asker, Place(*place), tuple(Turn("user", turn) for turn in thread))
    chosen = Route(*route, reason="it asks for a fact", confidence=0.75)
    timings = Timings(route_ms=0.5, search_ms=12.25, total_ms=900.0)
    when = asked_at or datetime.now(UTC)
    return store.record(question, chosen, answer or an_answer(), timings, when, error_detail)


def an_answer() -> Answer:
    """A cited answer with two passages."""
    texts = ("You get 27 days.", "Leave is booked in the calendar.")
    chunks = [
        Chunk("handbook", "leave.md", "Leave", "file:///leave.md#days", ("Days",), ordinal, text)
        for ordinal, text in enumerate(texts)
    ]
    cited = Citation(1, "Leave", "file:///leave.md#days", "handbook", "leave.md", "27 days")
    passages = tuple(Passage(chunk, 0.5, {"vector": 0.75, "keyword": 2.5}) for chunk in chunks)
    return Answer("27 days [1].", Outcome.CITED, (cited,), passages, model="fake")
