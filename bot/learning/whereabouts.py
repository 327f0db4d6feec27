"""Where a question is asked, while it is answered: there people's votes count."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from bot.conversation import Place

ASKED_IN: ContextVar[Place | None] = ContextVar("ASKED_IN", default=None)


@contextmanager
def asked_in(place: Place) -> Iterator[None]:
    """What is searched meanwhile is searched for a question of that place."""
    before = ASKED_IN.set(place)
    try:
        yield
    finally:
        ASKED_IN.reset(before)
