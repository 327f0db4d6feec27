"""The scheduler in one process: what it begins, what it leaves, and how it ends."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from bot.database import connect
from bot.errors import DatabaseUnavailable, JobBusy
from bot.jobs import scheduler
from bot.jobs.carrying import Carrier
from bot.jobs.leases import Leases
from bot.jobs.runs import Runs
from bot.jobs.schedule import Schedule
from bot.jobs.scheduler import Scheduler
from bot.jobs.slices import FEWEST, SLICE_S, Sliced, asking, guarded
from bot.jobs.tables import JobRow, JobRunRow
from bot.jobs.words import Asked, Job, JobRun, Pace, Report, RunState, Turn
from bot.sessions import Sessions
from bot.tables import Table
from knowledge.errors import SourceUnreadable
from tests.fakes import FakeEmbedder
from tests.patience import PATIENCE_S

OFTEN, RARELY = Schedule(every=timedelta(seconds=0.02)), Schedule(every=timedelta(days=1))
PACE = Pace(timedelta(seconds=20), beat_s=0.01, look_s=0.02)


@pytest.fixture
def sessions(tmp_path: Path) -> Iterator[Sessions]:
    url = f"sqlite:///{tmp_path / 'tandem.db'}"
    engine = connect(url)
    held = {JobRow.__tablename__, JobRunRow.__tablename__}
    Table.metadata.create_all(engine, [t for t in Table.metadata.sorted_tables if t.name in held])
    engine.dispose()
    with closing(Sessions(url)) as made:
        yield made


def leases(sessions: Sessions, worker: str = "a") -> Leases:
    return Leases(sessions, worker, PACE, gone=lambda _: False)


def job(name: str, work: Callable[[Turn], Report], schedule: Schedule = OFTEN) -> Job:
    return Job(name, schedule, work)


def well(_: Turn) -> Report:
    return Report("all is well")


def last(sessions: Sessions, name: str) -> JobRun:
    return Runs(sessions).last()[name]


class Gate:
    """Work that waits, slice by slice."""

    def __init__(self) -> None:
        self.begun, self.opened, self.slices = threading.Event(), threading.Event(), 0

    def work(self, turn: Turn) -> Report:
        self.begun.set()
        while not self.opened.wait(0.005):
            turn.check()
            self.slices += 1
        return Report("opened")


def test_what_is_due_is_run_again_and_again(sessions: Sessions) -> None:
    times, enough = list[int](), threading.Event()

    def work(_: Turn) -> Report:
        times.append(1)
        if len(times) == 3:
            enough.set()
        return Report("once more")

    jobs = {"often": job("often", work), "rare": job("rare", well, RARELY)}
    schedule = Scheduler(jobs, leases(sessions), sessions)
    schedule.begin()
    assert enough.wait(PATIENCE_S)
    assert schedule.end(PATIENCE_S)
    assert "rare" not in Runs(sessions).last()
    planned = [run.planned_for for run in Runs(sessions).newest(100, "often")]
    assert len(planned) == len({*planned}) >= 3


def test_two_schedules_share_the_work_and_never_do_it_twice(sessions: Sessions) -> None:
    under_way, most, done = list[int](), list[int](), threading.Event()

    def work(_: Turn) -> Report:
        under_way.append(1)
        most.append(len(under_way))
        if len(most) == 20:
            done.set()
        under_way.pop()
        return Report("")

    both = [Scheduler({"often": job("often", work)}, leases(sessions, w), sessions) for w in "ab"]
    for each in both:
        each.begin()
    assert done.wait(PATIENCE_S)
    assert [each.end(PATIENCE_S) for each in both] == [True, True]
    assert max(most) == 1


def test_one_that_fails_or_breaks_is_kept_and_comes_again(sessions: Sessions) -> None:
    again = threading.Event()
    turns = iter(range(100))

    def work(_: Turn) -> Report:
        match next(turns):
            case 0:
                raise SourceUnreadable("wiki", "it is down", "Wait")
            case 1:
                raise ZeroDivisionError
        again.set()
        return Report("well")

    schedule = Scheduler({"odd": job("odd", work)}, leases(sessions), sessions)
    schedule.begin()
    assert again.wait(PATIENCE_S)
    schedule.end(PATIENCE_S)
    first, second, *_ = Runs(sessions).newest(100)[::-1]
    assert (first.state, first.error) == (RunState.FAILED, "Source 'wiki': it is down. Wait.")
    assert (second.state, second.error[:5]) == (RunState.FAILED, "a bug")


def test_told_to_end_it_finishes_the_slice_and_begins_nothing_more(sessions: Sessions) -> None:
    gate = Gate()
    schedule = Scheduler({"long": job("long", gate.work)}, leases(sessions), sessions)
    schedule.begin()
    assert gate.begun.wait(PATIENCE_S)
    assert schedule.end(PATIENCE_S)
    assert last(sessions, "long").state is RunState.STOPPED
    assert leases(sessions, "b").claim("long", OFTEN) is not None  # the lease was given back


def test_what_does_not_end_in_time_is_left_with_its_lease(sessions: Sessions) -> None:
    begun, over = threading.Event(), threading.Event()

    def stubborn(_: Turn) -> Report:
        begun.set()
        over.wait(PATIENCE_S)
        return Report("at last")

    schedule = Scheduler({"slow": job("slow", stubborn)}, leases(sessions), sessions)
    schedule.begin()
    assert begun.wait(PATIENCE_S)
    assert not schedule.end(0.05)
    assert schedule.in_hand == {"slow"}
    assert leases(sessions, "b").claim("slow", OFTEN) is None
    over.set()
    assert schedule.end(PATIENCE_S)


def test_lanes_do_not_wait_for_each_other(sessions: Sessions) -> None:
    gate, other = Gate(), threading.Event()

    def beside(_: Turn) -> Report:
        other.set()
        return Report("")

    jobs = {"long": Job("long", OFTEN, gate.work, "index"), "brief": Job("brief", OFTEN, beside)}
    schedule = Scheduler(jobs, leases(sessions), sessions)
    schedule.begin()
    assert gate.begun.wait(PATIENCE_S)
    assert other.wait(PATIENCE_S)
    schedule.end(PATIENCE_S)


def test_a_run_by_hand_is_kept_and_refused_while_another_runs(sessions: Sessions) -> None:
    carrier, gate = Carrier(leases(sessions), sessions), Gate()
    assert carrier.now(job("harvest", well)) is not None
    run = last(sessions, "harvest")
    assert (run.asked, run.state, run.report.told) == (Asked.HAND, RunState.DONE, "all is well")
    thread = threading.Thread(target=lambda: carrier.now(job("harvest", gate.work)))
    thread.start()
    assert gate.begun.wait(PATIENCE_S)
    with pytest.raises(JobBusy, match="harvest is being run by a"):
        Carrier(leases(sessions, "b"), sessions).now(job("harvest", well))
    gate.opened.set()
    thread.join()


def test_whoever_lost_its_lease_keeps_no_report(sessions: Sessions) -> None:
    mine = leases(sessions)

    def robbed(turn: Turn) -> Report:
        with sessions.writing() as connection:
            connection.exec_driver_sql("UPDATE job SET token = token + 1, worker = 'b'")
        turn.check()
        return Report("never")

    assert Carrier(mine, sessions).now(job("harvest", robbed)) is None
    assert last(sessions, "harvest").report.told == ""


class Counting:
    """An index that notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def drop(self, source: str, keys: object) -> None:
        self.asked.append("drop")


