"""No word of a source reaches a prompt or anything that is shown, where not all may read it."""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st
from slack_sdk.web.async_client import AsyncWebClient

from bot.conversation import Audience, Place, Question
from bot.platforms.slack.membership import Membership, Named
from bot.platforms.slack.reading import Me
from bot.settings import Settings
from bot.spaces import channels_named, groups_named, readable
from tests.bots import Made, made, settings_for
from tests.leaking import OPEN_SOURCES, PAGES, QUESTION, SECRETS, WORDS, Parrot, secrets, told
from tests.patience import PATIENCE_S
from tests.slack.bots import listening
from tests.slack.leaking import (
    ACTS,
    GUESTS,
    HOUSES,
    MEMBERS,
    PEOPLE,
    STEPS,
    House,
    Room,
    Space,
    Step,
)
from tests.slack.people import People, people_at
from tests.slack.server import serving
from tests.slack.settings import SCOPES
from tests.slack.world import BOT, BOT_TOKEN, BOT_USER, TEAM


def given_for(house: House) -> dict[str, Any]:
    """The settings of a house."""
    own = {space.source: [f"of-{space.source}"] for space in house.spaces}
    sources = {**OPEN_SOURCES, **own}
    return {
        "sources": {n: {"use": "folder", "path": "x", "spaces": s} for n, s in sources.items()},
        "spaces": {f"of-{space.source}": space.settings for space in house.spaces},
        "limits": {"per_person": "none", "per_channel": "none"},
    }


async def build(house: House, people: People) -> None:
    """Make the workspace so."""
    await people.add_person("U0PIA", "pia")
    await people.add_group("S0ENG", "engineers", tuple(sorted(house.group)))
    for room in house.rooms:
        await furnish(room, people)


async def furnish(room: Room, people: People) -> None:
    """Make a channel so."""
    shared: dict[str, Any] = {room.shared: True} if room.shared else {}
    members = (BOT_USER, *sorted(room.people))
    name = room.id[2:].lower()
    await people.add_channel(room.id, name, kind=room.kind, members=members, **shared)


