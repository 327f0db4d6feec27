"""A job that a person runs: under its lease, and kept as a run."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bot.jobs.carrying import Carrier
from bot.jobs.known import job_named
from bot.jobs.words import Ending, RunState
from bot.rendering import put

if TYPE_CHECKING:
    from bot.app import App
    from bot.bars import Bars


def run(app: App, bars: Bars, name: str, as_json: bool) -> int:
    """Run it and print what it said: the exit code. Raises `UnknownJob`, `JobBusy`."""
    job = job_named(app, name)
    carrier = Carrier(app.leases, app.sessions)
    with told_by_signals(carrier.told_to_end):
        ending = carrier.now(job)
    bars.close()
    if as_json:
        put(ending_json(name, ending))
    else:
        bars.note(said(name, ending))
    return 0 if ending and ending.state is RunState.DONE else 1


@contextmanager
def told_by_signals(told: threading.Event) -> Iterator[None]:
    """Ctrl-C and SIGTERM stop a job between two slices; Ctrl-C again stops it at once."""

    def stop(number: int, _: object) -> None:
        if told.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        told.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def said(name: str, ending: Ending | None) -> str:
    """What came of it, for people."""
    if ending is None:
        return f"{name}: another process took it over; it wrote nothing more."
    return f"{name} {ending.state}: {ending.error or ending.report.told}"


def ending_json(name: str, ending: Ending | None) -> dict[str, object]:
    """The same as JSON."""
    told = ending or Ending(RunState.LOST)
    return {
        "job": name,
        "state": str(told.state),
        "told": told.report.told,
        "report": dict(told.report.figures),
        "error": told.error,
    }