class Ended:
    """A turn that is over."""

    def check(self) -> None:
        raise KeyError("over")


def test_an_index_is_not_written_to_after_the_turn_is_over() -> None:
    index = Counting()
    with pytest.raises(KeyError):
        guarded(index, Ended()).drop("wiki", ["a"])  # type: ignore[arg-type]
    assert index.asked == []


def test_reading_for_long_asks_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    told = list[int]()
    progress = asking(lambda step, done, total: told.append(done), Ended())
    progress("Syncing wiki", 1, None)
    monkeypatch.setattr("bot.jobs.slices.ASK_S", 0.0)
    with pytest.raises(KeyError):
        progress("Syncing wiki", 2, None)
    assert told == [1]


def in_no_time() -> float:
    """A clock by which embedding takes no time, however busy the machine is."""
    return 0.0


def test_many_texts_are_embedded_in_slices_and_before_each_is_asked() -> None:
    asked, whole = list[int](), FakeEmbedder()
    texts = [f"{n} " + "word " * (n % 17) for n in range(100)]
    sliced = Sliced(whole, lambda: asked.append(len(whole.seen)), clock=in_no_time)
    assert (sliced.embed(texts) == FakeEmbedder().embed(texts)).all()
    assert sorted(whole.seen) == sorted(texts)
    assert asked[:3] == [0, FEWEST, 3 * FEWEST]  # a fast embedder is given more and more
    assert (sliced.embed([]).shape, sliced.count(["a b"]), sliced.name) == ((0, 8), [4], "fake")


def test_what_embeds_slowly_is_given_the_fewest_texts_at_a_time() -> None:
    asked, whole, clock = list[int](), FakeEmbedder(), itertools.count(0, SLICE_S)
    sliced = Sliced(whole, lambda: asked.append(len(whole.seen)), clock=lambda: next(clock))
    sliced.embed([str(n) for n in range(5 * FEWEST)])
    assert asked == [n * FEWEST for n in range(5)]


def test_embedding_can_be_stopped_between_two_slices() -> None:
    whole, left = FakeEmbedder(), iter([None, None])

    def ask() -> None:
        next(left)

    with pytest.raises(StopIteration):
        Sliced(whole, ask, clock=in_no_time).embed([str(n) for n in range(100)])
    assert len(whole.seen) == 3 * FEWEST


def test_a_database_that_is_away_is_waited_for(sessions: Sessions) -> None:
    enough = threading.Event()

    class Away(Leases):
        asked = 0

        def standings(self):  # type: ignore[no-untyped-def]
            self.asked += 1
            if self.asked in (2, 3):
                raise DatabaseUnavailable("sqlite", "it is locked", "Wait")
            return super().standings()

    def work(_: Turn) -> Report:
        enough.set()
        return Report("")

    schedule = Scheduler({"often": job("often", work)}, Away(sessions, "a", PACE), sessions)
    schedule.begin()
    assert enough.wait(PATIENCE_S)
    schedule.end(PATIENCE_S)


class Closing(ThreadPoolExecutor):  # type: ignore[misc]  # it has no types
    """A lane whose schedule is ended in the middle of firing."""

    def __init__(self) -> None:
        super().__init__(1)
        self.firing = threading.Event()

    def submit_job(self, job: Any, run_times: list[datetime]) -> None:
        super().submit_job(job, run_times)
        self.firing.set()
        for _ in range(100):  # it may rightly be ended only after this
            if not self._scheduler.running:
                break
            time.sleep(0.002)


def test_one_that_is_ended_while_it_fires_ends_quietly(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    lane = Closing()
    lanes = {Job("", OFTEN, well).lane: lane}
    monkeypatch.setattr(scheduler, "firing", lambda _: BackgroundScheduler(executors=lanes))
    schedule = Scheduler({"often": job("often", well)}, leases(sessions), sessions)
    schedule.begin()
    assert lane.firing.wait(PATIENCE_S)
    assert schedule.end(PATIENCE_S)  # pytest fails a test in which a thread broke off
