"""When a job is due: every so often, by cron, or only by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import floor
from zoneinfo import ZoneInfo

from bot.durations import lasting
from bot.jobs.cron import Cron

SLIGHT = timedelta(minutes=10)  # clocks that are set right go back by less


@dataclass(frozen=True)
class Schedule:
    """Either of both; neither: only by hand."""

    every: timedelta | None = None
    cron: str = ""
    timezone: str = "UTC"

    def after(self, planned: datetime | None, now: datetime) -> datetime | None:
        """When it is due next, after `now`; None: never.

        `planned`: when it was due, which an interval is counted from. However many times were
        missed, the next one is still to come: they are made up for by one run.
        """
        if self.cron:
            since = max(now, planned or now)  # later than the turn that was, if the clock went back
            return Cron.read(self.cron, ZoneInfo(self.timezone)).after(since)
        if not self.every:
            return None
        since = planned or now
        turns = max(0, floor((now - since) / self.every)) + 1
        return since + turns * self.every

    def misses(self, due: datetime | None, now: datetime) -> bool:
        """Is a turn so far ahead that the clock must have been set back since it was reckoned?"""
        first = self.after(None, now + SLIGHT)
        return due is not None and first is not None and due > first

    def __str__(self) -> str:
        """As it was set; "never" where it is only by hand."""
        if self.cron:
            return f"{self.cron} ({self.timezone})"
        return f"every {lasting(self.every)}" if self.every else "never"
