"""A bot that is killed anywhere in Discord, and the next one: every question is answered once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.deaths import Point
from tests.discord.ids import PEOPLE, direct_channel
from tests.discord.lives import (
    LEAVE,
    MENTION,
    QUESTION,
    DiscordHouse,
    answers,
    check,
    check_all,
    check_one,
)

pytestmark = pytest.mark.endurance
BEN = PEOPLE["ben"]
DIRECT = direct_channel(BEN)
MESSAGES = "POST /channels/{channel}/messages"
THREAD = "POST /channels/{channel}/messages/{message}/threads"
EDIT = "PATCH /channels/{channel}/messages/{message}"
NEVER_S = 60.0  # longer than any test

POINTS = {
    "heard, not kept": Point("before", "accept"),
    "kept": Point("after", "accept"),
    "kept, not claimed": Point("hold", "claim"),
    "just claimed": Point("after", "claim"),
    "searching": Point("before", "search"),
    "about to post": Point("after", "begin_posting"),
    "posted, not noted": Point("before", "note"),
    "posted and noted": Point("after", "note"),
    "in the middle of the writing": Point("before", "piece"),
    "answered, not recorded": Point("before", "record"),
    "recorded, not linked": Point("after", "record"),
    "linked, before the final edit": Point("after", "answered"),
    "edited to its end, not noted": Point("before", "note", skip=1),
    "edited to its end and noted": Point("after", "note", skip=1),
    "drawn, not done": Point("before", "done"),
    "done": Point("after", "done"),
}


def some(*names: str) -> pytest.MarkDecorator:
    """These points only."""
    return pytest.mark.parametrize("point", [POINTS[name] for name in names], ids=names)


@pytest.mark.parametrize("point", POINTS.values(), ids=POINTS)
async def test_a_question_is_answered_once_wherever_the_bot_is_killed(
    discord_house: DiscordHouse, point: Point
) -> None:
    house = discord_house
    doomed = await house.born(point)
    asked = await house.people.say("general", "ben", LEAVE)
    await house.dead(doomed, point)
    stood = {m.id for m in (await house.people.look()).by_bot()}
    await house.born()
    seen = await house.settled()
    check_all(seen, [asked])
    assert stood <= {m.id for m in seen.by_bot()}  # the same message was completed
    await house.people.press("ben", answers(seen, asked)[0].id, "👍")
    assert house.votes() == [(BEN, "up")]


@some("searching", "posted, not noted", "linked, before the final edit")
async def test_all_questions_in_flight_are_answered_once(
    discord_house: DiscordHouse, point: Point
) -> None:
    house = discord_house
    doomed = await house.born(replace(point, skip=point.skip + 2), wait_s=0.02)
    asked = [
        await house.people.say(channel, person, LEAVE)
        for channel in ("general", "team")
        for person in ("ben", "ana", "ben")
    ]
    await house.dead(doomed, point)
    await house.born()
    check_all(await house.settled(), asked)


async def test_what_is_shown_in_the_middle_of_the_writing_is_completed(
    discord_house: DiscordHouse,
) -> None:
    house, point = discord_house, Point("hold", "piece", skip=1)
    doomed = await house.born(point)
    asked = await house.people.say("general", "ben", f"{MENTION}tuned rewrite: all is well")
    await house.people.wait_for(lambda seen: "Kindly" in seen.text and "[Stop]" in seen.text)
    await house.dead(doomed, point)
    [stood] = answers(await house.people.look(), asked)
    await house.born()
    whole = check_one(await house.settled(), asked, "Kindly send the numbers.")
    assert whole.id == stood.id


# What Discord has in hand


@pytest.mark.parametrize(
    ("route", "fault"),
    [
        (MESSAGES, {"delay_s": NEVER_S, "cut": "before"}),
        (MESSAGES, {"delay_s": 0.7}),
        (EDIT, {"delay_s": NEVER_S, "cut": "before"}),
        (EDIT, {"delay_s": 0.7}),
        (THREAD, {"delay_s": NEVER_S, "cut": "before"}),
        (THREAD, {"delay_s": 0.7}),
    ],
    ids=[
        "the thread is begun and nothing posted",
        "it is posted after its bot's death",
        "the final edit never came",
        "the final edit comes after the death of its bot",
        "the thread is not begun",
        "the thread is begun after the death of its bot",
    ],
)
async def test_a_call_that_was_on_its_way_when_the_bot_died_doubles_nothing(
    discord_house: DiscordHouse, route: str, fault: dict[str, object]
) -> None:
    house = discord_house
    await house.people.fault(route, **fault)
    doomed = await house.born()
    asked = await house.people.say("general", "ben", LEAVE)
    await house.begun()
    await house.killed(doomed)
    await house.born()
    await house.settled()
    if "cut" not in fault:
        await house.people.wait_for_calls(route)
    check_all(await house.people.look(), [asked])


# Elsewhere


@some(
    "heard, not kept",
    "kept",
    "posted, not noted",
    "in the middle of the writing",
    "recorded, not linked",
    "linked, before the final edit",
    "drawn, not done",
)
async def test_a_direct_message_is_answered_once(discord_house: DiscordHouse, point: Point) -> None:
    house = discord_house
    bot = await house.born()
    await house.people.say("dm-ben", "ben", "lunch?")  # by that the conversation is known
    await house.settled()
    await house.killed(bot)
    doomed = await house.born(point)
    await house.people.say("dm-ben", "ben", LEAVE)
    await house.dead(doomed, point)
    await house.born()
    _, last = answers(await house.settled(), DIRECT)
    check(last)


@some("heard, not kept", "posted, not noted", "linked, before the final edit", "drawn, not done")
async def test_a_follow_up_in_a_thread_is_answered_once(
    discord_house: DiscordHouse, point: Point
) -> None:
    house = discord_house
    bot = await house.born()
    thread = await house.people.say("general", "ben", f"{MENTION}When is lunch served?")
    await house.settled()
    await house.killed(bot)
    doomed = await house.born(point)
    await house.people.say("general", "ben", "And how many days of leave?", thread=thread)
    await house.dead(doomed, point)
    await house.born()
    _, last = answers(await house.settled(), thread)
    check(last)


@some("heard, not kept", "kept", "posted, not noted", "linked, before the final edit")
async def test_a_forum_post_is_answered_once(discord_house: DiscordHouse, point: Point) -> None:
    house = discord_house
    doomed = await house.born(point)
    post = await house.people.post_in_forum("forum", "ben", "Leave", LEAVE)
    await house.dead(doomed, point)
    await house.born()
    check_all(await house.settled(), [post])


@some("posted, not noted", "recorded, not linked", "linked, before the final edit")
async def test_where_no_threads_are_begun_one_reply_stands(
    discord_house: DiscordHouse, point: Point
) -> None:
    house = discord_house
    options = {**house.life.options, "answers": "reply"}
    doomed = await house.born(point, options=options)
    asked = await house.people.say("general", "ben", LEAVE)
    await house.people.say("general", "ana", "I say something, too.")
    await house.dead(doomed, point)
    await house.born(options=options)
    [reply] = (await house.settled()).by_bot()
    check(reply)
    assert reply.replies_to == asked


@some("just claimed", "posted, not noted", "recorded, not linked", "drawn, not done")
async def test_a_private_answer_is_told_once(discord_house: DiscordHouse, point: Point) -> None:
    house = discord_house
    doomed = await house.born(point)
    await house.people.say("general", "ben", f"{MENTION}only me: {QUESTION}")
    await house.dead(doomed, point)
    await house.born()
    seen = await house.settled()
    check_one(seen, DIRECT)
    assert len(seen.by_bot()) == 1


async def test_what_kills_every_bot_is_given_up_with_a_code(discord_house: DiscordHouse) -> None:
    house, point = discord_house, Point("before", "search")
    first = await house.born(point)
    asked = await house.people.say("general", "ben", LEAVE)
    await house.dead(first, point)
    for _ in range(4):
        await house.dead(await house.start(point), point)
    await house.born()
    [told] = answers(await house.settled(), asked)
    assert "Something went wrong on my side" in told.drawn
    assert "code T-" in told.drawn
