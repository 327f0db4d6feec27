"""A job that takes too long is ended; one that stands still is left behind. Nobody waits for it."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app import build
from bot.errors import JobFenced, JobOverdue
from bot.jobs.carrying import Carrier
from bot.jobs.known import KNOWN, jobs_of
from bot.jobs.leases import Leases
from bot.jobs.runs import Runs
from bot.jobs.scheduler import Scheduler
from bot.jobs.words import Ending, Job, Pace, Report, RunState, Turn
from bot.learning import child
from bot.learning.child import Child, follow
from bot.sessions import Sessions
from model.training.words import Told
from tests.bots import settings_for
from tests.patience import PATIENCE_S
from tests.test_jobs_scheduler import OFTEN, RARELY, sessions

__all__ = ["sessions"]  # a fixture
BRIEF, LONG = timedelta(seconds=0.05), timedelta(hours=1)
PACE = Pace(timedelta(seconds=20), beat_s=0.01, look_s=0.02, grace_s=0.05)


def leases(sessions: Sessions, grace_s: float = PATIENCE_S) -> Leases:
    pace = Pace(PACE.lease, PACE.beat_s, PACE.look_s, grace_s)
    return Leases(sessions, "a", pace, gone=lambda _: False)


def asks(turn: Turn) -> Report:
    while True:
        turn.check()
        time.sleep(0.005)


class Still:
    """Work that asks nobody and stands still until it is woken; then it writes."""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions, self.woken, self.ended = sessions, threading.Event(), threading.Event()
        self.told: Exception | None = None

    def work(self, _: Turn) -> Report:
        self.woken.wait(PATIENCE_S)
        try:
            with self.sessions.writing() as connection:
                connection.exec_driver_sql("UPDATE job SET schedule = 'spoiled'")
        except JobFenced as error:
            self.told = error
        self.ended.set()
        return Report("at last")


def overdue(limit: timedelta = BRIEF) -> str:
    return str(JobOverdue("long", limit, "jobs.long"))


def free(sessions: Sessions) -> bool:
    """Can somebody else have the job?"""
    return Leases(sessions, "b", PACE, gone=lambda _: False).take("long") is not None


def test_a_job_that_asks_is_ended_at_its_limit_by_name(sessions: Sessions) -> None:
    job = Job("long", RARELY, asks, limit=BRIEF, section="jobs.long")
    ending = Carrier(leases(sessions), sessions).now(job)
    assert ending == Ending(RunState.FAILED, error=overdue())
    assert "set a longer `limit` in [jobs.long]" in overdue()
    assert Runs(sessions).last()["long"].error == overdue()
    assert free(sessions)


def test_one_that_stands_still_is_left_behind_and_writes_nothing_when_it_wakes(
    sessions: Sessions, caplog: pytest.LogCaptureFixture
) -> None:
    still = Still(sessions)
    job = Job("long", RARELY, still.work, limit=BRIEF, section="jobs.long")
    with caplog.at_level(logging.ERROR):
        ending = Carrier(leases(sessions, grace_s=0.01), sessions).now(job)
    assert ending == Ending(RunState.FAILED, error=overdue())
    assert "self.woken.wait" in caplog.text  # where it stands
    assert free(sessions)
    still.woken.set()
    assert still.ended.wait(PATIENCE_S)
    assert isinstance(still.told, JobFenced)


def test_the_others_of_its_lane_go_on(sessions: Sessions) -> None:
    still, other = Still(sessions), threading.Event()

    def beside(_: Turn) -> Report:
        other.set()
        return Report("")

    jobs = {
        "long": Job("long", OFTEN, still.work, limit=BRIEF),
        "brief": Job("brief", OFTEN, beside, limit=LONG),
    }
    schedule = Scheduler(jobs, leases(sessions, grace_s=0.01), sessions)
    schedule.begin()
    assert other.wait(PATIENCE_S)
    still.woken.set()
    assert schedule.end(PATIENCE_S)


def test_within_the_limit_it_is_as_without(sessions: Sessions) -> None:
    def works(turn: Turn) -> Report:
        turn.check()
        return Report("well")

    def breaks(_: Turn) -> Report:
        raise ZeroDivisionError

    carrier = Carrier(leases(sessions), sessions)
    assert carrier.now(Job("a", RARELY, works, limit=LONG)) == Ending(RunState.DONE, Report("well"))
    broken = carrier.now(Job("b", RARELY, breaks, limit=LONG))
    assert broken is not None
    assert broken.error.startswith("a bug: ZeroDivisionError")


def test_each_job_has_a_limit_unless_it_is_set_to_none(tmp_path: Path) -> None:
    given = {
        "jobs": {"harvest": {"limit": "5min"}, "health": {"limit": "none"}},
        "sources": {
            "wiki": {"use": "folder", "path": "x"},
            "code": {"use": "folder", "path": "y", "limit": "2h"},
        },
        "spaces": {},
    }
    with build(settings_for(tmp_path, given)) as app:
        jobs = jobs_of(app)
    assert {name for name in KNOWN if jobs[name].limit is None} == {"health"}
    assert jobs["harvest"].limit == timedelta(minutes=5)
    assert jobs["sync-wiki"].limit == timedelta(hours=12)
    code = jobs["sync-code"]
    assert (code.limit, code.section) == (timedelta(hours=2), "sources.code")


STANDS = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
with open(sys.argv[1] + "/begun.half", "w") as begun:
    begun.write(str(os.getpid()))
os.rename(begun.name, sys.argv[1] + "/begun")
time.sleep(600)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="it is told to end by signals")
def test_a_child_that_stands_still_is_asked_after_and_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "standing.py").write_text(STANDS)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(child, "ENDING_S", 0.1)
    monkeypatch.setattr(child, "ALIVE_S", 0.05)
    begun = tmp_path / "begun"

    def tell(told: Told) -> None:
        assert told == Told(0, 0, "", 0.0)  # the child says nothing
        if begun.exists():
            raise JobOverdue("train", LONG, "jobs.train")

    with pytest.raises(JobOverdue):
        follow(tmp_path, Child("standing"), tell)
    with pytest.raises(ProcessLookupError):
        os.kill(int(begun.read_text()), 0)
