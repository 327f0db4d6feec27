"""Processes with one schedule, on both databases: killed, put to sleep, told to end."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest
from sqlalchemy import make_url, text

from bot.database import upgrade
from bot.jobs.leases import Leases
from bot.jobs.runs import Runs
from bot.jobs.words import JobRun, RunState
from bot.sessions import Sessions
from tests.jobs_child import CREATE, JOB, SCHEDULE, SLICES, Life, Line
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.endurance
ROOT = Path(__file__).resolve().parents[1]


@dataclass
class House:
    """Processes that share a database."""

    url: str
    log: Path
    sessions: Sessions
    living: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, **how: object) -> subprocess.Popen[bytes]:
        life = json.dumps(asdict(Life(self.url, str(self.log), **how)))  # type: ignore[arg-type]
        command = [sys.executable, "-m", "tests.jobs_child", life]
        self.living.append(subprocess.Popen(command, cwd=ROOT))
        return self.living[-1]

    def of(self, pid: int) -> subprocess.Popen[bytes]:
        return next(each for each in self.living if each.pid == pid)

    def kill(self, pid: int) -> None:
        process = self.of(pid)
        process.kill()
        process.wait()
        self.living.remove(process)

    def lines(self) -> list[Line]:
        if not self.log.exists():
            return []
        said = self.log.read_text().splitlines(keepends=True)
        return [Line(**json.loads(line)) for line in said if line.endswith("\n")]

    def said(self, which: Callable[[Line], bool], patience_s: float = PATIENCE_S) -> Line:
        """The first line that is so, once it was said."""
        limit = time.monotonic() + patience_s
        while time.monotonic() < limit:
            if found := next(filter(which, self.lines()), None):
                return found
            time.sleep(0.01)
        raise AssertionError(f"not said: {self.lines()[-5:]}")

    def begun_after(self, at: float = 0.0) -> Line:
        """The first run that began later."""
        return self.said(lambda line: line.said == "begin" and line.at > at)

    def ended(self, work: str) -> bool:
        return any((line.work, line.said) == (work, "end") for line in self.lines())

    def put_to_sleep(self) -> Line:
        """Stop a leader in the middle of a run."""
        while True:
            leader = self.begun_after(time.time())
            process = self.of(leader.pid)
            process.send_signal(signal.SIGSTOP)
            if not self.ended(leader.work) and self.can_be_written():
                return leader
            process.send_signal(signal.SIGCONT)  # it was over before we saw it, or writes

    def can_be_written(self) -> bool:
        """SQLite has nobody who ends what a sleeping process holds; PostgreSQL does that itself."""
        if self.sessions.postgresql:
            return True
        with closing(sqlite3.connect(make_url(self.url).database or "", timeout=0.2)) as raw:
            try:
                raw.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return False
            return True

    def written(self, work: str) -> int:
        query = text("SELECT count(*) FROM probe WHERE work = :work")
        with self.sessions.reading() as connection:
            return connection.scalar(query, {"work": work}) or 0

    def runs(self) -> list[JobRun]:
        return Runs(self.sessions).newest(10_000, JOB)[::-1]

    def end(self) -> list[int]:
        """The exit codes of all, told to end."""
        for process in self.living:
            self.said(lambda line, pid=process.pid: (line.pid, line.said) == (pid, "ready"))  # type: ignore[misc]
            process.send_signal(signal.SIGTERM)
        return [process.wait(PATIENCE_S) for process in self.living]


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    upgrade(database_url)
    with closing(Sessions(database_url)) as sessions:
        with sessions.writing() as connection:
            connection.execute(text(CREATE))
        made = House(database_url, tmp_path / "said", sessions)
        try:
            yield made
        finally:
            for process in made.living:
                process.kill()
                process.wait()


def check(house: House) -> None:
    """No turn was run twice, none was missed, and no two runs were under way at once.

    The last turn may have been stopped half way; then it is due still.
    """
    runs = house.runs()
    done = [run.planned_for for run in runs if run.state is RunState.DONE]
    left = {run.planned_for for run in runs} - {*done}
    assert len(done) == len({*done})
    assert left <= {runs[-1].planned_for}
    assert [run.token for run in runs] == sorted({run.token for run in runs})
    for before, after in pairwise(runs):
        assert before.ended_at is not None
        assert after.started_at >= before.ended_at
    last, ended = runs[-1].planned_for, runs[-1].ended_at
    assert last is not None
    assert ended is not None
    _, standings = Leases(house.sessions).standings()
    assert standings[JOB].due_at == (last if left else SCHEDULE.after(last, ended))
    whole = [run.report.told for run in runs if run.state is RunState.DONE]
    assert all(house.written(work) == SLICES for work in whole)


@pytest.mark.parametrize(
    ("kills", "seen"),
    [
        pytest.param(3, True, id="3 on this host"),
        pytest.param(2, False, id="2 elsewhere"),
        pytest.param(20, True, id="20 on this host", marks=pytest.mark.soak),
        pytest.param(20, False, id="20 elsewhere", marks=pytest.mark.soak),
    ],
)
def test_leaders_that_are_killed_are_replaced_with_no_run_double_and_none_missed(
    house: House, kills: int, seen: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    names = iter(range(1000))

    def start() -> None:
        house.start(worker="" if seen else f"elsewhere/{next(names)}/0")

    start()
    start()
    leader, waited = house.begun_after(), []
    for _ in range(kills):
        house.kill(leader.pid)
        killed = time.time()
        start()
        again = house.begun_after(leader.at)
        waited.append(again.at - killed)
        house.said(lambda line, since=again: line.said == "end" and line.at > since.at)  # type: ignore[misc]
        leader = house.begun_after(again.at)
    assert house.end() == [0, 0]
    check(house)
    states = [run.state for run in house.runs()]
    with capsys.disabled():
        print(  # noqa: T201 - a figure for docs/jobs.md
            f"\n{kills} leaders killed ({house.sessions.url.split(':')[0]}, "
            f"{'on this host' if seen else 'elsewhere'}): replaced after {median(waited):.1f} s "
            f"(median), {max(waited):.1f} s (most), with a lease of 4 s; {len(states)} runs, "
            f"{states.count(RunState.DONE)} done, {states.count(RunState.LOST)} lost and run again"
        )


def ended_by_another(sleeper: Line, line: Line) -> bool:
    return line.pid != sleeper.pid and line.said == "end" and line.at > sleeper.at


def test_a_leader_that_slept_is_fenced_when_it_wakes(house: House) -> None:
    house.start()
    house.start()
    for _ in range(3):
        sleeper = house.put_to_sleep()
        house.said(partial(ended_by_another, sleeper))
        written = house.written(sleeper.work)
        house.of(sleeper.pid).send_signal(signal.SIGCONT)
        house.said(lambda line, s=sleeper: (line.work, line.said) == (s.work, "fenced"))  # type: ignore[misc]
        assert house.written(sleeper.work) == written < SLICES
        assert not house.ended(sleeper.work)
    assert house.end() == [0, 0]
    check(house)
    assert [run.state for run in house.runs()].count(RunState.LOST) >= 3


def test_a_leader_that_is_told_to_end_finishes_its_slice_and_another_goes_on(house: House) -> None:
    house.start()
    leader = house.begun_after()
    house.start()
    house.of(leader.pid).send_signal(signal.SIGTERM)
    assert house.of(leader.pid).wait(PATIENCE_S) == 0
    house.living = [each for each in house.living if each.pid != leader.pid]
    house.said(lambda line: line.pid != leader.pid and line.said == "end")
    assert house.end() == [0]
    runs = house.runs()
    assert runs[0].state in (RunState.STOPPED, RunState.DONE)
    assert runs[1].planned_for == runs[0].planned_for or runs[0].state is RunState.DONE
    assert RunState.LOST not in [run.state for run in runs]


def test_after_a_while_with_nobody_one_run_makes_up_for_all(house: House) -> None:
    first = house.start()
    leader = house.begun_after()
    house.kill(first.pid)
    time.sleep(5.0)  # five turns
    house.start()
    again = house.begun_after(leader.at)
    house.said(lambda line: (line.work, line.said) == (again.work, "end"))
    house.begun_after(again.at)
    assert house.end() == [0]
    check(house)
    lost, caught_up, following = house.runs()[:3]
    assert (lost.state, caught_up.state) == (RunState.LOST, RunState.DONE)
    assert lost.planned_for is not None
    assert caught_up.planned_for == lost.planned_for
    assert following.planned_for is not None
    assert (following.planned_for - lost.planned_for).total_seconds() >= 5


@pytest.mark.soak
def test_with_the_usual_pace_a_dead_leader_elsewhere_is_replaced_within_thirty_seconds(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    usual = {"lease_s": 20.0, "beat_s": 5.0, "look_s": 5.0}
    house.start(worker="elsewhere/1/0", **usual)
    leader = house.begun_after()
    house.start(worker="elsewhere/2/0", **usual)
    house.kill(leader.pid)
    killed = time.time()
    waited = house.begun_after(leader.at).at - killed
    with capsys.disabled():
        print(f"\na dead leader elsewhere is replaced after {waited:.1f} s")  # noqa: T201
    assert waited < 30
    assert house.end() == [0]
    check(house)
