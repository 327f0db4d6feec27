"""Runs what is due, in one of all processes that share a database.

APScheduler only fires, at the time that SQL has for a job. Now and then all are looked at, which
also finds those whose leader is gone, and those whose time is no longer right: APScheduler waits
for what the machine's clock shows, and clocks are set. Whether this process then runs a job, the
lease decides (`bot.jobs.leases`).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.errors import DatabaseUnavailable
from bot.jobs.carrying import Carrier
from bot.jobs.leases import Leases
from bot.jobs.words import Job, Standing
from bot.sessions import Sessions

if TYPE_CHECKING:
    from apscheduler.schedulers.background import BackgroundScheduler

log = logging.getLogger(__name__)

STEADY = timedelta(seconds=1)  # two reckonings of one moment by the same clocks differ by less


@dataclass(frozen=True)
class Fire:
    """When a job is fired."""

    due: datetime  # by the database's clock
    at: datetime  # by this machine's


class Scheduler:
    """The schedule of one process, from `begin` to `end`."""

    def __init__(self, jobs: Mapping[str, Job], leases: Leases, sessions: Sessions) -> None:
        self.jobs, self.leases = jobs, leases
        self._carrier = Carrier(leases, sessions)
        self._changed = threading.Condition()
        self._set: dict[str, Fire] = {}  # what will be fired, or was and is in hand
        self._in_hand: set[str] = set()
        self._fires = firing({job.lane for job in jobs.values()})
        self._looks = threading.Thread(target=self._keep_looking, name="schedule", daemon=True)

    def begin(self) -> None:
        """Run what is due from now on. Raises `DatabaseUnavailable`."""
        self._plan()
        for noisy in ("apscheduler.executors", "apscheduler.scheduler"):
            logging.getLogger(noisy).setLevel(logging.ERROR)  # each run is told by ourselves
        self._fires.start()
        self.look()
        self._looks.start()

    def _plan(self) -> None:
        self.leases.plan({job.name: job.schedule for job in self.jobs.values()})

    def _keep_looking(self) -> None:
        """Look now and then until the end, whatever the clock shows meanwhile."""
        while not self._carrier.told_to_end.wait(self.leases.pace.look_s):
            try:
                self.look()
            except Exception:  # a bug in one look must not end the schedule
                log.exception("a look at the schedule failed")
            self._fires.wakeup()  # it sleeps on where the clock was set ahead

    def look(self) -> None:
        """Have what is free fired when it is due."""
        try:
            now, standings = self._standings()
        except DatabaseUnavailable as error:
            log.warning("the schedule waits for the database: %s", error)
            return
        for name, standing in standings.items():
            if standing.due_at is not None and not self.leases.runs_now(standing, now):
                self._fire_at(self.jobs[name], standing.due_at, standing.due_at - now)

    def _standings(self) -> tuple[datetime, dict[str, Standing]]:
        """The time, and our jobs; turns that lie too far ahead are reckoned anew first."""
        now, mine = self._ours()
        if any(self.jobs[name].schedule.misses(each.due_at, now) for name, each in mine.items()):
            log.warning("the clock was set back: turns are reckoned anew")
            self._plan()
            return self._ours()
        return now, mine

    def _ours(self) -> tuple[datetime, dict[str, Standing]]:
        now, standings = self.leases.standings()
        return now, {name: each for name, each in standings.items() if name in self.jobs}

    def _fire_at(self, job: Job, due: datetime, left: timedelta) -> None:
        at = datetime.now(UTC) + max(left, timedelta())
        with self._changed:
            known = self._set.get(job.name)
            waits = known is not None and known.due == due and known.at < at + STEADY
            if waits or job.name in self._in_hand or self._carrier.told_to_end.is_set():
                return
            self._set[job.name] = Fire(due, at)
            self._fires.add_job(
                self._fire, "date", [job.name], None, job.name, None, None, run_date=at,
                executor=job.lane, replace_existing=True,
            )  # fmt: skip

    def _fire(self, name: str) -> None:
        """In the job's lane: run it, if it is still due and free."""
        with self._changed:
            if self._carrier.told_to_end.is_set():
                return
            self._in_hand.add(name)
        try:
            self._carrier.due(self.jobs[name])
        except DatabaseUnavailable as error:
            log.warning("%s waits for the database: %s", name, error)
        finally:
            with self._changed:
                self._set.pop(name, None)
                self._in_hand.discard(name)
                self._changed.notify_all()
        self.look()

    @property
    def in_hand(self) -> frozenset[str]:
        """What this process runs now."""
        with self._changed:
            return frozenset(self._in_hand)

    def end(self, within_s: float) -> bool:
        """Begin nothing more, and let what is under way finish its slice; did all of it?

        What does not end in time keeps its lease until the process is gone.
        """
        with self._changed:
            self._carrier.told_to_end.set()
            if self._fires.running:
                self._fires.remove_all_jobs()  # it breaks off where it is ended while it fires one
                self._fires.shutdown(wait=False)
            limit = time.monotonic() + within_s
            ended = self._changed.wait_for(lambda: not self._in_hand, within_s)
        if self._looks.is_alive():
            self._looks.join(max(0.0, limit - time.monotonic()))
        return ended


def firing(lanes: set[str]) -> BackgroundScheduler:
    """APScheduler with a thread for each lane."""
    from apscheduler.executors.pool import ThreadPoolExecutor
    from apscheduler.schedulers.background import BackgroundScheduler

    executors = {lane: ThreadPoolExecutor(1) for lane in lanes}
    usual = {"misfire_grace_time": None, "coalesce": True, "max_instances": 2}
    return BackgroundScheduler(executors=executors, job_defaults=usual, timezone=UTC)
