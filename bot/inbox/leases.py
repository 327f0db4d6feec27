"""Items in workers' hands: one worker to an item, one item to a thread, until the lease ends."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from bot.errors import LeaseLost
from bot.inbox import lease_statements as sql
from bot.inbox.forgetting import erase
from bot.inbox.rows import item_of, locked
from bot.posts import Beat, Item, Reply, State
from bot.sessions import mapped
from bot.tables import ItemRow


@dataclass(frozen=True)
class Ending:
    """How an item ends."""

    state: State
    code: str = ""  # of having given up
    reason: str = ""  # of a silence


def any_due(connection: Connection, platform: str, now: datetime) -> bool:
    """Might there be something to claim? It asks without taking the right to write."""
    return connection.execute(sql.DUE, {"there": platform, "now": now}).first() is not None


def claim(
    connection: Connection, platform: str, worker: str, now: datetime, lease: timedelta
) -> Item | None:
    """Lease the item that has been due for the longest; None: none is."""
    row = connection.execute(sql.NEXT, {"there": platform, "now": now}).first()
    if row is None or not alone(connection, row, now):
        return None
    token, until = secrets.token_hex(8), now + lease
    taken = {"item": row.id, "by": worker, "lease": token, "until": until}
    return item_of(connection, connection.execute(sql.TAKE, taken).one(), row.answer)


def alone(connection: Connection, row: Any, now: datetime) -> bool:
    """Is no other worker about to lease an item of this thread?

    On PostgreSQL two may have looked at the same moment, each before it could see the other's
    lease; so they look again, one after the other. SQLite has one writer at a time.
    """
    if connection.dialect.name != "postgresql" or not row.thread:
        return True
    thread = "\n".join((row.platform, row.workspace, row.channel, row.thread))
    connection.execute(sql.THREADS_TURN, {"thread": thread})
    again = {"there": row.platform, "now": now, "item": row.id}
    return connection.execute(sql.STILL_DUE, again).first() is not None


def begin_posting(connection: Connection, item: Item) -> None:
    """Keep that a message is about to be posted. Raises `LeaseLost`."""
    begun = connection.execute(sql.BEGIN_POSTING, {"item": item.id, "lease": item.token})
    if not begun.all():
        raise LeaseLost(item.id)


def held(session: Session, item: Item) -> ItemRow:
    """The row of an item in hand. Raises `LeaseLost`."""
    row = locked(session, ItemRow.id == item.id)
    if row is None or row.token != item.token:
        raise LeaseLost(item.id)
    return row


def changed(row: ItemRow, item: Item) -> bool:
    """Was it edited, redone or deleted since the worker took it?"""
    return row.revision != item.revision or (row.gone and not item.gone)


def beat(connection: Connection, item: Item, until: datetime) -> Beat:
    """Extend the lease, if it is still held; tell what happened meanwhile."""
    mine = {"item": item.id, "lease": item.token, "until": until}
    row = connection.execute(sql.EXTEND, mine).one_or_none()
    ours = row is not None
    row = row or connection.execute(sql.MEANWHILE, {"item": item.id}).one_or_none()
    if row is None:
        return Beat(held=False, gone=True)
    return Beat(ours, row.stopped, row.gone and not item.gone, row.revision != item.revision)


def note(connection: Connection, item: Item, reply: Reply) -> None:
    """Keep a reply as this part of the item. Raises `LeaseLost`."""
    reply_at = {"there": reply.channel, "reply": reply.message}
    told = {"item": item.id, "nth": reply.part, **reply_at}
    place = {"platform_": item.post.place.platform, "workspace_": item.post.place.workspace}
    connection.execute(sql.DROP_ELSEWHERE, told | place)
    told |= {"lease": item.token, "open": reply.streaming}
    if not connection.execute(sql.note(connection.dialect.name), told).all():
        raise LeaseLost(item.id)


def drop(connection: Connection, item: Item, reply: Reply) -> None:
    """Forget a reply that stands there no more. Raises `LeaseLost`."""
    with mapped(connection) as session:
        held(session, item)
    there = {"there": reply.channel, "reply": reply.message}
    connection.execute(sql.DROP, {"item": item.id, **there})


def answered(connection: Connection, item: Item, interaction: int) -> Beat:
    """Link the interaction to the item's revision, if the lease is still held.

    Of a question that was deleted meanwhile the interaction is deleted too, whoever holds it.
    """
    told = {"item": item.id, "lease": item.token, "at": item.revision, "answer": interaction}
    if connection.execute(sql.link(connection.dialect.name), told).all():
        return Beat(held=True)
    with mapped(connection) as session:
        row = locked(session, ItemRow.id == item.id)
        if row is not None and not row.gone:
            return Beat(held=False)
        erase(session, [interaction])
        return Beat(row is not None and row.token == item.token, gone=True)


def end(connection: Connection, item: Item, ending: Ending, now: datetime) -> bool:
    """Finish an item; False: it changed meanwhile, and waits to be taken again.

    Raises `LeaseLost`.
    """
    mine = {"item": item.id, "lease": item.token, "at": item.revision}
    told = {"told": ending.code, "why": ending.reason}
    if connection.execute(sql.end(ending.state, item.gone), mine | told).all():
        if item.gone:
            connection.execute(sql.DROP_ALL, {"item": item.id})
        return True
    with mapped(connection) as session:
        put_back(held(session, item), now, attempt=0)
    return False


def give_back(
    connection: Connection, item: Item, now: datetime, after: timedelta, error: str, counts: bool
) -> None:
    """Let an item wait again, but for no time if it changed. Raises `LeaseLost`."""
    with mapped(connection) as session:
        row = held(session, item)
        row.error = error
        if changed(row, item):
            put_back(row, now, attempt=0)
        else:
            put_back(row, now + after, item.attempt if counts else item.attempt - 1)


def put_back(row: ItemRow, due_at: datetime, attempt: int) -> None:
    """Out of a worker's hands, into the line."""
    row.state, row.due_at, row.token, row.attempt = str(State.WAITING), due_at, "", attempt


def holders(connection: Connection) -> set[str]:
    """The workers that hold items."""
    return set(connection.scalars(sql.HOLDERS))


def release(connection: Connection, gone: Callable[[str], bool], now: datetime) -> int:
    """Take the items out of the hands of workers that are gone: how many there were.

    They have waited for long, so they are the next in line. The attempt counts: whoever had it
    may have died of it.
    """
    dead = [worker for worker in holders(connection) if gone(worker)]
    if not dead:
        return 0
    theirs = (ItemRow.state == State.LEASED, ItemRow.worker.in_(dead))
    with mapped(connection) as session:
        rows = session.scalars(select(ItemRow).where(*theirs).with_for_update()).all()
        for row in rows:
            put_back(row, row.accepted_at or now, row.attempt)
        return len(rows)


def unfinished(connection: Connection, platform: str) -> int:
    """How many questions have no answer yet, those in hand among them."""
    return connection.scalar(sql.UNFINISHED, {"there": platform}) or 0
