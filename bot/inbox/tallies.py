"""Counts and lists over the inbox: for limits, for the operator, for its upkeep."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    delete,
    func,
    literal,
    select,
    union_all,
)

from bot.conversation import Place
from bot.inbox.rows import bound, passed_over_of
from bot.posts import Door, Load, PassedOver, State
from bot.tables import EventRow, ItemRow


def counted(what: str, *which: ColumnElement[bool]) -> Select[str, int, datetime | None]:
    """How many items of a workspace since some time, and when the first of them was accepted."""
    return select(literal(what), func.count(), func.min(ItemRow.accepted_at)).where(
        ItemRow.platform == bindparam("in_platform"),
        ItemRow.workspace == bindparam("in_workspace"),
        ItemRow.accepted_at > bindparam("since"),
        ItemRow.door != str(Door.NOTE),
        *which,
    )


THEIRS = ItemRow.author == bindparam("who")
LOAD = union_all(
    counted("person", THEIRS, ~ItemRow.limited),
    counted("channel", ItemRow.channel == bindparam("in_channel"), ~ItemRow.limited),
    counted("noticed", THEIRS, ItemRow.limited.is_(True)),
)


def load(connection: Connection, author: str, place: Place, since: datetime) -> Load:
    """How much that person asked since then, and everybody in that channel."""
    told = {**bound(place), "who": author, "since": since}
    found = {what: (number, first) for what, number, first in connection.execute(LOAD, told)}
    (person, first), (channel, first_there) = found["person"], found["channel"]
    return Load(person, channel, first, first_there, found["noticed"][0] > 0)


def silences(connection: Connection, limit: int) -> list[PassedOver]:
    """The last posts that the bot was silent to, newest first."""
    query = select(*ItemRow.__table__.columns).where(ItemRow.state == State.SILENT)
    newest = query.order_by(ItemRow.heard_at.desc(), ItemRow.id.desc()).limit(limit)
    return [passed_over_of(row) for row in connection.execute(newest)]


def prune(connection: Connection, before: datetime) -> int:
    """Forget events, silences and deletions heard before then; gives how many rows went."""
    heard = delete(EventRow).where(EventRow.heard_at < before).returning(EventRow.heard_at)
    over = (ItemRow.state.in_((State.SILENT, State.GONE)), ItemRow.heard_at < before)
    passed = delete(ItemRow).where(*over).returning(ItemRow.id)
    return sum(len(connection.execute(deletion).all()) for deletion in (heard, passed))
