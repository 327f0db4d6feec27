"""How many questions a person and a channel may ask, and what is said to who asks more."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.posts import Load

UNITS = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}
RATE = re.compile(rf"(\d{{1,6}})\s*(?:/|per)\s*(\d{{1,4}})?\s*({'|'.join(UNITS)})", re.IGNORECASE)


@dataclass(frozen=True)
class Rate:
    """So many questions in any stretch of that length."""

    count: int  # 1 or more
    per: timedelta


@dataclass(frozen=True)
class Rates:
    """The limits that are set; None: there is none."""

    person: Rate | None = None
    channel: Rate | None = None

    def apart(self) -> list[Rates]:
        """The limits that there are, by the stretch that each counts."""
        person, channel = self.person, self.channel
        if person and channel and person.per != channel.per:
            return [Rates(person=person), Rates(channel=channel)]
        return [self] if person or channel else []

    @property
    def reach(self) -> timedelta:
        """The stretch that counts; of one that `apart` gave."""
        return max((rate.per for rate in (self.person, self.channel) if rate), default=timedelta(0))


def rate(text: str) -> Rate | None:
    """The rate in words such as "30/h" or "5 per 10min"; None for "none".

    Raises `ValueError`.
    """
    if text.strip().casefold() == "none":
        return None
    said = RATE.fullmatch(text.strip())
    per = int(said[2] or 1) * UNITS[said[3].lower()] if said else 0
    if said is None or int(said[1]) < 1 or per < 1:
        raise ValueError('must be a rate such as "30/h", "5/10min" or "100/d", or "none"')
    return Rate(int(said[1]), timedelta(seconds=per))


def over(load: Load, rates: Rates, now: datetime) -> datetime | None:
    """When the person may ask again, aware UTC; None: now.

    `load` is counted over `rates.reach`; limits that count different stretches are asked for one
    by one (`Rates.apart`).
    """
    person = _free(load.person, load.person_oldest, rates.person, now)
    channel = _free(load.channel, load.channel_oldest, rates.channel, now)
    return max((when for when in (person, channel) if when), default=None)


def _free(count: int, oldest: datetime | None, rate: Rate | None, now: datetime) -> datetime | None:
    """When the oldest question no longer counts; None: there is room already."""
    if rate is None or count < rate.count:
        return None
    when = (oldest or now) + rate.per
    return when if when > now else None


def notice(until: datetime, now: datetime) -> str:
    """What a person is told who must wait."""
    return f"I can answer no more questions here just now. Ask me again {wait(until - now)}."


def wait(left: timedelta) -> str:
    """How long to wait, in words, rounded up: "in 12 minutes"."""
    seconds = max(1, math.ceil(left.total_seconds()))
    if seconds <= 60:
        return "in a minute"
    minutes = math.ceil(seconds / 60)
    if minutes < 100:
        return f"in {minutes} minutes"
    hours = math.ceil(minutes / 60)
    return f"in {hours} hours" if hours < 48 else f"in {math.ceil(hours / 24)} days"
