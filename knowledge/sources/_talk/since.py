"""From when on a chat is read."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

AGE = re.compile(r"(\d{1,5})\s*d(?:ays?)?")
DAY_S = 24 * 3600.0


def midnight_s(seconds: float) -> float:
    """The beginning of the day (UTC), in seconds since 1970."""
    return seconds - seconds % DAY_S


def first_s(since: str, now_s: float) -> float:
    """The beginning of a date ("2026-01-31") or of the day an age ago ("365d"); 0 for "".

    In seconds since 1970. Raises `ValueError`, whose message says what to write.
    """
    if not since.strip():
        return 0.0
    if age := AGE.fullmatch(since.strip()):
        return max(0.0, midnight_s(now_s - timedelta(days=int(age[1])).total_seconds()))
    try:
        day = date.fromisoformat(since.strip())
    except ValueError:
        told = f"`since` is {since!r}; write a date (2026-01-31) or an age (365d)"
        raise ValueError(told) from None
    return max(0.0, datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
