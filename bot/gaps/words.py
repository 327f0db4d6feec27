"""The words of knowledge gaps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.conversation import Question


class Lack(StrEnum):
    """What was wrong with an answer."""

    UNKNOWN = "unknown"  # the sources are silent
    DOWN = "down"  # somebody voted it down
    REDONE = "redone"  # it was asked for again


@dataclass(frozen=True)
class Unanswered:
    """A question that got no good answer from the sources."""

    interaction: int
    question: Question
    asked_at: datetime  # aware UTC
    lacks: frozenset[Lack]
    private: bool  # its asker alone read the answer


Quotable = Callable[[Unanswered], bool]
"""May the question's words be shown to who reads the report?"""


@dataclass(frozen=True)
class Reader:
    """Who reads a report: the sources that may be named (None: all), and what may be quoted."""

    sources: Sequence[str] | None
    quotable: Quotable


@dataclass(frozen=True)
class Near:
    """A page that is near to what was asked."""

    source: str
    key: str
    title: str
    headings: tuple[str, ...]
    url: str
    nearness: float  # the cosine; 0: not known


@dataclass(frozen=True)
class Suggestion:
    """Where the answer could be written."""

    source: str
    page: Near | None  # None: on a new page of the source


@dataclass(frozen=True)
class Now:
    """What answers a gap by now."""

    text: str
    title: str  # of the page that it cites first; empty: it is a person's words, and cites none
    url: str


@dataclass(frozen=True)
class Gap:
    """Questions that ask for much the same."""

    question: str  # that is in the middle of them, masked
    others: tuple[str, ...]  # further ones, masked
    count: int  # of all questions, those that may not be quoted among them
    people: int  # who asked
    lacks: Mapping[str, int]  # how many questions by `Lack`
    spaces: tuple[str, ...]  # that name the channels in which it was asked
    pages: tuple[Near, ...]  # nearest first
    suggestion: Suggestion | None  # None: there is no source, or the index is out of reach
    last_asked_at: datetime  # aware UTC
    now: Now | None = None  # what answers it by now; None: nothing, or it was not checked


@dataclass(frozen=True)
class GapReport:
    """What was asked in a time and not answered."""

    since: datetime  # aware UTC
    questions: int  # in all
    people: int
    gaps: tuple[Gap, ...]  # those that most people asked about first
    unquoted: int  # questions in no gap: who asked, or where, keeps their words from the reader
    answered: tuple[Gap, ...] = ()  # those that have an answer meanwhile, which are none any more
    checked: int = 0  # gaps that were asked again, those with an answer among them
    trouble: str = ""  # why pages are not told, or the rest not asked again; empty: all was
    apart: str = ""  # why questions alike are not put together; empty: they are
