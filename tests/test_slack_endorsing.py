"""A ✅ in Slack is acknowledged in time, however slowly Slack tells what it is given to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from slack_sdk.web.async_client import AsyncWebClient

from bot.conversation import Place
from bot.errors import DatabaseUnavailable
from bot.platforms.slack.endorsing import TASK, Endorsements, Pace
from bot.platforms.slack.membership import Membership, Named
from bot.platforms.slack.reading import Me, Reaction
from bot.stage import PlatformAway
from tests.bots import Made, made
from tests.patience import PATIENCE_S, until
from tests.slack.people import people_at
from tests.slack.server import serving
from tests.slack.world import BOT, BOT_TOKEN, BOT_USER, TEAM

TRUSTED = {"slack_people": ["U0ANA"], "policy": "auto"}


class SlowSlack(AsyncWebClient):
    """A client whose look at a thread lasts until a test lets it go on."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.open, self.asked = asyncio.Event(), 0
        self.fails: list[Exception] = []

    async def conversations_replies(self, **given: Any) -> Any:
        """What Slack says, when it does."""
        self.asked += 1
        await self.open.wait()
        if self.fails:
            raise self.fails.pop()
        return await super().conversations_replies(**given)


class Ticking:
    """Ben's answer to a question of his, and Ana, who is trusted."""

    def __init__(self, bot: Made, client: SlowSlack, reply: str) -> None:
        self.bot, self.client, self.reply = bot, client, reply
        me = Me(TEAM, BOT_USER, BOT)
        membership = Membership(client, me, Named())
        pace = Pace(soon_s=0.0, again_s=0.0)
        self.endorsements = Endorsements(client, bot.desk, me, membership, pace)

    async def tick(self, event: str, added: bool = True) -> None:
        """What Slack tells of a ✅ until it can be acknowledged."""
        place, now = Place("slack", TEAM, "C0GENERAL"), datetime.now(UTC)
        given = Reaction(event, place, self.reply, "U0ANA", "white_check_mark", now)
        async with asyncio.timeout(PATIENCE_S):
            await self.endorsements.reacted(given, added)

    def told(self, event: str) -> bool:
        """Is that event dealt with?"""
        return self.bot.inbox.told(Place("slack", TEAM, "C0GENERAL"), event)

    @property
    def held(self) -> int:
        """How many answers are kept."""
        assert self.bot.desk.endorsing is not None
        return len(self.bot.desk.endorsing.store.listed())


@pytest.fixture
async def ticking(tmp_path: Path) -> AsyncIterator[Ticking]:
    """A bot that is told of a ✅ at once."""
    with made(tmp_path, given={"trusted": TRUSTED}) as bot:
        async with serving() as server, people_at(server.base) as people, ClientSession() as http:
            asked = await people.say("general", "ben", "Where is the spare badge printer?")
            reply = await people.say("general", "ben", "It stands in room 4711.", asked)
            told = Ticking(bot, SlowSlack(BOT_TOKEN, people.api, session=http), reply)
            yield told
            await told.endorsements.end()


async def test_it_is_acknowledged_before_slack_tells_what_it_is_given_to(ticking: Ticking) -> None:
    await ticking.tick("E1")
    assert ticking.held == 0
    ticking.client.open.set()
    await until(lambda: ticking.told("E1"))
    assert ticking.held == 1


async def test_what_is_taken_back_meanwhile_is_not_kept(ticking: Ticking) -> None:
    await ticking.tick("E1")
    await ticking.tick("E2", added=False)
    ticking.client.open.set()
    await until(lambda: ticking.told("E2"))
    assert (ticking.told("E1"), ticking.held) == (True, 0)


async def test_told_again_it_does_not_come_back(ticking: Ticking) -> None:
    for event, added in (("E1", True), ("E2", False), ("E1", True), ("E3", False)):
        await ticking.tick(event, added)
    ticking.client.open.set()
    await until(lambda: ticking.told("E3"))
    assert (ticking.held, ticking.client.asked) == (0, 2)


@pytest.mark.parametrize(
    "error",
    [PlatformAway("slack", "it is away"), DatabaseUnavailable("sqlite://", "gone", "Start it")],
)
async def test_what_fails_after_that_is_tried_again(ticking: Ticking, error: Exception) -> None:
    ticking.client.fails = [error, error]
    await ticking.tick("E1")
    ticking.client.open.set()
    await until(lambda: ticking.told("E1"))
    assert ticking.held == 1


async def test_when_the_bot_ends_nothing_goes_on(ticking: Ticking) -> None:
    await ticking.tick("E1")
    await until(lambda: ticking.client.asked == 1)
    await ticking.endorsements.end()
    assert TASK not in {task.get_name() for task in asyncio.all_tasks()}
    assert not ticking.told("E1")
