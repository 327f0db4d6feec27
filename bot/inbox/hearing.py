"""What is heard goes into the inbox: new posts, edits, silences, and what is known of a thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, bindparam, literal, or_, select, union, update

from bot.conversation import Mode, Place
from bot.inbox.rows import (
    OPEN,
    asked_before,
    bound,
    fresh,
    locked,
    replied,
    told_of,
    values_of,
    within,
)
from bot.posts import Door, Heard, Known, Post, Reason, Standing, State
from bot.sessions import adding, inserting, mapped
from bot.tables import AnswerRow, EventRow, ItemRow, Table, ThreadRow

INSIDE = and_(
    ItemRow.thread == bindparam("in_thread"),
    ItemRow.thread != "",
    ItemRow.state != str(State.GONE),
    ItemRow.door != str(Door.NOTE),  # nobody said it
)
HEARD_THERE = (
    select(
        *(ItemRow.author, ItemRow.state, ItemRow.digest, ItemRow.accepted_at),
        *(ItemRow.mode, ItemRow.task),
        (ItemRow.message == bindparam("message")).label("own"),
        INSIDE.label("inside"),
        and_(ItemRow.id.in_(replied("in_thread")), ~ItemRow.gone).label("root"),
    )
    .where(
        ItemRow.id.in_(
            union(  # each by its own index, where one condition would read the whole channel
                select(ItemRow.id).where(*within(ItemRow), ItemRow.message == bindparam("message")),
                select(ItemRow.id).where(*within(ItemRow), INSIDE),
                replied("in_thread"),
            )
        )
    )
    .order_by(ItemRow.written_at, ItemRow.id)
)
EVENT = select(EventRow.event).where(
    EventRow.platform == bindparam("in_platform"),
    EventRow.workspace == bindparam("in_workspace"),
    EventRow.event == bindparam("event"),
)
ONE = select(literal(1).label("row")).subquery()
CHOSEN = select(  # for the thread and its channel; a row at least, as it tells of the event too
    *(ThreadRow.thread, ThreadRow.mode, ThreadRow.task, ThreadRow.muted_by),
    EVENT.exists().label("repeated"),
).select_from(
    ONE.outerjoin(
        ThreadRow,
        and_(
            *within(ThreadRow),
            or_(ThreadRow.thread == bindparam("in_thread"), ThreadRow.thread == ""),
        ),
    )
)
STOP = (
    update(ItemRow)
    .where(
        ItemRow.id.in_(union(replied("reply"), select(ItemRow.id).where(*within(ItemRow), INSIDE))),
        ItemRow.state.in_(OPEN),
        ~ItemRow.gone,
    )
    .values(stopped=True)
    .returning(ItemRow.id)
)


@dataclass(frozen=True)
class Manner:
    """How a post is accepted."""

    quiet: bool = False  # nobody addressed the bot
    notice: str = ""  # to be said instead of an answer
    limited: bool = False  # the notice tells of the limit
    interaction: int | None = None  # an answer that was given elsewhere, to be shown
    aside: bool = False  # no question: no thread is followed for it


def known(connection: Connection, post: Post) -> Known:
    """What is known of a post and its thread."""
    told = {**bound(post.place), "message": post.id, "event": post.event}
    found = connection.execute(HEARD_THERE, told).all()
    rows = [row for row in found if row.own or row.inside]
    root = [row for row in found if row.root]
    chosen = connection.execute(CHOSEN, told).all()
    sticks = next((row for row in chosen if row.thread and row.mode), next(iter(root), None))
    asked = [row for row in rows if row.inside and row.accepted_at]
    return Known(
        takes_part=bool(asked or root),
        askers=frozenset(row.author for row in (*asked, *root)),
        since=since(rows),
        muted=any(row.muted_by for row in chosen),
        mode=Mode(sticks.mode) if sticks else Mode.AUTO,
        task=sticks.task if sticks else None,
        heard=next((Standing(State(row.state), row.digest) for row in rows if row.own), None),
        repeated=any(row.repeated for row in chosen),
    )


def since(rows: Sequence[Any]) -> tuple[str, ...]:
    """Who wrote after the last accepted question, beside the post itself and what was answered."""
    asked = [number for number, row in enumerate(rows) if row.accepted_at]
    after = rows[asked[-1] + 1 :] if asked else rows
    return tuple(row.author for row in after if not row.own and row.state == State.SILENT)


def was_heard(connection: Connection, place: Place, event: str) -> bool:
    """Is the event among those that were kept?"""
    told = {**bound(place), "event": event}
    return bool(event) and connection.scalar(EVENT, told) is not None


def is_new(connection: Connection, place: Place, event: str, now: datetime) -> bool:
    """Keep an event; was it never heard before? One without an id is always new."""
    row = {"platform": place.platform, "workspace": place.workspace, "event": event}
    return not event or add(connection, EventRow, row | {"heard_at": now})


def add(connection: Connection, table: type[Table], row: dict[str, Any]) -> bool:
    """Add a row; False: it was there already."""
    return bool(connection.execute(adding(connection.dialect.name, table), row).all())


def accept(connection: Connection, post: Post, manner: Manner, now: datetime) -> Heard:
    """Keep a question; say what became of it."""
    if not is_new(connection, post.place, post.event, now):
        return Heard.REPEATED
    if add(connection, ItemRow, values_of(post) | fresh(now) | asking(manner, now)):
        show(connection, post, manner)
        return Heard.ACCEPTED
    return revise(connection, post, manner, now)


def follow_up(
    connection: Connection, post: Post, interaction: int, now: datetime, after: timedelta
) -> Heard:
    """Keep a note on an answer, linked with it as its revision 0."""
    heard = accept(connection, post, Manner(quiet=True), now)
    if heard in (Heard.ACCEPTED, Heard.REVISED):
        note = update(ItemRow).where(*told_of(post.place, post.id)).returning(ItemRow.id)
        item = connection.scalars(note.values(due_at=now + after)).one()
        link = {"item_id": item, "revision": 0, "interaction_id": interaction}
        add(connection, AnswerRow, link)
    return heard


def revise(connection: Connection, post: Post, manner: Manner, now: datetime) -> Heard:
    """Have a post that was heard before answered as it is now, if it asks something new."""
    with mapped(connection) as session:
        row = locked(session, *told_of(post.place, post.id))
        if row is None or not news(row, post, manner):
            return Heard.REPEATED
        for column, value in (values_of(post) | anew(row, now, manner) | about(manner)).items():
            setattr(row, column, value)
        return Heard.REVISED


def show(connection: Connection, post: Post, manner: Manner) -> None:
    """Link the answer that is to be shown, where there is one already."""
    if manner.interaction is None:
        return
    item = connection.scalars(select(ItemRow.id).where(*told_of(post.place, post.id))).one()
    values = {"item_id": item, "revision": 1, "interaction_id": manner.interaction}
    connection.execute(inserting(connection.dialect.name, AnswerRow).values(values))


def asking(manner: Manner, now: datetime) -> dict[str, Any]:
    """The columns of a new question."""
    state = {"state": str(State.WAITING), "revision": 1, "due_at": now}
    return state | {"accepted_at": None if manner.aside else now} | about(manner)


def about(manner: Manner) -> dict[str, Any]:
    """The columns that say how a question is answered."""
    return {"quiet": manner.quiet, "notice": manner.notice, "limited": manner.limited}


def anew(row: ItemRow, now: datetime, manner: Manner) -> dict[str, Any]:
    """The columns of a question that is to be answered again.

    What a worker has in its hands stays there until that worker lets go: nobody else may write
    into the same replies meanwhile.
    """
    changed = {
        "revision": row.revision + 1,
        "attempt": 0,
        "accepted_at": row.accepted_at or (None if manner.aside else now),
        "stopped": False,
        **dict.fromkeys(("code", "error", "reason"), ""),
    }
    if row.state == State.LEASED:
        return changed
    return changed | {"state": str(State.WAITING), "due_at": now, "token": ""}


def news(row: ItemRow, post: Post, manner: Manner) -> bool:
    """Does the post ask something that its row did not?

    The platform tells of a link's preview as of an edit, with the words unchanged; a mention is
    no word, and an edit that adds one asks.
    """
    same, called = row.digest == post.digest, post.addressed and not row.addressed
    silent = row.state == State.SILENT
    if row.gone or (same and (post.edited or manner.quiet) and not (silent and called)):
        return False
    return post.edited or silent


def pass_over(connection: Connection, post: Post, reason: Reason, now: datetime) -> Heard:
    """Keep that a post was heard, without its words, and why the bot is silent."""
    if not is_new(connection, post.place, post.event, now):
        return Heard.REPEATED
    silent = values_of(post) | {"text": None, "reason": str(reason)}
    if add(connection, ItemRow, fresh(now) | silent):
        return Heard.SILENT
    with mapped(connection) as session:
        row = locked(session, *told_of(post.place, post.id))
        if row is None or row.state != State.SILENT or row.digest == post.digest:
            return Heard.REPEATED
        row.digest, row.reason = post.digest, str(reason)
        return Heard.SILENT


def redo(connection: Connection, item: int, mode: Mode, task: str | None, now: datetime) -> bool:
    """Have an item answered again in that mode; AUTO: in the mode and task that it has.

    False: its words are gone, or never were.
    """
    with mapped(connection) as session:
        row = locked(session, ItemRow.id == item)
        if row is None or row.gone or (row.text is None and asked_before(connection, item) is None):
            return False
        instead = {} if mode is Mode.AUTO else {"mode": str(mode), "task": task}
        for column, value in (anew(row, now, Manner()) | about(Manner()) | instead).items():
            setattr(row, column, value)
        return True


def stop(connection: Connection, place: Place, message: str | None) -> set[int]:
    """Mark the unfinished items of a reply or of a thread as stopped; gives which."""
    told = {**bound(place), "reply": message or ""}
    return set(connection.scalars(STOP, told))


def choose(connection: Connection, place: Place, **chosen: str | None) -> None:
    """Keep what was chosen for a thread; what was not stays as it is."""
    key = {
        "platform": place.platform,
        "workspace": place.workspace,
        "channel": place.channel,
        "thread": place.thread,
    }
    usual = {"mode": "", "task": None, "muted_by": ""}  # no mode: that of the root, if any
    row = inserting(connection.dialect.name, ThreadRow).values(**key, **(usual | chosen))
    connection.execute(row.on_conflict_do_update(index_elements=[*key], set_=chosen))
