"""The history of verdicts: each change is kept in the transaction that makes it.

Its growing id is how a harvest knows what is new. So that none is passed over, changes are
committed in the order of their ids: on PostgreSQL whoever notes some waits for who noted before,
and does it last, when no other lock has to be waited for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, delete, func, insert, select, text

from bot.conversation import Feedback
from bot.learning.tables import ChangeRow
from bot.tables import FeedbackRow

LOCK = 0x7A4DE4  # PostgreSQL's advisory lock of who notes changes; any number that stays
IN_TURN = text("SELECT pg_advisory_xact_lock(:lock)")
NOTE = insert(ChangeRow)
BATCH = 500  # keys in one statement; databases take some 30,000
Key = TypeVar("Key", int, str)
SAID = (FeedbackRow.verdict, FeedbackRow.reason, FeedbackRow.correction, FeedbackRow.details)


class Kind(StrEnum):
    """What happened to a verdict."""

    GIVEN = "given"
    CHANGED = "changed"
    WITHDRAWN = "withdrawn"


def batches(keys: Iterable[Key]) -> Iterator[list[Key]]:
    """The keys in lists that fit into a statement, ascending."""
    rest = iter(sorted(keys))
    while batch := list(islice(rest, BATCH)):
        yield batch


def standing(connection: Connection, interaction: int, author: str) -> Sequence[Any] | None:
    """What a person's verdict says now; None: there is none."""
    theirs = (FeedbackRow.interaction_id == interaction, FeedbackRow.author == author)
    return connection.execute(select(*SAID).where(*theirs)).one_or_none()


def note_given(connection: Connection, given: Feedback, before: Sequence[Any] | None) -> None:
    """Keep a verdict that was given, or given in place of another; the same again is none."""
    now = (str(given.verdict), given.reason, given.correction, dict(given.details))
    if before is None or tuple(before) != now:
        note(connection, [told(given, Kind.GIVEN if before is None else Kind.CHANGED)])


def told(given: Feedback, kind: Kind) -> dict[str, object]:
    """The columns of a change, with the verdict's words."""
    return {
        "interaction_id": given.interaction,
        "author": given.author,
        "kind": str(kind),
        "verdict": str(given.verdict),
        "reason": given.reason,
        "correction": given.correction,
        "details": dict(given.details),
        "changed_at": given.given_at,
    }


def wordless(interactions: Iterable[int], now: datetime) -> list[dict[str, object]]:
    """That something changed about these interactions, and no more."""
    empty = dict.fromkeys(("author", "verdict", "reason", "correction"), "")
    common = {**empty, "kind": str(Kind.CHANGED), "details": {}, "changed_at": now}
    return [{"interaction_id": id, **common} for id in sorted(interactions)]


def note(connection: Connection, changes: Sequence[dict[str, object]]) -> None:
    """Keep changes; the last thing that a transaction does."""
    if not changes:
        return
    if connection.dialect.name == "postgresql":
        connection.execute(IN_TURN, {"lock": LOCK})
    connection.execute(NOTE, changes)


def newest(connection: Connection, interaction: int) -> int:
    """The mark of an interaction's latest change; 0: it has none."""
    latest = select(func.max(ChangeRow.id)).where(ChangeRow.interaction_id == interaction)
    return connection.scalar(latest) or 0


def erase_words(connection: Connection, interactions: Collection[int]) -> set[int]:
    """Delete the history of interactions; gives those that had one."""
    had = set[int]()
    for batch in batches(interactions):
        theirs = delete(ChangeRow).where(ChangeRow.interaction_id.in_(batch))
        had |= set(connection.scalars(theirs.returning(ChangeRow.interaction_id)))
    return had


def changed_after(connection: Connection, since: int, limit: int) -> list[tuple[int, int]]:
    """Interactions and the marks of their latest changes after a mark, in that order."""
    latest = func.max(ChangeRow.id)
    query = (
        select(ChangeRow.interaction_id, latest)
        .where(ChangeRow.id > since)
        .group_by(ChangeRow.interaction_id)
        .order_by(latest)
        .limit(limit)
    )
    return [(id, mark) for id, mark in connection.execute(query)]
