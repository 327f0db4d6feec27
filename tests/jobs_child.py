"""A process with a schedule, to be killed and put to sleep: `python -m tests.jobs_child ...`."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from bot.errors import DatabaseUnavailable, JobFenced
from bot.jobs.leases import Leases
from bot.jobs.schedule import Schedule
from bot.jobs.scheduler import Scheduler
from bot.jobs.words import Job, Pace, Report, Turn
from bot.sessions import Sessions

JOB = "count"
SCHEDULE = Schedule(every=timedelta(seconds=1))
SLICES, SLICE_S = 10, 0.05
CREATE = "CREATE TABLE probe (work VARCHAR(40), slice INTEGER)"
WRITE = "INSERT INTO probe (work, slice) VALUES (:work, :slice)"


@dataclass(frozen=True)
class Life:
    """How a process lives."""

    url: str
    log: str  # a file that all append to
    worker: str = ""  # empty: its own, by which others of this host see that it ended
    lease_s: float = 4.0
    beat_s: float = 0.5
    look_s: float = 0.5


@dataclass(frozen=True)
class Line:
    """What a process said it did."""

    work: str  # one run of the job
    pid: int
    said: str  # "ready", of a run "begin", "end", "fenced" (or cut off where it slept)
    at: float


def main(given: str) -> None:
    """Keep the schedule until told to end."""
    life = Life(**json.loads(given))
    sessions = Sessions(life.url)
    pace = Pace(timedelta(seconds=life.lease_s), life.beat_s, life.look_s)
    leases = Leases(sessions, life.worker or None, pace)
    job = Job(JOB, SCHEDULE, counting(sessions, Path(life.log)))
    schedule, told = Scheduler({JOB: job}, leases, sessions), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: told.set())
    schedule.begin()
    say(Path(life.log), "", "ready")
    told.wait()
    sys.exit(0 if schedule.end(30) else 1)


def counting(sessions: Sessions, log: Path) -> Callable[[Turn], Report]:
    """Work of a few slices, each of which writes a row."""

    def work(turn: Turn) -> Report:
        mine = uuid.uuid4().hex
        say(log, mine, "begin")
        try:
            for number in range(SLICES):
                turn.check()
                with sessions.writing() as connection:
                    connection.execute(text(WRITE), {"work": mine, "slice": number})
                time.sleep(SLICE_S)
        except (JobFenced, DatabaseUnavailable):
            say(log, mine, "fenced")
            raise
        say(log, mine, "end")
        return Report(mine)

    return work


def say(log: Path, work: str, said: str) -> None:
    """Append a line in one write, which processes do not mix."""
    line = json.dumps(asdict(Line(work, os.getpid(), said, time.time()))) + "\n"
    held = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(held, line.encode())
    os.close(held)


if __name__ == "__main__":
    main(sys.argv[1])
