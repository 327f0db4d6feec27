"""A bot that is killed over a slash command or a menu: one answer, or Discord says it failed."""

from __future__ import annotations

import asyncio

import pytest

from tests.deaths import Point
from tests.discord.ids import CHANNELS, PEOPLE, direct_channel
from tests.discord.interactions import Outcome
from tests.discord.lives import QUESTION, DiscordHouse, answers, check
from tests.discord.seen import Seen, Shown
from tests.nursery import Bot
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.endurance
BEN, GENERAL = PEOPLE["ben"], CHANNELS["general"]
DIRECT = direct_channel(BEN)
LIFE_S = 15 * 60.0
LATER_S = LIFE_S + 1.0

DEFERRED = {
    "deferred, not begun": Point("hold", "claim"),
    "searching": Point("hold", "search"),
    "about to post": Point("hold", "begin_posting"),
    "posted, not noted": Point("hold", "note"),
    "in the middle of the writing": Point("hold", "piece"),
    "recorded, not linked": Point("hold", "answered"),
    "drawn, not done": Point("hold", "done"),
}
PRIVATE = pytest.mark.parametrize("private", [False, True], ids=["for all", "for one"])


async def asks(house: DiscordHouse, private: bool, channel: str = "general") -> Outcome:
    """Ben gives `/ask`; what became of it in the first seconds."""
    return await house.people.command(
        "ben", channel, "ask", {"question": QUESTION, "private": private}
    )


async def in_vain(house: DiscordHouse, private: bool, doomed: Bot, point: Point) -> None:
    """Ben gives `/ask` to a bot that dies of it, and Discord waits no longer than it does."""
    await house.people.configure(first_response_s=3.0)
    asking = asyncio.create_task(asks(house, private))
    await house.dead(doomed, point)
    assert (await asking).kind == "failed"
    await house.people.configure(first_response_s=PATIENCE_S)


def the_one(seen: Seen, private: bool, where: str = GENERAL) -> Shown:
    """The only message that the bot wrote; seen by whom it should be."""
    assert len(seen.by_bot()) == 1, seen.text
    [told] = answers(seen, where)
    check(told)
    assert bool(told.only_for) == private
    return told


@PRIVATE
@pytest.mark.parametrize("point", DEFERRED.values(), ids=DEFERRED)
async def test_the_response_is_completed_by_the_next_bot(
    discord_house: DiscordHouse, point: Point, private: bool
) -> None:
    house = discord_house
    doomed = await house.born(point)
    outcome = await asks(house, private)
    assert (outcome.kind, outcome.ephemeral) == ("deferred", private)
    await house.dead(doomed, point)
    await house.born()
    assert the_one(await house.settled(), private).id == outcome.message


@PRIVATE
async def test_what_was_kept_and_not_deferred_is_answered_where_it_can_be_seen(
    discord_house: DiscordHouse, private: bool
) -> None:
    house, point = discord_house, Point("after", "accept")
    await in_vain(house, private, await house.born(point), point)
    await house.born()
    the_one(await house.settled(), private=False, where=DIRECT if private else GENERAL)


@PRIVATE
async def test_what_was_heard_and_not_kept_is_answered_by_nobody(
    discord_house: DiscordHouse, private: bool
) -> None:
    """Discord tells no interaction twice; it itself says that the bot did not respond."""
    house, point = discord_house, Point("before", "accept")
    await in_vain(house, private, await house.born(point), point)
    await house.born()
    assert (await house.settled()).by_bot() == ()
    assert (await asks(house, private)).kind == "deferred"
    the_one(await house.settled(), private)


@pytest.mark.soak
@PRIVATE
@pytest.mark.parametrize("point", list(DEFERRED.values())[::2], ids=list(DEFERRED)[::2])
async def test_in_a_direct_message_it_is_answered_once(
    discord_house: DiscordHouse, point: Point, private: bool
) -> None:
    house = discord_house
    doomed = await house.born(point)
    outcome = await asks(house, private, "dm-ben")
    await house.dead(doomed, point)
    await house.born()
    told = the_one(await house.settled(), private, DIRECT)
    assert told.id == outcome.message


@pytest.mark.soak
@pytest.mark.parametrize("point", list(DEFERRED.values())[::3], ids=list(DEFERRED)[::3])
async def test_what_was_chosen_from_a_menu_is_answered_once(
    discord_house: DiscordHouse, point: Point
) -> None:
    house = discord_house
    doomed = await house.born(point)
    about = await house.people.say("general", "ana", QUESTION)
    outcome = await house.people.menu("ben", "general", about, "Ask Tandem about this")
    assert (outcome.kind, outcome.ephemeral) == ("deferred", True)
    await house.dead(doomed, point)
    await house.born()
    assert the_one(await house.settled(), private=True).only_for == BEN


# After 15 minutes


@pytest.mark.soak
@PRIVATE
@pytest.mark.parametrize(
    "point",
    [DEFERRED[name] for name in ("deferred, not begun", "posted, not noted", "drawn, not done")],
    ids=["deferred, not begun", "posted, not noted", "drawn, not done"],
)
@pytest.mark.parametrize("slow", [False, True], ids=["Discord says so", "the bot knows it"])
async def test_after_the_token_s_life_it_is_told_without_it(
    discord_house: DiscordHouse, point: Point, private: bool, slow: bool
) -> None:
    """The bot's own clock is with Discord's, or 15 minutes behind it."""
    house = discord_house
    await house.people.move_clock(-LATER_S if slow else 0)
    doomed = await house.born(point)
    outcome = await asks(house, private)
    await house.dead(doomed, point)
    await house.people.move_clock(LATER_S)
    await house.born()
    seen = await house.settled()
    stood = [m for m in seen.by_bot() if m.id == outcome.message]
    where = DIRECT if private else GENERAL
    told = [m for m in answers(seen, where) if m.id != outcome.message]
    whole = [m for m in (*told, *stood) if m.buttons and "Stop" not in m.drawn]
    assert len(whole) == 1, seen.text
    check(whole[0])
