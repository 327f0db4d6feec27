"""✅ that were given, or taken back, while the bot was away: counted once when it is back."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import ClientSession
from slack_sdk.web.async_client import AsyncWebClient

from bot.conversation import Place
from bot.endorsed.words import Endorsed
from bot.platforms.discord import recalling
from bot.platforms.discord.away import utc_now
from bot.platforms.discord.reading import PLATFORM
from bot.platforms.slack import catching_up
from bot.platforms.slack.catching_up import CatchingUp
from bot.platforms.slack.endorsing import Endorsements, givers
from bot.platforms.slack.membership import Membership, Named
from bot.platforms.slack.reading import Me
from model.examples import Review
from tests.bots import Made, made
from tests.discord import people as discord
from tests.discord import server as discord_servers
from tests.discord.bots import listening as discord_listening
from tests.discord.ids import PEOPLE
from tests.patience import until
from tests.slack import people as slack
from tests.slack import server as slack_servers
from tests.slack.bots import listening as slack_listening
from tests.slack.world import BOT, BOT_TOKEN, BOT_USER, TEAM

ASKED, ANSWERED = "Where is the spare badge printer?", "The badge printer stands in room 4711."
TRUSTED = {"slack_people": ["U0ANA"], "discord_people": [PEOPLE["ana"]], "policy": "auto"}


class SlackTeam:
    """Ben and Ana in Slack."""

    name, author = "slack", "U0BEN"

    def __init__(self, bot: Made, people: slack.People) -> None:
        self.bot, self.people = bot, people

    def here(self) -> AbstractAsyncContextManager[None]:
        """The bot listens until the block ends."""
        return slack_listening(self.bot, self.people)

    async def back(self) -> None:
        """The bot is back for as long as it looks."""
        async with ClientSession() as session:
            client = AsyncWebClient(BOT_TOKEN, self.people.api, session=session)
            me, desk = Me(TEAM, BOT_USER, BOT), self.bot.desk
            membership = Membership(client, me, Named())
            await CatchingUp(client, desk, Endorsements(client, desk, me, membership)).run()

    async def asked(self) -> str:
        """Ben asks."""
        return await self.people.say("general", "ben", ASKED)

    async def answered(self, asked: str) -> str:
        """Ben finds the answer himself."""
        return await self.people.say("general", "ben", ANSWERED, asked)

    async def tick(self, message: str, person: str = "ana") -> None:
        """A ✅."""
        await self.people.react(person, "general", message, "white_check_mark")

    async def untick(self, message: str) -> None:
        """Ana takes hers back."""
        await self.people.unreact("ana", "general", message, "white_check_mark")

    async def edit(self, message: str) -> None:
        """Other words."""
        await self.people.edit("general", message, "It stands in room 4712.")


class DiscordTeam:
    """Ben and Ana in Discord."""

    name, author = "discord", PEOPLE["ben"]

    def __init__(self, bot: Made, people: discord.People, log: pytest.LogCaptureFixture) -> None:
        self.bot, self.people, self.log = bot, people, log

    def here(self) -> AbstractAsyncContextManager[None]:
        """The bot listens until the block ends."""
        return discord_listening(self.bot, self.people)

    async def back(self) -> None:
        """The bot is back for as long as it looks, if it was here before."""
        self.log.clear()
        known = self.bot.inbox.last_heard(PLATFORM, utc_now())
        async with self.here():
            await until(lambda: known is None or "caught up since" in self.log.text)

    async def asked(self) -> str:
        """Ben asks."""
        return await self.people.say("general", "ben", ASKED)

    async def answered(self, asked: str) -> str:
        """Ben finds the answer himself."""
        thread = await self.people.begin_thread("ben", asked, "Printer")
        return await self.people.say("general", "ben", ANSWERED, thread=thread)

    async def tick(self, message: str, person: str = "ana") -> None:
        """A ✅."""
        await self.people.react(person, message, "✅")

    async def untick(self, message: str) -> None:
        """Ana takes hers back."""
        await self.people.unreact("ana", message, "✅")

    async def edit(self, message: str) -> None:
        """Other words."""
        await self.people.edit(message, "It stands in room 4712.")


Team = SlackTeam | DiscordTeam


@asynccontextmanager
async def in_slack(bot: Made, _: pytest.LogCaptureFixture) -> AsyncIterator[Team]:
    async with slack_servers.serving() as server, slack.people_at(server.base) as people:
        yield SlackTeam(bot, people)


@asynccontextmanager
async def in_discord(bot: Made, log: pytest.LogCaptureFixture) -> AsyncIterator[Team]:
    async with discord_servers.serving() as server, discord.people_at(server.base) as people:
        yield DiscordTeam(bot, people, log)


@pytest.fixture
def trusting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Made]:
    """Ana is trusted; and nothing is waited for."""
    monkeypatch.setattr(catching_up, "PAUSE_S", 0.0)
    monkeypatch.setattr(catching_up, "AGAIN_S", 0.0)
    monkeypatch.setattr(recalling, "AGAIN_S", 0.0)
    with made(tmp_path, given={"trusted": TRUSTED}) as bot:
        yield bot


@pytest.fixture(params=[in_slack, in_discord])
async def team(
    request: pytest.FixtureRequest, trusting: Made, caplog: pytest.LogCaptureFixture
) -> AsyncIterator[Team]:
    caplog.set_level(logging.INFO, "bot.platforms.discord.catching_up")
    async with request.param(trusting, caplog) as team:
        yield team


def held(team: Team) -> list[Endorsed]:
    assert team.bot.desk.endorsing is not None
    return team.bot.desk.endorsing.store.listed()


def documents(team: Team) -> list[str]:
    pages = team.bot.pages.items()
    return [text for name, texts in pages if name.startswith("answers:") for text in texts.values()]


async def heard(team: Team) -> str:
    """The bot was there and heard a question; then it left."""
    async with team.here():
        asked = await team.asked()
        await until(lambda: len(team.bot.inbox.silences()) == 1)
    return asked


@dataclass(frozen=True)
class Endorsing:
    """A reply that Ana endorsed while the bot listened, which then left."""

    reply: str


@pytest.fixture
async def endorsed(team: Team) -> Endorsing:
    async with team.here():
        reply = await team.answered(await team.asked())
        await team.tick(reply)
        await until(lambda: len(documents(team)) == 1)
    return Endorsing(reply)


async def test_a_check_that_was_given_while_the_bot_was_away_counts_once(team: Team) -> None:
    reply = await team.answered(await heard(team))
    await team.tick(reply)
    for _ in range(2):
        await team.back()
        [one] = held(team)
        assert (one.reply.question, one.reply.answer, one.review) == (
            ASKED,
            ANSWERED,
            Review.ACCEPTED,
        )
        assert len(documents(team)) == 1


async def test_the_check_of_somebody_who_is_not_trusted_does_not_count(team: Team) -> None:
    asked = await heard(team)
    await team.tick(await team.answered(asked), "pia" if team.name == "discord" else "fay")
    await team.tick(asked)  # a question is no answer, whoever likes it
    await team.back()
    assert held(team) == []


async def test_a_check_that_was_taken_back_while_the_bot_was_away_is_withdrawn(
    team: Team, endorsed: Endorsing
) -> None:
    await team.back()
    assert len(documents(team)) == 1
    await team.untick(endorsed.reply)
    await team.back()
    assert (held(team), documents(team)) == ([], [])


async def test_words_that_were_edited_while_the_bot_was_away_wait_for_a_person(
    team: Team,
) -> None:
    reply = await team.answered(await heard(team))
    await team.tick(reply)
    await team.edit(reply)
    await team.back()
    assert [one.review for one in held(team)] == [Review.WAITING]


async def test_who_was_forgotten_is_not_endorsed_again_by_looking(
    team: Team, endorsed: Endorsing
) -> None:
    team.bot.desk.forget(team.author, Place(team.name))
    await team.back()
    assert held(team) == []


async def test_a_bot_that_was_never_there_looks_at_nothing(team: Team) -> None:
    await team.tick(await team.answered(await team.asked()))
    await team.back()
    assert held(team) == []


async def test_slack_is_looked_at_when_the_bot_begins(
    trusting: Made, caplog: pytest.LogCaptureFixture
) -> None:
    async with in_slack(trusting, caplog) as team:
        reply = await team.answered(await heard(team))
        await team.tick(reply)
        async with team.here():
            await until(lambda: len(documents(team)) == 1)


async def test_a_slack_that_is_busy_is_looked_at_again(
    trusting: Made, caplog: pytest.LogCaptureFixture
) -> None:
    async with in_slack(trusting, caplog) as team:
        assert isinstance(team, SlackTeam)
        await team.tick(await team.answered(await heard(team)))
        busy = {"status": 429, "retry_after_s": 0, "times": 2}
        await team.people.fault("conversations.replies", **busy)
        await team.back()
        assert len(held(team)) == 1


async def test_a_discord_that_is_out_of_reach_is_looked_at_again(
    trusting: Made, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot.platforms.discord.catching_up")
    async with in_discord(trusting, caplog) as team:
        assert isinstance(team, DiscordTeam)
        await team.tick(await team.answered(await heard(team)))
        lookups = "GET /channels/{channel}/messages/{message}/reactions/{emoji}"
        await team.people.fault(lookups, times=2, cut="before")
        await team.back()
        assert len(held(team)) == 1


def test_of_many_slack_names_only_some() -> None:
    def told(*users: str, count: int) -> frozenset[str] | None:
        reaction = {"name": "white_check_mark", "users": [*users], "count": count}
        given = givers({"reactions": [reaction, {"name": "+1", "users": ["U9"], "count": 1}]})
        return given.people if given.all_named else None

    assert told("U1", "U2", count=2) == frozenset({"U1", "U2"})
    assert told("U1", "U2", count=70) is None
    assert givers({}).all_named
