"""How long to wait before a request is tried again, by what the service says or by backing off."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

FIRST_S, MOST_S = 0.5, 30.0  # of backing off
EPOCH, EPOCH_MS = 1e9, 1e12  # a reset this large is a moment, in seconds or in milliseconds
RESETS = ("x-ratelimit-reset", "ratelimit-reset", "x-rate-limit-reset")
REMAINING = ("x-ratelimit-remaining", "ratelimit-remaining", "x-rate-limit-remaining")


def backed_off_s(tries: int, chance: float) -> float:
    """Seconds before the next try, after `tries`; `chance` in [0, 1) spreads those who wait."""
    return chance * min(MOST_S, FIRST_S * 2.0 ** min(tries, 16))


def asked_for_s(headers: Mapping[str, str], now_s: float) -> float | None:
    """Seconds that the service asks to wait; None where it does not say. Keys in lower case."""
    told = retry_after_s(headers.get("retry-after", ""), now_s)
    return told if told is not None else reset_s(headers, now_s)


def retry_after_s(told: str, now_s: float) -> float | None:
    """Of seconds or of an HTTP date."""
    number = finite(told)
    if number is not None:
        return max(0.0, number)
    try:
        return max(0.0, parsedate_to_datetime(told).timestamp() - now_s)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def in_body_s(body: bytes) -> float | None:
    """Of a refusal that says it in its JSON alone, as Discord may."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return None
    after = told.get("retry_after") if isinstance(told, dict) else None
    return max(0.0, after) if isinstance(after, int | float) and math.isfinite(after) else None


def reset_s(headers: Mapping[str, str], now_s: float) -> float | None:
    """Of a limit that is used up and says when it begins anew."""
    left = next((finite(headers[name]) for name in REMAINING if name in headers), None)
    resets = (until_s(headers[name], now_s) for name in RESETS if name in headers)
    return next((told for told in resets if told is not None), None) if left == 0 else None


def until_s(told: str, now_s: float) -> float | None:
    """Seconds until a reset: told in seconds, as a moment since 1970, or as a date of ISO 8601."""
    number = finite(told)
    if number is None:
        moment = iso_s(told)
        return None if moment is None else max(0.0, moment - now_s)
    moment = number / 1000 if number >= EPOCH_MS else number
    return max(0.0, moment - now_s if moment >= EPOCH else moment)


def iso_s(told: str) -> float | None:
    """A date of ISO 8601 in seconds since 1970; where it names no zone, of UTC."""
    try:
        found = datetime.fromisoformat(told.strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def used_up(headers: Mapping[str, str]) -> bool:
    """Does a refusal mean that we asked too often?"""
    left = next((finite(headers[name]) for name in REMAINING if name in headers), None)
    return left == 0 or "retry-after" in headers


def finite(told: str) -> float | None:
    """A number, where it is one."""
    try:
        number = float(told)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
