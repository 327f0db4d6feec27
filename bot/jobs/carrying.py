"""One run of a job, from the moment it is held to its row."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial

from bot.errors import BotError, JobFenced, JobOverdue, JobStopped
from bot.jobs.guarding import LeaseTurn
from bot.jobs.leases import Leases
from bot.jobs.words import Ending, Held, Job, Report, RunState
from bot.sessions import Sessions
from knowledge.errors import KnowledgeError
from model.errors import ModelError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Carrier:
    """Carries jobs out. `told_to_end`: what is under way comes to a stop between two slices."""

    leases: Leases
    sessions: Sessions
    told_to_end: threading.Event = field(default_factory=threading.Event)

    def due(self, job: Job) -> Ending | None:
        """Run a job if it is due and nobody has it. Raises `DatabaseUnavailable`."""
        held = self.leases.claim(job.name, job.schedule)
        ending = self._carried(job, held) if held else None
        if ending is not None:
            tell(job.name, ending)
        return ending

    def now(self, job: Job) -> Ending | None:
        """Run a job by hand; None: another process took it over. Raises `JobBusy`.

        Whoever ran it tells how it ended.
        """
        ending = self._carried(job, self.leases.take(job.name))
        if ending is not None:
            log.info("%s %s: %s", job.name, ending.state, ending.error or ending.report.told)
        return ending

    def _carried(self, job: Job, held: Held) -> Ending | None:
        overdue = JobOverdue(job.name, job.limit, job.section) if job.limit else None
        turn = LeaseTurn(self.leases, held, self.told_to_end, overdue=overdue)
        try:
            with turn.beating():
                ending = self._within(job, turn)
                self.leases.end(held, ending, job.schedule)
        except JobFenced as error:
            log.error("%s", error)
            return None
        return ending

    def _within(self, job: Job, turn: LeaseTurn) -> Ending:
        """Do it in a thread that is left behind where it stands still. Raises `JobFenced`.

        Nothing that such a thread does later is written: its token is old by then.
        """
        if turn.overdue is None:
            return self._done(job, turn)
        came = Future[Ending]()
        given = (came, partial(self._done, job, turn))
        thread = threading.Thread(target=settle, args=given, name=f"job {job.name}", daemon=True)
        thread.start()
        try:
            return came.result(turn.left_s + self.leases.pace.grace_s)
        except TimeoutError:
            log.error("%s stands still in\n%s", job.name, where(thread))
            return Ending(RunState.FAILED, error=str(turn.overdue))

    def _done(self, job: Job, turn: LeaseTurn) -> Ending:
        """Do the work; what it raises is how it ended. Raises `JobFenced`."""
        try:
            with self.sessions.guarded(turn.guard):
                return Ending(RunState.DONE, job.work(turn))
        except JobFenced:
            raise
        except JobStopped as error:
            return Ending(RunState.STOPPED, Report(str(error)))
        except (BotError, KnowledgeError, ModelError) as error:
            return Ending(RunState.FAILED, error=str(error))
        except Exception as error:  # a bug in one job must not end the schedule
            log.exception("%s failed", job.name)
            return Ending(RunState.FAILED, error=f"a bug: {error!r}; the log has the details")


def settle(came: Future[Ending], work: Callable[[], Ending]) -> None:
    """Do some work, and hand over what came of it."""
    try:
        came.set_result(work())
    except BaseException as error:  # raised again where it is waited for
        came.set_exception(error)


def where(thread: threading.Thread) -> str:
    """The lines of code that a thread is in."""
    frame = sys._current_frames().get(thread.ident or 0)
    return "".join(traceback.format_stack(frame)) if frame else "(it has just ended)"


def tell(name: str, ending: Ending) -> None:
    """A line in the log."""
    if ending.state is RunState.FAILED:
        log.warning("%s failed: %s", name, ending.error)
    else:
        log.info("%s %s: %s", name, ending.state, ending.report.told)
