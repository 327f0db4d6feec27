"""A Discord, a database, and the bots that live and die there."""

from __future__ import annotations

import asyncio
import shutil
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.conversation import Place
from bot.database import upgrade
from bot.inbox import Inbox
from bot.platforms.discord.away import KEPT, still_open
from bot.store import Store
from tests.deaths import HELD, Point
from tests.discord.ids import BOT, GUILD
from tests.discord.people import People
from tests.discord.seen import Seen, Shown
from tests.discord.server import DiscordServer
from tests.nursery import Bot, Life, Nursery, nursery
from tests.patience import PATIENCE_S

MENTION = f"<@{BOT}> "
QUESTION = "How many days of leave do I get?"
LEAVE = MENTION + QUESTION
SAYS = "27 days of leave. [1]"
LOOK_S = 0.03
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
WRITTEN = (0, 19)  # types of messages that somebody wrote


@pytest.fixture(scope="session")
def discord_bots() -> Iterator[Nursery]:
    with nursery("tests.discord.dying") as made:
        yield made


@pytest.fixture(scope="module")
def new_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that is empty."""
    file = tmp_path_factory.mktemp("new") / "tandem.db"
    upgrade(f"sqlite:///{file}")
    return file


@dataclass
class DiscordHouse:
    """A Discord, a database, and the bots that live and die there."""

    bots: Nursery
    server: DiscordServer
    people: People
    life: Life
    inbox: Inbox
    store: Store
    living: list[Bot] = field(default_factory=list)

    async def start(self, point: Point | None = None, **changes: Any) -> Bot:
        """A bot that begins; with a point, one that dies there, perhaps at once."""
        self._held.unlink(missing_ok=True)
        bot = await self.bots.start(replace(self.life, point=point or Point(), **changes))
        self.living.append(bot)
        return bot

    async def born(self, point: Point | None = None, **changes: Any) -> Bot:
        """A bot that listens, and that has begun to read what was said before."""
        before, marks = (await self.people.look()).shards, self._marks()
        heard = self.inbox.last_heard("discord", datetime.now(UTC), KEPT.workspace)
        bot = await self.start(point, **changes)
        await self.people.connected(before + 1)
        await until(self._registered)
        if heard and not still_open(marks):
            await until(lambda: len(self._marks()) > len(marks))
        return bot

    async def _registered(self) -> bool:
        """Does Discord know the commands, the server's own as the last?"""
        known = (await self.people.registered())["commands"]
        return any(command["guild"] == GUILD for command in known)

    async def dead(self, bot: Bot, point: Point | None = None) -> None:
        """Wait until it died where it had to; one that stands still is killed there."""
        if point and point.when == "hold":
            await self.holding(point)
            bot.kill()
        self.living.remove(bot)
        assert await bot.ended() == -signal.SIGKILL, bot.log.read_text()
        await self.people.wait_for(lambda seen: seen.shards == len(self.living))

    async def holding(self, point: Point) -> None:
        """Wait until a bot stands still there, with something kept in hand."""
        await until(lambda: self._held.exists())
        if point.call == "claim":
            await until(lambda: self.inbox.waiting("discord"))

    async def killed(self, bot: Bot) -> None:
        """Kill it where it is."""
        bot.kill()
        await self.dead(bot)

    async def told(self, bot: Bot, timeout_s: float) -> int:
        """Tell it to end: the exit code."""
        bot.kill(signal.SIGTERM)
        self.living.remove(bot)
        return await bot.ended(timeout_s)

    async def settled(self, caught_up: bool = True) -> Seen:
        """Wait until all that people wrote is heard and nothing is left to be done, then look.

        `caught_up`: also until nothing is left to be read that any bot had missed.
        """
        if caught_up:
            await until(self._caught_up)
        await until(self._heard)
        await until(lambda: not self.inbox.waiting("discord"))
        return await self.people.look()

    async def begun(self) -> None:
        """Wait until Discord is about to answer a call that it takes its time for."""
        await until(lambda: not self.server.world.faults.coming)

    def votes(self) -> list[tuple[str, str]]:
        """Who voted what, on all interactions."""
        found = [v for i in self.store.interactions(100) for v in self.store.verdicts(i.id)]
        return [(v.author, str(v.verdict)) for v in found]

    @property
    def _held(self) -> Path:
        return Path(self.life.home) / HELD

    def _marks(self) -> list[str]:
        return self.inbox.events(KEPT, LONG_AGO)

    def _caught_up(self) -> bool:
        """Is all that was missed read?"""
        return not still_open(self._marks())

    async def _heard(self) -> bool:
        """Does the inbox know all that people wrote and that still stands?"""
        known = self._events(GUILD) | self._events("@me")
        seen = (await self.people.look()).messages
        wrote = {m.id for m in seen if m.author != BOT and m.raw["type"] in WRITTEN}
        return wrote <= known

    def _events(self, workspace: str) -> set[str]:
        """The messages that were heard there."""
        told = self.inbox.events(Place("discord", workspace), LONG_AGO)
        return {event[1:].split(":")[0] for event in told if event.startswith("m")}


async def until(true: Callable[[], Any]) -> None:
    """Wait until it is so."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            found = true()
            if await found if asyncio.iscoroutine(found) else found:
                return
            await asyncio.sleep(LOOK_S)


@pytest.fixture
async def discord_house(
    discord_bots: Nursery,
    discord_server: DiscordServer,
    discord_people: People,
    tmp_path: Path,
    new_database: Path,
) -> AsyncIterator[DiscordHouse]:
    shutil.copy(new_database, tmp_path / "tandem.db")
    database, people = f"sqlite:///{tmp_path / 'tandem.db'}", discord_people
    options = {"gateway_url": people.gateway}
    life = Life(people.api, str(tmp_path), database, options=options)
    with closing(Inbox(database)) as inbox, closing(Store(database)) as store:
        made = DiscordHouse(discord_bots, discord_server, people, life, inbox, store)
        yield made
        for bot in made.living:
            bot.kill()
            await bot.ended()


def answers(seen: Seen, channel: str) -> list[Shown]:
    """What the bot wrote in a channel, a thread or a direct conversation, oldest first."""
    found = [m for m in seen.by_bot() if m.channel == channel and not is_sign(m)]
    return sorted(found, key=lambda message: int(message.id))


def is_sign(message: Shown) -> bool:
    """Does Discord itself say it, in the bot's name?"""
    return message.raw["type"] in (18, 21)


def check(shown: Shown, text: str = SAYS) -> None:
    """This is an answer, whole, with its thumbs, and nothing of how it was written."""
    assert shown.drawn.count(text) == 1, shown.drawn
    assert [button.emoji for button in shown.buttons].count("👍") == 1, shown.drawn
    assert "Stop" not in [button.label for button in shown.buttons], shown.drawn
    assert not shown.deferred


def check_one(seen: Seen, channel: str, text: str = SAYS) -> Shown:
    """One answer stands there, and nothing else of the bot's."""
    found = answers(seen, channel)
    assert len(found) == 1, seen.text
    check(found[0], text)
    return found[0]


def check_all(seen: Seen, threads: list[str]) -> None:
    """One answer stands in each of these, and the bot wrote nowhere else."""
    for thread in threads:
        check_one(seen, thread)
    assert len([m for m in seen.by_bot() if not is_sign(m)]) == len(threads), seen.text
