"""Trainings in SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from bot.errors import UnknownRun
from bot.learning.rows import AnyRow
from bot.learning.version_rows import run_of
from bot.learning.version_tables import RunRow
from bot.learning.words import RunState, TrainingRun
from bot.living import is_gone
from bot.tables import LAST_ID
from model.examples import What

RUNS = select(*RunRow.__table__.columns)


@dataclass(frozen=True)
class Beginning:
    """A training that begins."""

    what: What
    tasks: Sequence[str]
    snapshot: int
    recipe: Mapping[str, object]
    folder: str  # may hold "{id}"
    worker: str  # see `bot.living`
    at: datetime


def begin(connection: Connection, new: Beginning) -> TrainingRun:
    """Keep it, with its id in its folder."""
    row = {
        "what": str(new.what),
        "tasks": list(new.tasks),
        "snapshot_id": new.snapshot,
        "recipe": dict(new.recipe),
        "state": str(RunState.RUNNING),
        "begun_at": new.at,
        "folder": new.folder,
        "error": "",
        "figures": {},
        "worker": new.worker,
    }
    id = connection.scalars(insert(RunRow).returning(RunRow.id), row).one()
    change(connection, id, folder=new.folder.replace("{id}", str(id)))
    return run_of(found(connection, id))


def found(connection: Connection, id: int, locked: bool = False) -> AnyRow:
    """The row of a training. Raises `UnknownRun`."""
    query = RUNS.where(RunRow.id == id)
    query = query.with_for_update() if locked else query
    row = connection.execute(query).one_or_none() if 0 < id <= LAST_ID else None
    if row is None:
        raise UnknownRun(id)
    return row


def change(connection: Connection, id: int, **columns: object) -> None:
    """Keep other values."""
    connection.execute(update(RunRow).where(RunRow.id == id).values(columns))


def end(
    connection: Connection,
    id: int,
    state: RunState,
    error: str,
    figures: Mapping[str, float],
    now: datetime,
) -> None:
    """A training ended, unless it had. Raises `UnknownRun`."""
    row = found(connection, id, locked=True)
    if row.state == RunState.RUNNING:
        told = {**row.figures, **figures}
        change(connection, id, state=str(state), error=error, figures=told, ended_at=now)


def running(connection: Connection, what: What | None) -> list[AnyRow]:
    """Those that say they run, newest first."""
    query = RUNS.where(RunRow.state == str(RunState.RUNNING)).order_by(RunRow.id.desc())
    mine = query if what is None else query.where(RunRow.what == str(what))
    return list(connection.execute(mine).all())


def is_stale(row: AnyRow) -> bool:
    """Does it say that it runs, in a process of this host that is gone, or in none?"""
    return row.state == RunState.RUNNING and (not row.worker or is_gone(row.worker))
