"""Posts into rows of the inbox, and rows into the items that workers hold."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, select
from sqlalchemy.orm import Session

from bot.conversation import Mode, Place
from bot.posts import Answered, Door, Item, PassedOver, Post, Reason, Reply, State
from bot.tables import AnswerRow, InteractionRow, ItemRow, ReplyRow, ThreadRow

OPEN = (State.WAITING, State.LEASED)
Same = ColumnElement[bool]


def within(row: type[ItemRow] | type[ReplyRow] | type[ThreadRow]) -> tuple[Same, ...]:
    """What tells the rows of a channel: see `bound`."""
    return (
        row.platform == bindparam("in_platform"),
        row.workspace == bindparam("in_workspace"),
        row.channel == bindparam("in_channel"),
    )


def replied(message: str) -> Select[int]:
    """The item that a message of the bot replies to, by its channel and that parameter."""
    return select(ReplyRow.item_id).where(*within(ReplyRow), ReplyRow.message == bindparam(message))


REPLIES = (  # as the fields of `Reply`
    select(ReplyRow.channel, ReplyRow.message, ReplyRow.part, ReplyRow.streaming)
    .where(ReplyRow.item_id == bindparam("item"))
    .order_by(ReplyRow.part)
)
REPLIED_TO = replied("message")
ANSWERED = select(
    *(ItemRow.id, ItemRow.author, ItemRow.about, ItemRow.door),
    *(ItemRow.platform, ItemRow.workspace, ItemRow.channel, ItemRow.thread),
).where(ItemRow.id == bindparam("item"))
NEWEST = (
    select(AnswerRow.interaction_id)
    .where(AnswerRow.item_id == bindparam("item"))
    .order_by(AnswerRow.revision.desc())
    .limit(1)
)
ASKED_BEFORE = NEWEST.join(
    InteractionRow, InteractionRow.id == AnswerRow.interaction_id
).with_only_columns(InteractionRow.question)


def values_of(post: Post) -> dict[str, Any]:
    """The columns that a post fills, whatever becomes of it."""
    return {
        "platform": post.place.platform,
        "workspace": post.place.workspace,
        "channel": post.place.channel,
        "thread": post.place.thread,
        "message": post.id,
        "event": post.event,
        "author": post.author,
        "team": post.team,
        "text": post.text,
        "digest": post.digest,
        "written_at": post.written_at,
        "door": str(post.door),
        "addressed": post.addressed,
        "others": list(post.others),
        "by_bot": post.by_bot,
        "outsider": post.outsider,
        "private": post.private,
        "mode": str(post.mode),
        "task": post.task,
        "back": post.back,
        "about": post.about,
    }


def fresh(now: datetime) -> dict[str, Any]:
    """The other columns, of a row of which nothing is known yet."""
    return {
        **{"heard_at": now, "accepted_at": None, "due_at": None},
        **{"state": str(State.SILENT), "reason": "", "notice": ""},
        **dict.fromkeys(("quiet", "limited", "gone", "stopped", "begun"), False),
        **{"revision": 0, "attempt": 0},
        **dict.fromkeys(("worker", "token", "code", "error"), ""),
    }


def bound(place: Place) -> dict[str, str]:
    """The parameters by which statements tell a channel, and a thread of it."""
    return {
        "in_platform": place.platform,
        "in_workspace": place.workspace,
        "in_channel": place.channel,
        "in_thread": place.thread,
    }


def told_of(place: Place, message: str) -> tuple[Same, ...]:
    """What tells the row of a message."""
    return (
        ItemRow.platform == place.platform,
        ItemRow.workspace == place.workspace,
        ItemRow.channel == place.channel,
        ItemRow.message == message,
    )


def item_replied_to(connection: Connection, place: Place, message: str) -> int | None:
    """The item that a message of the bot in that channel replies to; None: none."""
    return connection.scalar(REPLIED_TO, {**bound(place), "message": message})


def locked(session: Session, *told: ColumnElement[bool]) -> ItemRow | None:
    """The row that is told of, as long as the transaction lasts in no other hands."""
    return session.scalar(select(ItemRow).where(*told).with_for_update())


def place_of(row: Any) -> Place:
    """Where a post was said."""
    return Place(row.platform, row.workspace, row.channel, row.thread)


def item_of(connection: Connection, row: Any, interaction: int | None) -> Item:
    """The item that a row and what hangs on it tell of."""
    return Item(
        id=row.id,
        post=post_of(row, text_of(connection, row)),
        quiet=row.quiet,
        notice=row.notice,
        gone=row.gone,
        revision=row.revision,
        attempt=row.attempt,
        token=row.token,
        begun=row.begun,
        interaction=interaction,
        replies=replies_of(connection, row.id),
        accepted_at=row.accepted_at,
        stopped=row.stopped,
    )


def post_of(row: Any, text: str) -> Post:
    """The post that a row tells of."""
    return Post(
        event=row.event,
        id=row.message,
        place=place_of(row),
        author=row.author,
        text=text,
        written_at=row.written_at,
        door=Door(row.door),
        addressed=row.addressed,
        others=tuple(row.others),
        by_bot=row.by_bot,
        outsider=row.outsider,
        private=row.private,
        mode=Mode(row.mode),
        task=row.task,
        team=row.team,
        back=row.back,
        about=row.about,
    )


def text_of(connection: Connection, row: Any) -> str:
    """What was asked: while it waits in the inbox, afterwards in its interaction."""
    if row.gone:
        return ""
    return row.text if row.text is not None else asked_before(connection, row.id) or ""


def asked_before(connection: Connection, item: int) -> str | None:
    """The question of the item's latest interaction; None: there is none, or none any more."""
    return connection.scalar(ASKED_BEFORE, {"item": item})


def replies_of(connection: Connection, item: int) -> tuple[Reply, ...]:
    """The replies to an item, by their part."""
    return tuple(Reply(*row) for row in connection.execute(REPLIES, {"item": item}))


def answered_of(connection: Connection, item: int) -> Answered | None:
    """What a reply to the item answers; None: the item is not known."""
    row = connection.execute(ANSWERED, {"item": item}).one_or_none()
    if row is None:
        return None
    newest = connection.scalar(NEWEST, {"item": item})
    return Answered(row.id, newest, row.author, place_of(row), row.about, Door(row.door))


def passed_over_of(row: Any) -> PassedOver:
    """The silence that a row tells of."""
    return PassedOver(place_of(row), row.message, row.author, Reason(row.reason), row.heard_at)
