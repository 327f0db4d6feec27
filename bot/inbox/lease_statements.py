"""The statements of `bot.inbox.leases`, built once: building costs more than running them."""

from __future__ import annotations

from functools import cache

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import aliased
from sqlalchemy.sql.dml import ReturningInsert, ReturningUpdate

from bot.inbox.rows import OPEN
from bot.posts import Door, State
from bot.sessions import inserting
from bot.tables import AnswerRow, ItemRow, ReplyRow

THIS = ItemRow.id == bindparam("item")
HELD = (THIS, ItemRow.token == bindparam("lease"))


def in_turn(row: type[ItemRow]) -> ColumnElement[bool]:
    """Did it come in by a door of which a thread has one item at a time?"""
    return or_(row.door == str(Door.CHANNEL), row.door == str(Door.DIRECT))  # IN costs each call


def held_back() -> ColumnElement[bool]:
    """Is there an earlier item of the thread that is unfinished, or any in a worker's hands?"""
    other = aliased(ItemRow)
    in_hand = and_(other.state == State.LEASED, other.due_at > bindparam("now"))
    ahead = select(other.id).where(
        other.platform == ItemRow.platform,
        other.workspace == ItemRow.workspace,
        other.channel == ItemRow.channel,
        other.thread == ItemRow.thread,
        in_turn(other),
        other.due_at.is_not(None),
        or_(other.id < ItemRow.id, and_(other.id != ItemRow.id, in_hand)),
    )
    return exists(ahead)


def due() -> Select[int, str, str, str, str]:
    """The items that may be claimed, those due the longest first."""
    where = (ItemRow.platform, ItemRow.workspace, ItemRow.channel, ItemRow.thread)
    there = (ItemRow.platform == bindparam("there"), ItemRow.due_at <= bindparam("now"))
    free = or_(ItemRow.thread == "", ~in_turn(ItemRow), ~held_back())
    return select(ItemRow.id, *where).where(*there, free).order_by(ItemRow.due_at, ItemRow.id)


LINKED = (
    select(AnswerRow.interaction_id)
    .where(AnswerRow.item_id == ItemRow.id, AnswerRow.revision == ItemRow.revision)
    .scalar_subquery()
)
DUE = due().limit(1)
NEXT = DUE.add_columns(LINKED.label("answer")).with_for_update(skip_locked=True, of=ItemRow)
STILL_DUE = due().where(THIS)
THREADS_TURN = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("thread"), 0)))
TAKE = (
    update(ItemRow)
    .where(THIS)
    .values(
        state=str(State.LEASED),
        attempt=ItemRow.attempt + 1,
        worker=bindparam("by"),
        token=bindparam("lease"),
        due_at=bindparam("until"),
    )
    .returning(*ItemRow.__table__.columns)
)
BEGIN_POSTING = update(ItemRow).where(*HELD).values(begun=True).returning(ItemRow.id)
MEANWHILE = select(ItemRow.stopped, ItemRow.gone, ItemRow.revision).where(THIS)
EXTEND = (
    update(ItemRow)
    .where(*HELD)
    .values(due_at=bindparam("until"))
    .returning(ItemRow.stopped, ItemRow.gone, ItemRow.revision)
)
DROP = delete(ReplyRow).where(
    ReplyRow.item_id == bindparam("item"),
    ReplyRow.message == bindparam("reply"),
    ReplyRow.channel == bindparam("there"),
)
DROP_ALL = delete(ReplyRow).where(ReplyRow.item_id == bindparam("item"))
DROP_ELSEWHERE = delete(ReplyRow).where(
    ReplyRow.platform == bindparam("platform_"),
    ReplyRow.workspace == bindparam("workspace_"),
    ReplyRow.channel == bindparam("there"),
    ReplyRow.message == bindparam("reply"),
    or_(ReplyRow.item_id != bindparam("item"), ReplyRow.part != bindparam("nth")),
)
HOLDERS = select(ItemRow.worker).where(ItemRow.state == State.LEASED)
UNFINISHED = select(func.count()).where(
    ItemRow.platform == bindparam("there"), ItemRow.due_at.is_not(None), ItemRow.state.in_(OPEN)
)


@cache
def note(dialect: str) -> ReturningInsert[int]:
    """Keep a reply in place of an earlier one of the same part, if the item is held."""
    columns = {
        ReplyRow.item_id: ItemRow.id,
        ReplyRow.part: bindparam("nth", type_=ReplyRow.part.type),
        ReplyRow.platform: ItemRow.platform,
        ReplyRow.workspace: ItemRow.workspace,
        ReplyRow.channel: bindparam("there", type_=ReplyRow.channel.type),
        ReplyRow.message: bindparam("reply", type_=ReplyRow.message.type),
        ReplyRow.streaming: bindparam("open", type_=ReplyRow.streaming.type),
    }
    told = select(*columns.values()).where(*HELD).with_for_update()
    adding = inserting(dialect, ReplyRow).from_select(list(columns), told)
    instead = {name: adding.excluded[name] for name in ("channel", "message", "streaming")}
    replacing = adding.on_conflict_do_update(index_elements=["item_id", "part"], set_=instead)
    return replacing.returning(ReplyRow.item_id)


@cache
def link(dialect: str) -> ReturningInsert[int]:
    """Link an answer to a revision of an item, if that is held and not deleted."""
    columns = {
        AnswerRow.item_id: ItemRow.id,
        AnswerRow.revision: bindparam("at", type_=AnswerRow.revision.type),
        AnswerRow.interaction_id: bindparam("answer", type_=AnswerRow.interaction_id.type),
    }
    told = select(*columns.values()).where(*HELD, ~ItemRow.gone).with_for_update()
    adding = inserting(dialect, AnswerRow).from_select(list(columns), told)
    instead = {"interaction_id": adding.excluded.interaction_id}
    keys = ["item_id", "revision"]
    replacing = adding.on_conflict_do_update(index_elements=keys, set_=instead)
    return replacing.returning(AnswerRow.item_id)


@cache
def end(state: State, gone: bool) -> ReturningUpdate[int]:
    """Finish an item, if it is held and did not change since the worker took it."""
    last: dict[str, object] = {"due_at": None, "token": "", "text": None, "stopped": False}
    if state is State.DONE:
        last["begun"] = False
    if state is State.SILENT:
        last["accepted_at"] = None
    same = (*HELD, ItemRow.revision == bindparam("at"), *(() if gone else (~ItemRow.gone,)))
    last |= {"code": bindparam("told"), "reason": bindparam("why")}
    last["state"] = str(State.GONE if gone else state)
    return update(ItemRow).where(*same).values(last).returning(ItemRow.id)
