"""When something is done: the keys `every`, `cron`, `timezone`, `limit`, wherever they stand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator

SHORTEST = timedelta(seconds=1)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def timed(given: Any) -> Any:
    """What a section was given, with "never" and "none" as None, and no interval beside cron.

    Raises `ValueError` for both an interval and cron.
    """
    if not isinstance(given, Mapping):
        return given
    if given.get("limit") == "none":
        given = {**given, "limit": None}
    if given.get("cron"):
        if given.get("every") not in (None, "never"):
            raise ValueError("`every` and `cron` are two schedules: leave one of them out")
        return {**given, "every": None}
    return {**given, "every": None} if given.get("every") == "never" else given


def cron(value: str) -> str:
    """Cron's five fields, or "" for none."""
    if value:
        from bot.jobs.cron import Cron  # which loads a library

        Cron.read(value, ZoneInfo("UTC"))
    return value


def zone(value: str) -> str:
    """An IANA time zone."""
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError('must be an IANA time zone such as "Europe/Berlin"') from error
    return value


def often(value: timedelta | None) -> timedelta | None:
    """An interval that leaves time to breathe."""
    if value is not None and value < SHORTEST:
        raise ValueError('must be at least "1s"')
    return value


def kept(value: timedelta | None) -> timedelta | None:
    """How long something is kept that nobody can make again; less is taken for a slip."""
    if value is not None and value < DAY:
        raise ValueError(
            'must be at least "1d", as all that is older is deleted; "forever" deletes nothing'
        )
    return value


def halving(value: timedelta | None) -> timedelta | None:
    """A half-life, by which ages are divided."""
    if value is not None and value < HOUR:
        raise ValueError('must be at least "1h"')
    return value


Cron = Annotated[str, AfterValidator(cron)]
Zone = Annotated[str, AfterValidator(zone)]
Often = AfterValidator(often)
Kept = AfterValidator(kept)
Halving = AfterValidator(halving)
