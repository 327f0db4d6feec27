"""The words of a conversation: places, questions, routes, answers, and what is kept of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal, Protocol

from knowledge.documents import Passage


class Mode(StrEnum):
    """How an answer comes about."""

    AUTO = "auto"  # the router chooses
    RAG = "rag"  # from the documents, with citations
    TUNED = "tuned"  # by the fine-tuned model, with no outside knowledge


class Outcome(StrEnum):
    """How an answer ended."""

    CITED = "cited"  # says what the documents say
    WRITTEN = "written"  # a stylistic task, done
    UNKNOWN = "unknown"  # the sources are silent
    STOPPED = "stopped"  # the person pressed Stop; what was written by then stands
    FAILED = "failed"  # something broke; the answer is an apology


@dataclass(frozen=True)
class Place:
    """Where people speak."""

    platform: str  # "terminal", "slack", "discord", "web"
    workspace: str = "default"  # a Slack team, a Discord guild
    channel: str = ""
    thread: str = ""


@dataclass(frozen=True)
class Audience:
    """Who will read an answer, as far as the platform could establish it.

    What could not be established stays as it is here: such an audience reads only what is public.
    """

    channel: str = ""  # the channel that it is said in; empty: the asker alone reads it
    outside: bool = True  # people of other organisations may read it, or nobody knows
    members: bool = False  # all who read it are full members of the workspace, no guests
    guilds: frozenset[str] = frozenset()  # Discord's servers of which all who read it are members
    roles: frozenset[str] = frozenset()  # Discord's, of an asker who reads alone: ids and names
    groups: frozenset[str] = frozenset()  # Slack's user groups of an asker who reads alone
    channels: frozenset[str] = frozenset()  # those that an asker who reads alone is a member of


@dataclass(frozen=True)
class Turn:
    """An earlier message of the thread."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True)
class Question:
    """What a person asked, free of markup."""

    text: str
    asker: str
    place: Place
    thread: tuple[Turn, ...] = ()  # earlier turns, oldest first
    mode: Mode = Mode.AUTO  # other than AUTO: forced
    task: str | None = None  # forced with TUNED
    spaces: tuple[str, ...] | None = None  # only these spaces; None: all that the place may read
    audience: Audience | None = None  # None: the terminal's, or nobody established it


@dataclass(frozen=True)
class Route:
    """The mode and task chosen, and why."""

    mode: Mode
    task: str | None
    reason: str
    confidence: float  # 0 to 1


@dataclass(frozen=True)
class Citation:
    """A place in the documents that an answer relies on."""

    number: int  # as in the text: [1]
    title: str
    url: str
    source: str
    key: str
    quote: str  # the words relied on


@dataclass(frozen=True)
class Earlier:
    """An answer that was given before, to a question that asked the same."""

    interaction: int
    asked_at: datetime  # aware UTC


@dataclass(frozen=True)
class Answer:
    """What the bot says."""

    text: str
    outcome: Outcome
    citations: tuple[Citation, ...] = ()
    passages: tuple[Passage, ...] = ()  # all that the search found
    model: str = ""  # which model wrote it; empty: none was asked
    version: str = ""  # which trained version of it; empty: as it came
    code: str = ""  # of a failure, for the operator to look up
    confidence: float | None = None  # that it is right, or would have been; None: not judged
    cached_from: Earlier | None = None  # no model was asked: this one's sources are unchanged
    curated_from: int | None = None  # a person's words: the correction of this interaction


@dataclass(frozen=True)
class Timings:
    """How long the steps took, in milliseconds; None: the step was not reached."""

    route_ms: float | None = None
    wait_ms: float | None = None  # in the line, until others were answered
    search_ms: float | None = None
    first_piece_ms: float | None = None  # from the question to the first piece of the answer
    total_ms: float | None = None


@dataclass(frozen=True)
class Interaction:
    """A question and its answer, as they are kept. The id rides in the thumbs."""

    id: int
    question: Question
    route: Route
    answer: Answer
    timings: Timings
    asked_at: datetime  # aware UTC


class Verdict(StrEnum):
    """What a person thinks of an answer."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True)
class Feedback:
    """One person's verdict on one interaction; a later one replaces it."""

    interaction: int
    author: str
    verdict: Verdict
    given_at: datetime  # aware UTC
    reason: str = ""
    correction: str = ""
    details: Mapping[str, str] = field(default_factory=dict)


class Watcher(Protocol):
    """How a platform shows an answer while it is written."""

    def status(self, text: str) -> None:
        """Say what is being done now, in a few words."""

    def found(self, passages: Sequence[Passage]) -> None:
        """Show the pages that are read now, best first."""

    def piece(self, text: str) -> None:
        """Show the next piece of the answer."""

    @property
    def stopped(self) -> bool:
        """Has the person pressed Stop, or deleted the question?"""


class Unwatched:
    """A `Watcher` for when nobody looks."""

    def status(self, text: str) -> None:
        """Say nothing."""

    def found(self, passages: Sequence[Passage]) -> None:
        """Show no page."""

    def piece(self, text: str) -> None:
        """Show nothing."""

    @property
    def stopped(self) -> bool:
        """Nobody stops what nobody sees."""
        return False
