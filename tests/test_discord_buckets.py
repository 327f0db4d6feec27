"""Discord's rate limits, as Discord has them, with the whole bot in them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.platforms.discord import boards
from tests.bots import Made, SlowBackend, made
from tests.discord.bots import listening
from tests.discord.ids import CHANNELS
from tests.discord.lives import LEAVE, check, check_all, is_sign, until
from tests.discord.people import People
from tests.nursery import ANSWER

THREAD = "POST /channels/{channel}/messages/{message}/threads"


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Made]:
    with made(tmp_path, SlowBackend(*ANSWER)) as built:
        yield built


async def answered(bot: Made, people: People, count: int) -> None:
    """Wait until so many questions were answered."""
    await people.wait_for(lambda seen: seen.text.count("[👍]") == count)
    await until(lambda: not bot.inbox.waiting("discord"))


async def test_where_a_limit_s_time_is_long_and_there_is_room_nobody_waits(
    bot: Made, discord_people: People
) -> None:
    people = discord_people  # 50 threads in five minutes
    await people.configure(rate_limits=True)
    async with listening(bot, people):
        asked = [await people.say("general", person, LEAVE) for person in ("ben", "ana", "pia")]
        await answered(bot, people, 3)
        check_all(await people.look(), asked)
    assert [call["status"] for call in await people.calls(THREAD)] == [201] * 3


async def test_where_no_thread_can_be_begun_for_long_the_answer_is_a_reply(
    bot: Made, discord_people: People
) -> None:
    people, limits = discord_people, json.dumps({THREAD: [1, 300.0]})
    await people.configure(rate_limits=True, bucket_limits=limits)
    async with listening(bot, people):
        first = await people.say("general", "ben", LEAVE)
        await answered(bot, people, 1)
        second = await people.say("general", "ana", LEAVE)
        await answered(bot, people, 2)
        told = [m for m in (await people.look()).by_bot() if not is_sign(m)]
    by_place = {m.channel: m for m in told}
    assert by_place.keys() == {first, CHANNELS["general"]}
    assert by_place[CHANNELS["general"]].replies_to == second
    for message in told:
        check(message)


async def test_a_sign_that_is_given_up_while_all_calls_wait_holds_none_back(
    bot: Made, discord_people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = discord_people
    monkeypatch.setattr(boards, "TYPING_WAIT_S", 0.05)
    busy = {"status": 429, "is_global": True, "retry_after_s": 0.4}
    await people.fault("POST /channels/{channel}/typing", **busy)
    async with listening(bot, people):
        asked = await people.say("general", "ben", LEAVE)
        await answered(bot, people, 1)
        check_all(await people.look(), [asked])
