"""Who runs a job: one process at a time, of all that share the database.

A holder has a token that is larger than any before, and extends its lease now and then. One that
is not heard of for too long is replaced; should it wake, its token is old: the transaction in
which it writes finds that out and is undone. So clocks decide only how soon another begins, never
what is written. Time is the database's, where that is a server.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select, update

from bot.errors import JobBusy, JobFenced
from bot.jobs import runs
from bot.jobs.guarding import LeaseTurn
from bot.jobs.schedule import Schedule
from bot.jobs.tables import JobRow
from bot.jobs.words import Asked, Ending, Held, Pace, RunState, Standing
from bot.living import is_gone, this_worker
from bot.sessions import Sessions, adding

log = logging.getLogger(__name__)

LOST_MOST = 5  # processes that die of one turn of a job; then its next turn is waited for
ASK_S = 0.2  # between tries to have a lease


def database_time(connection: Connection) -> datetime:
    """What time it is for all processes; SQLite has them on one machine."""
    if connection.dialect.name == "postgresql":
        found: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
        return found.astimezone(UTC)
    return datetime.now(UTC)


class Leases:
    """The jobs of one database, for one process. All may raise `DatabaseUnavailable`."""

    def __init__(
        self,
        sessions: Sessions,
        worker: str | None = None,
        pace: Pace | None = None,
        clock: Callable[[Connection], datetime] = database_time,
        gone: Callable[[str], bool] = is_gone,
    ) -> None:
        self._sessions, self.worker = sessions, worker or this_worker()
        self.pace, self._clock, self._gone = pace or Pace(), clock, gone

    # -- when ------------------------------------------------------------------------

    def plan(self, schedules: Mapping[str, Schedule]) -> None:
        """Keep when each job is due; one whose schedule is as it was keeps its time.

        Unless that was reckoned by a clock that went ahead and was set back.
        """
        with self._sessions.writing() as connection:
            now = self._clock(connection)
            for name, schedule in schedules.items():
                row = self._locked(connection, name)
                if row.schedule != str(schedule) or schedule.misses(row.due_at, now):
                    due = schedule.after(None, now)
                    self._set(connection, name, schedule=str(schedule), due_at=due)

    def standings(self) -> tuple[datetime, dict[str, Standing]]:
        """The time, and each job by its name."""
        with self._sessions.reading() as connection:
            now = self._clock(connection)
            found = [standing_of(row) for row in connection.execute(select(*JobRow.__table__.c))]
            return now, {each.job: each for each in found}

    def runs_now(self, standing: Standing, now: datetime) -> bool:
        """Does a process have it that lives, as far as can be told?

        An end that lies further ahead than any lease says that the clock was set back.
        """
        if not standing.worker or standing.until is None:
            return False
        soon = now < standing.until <= now + 2 * self.pace.lease
        return soon and not self._gone(standing.worker)

    # -- who -------------------------------------------------------------------------

    def claim(self, job: str, schedule: Schedule) -> Held | None:
        """Take a job that is due; None: it is not, or another process has it."""
        _, known = self.standings()
        if job not in known:
            return None
        with self._sessions.writing() as connection:
            now, standing = self._clock(connection), standing_of(self._locked(connection, job))
            due = standing.due_at
            if due is None or due > now or self.runs_now(standing, now):
                return None
            runs.mark_lost(connection, job, now)
            if runs.count_lost(connection, job, due) >= LOST_MOST:
                log.error("%s: %d processes died of it; its next turn is tried", job, LOST_MOST)
                self._set(connection, job, due_at=schedule.after(due, now), worker="", until=None)
                return None
            return self._taken(connection, standing, now, Asked.SCHEDULE)

    def take(self, job: str) -> Held:
        """Take a job now, by hand, due or not. Raises `JobBusy`."""
        with self._sessions.writing() as connection:
            now, standing = self._clock(connection), standing_of(self._locked(connection, job))
            if self.runs_now(standing, now):
                raise JobBusy(job, standing.worker)
            runs.mark_lost(connection, job, now)
            return self._taken(connection, standing, now, Asked.HAND)

    def _taken(
        self, connection: Connection, standing: Standing, now: datetime, asked: Asked
    ) -> Held:
        token = standing.token + 1
        until = now + self.pace.lease
        self._set(connection, standing.job, worker=self.worker, until=until, token=token)
        planned = standing.due_at if asked is Asked.SCHEDULE else None
        held = Held(standing.job, token, self.worker, 0, planned)
        return runs.begin(connection, held, asked, now)

    def holds(self, held: Held) -> bool:
        """Is it still this holder's? One whose lease ran out has it until another takes it."""
        with self._sessions.reading() as connection:
            query = select(JobRow.name).where(*mine(held))
            return connection.execute(query).first() is not None

    def guard(self, connection: Connection, held: Held) -> None:
        """Raise `JobFenced` unless it is this holder's until the transaction ends."""
        query = select(JobRow.name).where(*mine(held))
        # A claim waits for this lock; a heartbeat, which changes no key, does not.
        if connection.execute(query.with_for_update(read=True, key_share=True)).first() is None:
            raise JobFenced(held.job)

    def beat(self, held: Held) -> bool:
        """Extend the lease; False: another has the job."""
        with self._sessions.writing() as connection:
            until = self._clock(connection) + self.pace.lease
            query = update(JobRow).where(*mine(held)).values(until=until).returning(JobRow.name)
            return connection.execute(query).first() is not None

    def end(self, held: Held, ending: Ending, schedule: Schedule | None = None) -> None:
        """Keep how a run ended, and give the job back, in one transaction. Raises `JobFenced`.

        What was begun by `schedule` and came to an end has its next turn; what was stopped is
        due as before.
        """
        over = ending.state in (RunState.DONE, RunState.FAILED)
        with self._sessions.writing() as connection:
            self.guard(connection, held)
            now = self._clock(connection)
            self._set(connection, held.job, worker="", until=None)
            if schedule is not None and held.planned_for is not None and over:
                self._set(connection, held.job, due_at=schedule.after(held.planned_for, now))
            runs.end(connection, held.run, ending, now)

    @contextmanager
    def alone(self, job: str, waiting: Callable[[float], None]) -> Iterator[LeaseTurn]:
        """Hold a lease by hand, with no run that is kept; who waits is told the seconds so far."""
        began = time.monotonic()
        while (held := self._try(job)) is None:
            waiting(time.monotonic() - began)
            time.sleep(ASK_S)
        turn = LeaseTurn(self, held, threading.Event())
        try:
            with turn.beating():
                yield turn
        finally:
            self._give_back(held)

    def _try(self, job: str) -> Held | None:
        with self._sessions.writing() as connection:
            now, standing = self._clock(connection), standing_of(self._locked(connection, job))
            if self.runs_now(standing, now):
                return None
            runs.mark_lost(connection, job, now)
            token, until = standing.token + 1, now + self.pace.lease
            self._set(connection, job, worker=self.worker, until=until, token=token)
            return Held(job, token, self.worker)

    def _give_back(self, held: Held) -> None:
        with self._sessions.writing() as connection:
            query = update(JobRow).where(*mine(held)).values(worker="", until=None)
            connection.execute(query)

    # -- rows ------------------------------------------------------------------------

    def _locked(self, connection: Connection, job: str) -> Row[Any]:
        """The job's row, made where there is none; nobody else changes it meanwhile."""
        query = select(*JobRow.__table__.c).where(JobRow.name == job).with_for_update()
        if (row := connection.execute(query).first()) is None:
            empty = {"name": job, "schedule": "", "worker": "", "token": 0}
            connection.execute(adding(connection.dialect.name, JobRow), empty)
            row = connection.execute(query).one()
        return row

    def _set(self, connection: Connection, job: str, **values: object) -> None:
        connection.execute(update(JobRow).where(JobRow.name == job).values(values))


def mine(held: Held) -> tuple[ColumnElement[bool], ...]:
    """Is it still in these hands?"""
    same = (JobRow.token == held.token, JobRow.worker == held.worker)
    return (JobRow.name == held.job, *same)


def standing_of(row: Row[Any]) -> Standing:
    """A job's row as a value."""
    return Standing(row.name, row.schedule, row.due_at, row.worker, row.until, row.token)
