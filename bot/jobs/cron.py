"""Cron's five fields in a time zone: when next.

APScheduler's CronTrigger does the calendar, and only that. It counts Monday as 0, where cron has
Sunday; asks for day of month *and* of week where cron takes either; and where clocks are set back
it fires twice, or goes round in circles (version 3.11). So it is given days by their names, and a
calendar without a zone; what a zone does to a day is seen to here, as cron does it: a job at a
named hour runs once a day, and one at every hour goes on while the clock shows an hour twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from apscheduler.triggers.cron import CronTrigger

LIMITS = {"minute": "0 to 59", "hour": "0 to 23", "day": "1 to 31", "month": "1 to 12, or jan"}
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
SHORT = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
PART = re.compile(r"(?P<first>\*|[a-z]{3}|\d+)(?:-(?P<last>[a-z]{3}|\d+))?(?:/(?P<step>\d+))?")
LOOK_AHEAD = timedelta(days=1)  # in which at most one change of the clock falls


class CronWrong(ValueError):
    """A text that cron could not read, either."""


@dataclass(frozen=True)
class Cron:
    """Five fields, minute to day of the week, in a time zone."""

    text: str
    zone: ZoneInfo

    @classmethod
    def read(cls, text: str, zone: ZoneInfo) -> Cron:
        """The schedule of a text such as "0 3 * * 1". Raises `CronWrong`."""
        made = cls(" ".join(SHORT.get(text.strip().lower(), text).lower().split()), zone)
        if made.after(datetime(2024, 1, 1, tzinfo=UTC)) is None:  # the year has a 29 February
            raise CronWrong(f"{text!r} names a day that never comes")
        return made

    def after(self, now: datetime) -> datetime | None:
        """The first time after `now`, in UTC; None: there is none for years."""
        local = now.astimezone(self.zone)
        found = [at for at in self._next(local, now) if at > now]
        return min(found, default=None)

    def _next(self, local: datetime, now: datetime) -> Iterator[datetime]:
        """Times in UTC, the next one among them."""
        wall = self._shown(local)
        while wall is not None:
            found = self._real(wall)
            yield from found
            if any(at > now for at in found):
                break
            wall = self._shown(wall)
        if self._hourly and (back := self._set_back(local)):
            yield from self._shown_again(local, back)

    def _shown_again(self, local: datetime, back: timedelta) -> Iterator[datetime]:
        """Times that the clock shows a second time, since it was or will be set back."""
        shown = local.replace(tzinfo=UTC, fold=0)
        wall = self._shown(shown - back)
        while wall is not None and wall <= shown:
            yield from self._real(wall)
            wall = self._shown(wall)

    def _shown(self, wall: datetime) -> datetime | None:
        """The next time that a clock on the wall shows, after one that it shows."""
        plain = wall.replace(tzinfo=UTC, fold=0, microsecond=0) + timedelta(seconds=1)
        found = [each.get_next_fire_time(None, plain) for each in self._calendars]
        return min((at for at in found if at), default=None)

    def _real(self, wall: datetime) -> tuple[datetime, ...]:
        """When the clock shows that, in UTC: twice where it is set back.

        A time that it leaves out as it is set forward is as much later at a named hour.
        """
        first, second = (wall.replace(tzinfo=self.zone, fold=n).astimezone(UTC) for n in (0, 1))
        if not self._hourly or first == second:
            return (first,)
        return (first, second) if first < second else ()

    def _set_back(self, local: datetime) -> timedelta:
        """By how much the clock is set back within a day; zero: it is not."""
        later = (local.astimezone(UTC) + LOOK_AHEAD).astimezone(self.zone)
        change = (local.utcoffset() or timedelta()) - (later.utcoffset() or timedelta())
        return max(change, timedelta())

    @property
    def _hourly(self) -> bool:
        return self.text.split()[1].startswith("*")

    @cached_property
    def _calendars(self) -> Sequence[CronTrigger]:
        """One, or two where the day of the month or that of the week will do."""
        minute, hour, day, month, weekday = fields(self.text)
        named = weekdays(weekday)
        if day.startswith("*") or weekday.startswith("*"):
            return [trigger(minute, hour, day, month, named)]
        either = (day, "*"), ("*", named)
        return [trigger(minute, hour, each, month, other) for each, other in either]


def fields(text: str) -> list[str]:
    """The five fields. Raises `CronWrong`."""
    found = text.split()
    if len(found) != 5:
        raise CronWrong(f"{text!r} has {len(found)} fields, not minute, hour, day, month, weekday")
    return found


def trigger(minute: str, hour: str, day: str, month: str, weekday: str) -> CronTrigger:
    """APScheduler's own, without a zone. Raises `CronWrong`."""
    from apscheduler.triggers.cron import CronTrigger  # it costs every command its start

    said = {"minute": minute, "hour": hour, "day": day, "month": month}
    for name, value in said.items():
        try:
            CronTrigger(**{name: value}, timezone=UTC)
        except ValueError as error:
            raise CronWrong(f"{value!r} is no {name} of cron's ({LIMITS[name]})") from error
    return CronTrigger(**said, day_of_week=weekday, timezone=UTC)


def weekdays(field: str) -> str:
    """Cron's days of the week by their names. Raises `CronWrong`."""
    if field == "*":
        return field
    chosen = {DAYS[day % 7] for part in field.split(",") for day in days_of(part)}
    return ",".join(day for day in DAYS if day in chosen)


def days_of(part: str) -> range:
    """Days from 0, Sunday; 7 is Sunday, too. Raises `CronWrong`."""
    said = PART.fullmatch(part)
    if said is None:
        raise CronWrong(f"{part!r} is no day of the week")
    first, last = said["first"], said["last"]
    begin = 0 if first == "*" else day_number(first)
    end = day_number(last) if last else 6 if first == "*" or said["step"] else begin
    if end < begin:
        end += 7  # "fri-mon"
    return range(begin, end + 1, max(1, int(said["step"] or 1)))


def day_number(said: str) -> int:
    """The number of a day. Raises `CronWrong`."""
    if said in DAYS:
        return DAYS.index(said)
    if not said.isdigit() or int(said) > 7:
        raise CronWrong(f"{said!r} is no day of the week: 0 is Sunday, 6 is Saturday")
    return int(said)
