"""No word of a source reaches a prompt or anything that is shown, where not all may read it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import discord
import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from bot.conversation import Answer, Audience, Interaction, Outcome, Place, Question
from bot.platforms.discord.membership import Membership, Named
from bot.settings import Settings
from bot.spaces import channels_named, may_share, readable
from knowledge.documents import Chunk, Passage
from tests.discord.furnishing import furnish
from tests.discord.generating import CHANGES, HOUSES, STEPS
from tests.discord.ids import GUILD, OTHER_GUILD
from tests.discord.leaking import (
    ACTS,
    CREW,
    DIRECT,
    GUILDS,
    PEOPLE,
    ROLE_IDS,
    ROOMS,
    Change,
    House,
    Role,
    Room,
    Space,
    Step,
)
from tests.discord.logins import logged_in
from tests.discord.server import serving
from tests.discord.visiting import rules_of, visited, visiting
from tests.fakes import FakeStore, an_answer, kept
from tests.leaking import QUESTION, SECRETS, WORDS, secrets

SOURCES = {secret: source for source, secret in SECRETS.items()}


# -- the rule ------------------------------------------------------------------------------


def granted(rules: Settings, channel: str, asker: str, audience: Audience) -> set[str]:
    """The secrets of the sources that an audience may read."""
    question = Question(QUESTION, asker, Place("discord", "", channel), audience=audience)
    return {SECRETS[source] for source in readable(question, rules)}


async def compare(house: House, rules: Settings, members: Membership) -> int:
    """Each channel and each person reads neither more nor less; how much that was."""
    rooms = {
        room.id: await members.in_channel(room.guild, room.id, PEOPLE[0]) for room in house.rooms
    }
    for id, audience in rooms.items():
        assert granted(rules, id, PEOPLE[0], audience) == house.told_in(id), id
    seen = 0
    for person in PEOPLE:
        for asked_in in (*GUILDS, DIRECT):
            audience = await members.alone(asked_in, person)
            mine = house.told_to(person, asked_in)
            assert granted(rules, "", person, audience) == mine, (person, asked_in)
            shown = answer_from(person, asked_in, audience, mine)
            for id, there in rooms.items():
                kept_back = {SECRETS[source] for source in may_share(shown, there, rules)}
                assert kept_back == mine - house.told_in(id), (person, asked_in, id)
            seen += len(mine)
    return seen


def answer_from(person: str, asked_in: str, audience: Audience, told: set[str]) -> Interaction:
    """An answer, for one person, that was written from all that may be told to them."""
    chunks = [Chunk(SOURCES[word], "k", "T", "u", (), 0, word) for word in sorted(told)]
    passages = tuple(Passage(chunk, 1.0) for chunk in chunks)
    answer = Answer(" ".join(sorted(told)), Outcome.CITED, passages=passages)
    question = Question(QUESTION, person, Place("discord", asked_in, "1", "1"), audience=audience)
    return replace(kept(FakeStore(), answer=an_answer()), question=question, answer=answer)


async def compared(house: House, changes: list[Change], members: Membership, world: Any) -> int:
    """So it is at first, and after each change that Discord tells of."""
    rules = rules_of(house)
    seen = await compare(house, rules, members)
    for change in changes:
        house = house.toggled(change)
        furnish(world, house)
        members.changed(change.guild)
        seen += await compare(house, rules, members)
    return seen


async def by_rest(house: House, changes: list[Change]) -> int:
    """A bot that has no session at the gateway yet."""
    async with serving() as server:
        furnish(server.world, house)
        async with logged_in(server) as client:
            return await compared(house, changes, membership(client, house), server.world)


def membership(client: discord.Client, house: House) -> Membership:
    """Who may read what, as the settings of the house name it."""
    rules = rules_of(house)
    return Membership(client, house.named, Named(channels_named(rules, "discord")))


def told(house: House, changes: list[Change]) -> None:
    """One example."""
    event(f"{asyncio.run(by_rest(house, changes)) // 10} secrets")


SOME = st.lists(CHANGES, max_size=2)


@given(HOUSES, SOME)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],  # the long form makes them smaller: minutes
)
def test_who_may_read_what_is_what_the_plain_rule_says(house: House, changes: list[Change]) -> None:
    told(house, changes)


@pytest.mark.soak
@given(HOUSES, SOME)
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
def test_so_it_is_in_two_hundred_houses(house: House, changes: list[Change]) -> None:
    told(house, changes)


# -- the platform -----------------------------------------------------------------------------


NOW = settings(
    max_examples=3,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],  # each takes a second: none is made smaller
)
SEVERAL = st.lists(STEPS, min_size=4, max_size=8)


@given(HOUSES, SEVERAL, st.booleans())
@NOW
def test_no_secret_is_told_where_not_all_may_know_it(
    house: House, steps: list[Step], again: bool
) -> None:
    event(f"told {len(asyncio.run(visited(house, steps, again)))} secrets")


@pytest.mark.soak
@given(HOUSES, SEVERAL, st.booleans())
@settings(NOW, max_examples=50)
def test_so_it_is_in_fifty_houses(house: House, steps: list[Step], again: bool) -> None:
    event(f"told {len(asyncio.run(visited(house, steps, again)))} secrets")


NORTH, SOUTH, ABROAD = "600000000000000101", "600000000000000201", "600000000000000301"
TENANTS = House(
    rooms=tuple(Room(id) for id in ROOMS),
    roles=(Role(GUILD, ROLE_IDS[GUILD, CREW], CREW, frozenset(PEOPLE[:1])),),
    spaces=(
        Space("payroll", roles=frozenset({f"{GUILD}/{CREW}"})),
        Space("engineering", guilds=frozenset({OTHER_GUILD})),
    ),
)


def steps(*done: tuple[str, str]) -> list[Step]:
    """Who may speak first in a room does that there."""
    return [Step(act, room, 0, Change("role", GUILD, PEOPLE[0])) for act, room in done]


@pytest.mark.parametrize("again", [False, True])
async def test_each_door_is_guarded_on_a_usual_day_of_two_tenants(again: bool) -> None:
    """With one who reads what both may, beside those who read less."""
    acts = [(act, room) for act in ACTS if act != "change" for room in (NORTH, SOUTH, ABROAD)]
    assert await visited(TENANTS, steps(*acts), again) == WORDS


@pytest.mark.parametrize(
    ("act", "room", "words"),
    [
        ("mention", NORTH, {"dingo", "wombat"}),
        ("mention", SOUTH, {"dingo", "wombat", "numbat"}),
        ("mention", ABROAD, {"dingo"}),
        ("private", NORTH, {"dingo", "wombat", "quokka"}),
        ("private", SOUTH, {"dingo", "wombat", "numbat"}),
        ("share", NORTH, {"dingo", "wombat", "quokka"}),
        ("dm", NORTH, WORDS),
    ],
)
async def test_what_may_be_told_is_told(act: str, room: str, words: set[str]) -> None:
    """Else nothing could leak, and these tests would be of no use."""
    assert await visited(TENANTS, steps((act, room))) == words


async def test_who_loses_a_role_is_noticed_when_discord_tells_of_the_server() -> None:
    async with visiting(TENANTS) as visit:
        for step in steps(("private", NORTH), ("change", NORTH), ("private", NORTH)):
            await visit.take(step)
        before, after = (readable(question, visit.bot.settings) for question in visit.bot.asked)
        assert set(before) - set(after) == {"payroll"}


async def test_an_answer_that_is_given_again_stays_with_its_tenant() -> None:
    asked = [("mention", SOUTH), ("mention", SOUTH), ("mention", NORTH), ("mention", ABROAD)]
    async with visiting(TENANTS, again=True) as visit:
        for step in steps(*asked):
            await visit.take(step)
        oldest = visit.bot.store.interactions()[::-1]
        assert [bool(one.answer.cached_from) for one in oldest] == [False, True, False, False]
        words = [secrets(one.answer.text) for one in oldest]
        assert words == [{"numbat"}, {"numbat"}, {"wombat"}, {"dingo"}]
