"""What was heard before: by it a platform that was away finds what it missed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select

from bot.conversation import Place
from bot.inbox.lease_statements import in_turn
from bot.inbox.rows import bound, place_of, within
from bot.tables import EventRow, ItemRow


@dataclass(frozen=True)
class Asked:
    """A question that was accepted."""

    place: Place
    id: str  # of the message


THERE = (
    EventRow.platform == bindparam("in_platform"),
    EventRow.workspace == bindparam("in_workspace"),
)
LAST_HEARD = (
    select(EventRow.heard_at)
    .where(
        EventRow.platform == bindparam("in_platform"),
        EventRow.workspace != bindparam("but"),
        EventRow.heard_at < bindparam("before"),
    )
    .order_by(EventRow.heard_at.desc())
    .limit(1)
)
EVENTS = (
    select(EventRow.event)
    .where(*THERE, EventRow.heard_at >= bindparam("since"))
    .order_by(EventRow.heard_at, EventRow.event)
)
ACCEPTED = (ItemRow.platform == bindparam("in_platform"), ItemRow.accepted_at.is_not(None))
QUESTIONS = (
    select(ItemRow.platform, ItemRow.workspace, ItemRow.channel, ItemRow.thread, ItemRow.message)
    .where(
        *ACCEPTED,
        ItemRow.accepted_at >= bindparam("since"),
        ItemRow.gone.is_(False),
        in_turn(ItemRow),
    )
    .order_by(ItemRow.id.desc())
    .limit(bindparam("most"))
)
ASKED_IN = (
    select(ItemRow.message)
    .where(
        *within(ItemRow),
        ItemRow.thread == bindparam("in_thread"),
        ItemRow.accepted_at.is_not(None),
        ItemRow.gone.is_(False),
    )
    .order_by(ItemRow.id)
)
CHANNELS = (
    select(ItemRow.channel)
    .where(*ACCEPTED, ItemRow.workspace == bindparam("in_workspace"))
    .group_by(ItemRow.channel)
    .order_by(func.max(ItemRow.id).desc())
    .limit(bindparam("most"))
)


def last_heard(
    connection: Connection, platform: str, before: datetime, but: str
) -> datetime | None:
    """When the last event before some time came, of any workspace but one; None: never."""
    told = {"in_platform": platform, "before": before, "but": but}
    return connection.scalar(LAST_HEARD, told)


def events(connection: Connection, place: Place, since: datetime) -> list[str]:
    """The ids of a workspace's events that came since then, oldest first."""
    told = {"in_platform": place.platform, "in_workspace": place.workspace, "since": since}
    return list(connection.scalars(EVENTS, told))


def questions(connection: Connection, platform: str, since: datetime, limit: int) -> list[Asked]:
    """The last questions that were written as messages and are not deleted, newest first."""
    told = {"in_platform": platform, "since": since, "most": limit}
    return [Asked(place_of(row), row.message) for row in connection.execute(QUESTIONS, told)]


def asked_in(connection: Connection, place: Place) -> list[str]:
    """The ids of the questions of a thread that are not deleted, oldest first."""
    return list(connection.scalars(ASKED_IN, bound(place)))


def channels(connection: Connection, platform: str, workspace: str, limit: int) -> list[str]:
    """The channels in which questions were asked, those with the newest first."""
    told = {"in_platform": platform, "in_workspace": workspace, "most": limit}
    return list(connection.scalars(CHANNELS, told))
