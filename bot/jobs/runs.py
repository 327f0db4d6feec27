"""The runs of jobs as rows: begun, ended, lost, and long ago."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from bot.errors import UnknownJobRun
from bot.jobs.tables import JobRunRow
from bot.jobs.words import Asked, Ending, Held, JobRun, Report, RunState
from bot.sessions import Sessions

GONE = "its process died, or was not heard of for too long, and another took over"
RUNNING = JobRunRow.state == str(RunState.RUNNING)
COLUMNS = tuple(JobRunRow.__table__.c)


def begin(connection: Connection, held: Held, asked: Asked, now: datetime) -> Held:
    """Keep that a run began; gives what is held, with the run's id."""
    values = {
        "job": held.job,
        "token": held.token,
        "worker": held.worker,
        "asked": str(asked),
        "planned_for": held.planned_for,
        "started_at": now,
        "state": str(RunState.RUNNING),
        "told": "",
        "figures": {},
        "error": "",
    }
    query = insert(JobRunRow).values(values).returning(JobRunRow.id)
    return replace(held, run=connection.execute(query).scalar_one())


def end(connection: Connection, run: int, ending: Ending, now: datetime) -> None:
    """Keep how a run ended."""
    values = {
        "ended_at": now,
        "state": str(ending.state),
        "told": ending.report.told,
        "figures": dict(ending.report.figures),
        "error": ending.error,
    }
    connection.execute(update(JobRunRow).where(JobRunRow.id == run).values(values))


def mark_lost(connection: Connection, job: str, now: datetime) -> None:
    """Whoever takes a job marks the runs of it that nobody ended."""
    values = {"state": str(RunState.LOST), "ended_at": now, "error": GONE}
    connection.execute(update(JobRunRow).where(JobRunRow.job == job, RUNNING).values(values))


def count_lost(connection: Connection, job: str, planned_for: datetime) -> int:
    """How many processes died of one turn."""
    lost = JobRunRow.state == str(RunState.LOST)
    mine = (JobRunRow.job == job, JobRunRow.planned_for == planned_for, lost)
    return connection.scalar(select(func.count()).where(*mine)) or 0


class Runs:
    """What was run. All may raise `DatabaseUnavailable`."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def run(self, id: int) -> JobRun:
        """One run. Raises `UnknownJobRun`."""
        with self._sessions.reading() as connection:
            row = connection.execute(select(*COLUMNS).where(JobRunRow.id == id)).first()
        if row is None:
            raise UnknownJobRun(id)
        return run_of(row)

    def newest(self, limit: int, job: str | None = None) -> list[JobRun]:
        """The newest runs, of one job or of all."""
        query = select(*COLUMNS).order_by(JobRunRow.id.desc()).limit(limit)
        if job is not None:
            query = query.where(JobRunRow.job == job)
        with self._sessions.reading() as connection:
            return [run_of(row) for row in connection.execute(query)]

    def last(self) -> dict[str, JobRun]:
        """The newest run of each job that ever ran, by the job's name."""
        newest = select(func.max(JobRunRow.id)).group_by(JobRunRow.job)
        query = select(*COLUMNS).where(JobRunRow.id.in_(newest))
        with self._sessions.reading() as connection:
            found = [run_of(row) for row in connection.execute(query)]
        return {each.job: each for each in found}

    def prune(self, before: datetime) -> int:
        """Forget runs that ended before a time, but for the newest of each job; gives how many."""
        newest = select(func.max(JobRunRow.id)).group_by(JobRunRow.job)
        old = (JobRunRow.ended_at < before, JobRunRow.id.not_in(newest))
        with self._sessions.writing() as connection:
            gone = connection.scalars(delete(JobRunRow).where(*old).returning(JobRunRow.id))
            return len(gone.all())


def run_of(row: Row[Any]) -> JobRun:
    """A row as a value."""
    return JobRun(
        row.id,
        row.job,
        row.token,
        row.worker,
        Asked(row.asked),
        row.planned_for,
        row.started_at,
        row.ended_at,
        RunState(row.state),
        Report(row.told, row.figures),
        row.error,
    )
