"""What people see of the schedule: jobs, what is next, and what runs came to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bot.durations import lasting
from bot.jobs.known import jobs_of
from bot.jobs.runs import Runs
from bot.jobs.words import Job, JobRun, RunState, Standing
from bot.rendering import put

if TYPE_CHECKING:
    from bot.app import App
    from bot.bars import Bars

NEXT = 5  # jobs that `tandem run` tells of at its start


@dataclass(frozen=True)
class Shown:
    """A job, when it is due, and what its last run came to."""

    job: Job
    due_at: datetime | None
    worker: str  # that runs it now; empty: nobody
    last: JobRun | None


def shown(app: App) -> tuple[datetime, list[Shown]]:
    """The time, and all jobs: those that are due first come first, then those by hand."""
    now, standings = app.leases.standings()
    last = Runs(app.sessions).last()
    found = [
        Shown(job, due_at(job, standings, now), at_work(app, name, standings, now), last.get(name))
        for name, job in jobs_of(app).items()
    ]
    return now, sorted(found, key=lambda each: (each.due_at is None, each.due_at or now))


def due_at(job: Job, standings: Mapping[str, Standing], now: datetime) -> datetime | None:
    """When the schedule does it; of one that was never planned, if it began now."""
    held = standings.get(job.name)
    same = held is not None and held.schedule == str(job.schedule)
    return held.due_at if held and same else job.schedule.after(None, now)


def at_work(app: App, name: str, standings: Mapping[str, Standing], now: datetime) -> str:
    """The process that runs a job; empty: none does."""
    held = standings.get(name)
    return held.worker if held and app.leases.runs_now(held, now) else ""


def jobs(app: App, bars: Bars, as_json: bool) -> None:
    """List the jobs."""
    from rich.table import Table

    now, found = shown(app)
    bars.close()
    table = Table("job", "when", "next", "last run", "it said")
    for each in found:
        if as_json:
            put(shown_json(each))
            continue
        said = each.last and (each.last.error or each.last.report.told)
        state = f"{state_of(app, each.last)}, {moment(each.last.started_at)}" if each.last else ""
        due = "now" if each.worker else until(each.due_at, now)
        table.add_row(each.job.name, str(each.job.schedule), due, state, cut(said or ""))
    if not as_json:
        bars.console.print(table)


def shown_json(each: Shown) -> dict[str, object]:
    """A job as JSON."""
    return {
        "job": each.job.name,
        "schedule": str(each.job.schedule),
        "limit": each.job.limit and lasting(each.job.limit),
        "due_at": each.due_at and each.due_at.isoformat(),
        "worker": each.worker,
        "last": each.last and run_json(each.last, each.last.state),
    }


def runs(app: App, bars: Bars, limit: int, job: str | None, as_json: bool) -> None:
    """List runs, newest first."""
    from rich.table import Table

    found = Runs(app.sessions).newest(limit, job)
    bars.close()
    table = Table("id", "job", "state", "begun", "took", "it said")
    for run in found:
        if as_json:
            put(run_json(run, state_of(app, run)))
        else:
            table.add_row(*row(run, state_of(app, run)))
    if not as_json:
        bars.console.print(table if found else "No job was run yet: see `tandem jobs`.")


def run(app: App, bars: Bars, id: int, as_json: bool) -> None:
    """One run, with all that is known. Raises `UnknownJobRun`."""
    found = Runs(app.sessions).run(id)
    told = run_json(found, state_of(app, found))
    bars.close()
    if as_json:
        put(told)
        return
    for name, value in told.items():
        if value not in (None, "", {}):
            bars.note(f"{name}: {value}")


def state_of(app: App, run: JobRun) -> RunState:
    """How a run stands; one whose process is gone is lost, though nobody noted it yet."""
    if run.state is not RunState.RUNNING:
        return run.state
    now, standings = app.leases.standings()
    held = standings.get(run.job)
    mine = held is not None and held.token == run.token and app.leases.runs_now(held, now)
    return RunState.RUNNING if mine else RunState.LOST


def run_json(run: JobRun, state: RunState) -> dict[str, object]:
    """A run as JSON."""
    return {
        "id": run.id,
        "job": run.job,
        "state": str(state),
        "asked": str(run.asked),
        "planned_for": run.planned_for and run.planned_for.isoformat(),
        "started_at": run.started_at.isoformat(),
        "ended_at": run.ended_at and run.ended_at.isoformat(),
        "told": run.report.told,
        "report": dict(run.report.figures),
        "error": run.error,
        "worker": run.worker,
        "token": run.token,
    }


def row(run: JobRun, state: RunState) -> tuple[str, ...]:
    """A run as a row of a table."""
    took = f"{(run.ended_at - run.started_at).total_seconds():.1f} s" if run.ended_at else ""
    said = cut(run.error or run.report.told)
    return (str(run.id), run.job, str(state), moment(run.started_at), took, said)


def upcoming(app: App, count: int = NEXT) -> Iterator[str]:
    """What is next, in words."""
    now, found = shown(app)
    for each in [each for each in found if each.due_at is not None][:count]:
        yield f"{each.job.name} {until(each.due_at, now)}"


def until(due: datetime | None, now: datetime) -> str:
    """`in 12 min (2026-11-23 14:05 UTC)`, `now`, `by hand`."""
    if due is None:
        return "by hand"
    left = (due - now).total_seconds()
    if left <= 0:
        return "now"
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if left >= 2 * size:
            return f"in {left / size:.0f} {unit} ({moment(due)})"
    return f"in {left:.0f} s ({moment(due)})"


def moment(at: datetime) -> str:
    """A time of UTC."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def cut(text: str, width: int = 100) -> str:
    """The beginning of a text, in one line, with nothing that a table reads as marks."""
    from rich.markup import escape

    line = " ".join(text.split())
    return escape(line if len(line) <= width else line[: width - 1] + "…")
