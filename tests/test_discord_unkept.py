"""A database that does not take what Discord tells: nothing is lost, for it is told only once."""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.bots import SlowBackend, made
from tests.discord.bots import listening
from tests.discord.ids import CHANNELS
from tests.discord.lives import LEAVE, QUESTION, DiscordHouse, answers, check_all, check_one, until
from tests.discord.people import People
from tests.nursery import ANSWER, Bot

pytestmark = pytest.mark.endurance
UNKEPT = "what Discord told is not kept yet"
FULL = "disk I/O error. Look whether the disk is full or broken"


@contextmanager
def locked(house: DiscordHouse) -> Iterator[None]:
    """Another program writes into the SQLite file meanwhile."""
    with closing(sqlite3.connect(Path(house.life.home) / "tandem.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.rollback()


@contextmanager
def full(bot: Bot) -> Iterator[None]:
    """No file may grow any more."""
    before = resource.prlimit(bot.pid, resource.RLIMIT_FSIZE, (12_000, -1))
    yield
    resource.prlimit(bot.pid, resource.RLIMIT_FSIZE, before)


async def test_what_is_told_while_the_database_is_locked_is_kept_afterwards(
    discord_house: DiscordHouse,
) -> None:
    house, people = discord_house, discord_house.people
    await house.born()
    with locked(house):
        asked = [await people.say("general", person, LEAVE) for person in ("ben", "ana")]
        became = await people.command("pia", "team", "ask", {"question": QUESTION})
        await people.drained()
        assert became.kind == "deferred"  # though it is not kept yet
        assert not [m for m in (await people.look()).by_bot() if not m.deferred]
    seen = await house.settled()
    await people.wait_for(lambda seen: seen.text.count("[👍]") == 3)
    seen = await house.settled()
    for thread in asked:
        check_one(seen, thread)
    assert check_one(seen, CHANNELS["team"]).id == became.message


async def test_a_full_disk_is_told_in_the_log_and_loses_nothing(
    discord_house: DiscordHouse,
) -> None:
    house, people = discord_house, discord_house.people
    bot = await house.born()
    with full(bot):
        asked = await people.say("general", "ben", LEAVE)
        await until(lambda: UNKEPT in bot.log.read_text())
        assert FULL in bot.log.read_text()
        assert not answers(await people.look(), asked)
    check_all(await house.settled(), [asked])


@pytest.mark.postgres
async def test_a_database_that_is_away_for_a_while_loses_nothing(
    discord_people: People, postgres_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    people, (server, _, name) = discord_people, postgres_url.rpartition("/")
    with made(tmp_path, SlowBackend(*ANSWER), database_url=postgres_url) as bot:
        async with listening(bot, people):
            with closing(psycopg.connect(f"{server}/postgres", autocommit=True)) as other:
                other.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
                other.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                    [name],
                )
                asked = await people.say("general", "ben", LEAVE)
                await until(lambda: UNKEPT in caplog.text)
                assert not answers(await people.look(), asked)
                other.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true".encode())
            await people.wait_for(lambda seen: "[👍]" in seen.text)
            await until(lambda: not bot.inbox.waiting("discord"))
            check_all(await people.look(), [asked])
