"""The words of endorsed answers, and the names of the sources that hold them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.conversation import Place
from model.examples import Review

SOURCE = "answers:"


@dataclass(frozen=True)
class Reply:
    """What a person answered in a thread."""

    place: Place  # with the thread
    message: str
    question: str  # free of markup, as the answer
    asker: str
    answer: str
    author: str
    link: str
    written_at: datetime  # aware UTC


@dataclass(frozen=True)
class Endorsed:
    """A reply that was endorsed; its texts are masked."""

    id: int
    reply: Reply
    review: Review


def source_of(place: Place) -> str:
    """The source of a channel's endorsed answers; only who reads the channel may read it."""
    return f"{SOURCE}{place.platform}/{place.workspace}/{place.channel}"


def place_of_source(name: str) -> Place:
    """The channel of such a source."""
    return Place(*name.removeprefix(SOURCE).split("/", 2))
