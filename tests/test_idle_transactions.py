"""A process that sleeps within a transaction holds nobody up: PostgreSQL undoes what it left."""

from __future__ import annotations

from contextlib import closing

import pytest
from sqlalchemy import text

from bot import database
from bot.errors import DatabaseUnavailable
from bot.sessions import Sessions

TAKE = text("SELECT pg_advisory_xact_lock(1)")


def fall_asleep(sleeper: Sessions, other: Sessions) -> None:
    """Take a lock, sleep until another was given it, and wake."""
    with sleeper.writing() as asleep:
        asleep.execute(TAKE)
        with other.writing() as awake:
            awake.execute(TAKE)
        asleep.execute(TAKE)


def test_what_a_sleeper_holds_is_had_by_the_next(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "IDLE_S", 1)
    with closing(Sessions(postgres_url)) as sleeper, closing(Sessions(postgres_url)) as other:
        with pytest.raises(DatabaseUnavailable, match=r"idle-in-transaction.*machine slept"):
            fall_asleep(sleeper, other)
        with sleeper.writing() as again:
            again.execute(TAKE)
