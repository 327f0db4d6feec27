"""Who runs a job, on both databases: one at a time, and nobody after another took over."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from bot.conversation import Place
from bot.database import connect
from bot.errors import JobBusy, JobFenced, JobStopped, UnknownJobRun
from bot.jobs.guarding import LeaseTurn
from bot.jobs.leases import LOST_MOST, Leases
from bot.jobs.runs import Runs
from bot.jobs.schedule import Schedule
from bot.jobs.tables import JobRow, JobRunRow
from bot.jobs.words import Asked, Ending, Held, Report, RunState
from bot.learning.channels import Channels
from bot.learning.tables import ChannelRow
from bot.sessions import Sessions
from bot.tables import Table

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOURLY = Schedule(every=timedelta(hours=1))
HERE = Place("slack", "T1", "C1")
DONE = Ending(RunState.DONE, Report("all is well", {"seen": 3}))


@dataclass
class Team:
    """Processes that share a database, and a clock that tests set."""

    sessions: Sessions
    now: datetime = NOON
    dead: set[str] = field(default_factory=set)

    def process(self, name: str) -> Leases:
        return Leases(self.sessions, name, clock=self.clock, gone=self.dead.__contains__)

    def clock(self, connection: Connection) -> datetime:
        return self.now

    @property
    def runs(self) -> list[tuple[str, str]]:
        """Who ran, and how it ended; the oldest first."""
        found = Runs(self.sessions).newest(50)
        return [(run.worker, str(run.state)) for run in reversed(found)]

    def later(self, **time: float) -> None:
        self.now += timedelta(**time)

    def due(self) -> Leases:
        """A process `a`, with a job that is due."""
        first = self.process("a")
        first.plan({"harvest": HOURLY})
        self.later(hours=1)
        return first


@pytest.fixture
def team(database_url: str) -> Iterator[Team]:
    engine = connect(database_url)
    held = {row.__tablename__ for row in (JobRow, JobRunRow, ChannelRow)}
    tables = [table for table in Table.metadata.sorted_tables if table.name in held]
    Table.metadata.create_all(engine, tables)  # all of the migrations take ten times as long
    engine.dispose()
    with closing(Sessions(database_url)) as sessions:
        yield Team(sessions)


def claimed(process: Leases) -> Held:
    held = process.claim("harvest", HOURLY)
    assert held is not None
    return held


def test_what_is_not_due_is_not_begun(team: Team) -> None:
    process = team.process("a")
    process.plan({"harvest": HOURLY})
    assert process.claim("harvest", HOURLY) is None
    team.later(hours=1)
    assert process.claim("harvest", HOURLY) is not None


def test_what_one_runs_no_other_begins(team: Team) -> None:
    first, second = team.due(), team.process("b")
    held = claimed(first)
    assert second.claim("harvest", HOURLY) is None
    with pytest.raises(JobBusy, match="harvest is being run by a"):
        second.take("harvest")
    first.end(held, DONE, HOURLY)
    assert second.claim("harvest", HOURLY) is None  # it is done: its next turn is in an hour
    assert second.take("harvest").token == 2


def test_of_many_who_reach_for_it_at_once_one_has_it(team: Team) -> None:
    team.due()
    processes = [team.process(f"p{n}") for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda each: each.claim("harvest", HOURLY), processes))
    assert len([held for held in found if held]) == 1
    assert len(team.runs) == 1


def test_turns_that_were_missed_are_made_up_for_by_one_run(team: Team) -> None:
    process = team.due()
    team.later(days=3, minutes=10)
    process.end(claimed(process), DONE, HOURLY)
    assert process.claim("harvest", HOURLY) is None
    due = process.standings()[1]["harvest"].due_at
    assert due == NOON + timedelta(days=3, hours=2)


def test_a_report_is_kept_as_it_was_given(team: Team) -> None:
    process = team.due()
    held = claimed(process)
    process.end(held, DONE, HOURLY)
    run = Runs(team.sessions).run(held.run)
    assert (run.report, run.state, run.asked) == (DONE.report, RunState.DONE, Asked.SCHEDULE)
    assert (run.planned_for, run.ended_at) == (NOON + timedelta(hours=1), team.now)
    with pytest.raises(UnknownJobRun, match="99"):
        Runs(team.sessions).run(99)


def test_who_is_heard_of_keeps_its_job_for_as_long_as_it_takes(team: Team) -> None:
    first, second = team.due(), team.process("b")
    held = claimed(first)
    for _ in range(20):
        team.later(seconds=15)
        assert first.beat(held)
        assert second.claim("harvest", HOURLY) is None
    first.end(held, DONE, HOURLY)
    assert team.runs == [("a", "done")]


def test_who_is_not_heard_of_is_replaced_within_thirty_seconds(team: Team) -> None:
    first, second = team.due(), team.process("b")
    claimed(first)
    assert first.pace.lease.total_seconds() + first.pace.look_s <= 25
    team.later(seconds=19)
    assert second.claim("harvest", HOURLY) is None
    team.later(seconds=1)
    held = claimed(second)
    assert held.token == 2
    second.end(held, DONE, HOURLY)
    assert team.runs == [("a", "lost"), ("b", "done")]


def test_a_process_of_this_host_that_ended_is_replaced_at_once(team: Team) -> None:
    team.dead.add("a")
    claimed(team.due())
    assert claimed(team.process("b")).token == 2


def test_who_wakes_after_another_took_over_writes_nothing_more(team: Team) -> None:
    first, second = team.due(), team.process("b")
    sleeper = claimed(first)
    team.later(seconds=60)
    taken = claimed(second)
    turn, channels = LeaseTurn(first, sleeper), Channels(team.sessions)
    assert not first.beat(sleeper)
    with pytest.raises(JobFenced):
        turn.check()
    with pytest.raises(JobFenced), team.sessions.guarded(turn.guard):
        channels.choose(HERE, may_learn=False)
    with pytest.raises(JobFenced):
        first.end(sleeper, DONE, HOURLY)
    assert channels.may_learn(HERE)
    second.end(taken, DONE, HOURLY)
    assert team.runs == [("a", "lost"), ("b", "done")]


def test_who_slept_and_was_not_missed_goes_on(team: Team) -> None:
    process = team.due()
    held = claimed(process)
    team.later(hours=5)
    LeaseTurn(process, held).check()
    process.end(held, DONE, HOURLY)
    assert team.runs == [("a", "done")]


def test_tokens_only_grow(team: Team) -> None:
    tokens = []
    process = team.due()
    for n in range(6):
        held = claimed(process) if n % 2 else process.take("harvest")
        tokens.append(held.token)
        process.end(held, DONE, HOURLY)
        team.later(hours=1)
    assert tokens == [1, 2, 3, 4, 5, 6]


def test_what_was_stopped_is_due_as_before(team: Team) -> None:
    first = team.due()
    held = claimed(first)
    turn = LeaseTurn(first, held)
    turn.told_to_end.set()
    with pytest.raises(JobStopped):
        turn.check()
    first.end(held, Ending(RunState.STOPPED, Report("half")), HOURLY)
    assert claimed(team.process("b")).planned_for == held.planned_for


def test_what_failed_has_its_next_turn_when_that_comes(team: Team) -> None:
    process = team.due()
    process.end(claimed(process), Ending(RunState.FAILED, error="no network"), HOURLY)
    assert process.claim("harvest", HOURLY) is None
    team.later(hours=1)
    assert process.claim("harvest", HOURLY) is not None


def test_what_is_run_by_hand_leaves_its_schedule_alone(team: Team) -> None:
    process = team.process("a")
    process.plan({"harvest": HOURLY})
    due = process.standings()[1]["harvest"].due_at
    process.end(process.take("harvest"), DONE, HOURLY)
    assert process.standings()[1]["harvest"].due_at == due


def test_a_job_that_kills_whoever_runs_it_waits_for_its_next_turn(team: Team) -> None:
    process = team.due()
    for _ in range(LOST_MOST):
        claimed(process)
        team.later(seconds=30)
    assert process.claim("harvest", HOURLY) is None
    team.later(hours=1)
    process.end(claimed(process), DONE, HOURLY)
    assert [state for _, state in team.runs] == ["lost"] * LOST_MOST + ["done"]


def test_another_schedule_counts_from_now_and_the_same_one_from_before(team: Team) -> None:
    process = team.process("a")
    process.plan({"harvest": HOURLY, "train": Schedule()})
    team.later(minutes=30)
    process.plan({"harvest": HOURLY})
    assert process.standings()[1]["harvest"].due_at == NOON + timedelta(hours=1)
    process.plan({"harvest": Schedule(every=timedelta(minutes=5)), "train": HOURLY})
    standings = process.standings()[1]
    assert standings["harvest"].due_at == NOON + timedelta(minutes=35)
    process.plan({"train": Schedule()})
    assert process.standings()[1]["train"].due_at is None


def test_a_clock_that_was_set_back_holds_nobody_up_for_long(team: Team) -> None:
    first, second = team.due(), team.process("b")
    claimed(first)
    team.later(minutes=-10)
    assert second.take("harvest").token == 2


def test_a_turn_that_a_clock_years_ahead_reckoned_is_reckoned_anew(team: Team) -> None:
    process, daily = team.process("a"), Schedule(cron="0 3 * * *")
    team.later(days=1500)
    process.plan({"harvest": HOURLY, "backup": daily})
    team.later(days=-1500, minutes=-5)
    process.plan({"harvest": HOURLY, "backup": daily})
    now, standings = process.standings()
    assert standings["harvest"].due_at == now + timedelta(hours=1)
    assert standings["backup"].due_at == NOON.replace(day=24, hour=3)
    team.later(minutes=-5)
    process.plan({"harvest": HOURLY})
    assert process.standings()[1]["harvest"].due_at == standings["harvest"].due_at


def test_who_works_by_hand_waits_for_its_turn(team: Team) -> None:
    first, waited = team.due(), list[float]()
    held = claimed(first)

    def waiting(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 2:
            first.end(held, DONE, HOURLY)

    with team.process("b").alone("harvest", waiting) as turn:
        turn.check()
        assert first.claim("harvest", HOURLY) is None
    assert len(waited) == 2
    assert team.process("c").take("harvest").token == 3


def test_old_runs_are_forgotten_but_the_newest_of_each_job(team: Team) -> None:
    process = team.due()
    for _ in range(3):
        process.end(claimed(process), DONE, HOURLY)
        team.later(hours=1)
    runs = Runs(team.sessions)
    assert runs.prune(team.now) == 2
    assert [run.token for run in runs.newest(9)] == [3]
    assert runs.last()["harvest"].token == 3