@dataclass
class Visit:
    """What is done in a house, and what was looked at already."""

    house: House
    bot: Made
    parrot: Parrot
    writer: Parrot
    people: People
    asked: list[tuple[str, str, str]] = field(default_factory=list)  # person, channel, ts
    calls: int = 0
    told: set[str] = field(default_factory=set)  # the secrets that were told where they may be

    async def build(self) -> None:
        """Make the workspace so."""
        await build(self.house, self.people)

    async def take(self, step: Step) -> None:
        """Do it, wait until all is answered, and look at what that showed."""
        there = sorted(self.house.room(step.channel).people)
        act = getattr(self, f"_{step.act}")
        allowed = await act(step, there[step.who % len(there)])
        await self._settle()
        await self._look(allowed)

    # What each does; gives the secrets that may stand in the prompts it leads to.

    async def _mention(self, step: Step, person: str) -> set[str]:
        text = f"<@{BOT_USER}> {QUESTION}"
        ts = await self.people.say(step.channel, person, text)
        self.asked.append((person, step.channel, ts))
        return self.house.told_in(step.channel)

    async def _follow(self, step: Step, person: str) -> set[str]:
        if not self.asked:
            return set()
        asker, channel, ts = self.asked[-1]
        before = secrets([shown.raw for shown in await self.people.messages(channel, ts)])
        await self.people.say(channel, asker, "How many days of leave, again?", ts)
        return self.house.told_in(channel) | before

    async def _private(self, step: Step, person: str) -> set[str]:
        await self.people.say(step.channel, person, f"<@{BOT_USER}> private: {QUESTION}")
        return self.house.told_to(person)

    async def _command(self, step: Step, person: str) -> set[str]:
        await self.people.command(person, step.channel, "/ask", QUESTION)
        return self.house.told_in(step.channel)

    async def _dm(self, step: Step, person: str) -> set[str]:
        person = PEOPLE[step.who % len(PEOPLE)]
        await self.people.say("dm", person, QUESTION)
        return self.house.told_to(person)

    async def _shortcut(self, step: Step, person: str) -> set[str]:
        ts = await self.people.say(step.channel, person, QUESTION)
        await self.people.shortcut(person, step.channel, ts, "ask_tandem")
        await self._settle()
        stack = (await self.people.look()).views.get(person) or []
        if stack and stack[-1].get("submit"):
            self._check(stack, self.house.told_to(person), "a modal")
            await self.people.submit(stack[-1]["id"], person, {})
        return self.house.told_to(person)

    async def _home(self, step: Step, person: str) -> set[str]:
        await self.people.open_home(person)
        return set()

    async def _edit(self, step: Step, person: str) -> set[str]:
        if not self.asked:
            return set()
        _, channel, ts = self.asked[-1]
        await self.people.edit(channel, ts, f"<@{BOT_USER}> {QUESTION} And {step.who}?")
        return self.house.told_in(channel)

    async def _redo(self, step: Step, person: str) -> set[str]:
        if not self.asked:
            return set()
        asker, channel, ts = self.asked[-1]
        for reply in await self.people.messages(channel, ts):
            for label in re.findall(r'"text": "(Redo[^"]*)"', json.dumps(reply.blocks))[:1]:
                await self.people.press(asker, channel, reply.ts, label)
        return self.house.told_in(channel)

    async def _share(self, step: Step, person: str) -> set[str]:
        allowed = await self._private(step, person)
        await self._settle()
        for reply in (await self.people.look()).by_bot():
            if reply.channel == f"D{person[1:]}" and '"share"' in json.dumps(reply.blocks):
                await self.people.press(person, reply.channel, reply.ts, "share")
        return allowed

    async def _joins(self, step: Step, person: str) -> set[str]:
        newcomer = PEOPLE[step.who % len(PEOPLE)]
        self.house = self.house.joined(step.channel, newcomer)
        await furnish(self.house.room(step.channel), self.people)
        joined = {"type": "member_joined_channel", "user": newcomer, "channel": step.channel}
        assert await self.people.emit({**joined, "event_ts": "1.0"})
        return set()

    async def _settle(self) -> None:
        """Wait until every event is acknowledged and every question answered."""
        limit = time.monotonic() + PATIENCE_S
        while True:
            sent = await self.people.sendings()
            pending = [one for one in sent if one["acked_at"] is None and not one["given_up"]]
            if not pending and not self.bot.inbox.waiting("slack"):
                return
            assert time.monotonic() < limit, f"never settled: {pending}"
            await asyncio.sleep(0.01)

    # -- what was shown ------------------------------------------------------------------

    async def _look(self, allowed: set[str]) -> None:
        """No call since the last look, no modal and no prompt holds more than it may."""
        calls, seen = await self.people.calls(), await self.people.look()
        for call in calls[self.calls :]:
            self._check(call["args"], self._readers(call["args"]), call["method"])
        for person, stack in seen.views.items():
            self._check(stack, self.house.told_to(person), "a modal")
        for whisper in (message for message in seen.messages if message.only_for):
            self._check(whisper.raw, self.house.told_to(whisper.only_for), "said to one alone")
        heard = [told(prompt) for prompt in (*self.parrot.heard, *self.writer.heard)]
        self._check(heard, allowed, "a prompt")
        for model in (self.parrot, self.writer):
            model.heard.clear()
        self.calls = len(calls)

    def _readers(self, args: dict[str, Any]) -> set[str]:
        """The secrets that may stand in a call."""
        channel = str(args.get("channel") or args.get("channel_id") or "")
        person = str(args.get("user_id") or args.get("user") or "")
        if channel.startswith("D"):
            return self.house.told_to(f"U{channel[1:]}")
        if channel:
            return self.house.told_in(channel)
        return self.house.told_to(person) if person else WORDS  # a modal: see `_look`

    def _check(self, thing: object, allowed: set[str], where: str) -> None:
        found = secrets(thing)
        assert found <= allowed, f"{where}: {found - allowed} in {thing}"
        self.told |= found


async def visited(house: House, steps: list[Step]) -> set[str]:
    """Do all this in a house; gives the secrets that were told where they may be."""
    parrot, writer = Parrot(), Parrot()
    with (
        tempfile.TemporaryDirectory() as home,
        made(Path(home), parrot, writer, given_for(house), PAGES) as bot,
    ):
        async with (
            serving() as server,
            people_at(server.base) as people,
            listening(bot, people),
        ):
            visit = Visit(house, bot, parrot, writer, people)
            await visit.build()
            for step in steps:
                await visit.take(step)
            return visit.told


@given(HOUSES, st.lists(STEPS, min_size=4, max_size=8))
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],  # each takes a second or two: none is made smaller
)
def test_no_secret_is_told_where_not_all_may_know_it(house: House, steps: list[Step]) -> None:
    event(f"told {len(asyncio.run(visited(house, steps)))} secrets")


