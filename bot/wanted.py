"""Which interactions are wanted, said in the words of the domain and of SQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, or_
from sqlalchemy.orm import InstrumentedAttribute

from bot.tables import InteractionRow

ALIKE = (
    *("asker", "platform", "workspace", "channel", "thread", "outcome", "mode", "task", "code"),
    "version",
)


@dataclass(frozen=True)
class Wanted:
    """Which interactions are wanted; None: any."""

    asker: str | None = None
    platform: str | None = None
    workspace: str | None = None
    channel: str | None = None
    thread: str | None = None
    outcome: str | None = None
    mode: str | None = None
    task: str | None = None
    code: str | None = None
    version: str | None = None  # that wrote the answer; empty: none that was trained
    words: str | None = None  # in the question or the answer, upper or lower case
    since: datetime | None = None
    before: datetime | None = None
    before_id: int | None = None  # to page on


def filtered(query: Select[Any], wanted: Wanted) -> Select[Any]:
    """`query` with what is wanted."""
    for name in ALIKE:
        if (value := getattr(wanted, name)) is not None:
            query = query.where(getattr(InteractionRow, name) == value)
    if wanted.words is not None:
        texts = (InteractionRow.question, InteractionRow.answer)
        query = query.where(saying(wanted.words, *texts))
    if wanted.since is not None:
        query = query.where(InteractionRow.asked_at >= wanted.since)
    if wanted.before is not None:
        query = query.where(InteractionRow.asked_at < wanted.before)
    if wanted.before_id is not None:
        query = query.where(InteractionRow.id < wanted.before_id)
    return query


def saying(words: str, *texts: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Those with these words in one of their texts, upper or lower case."""
    return or_(*(text.icontains(words, autoescape=True) for text in texts))
