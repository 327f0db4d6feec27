"""A bot that is killed over what comes after a question: edits, deletions, votes, more parts."""

from __future__ import annotations

import pytest

from tests.deaths import Point
from tests.discord.ids import PEOPLE
from tests.discord.lives import LEAVE, MENTION, DiscordHouse, answers, check_all, check_one
from tests.discord.seen import Seen
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.endurance
BEN = PEOPLE["ben"]
LINES = tuple(f"Line {n} says that all is well with us here.\n" for n in range(150))
TELL = f"{MENTION}tuned rewrite: all is well"

EDITED = {
    "an edit is heard": Point("before", "accept", edited=True),
    "an edit is kept": Point("after", "accept", edited=True),
    "an edit is claimed": Point("after", "claim", revision=2),
    "an edit is searched for": Point("before", "search", skip=1),
    "an edit's answer is recorded": Point("after", "record", skip=1),
    "an edit's answer is linked": Point("after", "answered", revision=2),
    "an edit's answer is drawn": Point("before", "done", revision=2),
}
GONE = {
    "a deletion is heard": Point("before", "remove"),
    "a deletion is kept": Point("after", "remove"),
    "a deletion is claimed": Point("after", "claim", gone=True),
    "the answer is deleted": Point("before", "done", gone=True),
}
PARTS = {
    "the first part of several is noted": Point("after", "note", part=0),
    "the second part is posted": Point("before", "note", part=1),
    "the second part is noted": Point("after", "note", part=1),
    "all parts are recorded": Point("after", "answered"),
    "the last part is edited, and it is not done": Point("before", "done"),
}
VOTES = {
    "a vote is about to be stored": Point("before", "rate"),
    "a vote is stored": Point("after", "rate"),
    "a vote's event is kept": Point("after", "tell", event="(?!away|back|here)"),
}


@pytest.mark.soak
@pytest.mark.parametrize("point", EDITED.values(), ids=EDITED)
async def test_an_edited_question_is_answered_once_in_place(
    discord_house: DiscordHouse, point: Point
) -> None:
    house = discord_house
    doomed = await house.born(point)
    asked = await house.people.say("general", "ben", f"{MENTION}How many days of holiday leave?")
    [first] = answers(await house.settled(), asked)
    await house.people.edit(asked, LEAVE)
    await house.dead(doomed, point)
    await house.born()
    await house.people.wait_for(lambda _: revised(house))
    seen = await house.settled()
    check_all(seen, [asked])
    assert answers(seen, asked)[0].id == first.id


def revised(house: DiscordHouse) -> bool:
    """Is the question answered as it is now, alone?"""
    return [i.question.text for i in house.store.interactions(5)][:1] == [LEAVE[len(MENTION) :]]


@pytest.mark.parametrize("point", GONE.values(), ids=GONE)
async def test_the_answer_to_a_deleted_question_goes(
    discord_house: DiscordHouse, point: Point
) -> None:
    house = discord_house
    doomed = await house.born(point)
    asked = await house.people.say("general", "ben", LEAVE)
    assert answers(await house.settled(), asked)
    await house.people.delete(asked)
    await house.dead(doomed, point)
    await house.born()
    await house.people.wait_for(lambda seen: not answers(seen, asked))
    assert not answers(await house.settled(), asked)
    assert not house.store.interactions(10)


@pytest.mark.soak
@pytest.mark.parametrize("point", PARTS.values(), ids=PARTS)
async def test_a_long_answer_stands_once_in_all_its_parts(
    discord_house: DiscordHouse, point: Point
) -> None:
    house = discord_house
    doomed = await house.born(point, writes=LINES)
    asked = await house.people.say("general", "ben", TELL)
    await house.dead(doomed, point)
    await house.born(writes=LINES)
    check_parts(await house.settled(), asked)


def check_parts(seen: Seen, thread: str) -> None:
    """All lines stand there once and in their order, with one pair of thumbs at the end."""
    parts = answers(seen, thread)
    assert len(parts) > 2
    whole = "\n".join(part.drawn for part in parts)
    found = [line.strip() for line in whole.split("\n") if "says that all is well" in line]
    assert [line.removeprefix("tandem: ").split(" says")[0] for line in found] == [
        line.split(" says")[0] for line in LINES
    ]
    assert [bool(part.buttons) for part in parts] == [False] * (len(parts) - 1) + [True]
    assert "Stop" not in [button.label for button in parts[-1].buttons]


