"""What a job has while it runs: it asks, before it writes, whether it still may."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.errors import DatabaseUnavailable, JobFenced, JobOverdue, JobStopped
from bot.jobs.words import Held

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from bot.jobs.leases import Leases

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LeaseTurn:
    """A turn that lasts as long as the lease: see `bot.jobs.words.Turn`."""

    leases: Leases
    held: Held
    told_to_end: threading.Event = field(default_factory=threading.Event)
    lost: threading.Event = field(default_factory=threading.Event)
    overdue: JobOverdue | None = None  # what is raised when it took too long; None: it never does
    began: float = field(default_factory=time.monotonic)

    def check(self) -> None:
        """May it go on? The database is asked, since a process that slept cannot know."""
        if self.told_to_end.is_set():
            raise JobStopped(self.held.job)
        if self.lost.is_set() or not self.leases.holds(self.held):
            raise JobFenced(self.held.job)
        if self.overdue is not None and self.left_s < 0:
            raise self.overdue

    @property
    def left_s(self) -> float:
        """Seconds until it took too long."""
        if self.overdue is None:
            return math.inf
        return self.began + self.overdue.limit.total_seconds() - time.monotonic()

    def guard(self, connection: Connection) -> None:
        """The same within a transaction that writes. An ending does not stop it: it is a slice."""
        self.leases.guard(connection, self.held)

    @contextmanager
    def beating(self) -> Iterator[None]:
        """Extend the lease now and then, in a thread of its own."""
        over = threading.Event()
        heart = threading.Thread(
            target=self._beat, args=(over,), name=f"lease of {self.held.job}", daemon=True
        )
        heart.start()
        try:
            yield
        finally:
            over.set()
            heart.join()

    def _beat(self, over: threading.Event) -> None:
        while not over.wait(self.leases.pace.beat_s):
            try:
                if not self.leases.beat(self.held):
                    self.lost.set()
                    return
            except DatabaseUnavailable as error:
                log.warning("the lease of %s could not be extended: %s", self.held.job, error)
