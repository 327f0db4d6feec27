"""Dates as files write them."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

FORMATS = (
    "%d-%b-%Y",
    "%d %b %Y",
    "%d %B %Y",
    "%d-%B-%Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%Y/%m/%d",
    "%Y-%m-%d %H:%M:%S %z",
    "%Y-%m",
)


def aware(value: object) -> datetime | None:
    """A date of any kind as aware UTC; None for what is no date."""
    if isinstance(value, str):
        return parsed(value.strip())
    if isinstance(value, datetime):
        with suppress(OverflowError):
            return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    elif isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return None


def moment(unix_s: float | str | bytes) -> datetime | None:
    """Seconds since 1970 as aware UTC; None for what no calendar has."""
    try:
        return datetime.fromtimestamp(float(unix_s), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def parsed(text: str) -> datetime | None:
    """A date as ISO 8601, RFC 5322, `18-Feb-2025`, `February 18, 2025` and the like."""
    with suppress(ValueError):
        return aware(datetime.fromisoformat(text))
    for form in FORMATS:
        with suppress(ValueError):
            return aware(datetime.strptime(text, form))
    with suppress(ValueError, TypeError, IndexError):
        return aware(parsedate_to_datetime(text))
    return None
