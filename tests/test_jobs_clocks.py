"""The schedule while clocks are set: this machine's, the database's, or both."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

import pytest

from bot.database import connect
from bot.jobs import scheduler
from bot.jobs.leases import Leases
from bot.jobs.schedule import Schedule
from bot.jobs.scheduler import Scheduler
from bot.jobs.tables import JobRow, JobRunRow
from bot.jobs.words import Job, Pace, Report, Turn
from bot.sessions import Sessions
from bot.tables import Table
from tests.patience import PATIENCE_S

HOUR = timedelta(hours=1)
PACE = Pace(timedelta(seconds=20), beat_s=0.01, look_s=0.02)


class Clock:
    """A clock that can be set."""

    ahead = timedelta()

    def now(self, zone: tzinfo) -> datetime:
        return datetime.now(zone) + self.ahead


class Planned(Leases):
    """Leases that tell when turns were reckoned."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        super().__init__(sessions, "a", PACE, clock=lambda _: clock.now(UTC), gone=lambda _: False)
        self.reckoned = threading.Semaphore(0)

    def plan(self, schedules: Mapping[str, Schedule]) -> None:
        super().plan(schedules)
        self.reckoned.release()


@pytest.fixture
def machine_clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """What this machine's clock shows the schedule."""
    clock = Clock()
    monkeypatch.setattr(scheduler, "datetime", clock)
    monkeypatch.setattr("apscheduler.schedulers.base.datetime", clock)
    return clock


@pytest.fixture
def kept_turns(tmp_path: Path) -> Iterator[Sessions]:
    url = f"sqlite:///{tmp_path / 'tandem.db'}"
    engine = connect(url)
    Table.metadata.create_all(engine, [JobRow.__table__, JobRunRow.__table__])  # type: ignore[list-item]
    engine.dispose()
    with closing(Sessions(url)) as made:
        yield made


class Hourly:
    """A job of every hour under a schedule that has begun; it tells when it ran."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self.ran, self.leases = threading.Event(), Planned(sessions, clock)
        jobs = {"harvest": Job("harvest", Schedule(every=HOUR), self.work)}
        self.schedule = Scheduler(jobs, self.leases, sessions)
        self.schedule.begin()
        assert self.reckoned()

    def work(self, _: Turn) -> Report:
        self.ran.set()
        return Report("well")

    def reckoned(self) -> bool:
        return self.leases.reckoned.acquire(timeout=PATIENCE_S)


def test_a_clock_that_is_set_back_by_hours_holds_no_job_up(
    machine_clock: Clock, kept_turns: Sessions
) -> None:
    hourly = Hourly(kept_turns, machine_clock)
    machine_clock.ahead = -5 * HOUR
    assert hourly.reckoned()
    assert not hourly.ran.is_set()
    machine_clock.ahead = -4 * HOUR
    assert hourly.ran.wait(PATIENCE_S)
    assert hourly.schedule.end(PATIENCE_S)


@pytest.mark.parametrize("hours", [-5, 0, 5])
def test_a_job_runs_when_the_database_says_so_whatever_clock_the_machine_has(
    machine_clock: Clock, kept_turns: Sessions, hours: int
) -> None:
    database = Clock()
    hourly = Hourly(kept_turns, database)
    machine_clock.ahead = hours * HOUR
    database.ahead = HOUR
    assert hourly.ran.wait(PATIENCE_S)
    assert hourly.schedule.end(PATIENCE_S)


def test_a_clock_that_is_set_ahead_has_what_is_due_run(
    machine_clock: Clock, kept_turns: Sessions
) -> None:
    hourly = Hourly(kept_turns, machine_clock)
    machine_clock.ahead = HOUR
    assert hourly.ran.wait(PATIENCE_S)
    assert hourly.schedule.end(PATIENCE_S)