# Votes


@pytest.mark.parametrize("point", VOTES.values(), ids=VOTES)
async def test_a_vote_counts_once(discord_house: DiscordHouse, point: Point) -> None:
    house = discord_house
    doomed = await house.born(point)
    asked = await house.people.say("general", "ben", LEAVE)
    reply = answers(await house.settled(), asked)[0]
    await house.people.react("ben", reply.id, "👍")
    await house.dead(doomed, point)
    await house.born()
    await house.settled()
    assert house.votes() == [(BEN, "up")]


async def pressed_in_vain(house: DiscordHouse, message: str) -> None:
    """Ben's thumb is told to a bot that dies of it, and Discord waits no longer than it does."""
    await house.people.configure(first_response_s=3.0)
    outcome = await house.people.press("ben", message, "👍")
    assert outcome.kind == "failed"  # "This interaction failed": nobody said that it was kept
    await house.people.configure(first_response_s=PATIENCE_S)


@pytest.mark.soak
@pytest.mark.parametrize("point", list(VOTES.values())[1:], ids=list(VOTES)[1:])
async def test_a_vote_that_was_pressed_counts_once_and_can_be_changed(
    discord_house: DiscordHouse, point: Point
) -> None:
    house = discord_house
    doomed = await house.born(point)
    asked = await house.people.say("general", "ben", LEAVE)
    reply = answers(await house.settled(), asked)[0]
    await pressed_in_vain(house, reply.id)
    await house.dead(doomed, point)
    await house.born()
    await house.settled()
    assert house.votes() == [(BEN, "up")]
    await house.people.press("ben", reply.id, "👎")
    assert house.votes() == [(BEN, "down")]


async def test_a_vote_that_was_not_kept_is_not_said_to_be(discord_house: DiscordHouse) -> None:
    house, point = discord_house, Point("before", "rate")
    doomed = await house.born(point)
    asked = await house.people.say("general", "ben", LEAVE)
    reply = answers(await house.settled(), asked)[0]
    await pressed_in_vain(house, reply.id)
    await house.dead(doomed, point)
    await house.born()
    await house.settled()
    assert house.votes() == []
    assert (await house.people.press("ben", reply.id, "👍")).kind == "answered"
    assert house.votes() == [(BEN, "up")]


# While catching up

READING = {
    "it keeps that it was away": Point("before", "tell", event="away"),
    "it has kept that it was away": Point("after", "tell", event="away"),
    "the first of several is about to be kept": Point("before", "accept"),
    "the first of several is kept": Point("after", "accept"),
    "the second is kept": Point("after", "accept", skip=1),
    "it keeps that all was read": Point("before", "tell", event="back"),
    "it has kept that all was read": Point("after", "tell", event="back"),
}


@pytest.mark.soak
@pytest.mark.parametrize("point", READING.values(), ids=READING)
async def test_a_bot_that_dies_while_it_catches_up_leaves_the_rest_to_the_next(
    discord_house: DiscordHouse, point: Point
) -> None:
    house = discord_house
    bot = await house.born()
    asked = [await house.people.say("general", "ben", LEAVE)]
    await house.settled()
    await house.killed(bot)
    asked += [await house.people.say("team", person, LEAVE) for person in ("ana", "pia", "ben")]
    await house.dead(await house.start(point), point)
    await house.born()
    check_all(await house.settled(), asked)


async def test_a_bot_that_dies_while_it_reads_a_channel_leaves_it_to_the_next(
    discord_house: DiscordHouse,
) -> None:
    house = discord_house
    bot = await house.born()
    first = await house.people.say("general", "ben", LEAVE)
    await house.settled()
    await house.killed(bot)
    second = await house.people.say("team", "ana", LEAVE)
    route = "GET /channels/{channel}/messages"
    await house.people.fault(route, delay_s=60.0, cut="before")
    doomed = await house.start()
    await house.begun()
    third = await house.people.say("general", "pia", LEAVE)  # while it reads what was before
    await house.killed(doomed)
    await house.born()
    seen = await house.settled()
    check_all(seen, [first, second, third])
    check_one(seen, second)
