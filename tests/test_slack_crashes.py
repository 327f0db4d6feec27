"""A bot that is killed anywhere, and the next one: every question is answered once."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from bot.database import upgrade
from bot.inbox import Inbox
from bot.platforms.slack.canvas import OPENING
from bot.store import Store
from tests.deaths import Point
from tests.slack.houses import LEAVE, House, answers, check

pytestmark = pytest.mark.endurance
LONG = tuple(f"Line {n} says that all is well with us here.\n" for n in range(300))
TELL = "<@U0TANDEM> tuned rewrite: all is well"

POINTS = {
    "stored, before the acknowledgement": Point("after", "accept"),
    "acknowledged, before it is claimed": Point("hold", "claim"),
    "just claimed": Point("after", "claim"),
    "searching": Point("before", "search"),
    "about to post": Point("after", "begin_posting"),
    "posted, before that is noted": Point("before", "note"),
    "posted and noted": Point("after", "note"),
    "in the middle of the stream": Point("before", "piece"),
    "answered, before that is recorded": Point("before", "record"),
    "recorded, before it is linked": Point("after", "record"),
    "linked, before the final drawing": Point("after", "answered"),
    "drawn, before that is noted": Point("before", "note", skip=1),
    "drawn and noted": Point("before", "done"),
    "done": Point("after", "done"),
}
UNSTREAMED = {name: POINTS[name] for name in list(POINTS)[5:11] if "stream" not in name}
EDITED = {
    "an edit is stored": Point("after", "accept", edited=True),
    "an edit is claimed": Point("after", "claim", revision=2),
    "an edit is searched for": Point("before", "search", skip=1),
    "an edit's answer is recorded": Point("after", "record", skip=1),
    "an edit's answer is linked": Point("after", "answered", revision=2),
    "an edit's answer is drawn": Point("before", "done", revision=2),
}
PARTS = {
    "the first part of several is noted": Point("after", "note", part=0, skip=1),
    "the second part is posted": Point("before", "note", part=1),
    "the second part is noted": Point("after", "note", part=1),
    "all parts are drawn": Point("before", "done"),
}
GONE = {
    "a deletion is stored": Point("after", "remove"),
    "a deletion is claimed": Point("after", "claim", gone=True),
    "the answer is deleted": Point("before", "done", gone=True),
}
COMMANDS = {
    "a command is stored": Point("after", "accept"),
    "its first message is posted": Point("before", "note", part=OPENING),
    "its first message is noted": Point("after", "note", part=OPENING),
    "its answer is posted": Point("before", "note", part=0),
    "its answer is drawn": Point("before", "done"),
}
VOTES = {
    "a vote is about to be stored": Point("before", "rate"),
    "a vote is stored": Point("after", "rate"),
    "a vote's event is told": Point("after", "tell"),
}


@pytest.mark.parametrize("point", POINTS.values(), ids=POINTS)
async def test_a_question_is_answered_once_wherever_the_bot_is_killed(
    house: House, point: Point
) -> None:
    doomed = await house.born(point)
    ts = await house.people.say("general", "ben", LEAVE)
    await house.dead(doomed, point)
    stood = {m.ts for m in (await house.people.look()).by_bot()}
    await house.born()
    seen = await house.settled()
    check(seen, [ts])
    assert stood <= {m.ts for m in seen.by_bot()}  # the same message was completed
    await house.people.press("ben", "general", answers(seen, ts)[0].ts, "positive")
    assert house.votes() == [("U0BEN", "up")]


@pytest.mark.parametrize("point", list(POINTS.values())[1::3], ids=list(POINTS)[1::3])
async def test_all_questions_in_flight_are_answered_once(house: House, point: Point) -> None:
    doomed = await house.born(replace(point, skip=point.skip + 2), wait_s=0.02)
    asked = [
        await house.people.say(channel, person, LEAVE)
        for channel in ("general", "team")
        for person in ("ben", "ana", "ben")
    ]
    await house.dead(doomed, point)
    await house.born()
    check(await house.settled(), asked)


@pytest.mark.parametrize("point", EDITED.values(), ids=EDITED)
async def test_an_edited_question_is_answered_once_in_place(house: House, point: Point) -> None:
    doomed = await house.born(point)
    ts = await house.people.say("general", "ben", "<@U0TANDEM> How many days of holiday leave?")
    first = answers(await house.settled(), ts)[0]
    await house.people.edit("general", ts, LEAVE)
    await house.dead(doomed, point)
    await house.born()
    seen = await house.settled()
    check(seen, [ts])
    assert answers(seen, ts)[0].ts == first.ts


@pytest.mark.parametrize("point", GONE.values(), ids=GONE)
async def test_the_answer_to_a_deleted_question_goes(house: House, point: Point) -> None:
    doomed = await house.born(point)
    ts = await house.people.say("general", "ben", LEAVE)
    assert answers(await house.settled(), ts)
    await house.people.delete("general", ts)
    await house.dead(doomed, point)
    await house.born()
    assert not (await house.settled()).by_bot()
    assert not house.store.interactions(10)


@pytest.mark.parametrize("point", PARTS.values(), ids=PARTS)
async def test_a_long_answer_stands_once_in_all_its_parts(house: House, point: Point) -> None:
    doomed = await house.born(point, writes=LONG)
    ts = await house.people.say("general", "ben", TELL)
    await house.dead(doomed, point)
    await house.born(writes=LONG)
    seen = await house.settled()
    whole = "\n".join(m.drawn for m in answers(seen, ts))
    assert whole.count("(thumbs)") == 1
    assert [whole.count(line.strip()) for line in LONG] == [1] * len(LONG), whole
    assert not [m for m in seen.messages if m.streaming]


@pytest.mark.parametrize("point", COMMANDS.values(), ids=COMMANDS)
async def test_a_command_is_answered_once_under_one_message(house: House, point: Point) -> None:
    doomed = await house.born(point)
    asking = asyncio.create_task(house.people.command("ben", "general", "/ask", LEAVE[12:]))
    await house.dead(doomed, point)
    await asking
    await house.born()
    seen = await house.settled()
    [root] = [m for m in seen.by_bot() if m.thread_ts in ("", m.ts)]
    check(seen, [root.ts])


@pytest.mark.parametrize("point", VOTES.values(), ids=VOTES)
async def test_a_vote_counts_once(house: House, point: Point) -> None:
    doomed = await house.born(point)
    ts = await house.people.say("general", "ben", LEAVE)
    reply = answers(await house.settled(), ts)[0]
    await house.people.react("ben", "general", reply.ts, "+1")
    await house.dead(doomed, point)
    await house.born()
    await house.settled()
    assert house.votes() == [("U0BEN", "up")]
    [event] = [s for s in await house.people.sendings() if "reaction" in str(s["payload"])]
    await house.people.redeliver(event["event_id"])
    await house.settled()
    assert house.votes() == [("U0BEN", "up")]


@pytest.mark.parametrize("point", UNSTREAMED.values(), ids=UNSTREAMED)
async def test_without_streams_the_posted_message_is_completed(house: House, point: Point) -> None:
    await house.people.configure(streaming_refused="unknown_method")
    doomed = await house.born(point)
    ts = await house.people.say("general", "ben", LEAVE)
    await house.dead(doomed, point)
    await house.born()
    check(await house.settled(), [ts])


@pytest.mark.parametrize("point", list(POINTS.values())[4:13:4], ids=list(POINTS)[4:13:4])
async def test_a_private_answer_is_told_once(house: House, point: Point) -> None:
    doomed = await house.born(point)
    await house.people.say("general", "ben", f"{LEAVE[:12]} only me: {LEAVE[12:]}")
    await house.dead(doomed, point)
    await house.born()
    seen = await house.settled()
    [told] = seen.by_bot()
    assert told.channel == "D0BEN"
    assert told.drawn.count("27 days of leave. [1]") == 1


async def test_what_kills_every_bot_is_given_up_with_a_code(house: House) -> None:
    point = Point("before", "search")
    first = await house.born(point)
    ts = await house.people.say("general", "ben", LEAVE)
    await house.dead(first, point)
    for _ in range(4):
        bot = await house.bots.start(replace(house.life, point=point))
        assert await bot.ended() == -signal.SIGKILL
    await house.born()
    [told] = answers(await house.settled(), ts)
    assert "Something went wrong on my side" in told.drawn
    assert "code T-" in told.drawn


# Several replicas


@pytest.fixture
def replicas(house: House, postgres_url: str) -> Iterator[House]:
    """Bots on one PostgreSQL."""
    upgrade(postgres_url)
    with closing(Inbox(postgres_url)) as inbox, closing(Store(postgres_url)) as store:
        yield replace(
            house, life=replace(house.life, database=postgres_url), inbox=inbox, store=store
        )


@pytest.mark.postgres
@pytest.mark.parametrize("point", list(POINTS.values())[2:13:3], ids=list(POINTS)[2:13:3])
async def test_a_replica_goes_on_where_another_was_killed(replicas: House, point: Point) -> None:
    await replicas.born(wait_s=0.02)
    doomed = await replicas.born(point, wait_s=0.02)
    asked = [
        await replicas.people.say(channel, person, LEAVE)
        for channel in ("general", "team")
        for person in ("ben", "ana", "ben", "ana")
    ]
    replicas.living.remove(doomed)
    assert await doomed.ended() == -signal.SIGKILL
    check(await replicas.settled(), asked)
