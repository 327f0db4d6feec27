"""A bot in Discord that is told to end: what it has in hand is finished or put back, in 10 s."""

from __future__ import annotations

import pytest

from tests.deaths import Point
from tests.discord.ids import CHANNELS
from tests.discord.lives import LEAVE, MENTION, QUESTION, DiscordHouse, answers, check, check_all

pytestmark = pytest.mark.endurance
WITHIN_S = 10.0 + 2.0  # of a busy machine
SLOW_S = 60.0  # longer than any test
HELD = {
    "heard, not kept": Point("hold", "accept"),
    "kept, not claimed": Point("hold", "claim"),
    "searching": Point("hold", "search"),
    "about to post": Point("hold", "begin_posting"),
    "posted, not noted": Point("hold", "note"),
    "in the middle of the writing": Point("hold", "piece"),
    "answered, not recorded": Point("hold", "record"),
    "recorded, not linked": Point("hold", "answered"),
    "drawn, not done": Point("hold", "done"),
}
SLOW = {
    "the thread is begun": "POST /channels/{channel}/messages/{message}/threads",
    "it is posted": "POST /channels/{channel}/messages",
    "it is edited to its end": "PATCH /channels/{channel}/messages/{message}",
}
CHANGES = {
    "an edit is heard": Point("hold", "accept", edited=True),
    "an edit is answered": Point("hold", "answered", revision=2),
    "a deletion is heard": Point("hold", "remove"),
    "a deletion is served": Point("hold", "done", gone=True),
}


async def test_a_bot_that_is_idle_ends_at_once(discord_house: DiscordHouse) -> None:
    bot = await discord_house.born()
    assert await discord_house.told(bot, WITHIN_S) == 0


async def test_what_is_nearly_answered_is_finished(discord_house: DiscordHouse) -> None:
    house = discord_house
    bot = await house.born(wait_s=0.3)
    asked = await house.people.say("general", "ben", LEAVE)
    await house.people.wait_for(lambda seen: answers(seen, asked))
    assert await house.told(bot, WITHIN_S) == 0
    check_all(await house.people.look(), [asked])
    assert not house.inbox.waiting("discord")


@pytest.mark.soak
@pytest.mark.parametrize("point", HELD.values(), ids=HELD)
async def test_what_does_not_come_to_its_end_is_left_to_the_next(
    discord_house: DiscordHouse, point: Point
) -> None:
    house = discord_house
    bot = await house.born(point)
    asked = await house.people.say("general", "ben", LEAVE)
    await house.holding(point)
    assert await house.told(bot, WITHIN_S) == 0
    assert house.inbox.release(lambda _: True) == 0  # nobody holds what was put back
    await house.born()
    check_all(await house.settled(), [asked])


@pytest.mark.soak
@pytest.mark.parametrize("route", SLOW.values(), ids=SLOW)
async def test_a_discord_that_answers_slowly_does_not_hold_the_end_up(
    discord_house: DiscordHouse, route: str
) -> None:
    house = discord_house
    await house.people.fault(route, delay_s=SLOW_S, cut="before")
    bot = await house.born()
    asked = await house.people.say("general", "ben", LEAVE)
    await house.begun()
    assert await house.told(bot, WITHIN_S) == 0
    assert house.inbox.release(lambda _: True) == 0
    await house.born()
    check_all(await house.settled(), [asked])


@pytest.mark.parametrize("private", [False, True], ids=["for all", "for one"])
async def test_a_command_in_hand_is_put_back(discord_house: DiscordHouse, private: bool) -> None:
    house, point = discord_house, Point("hold", "search")
    bot = await house.born(point)
    given = {"question": QUESTION, "private": private}
    outcome = await house.people.command("ben", "general", "ask", given)
    await house.holding(point)
    assert await house.told(bot, WITHIN_S) == 0
    assert house.inbox.release(lambda _: True) == 0
    await house.born()
    [told] = answers(await house.settled(), CHANNELS["general"])
    check(told)
    assert (told.id, bool(told.only_for)) == (outcome.message, private)


@pytest.mark.soak
@pytest.mark.parametrize("point", CHANGES.values(), ids=CHANGES)
async def test_edits_and_deletions_in_hand_are_put_back(
    discord_house: DiscordHouse, point: Point
) -> None:
    house = discord_house
    bot = await house.born(point)
    asked = await house.people.say("general", "ben", f"{MENTION}How many days of holiday leave?")
    await house.settled()
    gone = point.gone or point.call == "remove"
    await (house.people.delete(asked) if gone else house.people.edit(asked, LEAVE))
    await house.holding(point)
    assert await house.told(bot, WITHIN_S) == 0
    assert house.inbox.release(lambda _: True) == 0
    await house.born()
    if gone:
        await house.people.wait_for(lambda seen: not answers(seen, asked))
        return
    await house.people.wait_for(lambda _: house.store.interactions(1)[0].question.text == QUESTION)
    check_all(await house.settled(), [asked])


async def test_a_bot_that_catches_up_ends_and_the_next_reads_the_rest(
    discord_house: DiscordHouse,
) -> None:
    house = discord_house
    bot = await house.born()
    asked = [await house.people.say("general", "ben", LEAVE)]
    await house.settled()
    await house.killed(bot)
    asked.append(await house.people.say("team", "ana", LEAVE))
    await house.people.fault("GET /channels/{channel}/messages", delay_s=SLOW_S, cut="before")
    reading = await house.start()
    await house.begun()
    assert await house.told(reading, WITHIN_S) == 0
    await house.born()
    check_all(await house.settled(), asked)
