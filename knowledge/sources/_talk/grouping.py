"""Which messages outside of threads belong together."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from knowledge.sources._talk.words import Message

GAP_S = 600.0  # a longer silence ends a conversation


def conversations(messages: Iterable[Message], gap_s: float = GAP_S) -> list[tuple[Message, ...]]:
    """Messages (oldest first, those with threads left out) as conversations.

    A conversation ends with a silence of over `gap_s` seconds, and with the day (UTC): so a
    reader who begins at midnight sees it as one who began long before.
    """
    made: list[list[Message]] = []
    for message in messages:
        if made and follows(made[-1][-1].said_at, message.said_at, gap_s):
            made[-1].append(message)
        else:
            made.append([message])
    return [tuple(each) for each in made]


def follows(before: datetime, after: datetime, gap_s: float) -> bool:
    """Is it still the same conversation?"""
    return before.date() == after.date() and (after - before).total_seconds() <= gap_s
