"""A limit for the time of all that is asked within it, with its tries and pauses."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

DEADLINE: ContextVar[float] = ContextVar("deadline", default=float("inf"))
"""When what is in hand must be over, by `time.monotonic`; each thread has its own."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """All asking inside ends after so many seconds, or earlier where a limit around it says so.

    A thread that is to be held to it as well runs in a copy of the context.
    """
    token = DEADLINE.set(min(DEADLINE.get(), time.monotonic() + seconds))
    try:
        yield
    finally:
        DEADLINE.reset(token)


def left_s() -> float:
    """Seconds that are left, infinite where there is no limit."""
    return DEADLINE.get() - time.monotonic()
