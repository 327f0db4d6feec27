"""`tandem run`: every platform that is set, and the schedule, until it is told to end."""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from bot import plugins
from bot.app import App
from bot.bars import Bars
from bot.errors import NothingToRun, UnknownPart
from bot.jobs.scheduler import Scheduler
from bot.learning.serving import LOOK_S
from bot.platforms import Platform
from bot.watching import watch
from model.errors import ModelError
from model.examples import What

log = logging.getLogger(__name__)

THREADS = 16  # for the brief calls of platforms; who waits long has threads of its own
ENDINGS = (signal.SIGTERM, signal.SIGINT)
JOBS = "jobs"  # the schedule, as a part that `--only` names
SLICE_S = 8.0  # that the jobs under way have to finish what they have in hand
LAST_S = 9.5  # after which the process ends, whatever a model or a database still does


def run(app: App, bars: Bars, only: Sequence[str]) -> None:
    """Set everything up, then listen. Raises `NothingToRun`, `UnknownPart` before that."""
    platforms = chosen(app, only)
    app.set_up(answering=bool(platforms))
    app.syncing.first_sync()
    app.endorsing.anew()  # what was kept while nobody could index it
    bars.hush()
    schedule = scheduled(app) if not only or JOBS in only else None
    asyncio.run(until_told(app, platforms, leave, schedule))


def chosen(app: App, only: Sequence[str]) -> list[Platform]:
    """The platforms to run, built; none for the schedule alone.

    Raises `NothingToRun`, `UnknownPart`.
    """
    known = app.settings.platforms
    for name in only:
        if name not in known and name != JOBS:
            raise UnknownPart(name, tuple(known))
    names = [name for name in only or known if name in known]
    if not names and JOBS not in only:
        raise NothingToRun()
    return [
        plugins.load("platform", known[name].use, {"name": name, **known[name].options})
        for name in names
    ]


def scheduled(app: App) -> Scheduler:
    """What runs the jobs of the settings."""
    from bot.jobs.known import jobs_of  # what only `tandem run` needs costs no other its start

    return Scheduler(jobs_of(app), app.leases, app.sessions)


def leave() -> None:
    """End the process soon: threads that do not come back would hold it up.

    What they had in hand was put back by then; else its lease is released (`Inbox.release`).
    """

    def end() -> None:
        log.warning("some work did not end in time and was left; nothing is lost")
        vanish()

    timer = threading.Timer(LAST_S, end)
    timer.daemon = True
    timer.start()


def depart() -> None:
    """End the process once its threads have ended, at the latest as `leave` says.

    What an interpreter clears away at its end takes it many seconds on a busy machine, and no
    timer can cut that short: so it is left to the system.
    """
    atexit.register(vanish)


def vanish() -> None:
    """Be gone."""
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)


async def warm_up(app: App) -> None:
    """Load what writes, so that the first stylistic task does not wait for it."""
    try:
        await asyncio.to_thread(lambda: app.serves.load(What.STYLE))
    except ModelError as error:  # whoever asks for a task is told
        log.warning("what writes cannot be loaded: %s", error)


async def follow(app: App) -> None:
    """Change over to what became live, also while nobody asks."""
    while True:
        await asyncio.to_thread(app.serves.refresh)
        await asyncio.sleep(LOOK_S)


async def keep_schedule(app: App, schedule: Scheduler) -> None:
    """Run what is due, until this is cancelled; then each job finishes its slice."""
    from bot.jobs.showing import upcoming

    try:
        await asyncio.to_thread(schedule.begin)
        coming = await asyncio.to_thread(lambda: [*upcoming(app)])
        log.info("next: %s", "; ".join(coming) or "nothing")
        await asyncio.Event().wait()
    finally:
        if not await asyncio.to_thread(schedule.end, SLICE_S):
            log.warning("left in the middle: %s", ", ".join(sorted(schedule.in_hand)))


async def until_told(
    app: App,
    platforms: Sequence[Platform],
    leave: Callable[[], None] = lambda: None,
    schedule: Scheduler | None = None,
) -> None:
    """Run until SIGTERM or SIGINT, or until one fails; then all leave, with nothing lost.

    `leave` is called when it is told to end.
    """
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(THREADS, thread_name_prefix="brief"))
    told = asyncio.Event()
    for ending in ENDINGS:
        loop.add_signal_handler(ending, told.set)
    running = [asyncio.create_task(p.run(app.desk), name=p.name) for p in platforms]
    if schedule is not None:
        running.append(asyncio.create_task(keep_schedule(app, schedule), name=JOBS))
    works = [warm_up(app), follow(app)] if platforms else []
    works += [] if schedule is None else [watch(app.syncing)]
    beside = [asyncio.create_task(work) for work in works]
    waiting = asyncio.create_task(told.wait())
    log.info("running: %s", ", ".join(task.get_name() for task in running))
    done, _ = await asyncio.wait([*running, waiting], return_when=asyncio.FIRST_COMPLETED)
    if waiting in done:
        log.info("ending: what is in hand is finished or put back")
        leave()
    for task in (*running, *beside, waiting):
        task.cancel()
    ended = await asyncio.gather(*running, *beside, return_exceptions=True)
    for task in running:
        if not task.cancelled() and task.exception():
            raise next(e for e in ended if isinstance(e, Exception))