ONE = Room("C0ONE", "channel", frozenset(MEMBERS[:2]))
TWO = Room("C0TWO", "group", frozenset(MEMBERS))
THREE = Room("C0THREE", "channel", frozenset((*MEMBERS, *GUESTS)))
PAY = Space("payroll", frozenset({"C0TWO"}), frozenset({"U0BEN"}), group=False)
ENG = Space("engineering", frozenset(), frozenset(), group=True)
USUAL = House((ONE, TWO, THREE), (PAY, ENG), frozenset({"U0BEN"}))


@pytest.mark.parametrize("act", ACTS)
async def test_each_door_is_guarded_on_a_usual_day(act: str) -> None:
    """With one who reads everything, beside those who read less, in each kind of channel."""
    around = [Step("mention", id, 1) for id in ("C0ONE", "C0TWO")]
    steps = [Step(act, room.id, who) for room in USUAL.rooms for who in (0, 1)]
    assert "wombat" in await visited(USUAL, [*around, *steps])


async def test_what_may_be_told_is_told() -> None:
    """Else nothing could leak, and these tests would be of no use."""
    assert await visited(USUAL, [Step("private", "C0ONE", 1)]) == WORDS
    assert await visited(USUAL, [Step("mention", "C0TWO", 0)]) == {"wombat", "quokka", "dingo"}
    assert await visited(USUAL, [Step("mention", "C0THREE", 0)]) == {"dingo"}


async def test_who_joins_is_noticed_with_the_next_question() -> None:
    guest = PEOPLE.index("U0GUEST")
    steps = [
        Step("mention", "C0ONE", 0),
        Step("joins", "C0ONE", guest),
        Step("mention", "C0ONE", 0),
    ]
    assert await visited(USUAL, steps) == {"wombat", "dingo"}


async def test_a_private_answer_is_in_no_prompt_of_its_channel_where_no_thread_can_be_read() -> (
    None
):
    parrot = Parrot()
    with (
        tempfile.TemporaryDirectory() as home,
        made(Path(home), parrot, None, given_for(USUAL), PAGES) as bot,
    ):
        async with (
            serving() as server,
            people_at(server.base) as people,
            listening(bot, people),
        ):
            visit = Visit(USUAL, bot, parrot, Parrot(), people)
            await visit.build()
            await people.configure(scopes=SCOPES - {"channels:history"})
            await people.fault("conversations.replies", error="missing_scope", times=99)
            root = await people.say("C0ONE", "U0ANA", "Look at this.")
            mention = {"type": "app_mention", "channel": "C0ONE", "thread_ts": root}
            said_before = (("U0BEN", "private: "), ("U0ANA", ""), ("U0ANA", "auto: "))
            for n, (who, text) in enumerate(said_before):
                said = f"<@{BOT_USER}> {text}{QUESTION}"
                ts = f"{float(root) + 1 + n:.6f}"
                await people.emit({**mention, "user": who, "text": said, "ts": ts, "event_ts": ts})
                await visit._settle()
            assert secrets([told(prompt) for prompt in parrot.heard[:1]]) == WORDS
            turns = [turn.text for question in bot.asked[1:] for turn in question.thread]
            assert secrets(turns) == {"wombat"}


@given(HOUSES)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_who_may_read_what_is_what_the_plain_rule_says(house: House) -> None:
    asyncio.run(compared(house))


async def compared(house: House) -> None:
    """Each channel and each person reads neither more nor less."""
    rules = settings_for(Path("nowhere"), given_for(house))
    named = Named(channels_named(rules, "slack"), groups_named(rules))
    async with serving() as server, people_at(server.base) as people:
        await build(house, people)
        async with aiohttp.ClientSession() as http:
            client = AsyncWebClient(BOT_TOKEN, people.api, session=http)
            members = Membership(client, Me(TEAM, BOT_USER, BOT), named)
            for room in house.rooms:
                asker = min(room.people)
                audience = await members.in_channel(room.id, asker)
                assert granted(rules, room.id, asker, audience) == house.told_in(room.id)
            for person in PEOPLE:
                audience = await members.alone(person)
                assert granted(rules, "", person, audience) == house.told_to(person)


def granted(rules: Settings, channel: str, asker: str, audience: Audience) -> set[str]:
    """The secrets of the sources that an audience may read."""
    question = Question(QUESTION, asker, Place("slack", TEAM, channel), audience=audience)
    return {SECRETS[source] for source in readable(question, rules)}
