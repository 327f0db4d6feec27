"""The words of the schedule: who holds a job, what a run came to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from bot.jobs.schedule import Schedule


class RunState(StrEnum):
    """How a run ended, if it did."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"  # its process was told to end; it is gone on with
    LOST = "lost"  # its process died, or slept so long that another took over


class Asked(StrEnum):
    """Why a run was begun."""

    SCHEDULE = "schedule"
    HAND = "hand"


@dataclass(frozen=True)
class Report:
    """What a run did."""

    told: str  # a line for people
    figures: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Ending:
    """How a run ended."""

    state: RunState
    report: Report = Report("")
    error: str = ""


@dataclass(frozen=True)
class JobRun:
    """A run as it is kept."""

    id: int
    job: str
    token: int
    worker: str  # the process: `bot.living.this_worker`
    asked: Asked
    planned_for: datetime | None  # None: by hand
    started_at: datetime
    ended_at: datetime | None
    state: RunState
    report: Report
    error: str


@dataclass(frozen=True)
class Standing:
    """A job as all replicas see it."""

    job: str
    schedule: str
    due_at: datetime | None  # None: only by hand
    worker: str  # empty: nobody runs it
    until: datetime | None  # when the lease ends, unless it is extended
    token: int


@dataclass(frozen=True)
class Held:
    """A job in this process's hands; the token is larger than that of any holder before."""

    job: str
    token: int
    worker: str
    run: int = 0  # 0: it is no run that is kept
    planned_for: datetime | None = None


@dataclass(frozen=True)
class Pace:
    """How long a lease lasts, and how often is looked."""

    lease: timedelta = timedelta(seconds=20)
    beat_s: float = 5.0
    look_s: float = 5.0  # for what is due and for leaders that are gone: with the lease, under 30
    grace_s: float = 90.0  # for a run that is ended at its limit; then it is left behind


class Turn(Protocol):
    """What a job has while it runs."""

    def check(self) -> None:
        """May it go on? To be asked between slices of work.

        Raises `JobFenced` where another process has the job, `JobStopped` where this one is to
        end, `JobOverdue` where it took too long, `DatabaseUnavailable`.
        """


@dataclass(frozen=True)
class Job:
    """Something that the schedule does."""

    name: str
    schedule: Schedule
    work: Callable[[Turn], Report]
    lane: str = "rows"  # of those in one lane, a process does one at a time
    limit: timedelta | None = None  # after which a run is ended; None: none
    section: str = ""  # of the settings
