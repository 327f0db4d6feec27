"""A Discord that is busy or broken while it is answered: each question has one answer."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.platforms.discord import returning
from tests.bots import Made, SlowBackend, made
from tests.discord import acts
from tests.discord.at_hand import Pause, at_hand, running, until_arrived
from tests.discord.bots import discord_platform, quiet
from tests.discord.ids import CHANNELS, PEOPLE, direct_channel
from tests.discord.lives import (
    LEAVE,
    MENTION,
    QUESTION,
    answers,
    check,
    check_all,
    check_one,
    is_sign,
    until,
)
from tests.discord.people import People
from tests.discord.seen import Seen, Shown
from tests.discord.server import DiscordServer

pytestmark = pytest.mark.endurance
PIECES = ("Answer 1: ", "You ", "get ", "27 ", "days ", "of leave.")
THREAD = "POST /channels/{channel}/messages/{message}/threads"
POST, EDIT = "POST /channels/{channel}/messages", "PATCH /channels/{channel}/messages/{message}"
DELETE = "DELETE /channels/{channel}/messages/{message}"
OPEN = "PATCH /channels/{channel}"
DEFER = "POST /interactions/{interaction}/{token}/callback"
RESPONSE = "PATCH /webhooks/{application}/{token}/messages/@original"
ROUTES = (
    *(THREAD, POST, EDIT, DEFER, RESPONSE),
    "PATCH /webhooks/{application}/{token}/messages/{message}",
    "POST /channels/{channel}/typing",
    "POST /users/@me/channels",
    "GET /guilds/{guild}/members/{user}",
    "GET /channels/{channel}/messages",
    "GET /channels/{channel}/messages/{message}",
)
TROUBLE: dict[str, dict[str, Any]] = {
    "busy": {"status": 429, "retry_after_s": 0.3},
    "busy everywhere": {"status": 429, "retry_after_s": 0.3, "is_global": True},
    "busy for long": {"status": 429, "retry_after_s": 1.2},
    "stumbling": {"status": 500},
    "down": {"status": 503},
    "cut before": {"cut": "before"},
    "cut after": {"cut": "after"},
}
SHORT = Pause(limit_s=1.1)  # what is busy for longer is left to the worker


@asynccontextmanager
async def answering(home: Path, people: People, pause: Pause = SHORT) -> AsyncIterator[Made]:
    """A bot that takes its time to write."""
    with made(home, SlowBackend(*PIECES, wait_s=0.05)) as bot:
        async with at_hand(bot, people, pause):
            yield bot


async def settled(bot: Made, people: People) -> None:
    """Wait until all is heard, and answered or given up."""
    for _ in range(2):
        await quiet(people)
        await until(lambda: not bot.inbox.waiting("discord"))


@pytest.mark.parametrize("trouble", TROUBLE.values(), ids=TROUBLE)
async def test_trouble_with_every_call_leaves_one_answer_to_each_question(
    discord_server: DiscordServer, discord_people: People, tmp_path: Path, trouble: dict[str, Any]
) -> None:
    people = discord_people
    async with answering(tmp_path, people) as bot:
        for route in ROUTES:
            await people.fault(route, **trouble)
        mention = await people.say("general", "ben", LEAVE)
        await people.say("general", "ana", f"{MENTION}only me: {QUESTION}")
        commands = [await people.command("pia", "team", "ask", {"question": QUESTION})]
        await settled(bot, people)
        await people.say("general", "ben", "And how many in all?", thread=mention)
        commands.append(await people.command("pia", "pay", "ask", {"question": QUESTION}))
        await settled(bot, people)
        seen = await people.look()
    assert not discord_server.world.faults.coming  # every call met with it
    assert [command.kind for command in commands] == ["deferred", "deferred"]
    assert len(answers(seen, mention)) == 2
    check_one(seen, direct_channel(PEOPLE["ana"]))
    for command, channel in zip(commands, ("team", "pay"), strict=True):
        assert check_one(seen, CHANNELS[channel]).id == command.message
    assert len(written(seen)) == 5, seen.text
    for answer in written(seen):
        check(answer)


def written(seen: Seen) -> list[Shown]:
    """What the bot wrote, anywhere."""
    return [message for message in seen.by_bot() if not is_sign(message)]


@pytest.mark.parametrize("trouble", TROUBLE.values(), ids=TROUBLE)
async def test_trouble_with_taking_back_and_opening_again_leaves_nothing_and_one_answer(
    discord_server: DiscordServer, discord_people: People, tmp_path: Path, trouble: dict[str, Any]
) -> None:
    people = discord_people
    async with answering(tmp_path, people) as bot:
        first, second = [await people.say("general", who, LEAVE) for who in ("ben", "ana")]
        await settled(bot, people)
        await people.archive_thread(second)
        for route in (DELETE, OPEN):
            await people.fault(route, **trouble)
        await people.delete(first)
        await people.edit(second, f"{LEAVE} Really?")
        await settled(bot, people)
        seen = await people.look()
    assert not discord_server.world.faults.coming
    assert answers(seen, first) == []
    check_one(seen, second)


# A Discord that is out of reach


async def test_a_bot_that_begins_before_discord_is_there_waits_for_it(
    discord_server: DiscordServer,
    discord_people: People,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    people, port = discord_people, int(discord_server.base.rpartition(":")[2])
    with made(tmp_path, SlowBackend(*PIECES)) as bot:
        await discord_server.close()
        mine = discord_platform(people)
        async with running(mine.run(bot.desk)) as task:
            await until(lambda: "cannot be reached; again in 2 s" in caplog.text)
            assert not task.done()
            gc.collect()  # pytest fails a test in which a session was forgotten open
            await discord_server.start(port)
            await until_arrived(task, people, 1)
            asked = await people.say("general", "ben", LEAVE)
            await settled(bot, people)
            check_all(await people.look(), [asked])


async def test_discord_out_of_reach_in_the_middle_of_an_answer_loses_nothing(
    discord_server: DiscordServer,
    discord_people: People,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(returning, "DOUBLINGS", 1)  # it tries again within two seconds
    people, port = discord_people, int(discord_server.base.rpartition(":")[2])
    async with answering(tmp_path, people) as bot:
        asked = [await people.say("general", "ben", LEAVE)]
        await people.wait_for(lambda seen: "[Stop]" in seen.text)
        await discord_server.close()
        asked.append(acts.say(discord_server.world, "team", "ana", LEAVE))
        await until(lambda: "attempt 1" in caplog.text)  # it was left for later
        await discord_server.start(port)
        await people.wait_for(lambda seen: seen.text.count("[👍]") == len(asked))
        await until(lambda: not bot.inbox.waiting("discord"))
        check_all(await people.look(), asked)


async def test_a_question_that_nobody_could_be_told_of_waits_until_discord_is_back(
    discord_people: People, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    people = discord_people
    async with answering(tmp_path, people, Pause(attempts=1)) as bot:
        for route in (THREAD, POST):
            await people.fault(route, times=1_000, status=503)
        asked = await people.say("general", "ben", LEAVE)
        await until(lambda: "not even an apology" in caplog.text)
        await people.clear_faults()
        await settled(bot, people)
        check_all(await people.look(), [asked])
