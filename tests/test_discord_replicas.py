"""Several bots on one PostgreSQL in Discord: all are told everything, and one answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from bot.database import upgrade
from bot.inbox import Inbox
from bot.store import Store
from tests.deaths import Point
from tests.discord.ids import CHANNELS, PEOPLE
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

pytestmark = [pytest.mark.endurance, pytest.mark.postgres]
BEN = PEOPLE["ben"]
POINTS = {
    "heard, not kept": Point("before", "accept"),
    "kept": Point("after", "accept"),
    "just claimed": Point("after", "claim"),
    "posted, not noted": Point("before", "note"),
    "recorded, not linked": Point("after", "record"),
    "linked, before the final edit": Point("after", "answered"),
    "drawn, not done": Point("before", "done"),
}


@pytest.fixture
def replicas(discord_house: DiscordHouse, postgres_url: str) -> Iterator[DiscordHouse]:
    """Bots on one PostgreSQL; each has sessions of its own for all shards."""
    upgrade(postgres_url)
    with closing(Inbox(postgres_url)) as inbox, closing(Store(postgres_url)) as store:
        life = replace(discord_house.life, database=postgres_url)
        made = replace(discord_house, life=life, inbox=inbox, store=store)
        yield made


@pytest.mark.parametrize("point", POINTS.values(), ids=POINTS)
async def test_a_replica_goes_on_where_another_was_killed(
    replicas: DiscordHouse, point: Point
) -> None:
    await replicas.born(wait_s=0.02)
    doomed = await replicas.born(point, wait_s=0.02)
    asked = [
        await replicas.people.say(channel, person, LEAVE)
        for channel in ("general", "team")
        for person in ("ben", "ana", "ben", "ana")
    ]
    await replicas.dead(doomed)
    check_all(await replicas.settled(caught_up=False), asked)


@pytest.mark.parametrize("private", [False, True], ids=["for all", "for one"])
async def test_a_command_that_both_are_told_is_deferred_and_answered_once(
    replicas: DiscordHouse, private: bool
) -> None:
    await replicas.born()
    await replicas.born()
    given = {"question": QUESTION, "private": private}
    for _ in range(6):
        outcome = await replicas.people.command("ben", "general", "ask", given)
        assert (outcome.kind, outcome.ephemeral) == ("deferred", private)
    told = answers(await replicas.settled(), CHANNELS["general"])
    assert len(told) == 6
    for message in told:
        check(message)
        assert bool(message.only_for) == private


async def test_what_is_pressed_is_done_once(replicas: DiscordHouse) -> None:
    await replicas.born()
    await replicas.born()
    asked = await replicas.people.say("general", "ben", LEAVE)
    reply = check_one(await replicas.settled(), asked)
    for emoji in ("👍", "👎", "👍"):
        assert (await replicas.people.press("ben", reply.id, emoji)).kind in ("answered", "modal")
    assert replicas.votes() == [(BEN, "up")]
    await replicas.people.press("ben", reply.id, "Redo as tuned")
    await replicas.people.wait_for(lambda seen: "Kindly" in seen.text)
    seen = await replicas.settled()
    [redone] = [message for message in answers(seen, asked) if not message.only_for]
    assert (redone.id, "Kindly send the numbers." in redone.drawn) == (reply.id, True)
    assert len(questions(replicas)) == 2


def questions(house: DiscordHouse) -> list[str]:
    """What was answered, as the store has it."""
    return [interaction.question.text for interaction in house.store.interactions(5)]


async def test_an_edit_and_a_deletion_that_both_are_told_are_served_once(
    replicas: DiscordHouse,
) -> None:
    await replicas.born()
    await replicas.born()
    asked = await replicas.people.say("general", "ben", f"{MENTION}How many days of holiday leave?")
    first = check_one(await replicas.settled(), asked)
    await replicas.people.edit(asked, LEAVE)
    await replicas.people.wait_for(lambda _: QUESTION in questions(replicas))
    assert check_one(await replicas.settled(), asked).id == first.id
    assert len(questions(replicas)) == 2
    await replicas.people.delete(asked)
    await replicas.people.wait_for(lambda seen: not answers(seen, asked))
    assert not replicas.store.interactions(5)
