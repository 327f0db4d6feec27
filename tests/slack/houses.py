"""A workspace, a database, and the bots that live and die there."""

from __future__ import annotations

import asyncio
import shutil
import signal
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from bot.database import upgrade
from bot.inbox import Inbox
from bot.store import Store
from tests.deaths import Point
from tests.nursery import Bot, Life, Nursery, nursery
from tests.patience import PATIENCE_S
from tests.slack.people import People
from tests.slack.seen import Seen, Shown
from tests.slack.server import SlackServer

LEAVE = "<@U0TANDEM> How many days of leave do I get?"
LOOK_S = 0.03
EVENT = "events_api"  # what Slack sends again; a command it does not


@pytest.fixture(scope="session")
def bots() -> Iterator[Nursery]:
    with nursery("tests.slack.dying") as made:
        yield made


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that is new."""
    file = tmp_path_factory.mktemp("empty") / "tandem.db"
    upgrade(f"sqlite:///{file}")
    return file


@dataclass
class House:
    """A workspace, a database, and the bots that live and die there."""

    bots: Nursery
    slack: SlackServer
    people: People
    life: Life
    inbox: Inbox
    store: Store
    living: list[Bot] = field(default_factory=list)

    async def born(self, point: Point | None = None, **changes: Any) -> Bot:
        """A bot that listens; with a point, one that dies there."""
        before = (await self.people.look()).sockets
        bot = await self.bots.start(replace(self.life, point=point or Point(), **changes))
        self.living.append(bot)
        await self.people.connected(before + 1)
        return bot

    async def dead(self, bot: Bot, point: Point) -> None:
        """Wait until it died where it had to."""
        if point.when == "hold":
            await self.acknowledged()
            bot.kill()
        self.living.remove(bot)
        assert await bot.ended() == -signal.SIGKILL, bot.log.read_text()
        await self.people.wait_for(lambda seen: seen.sockets == 0)

    async def acknowledged(self) -> None:
        """Wait until Slack has no event left that the bot did not acknowledge."""
        async with asyncio.timeout(PATIENCE_S):
            while [
                s for s in await self.people.sendings() if s["kind"] == EVENT and not s["acked_at"]
            ]:
                await asyncio.sleep(LOOK_S)

    async def settled(self) -> Seen:
        """Wait until nothing is left to be done, then look."""
        await self.acknowledged()
        async with asyncio.timeout(PATIENCE_S):
            while self.inbox.waiting("slack"):
                await asyncio.sleep(LOOK_S)
        return await self.people.look()

    async def begun(self) -> None:
        """Wait until Slack is about to answer a call that it takes its time for."""
        async with asyncio.timeout(PATIENCE_S):
            while self.slack.workspace.faults.coming:
                await asyncio.sleep(LOOK_S)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Another program writes into the SQLite file meanwhile."""
        with closing(sqlite3.connect(Path(self.life.home) / "tandem.db")) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.rollback()

    def votes(self) -> list[tuple[str, str]]:
        """Who voted what, on all interactions."""
        found = [v for i in self.store.interactions(100) for v in self.store.verdicts(i.id)]
        return [(v.author, str(v.verdict)) for v in found]


@pytest.fixture
async def house(
    bots: Nursery,
    slack: SlackServer,
    people: People,
    tmp_path: Path,
    empty: Path,
) -> AsyncIterator[House]:
    shutil.copy(empty, tmp_path / "tandem.db")
    await people.configure(retry_after_s=[0.05] * 100)
    database = f"sqlite:///{tmp_path / 'tandem.db'}"
    life = Life(people.api, str(tmp_path), database)
    with closing(Inbox(database)) as inbox, closing(Store(database)) as store:
        made = House(bots, slack, people, life, inbox, store)
        yield made
        for bot in made.living:
            bot.kill()
            await bot.ended()


def answers(seen: Seen, thread: str) -> list[Shown]:
    """What the bot wrote in a thread."""
    return [m for m in seen.by_bot() if m.thread_ts == thread != m.ts]


def check(seen: Seen, threads: Sequence[str], text: str = "27 days of leave. [1]") -> None:
    """Each of these threads has one answer, whole, with its thumbs."""
    for thread in threads:
        found = answers(seen, thread)
        assert len(found) == 1, seen.text
        assert text in found[0].drawn
        assert found[0].drawn.count("(thumbs)") == 1
        assert found[0].drawn.count(text) == 1
    assert not [m for m in seen.messages if m.streaming], seen.text
