"""People in a generated Discord talk to the real adapter, and nothing is told that may not be."""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from bot.answer_cache import AnswerCache
from bot.database import upgrade
from bot.settings import Settings
from bot.spaces import readable
from tests.bots import Made, made, searching, settings_for
from tests.discord.bots import listening, quiet
from tests.discord.furnishing import furnish
from tests.discord.ids import BOT
from tests.discord.leaking import DIRECT, GUILDS, PEOPLE, House, Step
from tests.discord.ledger import Call
from tests.discord.people import People, people_at
from tests.discord.seen import Shown
from tests.discord.server import serving
from tests.discord.things import Kind
from tests.discord.trouble import ControlRefused
from tests.discord.world import World
from tests.leaking import OPEN_SOURCES, PAGES, QUESTION, SECRETS, Parrot, secrets, told
from tests.patience import PATIENCE_S

MENTION = f"<@{BOT}> "
TOKEN = re.compile(r"/(?:webhooks/\d+|interactions/\d+)/([^/]+)")
CHANNEL = re.compile(r"/channels/(\d+)")
ASK = "Ask Tandem about this"


def given_for(house: House) -> dict[str, Any]:
    """The settings of a house."""
    own = {space.source: [f"of-{space.source}"] for space in house.spaces}
    sources = {**OPEN_SOURCES, **own}
    return {
        "sources": {n: {"use": "folder", "path": "x", "spaces": s} for n, s in sources.items()},
        "spaces": {f"of-{space.source}": space.settings for space in house.spaces},
        "limits": {"per_person": "none", "per_channel": "none"},
    }


def rules_of(house: House) -> Settings:
    """The same, read."""
    return settings_for(Path("nowhere"), given_for(house))


@dataclass(frozen=True)
class Asked:
    """A question that was asked in a channel."""

    person: str
    room: str
    message: str


@dataclass
class Visit:
    """What is done in a house, and what was looked at already."""

    house: House
    bot: Made
    parrot: Parrot
    writer: Parrot
    people: People
    world: World
    asked: list[Asked] = field(default_factory=list)
    calls: int = 0
    questions: int = 0
    told: set[str] = field(default_factory=set)  # the secrets that were told where they may be

    async def take(self, step: Step) -> None:
        """Do it, wait until all is answered, and look at what that showed."""
        room = self.house.room(step.room)
        there = self.house.speakers(room) if room.guild in self.house.present else []
        if there or step.act in ("change", "dm"):
            act = getattr(self, f"_{step.act}")
            rule, before = await act(step, there[step.who % len(there)] if there else "")
            await self._settle()
            self._look(rule, before)

    # What each does; gives the secrets of the sources that may be read for it, and those that
    # stand already where it is asked.

    async def _mention(self, step: Step, person: str) -> tuple[set[str], set[str]]:
        message = await self._say(step.room, person, MENTION + QUESTION)
        self.asked.append(Asked(person, step.room, message))
        return self.house.told_in(step.room), set()

    async def _follow(self, step: Step, person: str) -> tuple[set[str], set[str]]:
        if not self.asked:
            return set(), set()
        asked, text = self.asked[-1], "How many days of leave, again?"
        before = secrets([m.raw for m in await self._public(asked.room)])
        if not self.house.speaks(asked.person, self.house.room(asked.room)):
            return set(), set()
        try:
            await self.people.say(asked.room, asked.person, text, thread=asked.message)
        except ControlRefused:  # no thread could be begun there
            await self.people.say(asked.room, asked.person, text, reply_to=asked.message)
        return self.house.told_in(asked.room), before

    async def _private(self, step: Step, person: str) -> tuple[set[str], set[str]]:
        await self._say(step.room, person, f"{MENTION}private: {QUESTION}")
        return self.house.told_to(person, self.house.room(step.room).guild), set()

    async def _command(self, step: Step, person: str) -> tuple[set[str], set[str]]:
        where = await self._inside(step, person)
        await self.people.command(person, where, "ask", {"question": QUESTION})
        return self.house.told_in(step.room), set()

    async def _whisper(self, step: Step, person: str) -> tuple[set[str], set[str]]:
        where = await self._inside(step, person)
        given = {"question": QUESTION, "private": True}
        await self.people.command(person, where, "ask", given)
        return self.house.told_to(person, self.house.room(step.room).guild), set()

    async def _dm(self, step: Step, person: str) -> tuple[set[str], set[str]]:
        person = PEOPLE[step.who % len(PEOPLE)]
        before = secrets([m.raw for m in await self.people.messages(f"dm-{self._name(person)}")])
        await self.people.say("dm", person, QUESTION)
        return self.house.told_to(person, DIRECT), before

    async def _menu(self, step: Step, person: str) -> tuple[set[str], set[str]]:
        message = await self._say(step.room, person, QUESTION)
        where = self.world.find_message(message).channel
        await self.people.menu(person, where, message, ASK)
        return self.house.told_to(person, self.house.room(step.room).guild), set()

    async def _edit(self, step: Step, person: str) -> tuple[set[str], set[str]]:
        if not self.asked:
            return set(), set()
        asked = self.asked[-1]
        await self.people.edit(asked.message, f"{MENTION}{QUESTION} And {step.who}?")
        return self.house.told_in(asked.room), set()

    async def _redo(self, step: Step, person: str) -> tuple[set[str], set[str]]:
        if not self.asked:
            return set(), set()
        asked = self.asked[-1]
        if not self.house.speaks(asked.person, self.house.room(asked.room)):
            return set(), set()
        for shown in await self._public(asked.room):
            redo = [b.label for b in shown.buttons if b.label.startswith("Redo")]
            if redo and asked.message in (shown.channel, shown.replies_to):
                await self.people.press(asked.person, shown.id, redo[0])
        return self.house.told_in(asked.room), set()

    async def _share(self, step: Step, person: str) -> tuple[set[str], set[str]]:
        ask = self._private if step.who % 2 else self._whisper
        rule, before = await ask(step, person)
        await self._settle()
        for shown in (await self.people.look()).by_bot():
            mine = shown.only_for == person or shown.parent == self.world.direct(person).id
            if mine and (label := shares(shown)):
                await self._pressed(person, shown, label)
        return rule, before

    async def _change(self, step: Step, person: str) -> tuple[set[str], set[str]]:
        self.house = self.house.toggled(step.change)
        furnish(self.world, self.house)
        return set(), set()

    async def _pressed(self, person: str, shown: Shown, label: str) -> None:
        try:
            await self.people.press(person, shown.id, label)
        except ControlRefused:  # they do not see it any more
            return

    async def _say(self, room: str, person: str, text: str) -> str:
        if self.house.room(room).kind is Kind.FORUM:
            return await self.people.post_in_forum(room, person, "Leave", text)
        return await self.people.say(room, person, text)

    async def _inside(self, step: Step, person: str) -> str:
        """Where a command is given: a forum's own are given in a post."""
        if self.house.room(step.room).kind is not Kind.FORUM:
            return step.room
        return await self.people.post_in_forum(step.room, person, "Notes", "Nothing to ask.")

    def _name(self, person: str) -> str:
        return self.world.user(person).name

    async def _public(self, room: str) -> list[Shown]:
        return [m for m in await self.people.messages(room) if not m.only_for]

    async def _settle(self) -> None:
        """Wait until all that people did was heard, and every question is answered."""
        await quiet(self.people)
        async with asyncio.timeout(PATIENCE_S):
            while self.bot.inbox.waiting("discord"):
                await asyncio.sleep(0.005)

    # -- what was shown ------------------------------------------------------------------

    def _look(self, rule: set[str], before: set[str]) -> None:
        """No call since the last look and no prompt holds more than it may.

        What may be read for a question is just what the rule says, no less.
        """
        calls = list(self.world.ledger.calls)
        for call in calls[self.calls :]:
            self._check(call.args, self._readers(call), f"{call.route} {call.path}")
        for question in self.bot.asked[self.questions :]:
            found = {SECRETS[source] for source in readable(question, self.bot.settings)}
            assert found == rule, question
        heard = [told(prompt) for prompt in (*self.parrot.heard, *self.writer.heard)]
        self._check(heard, rule | before, "a prompt")
        for model in (self.parrot, self.writer):
            model.heard.clear()
        self.calls, self.questions = len(calls), len(self.bot.asked)

    def _readers(self, call: Call) -> set[str]:
        """The secrets that may stand in a call."""
        if by_token := TOKEN.match(call.path):
            told = self.world.interactions[by_token[1]]
            where = self.world.channels[told.channel]
            alone = told.ephemeral or where.is_dm
            return self._alone(told.user) if alone else self._in(told.channel)
        in_channel = CHANNEL.match(call.path)
        return self._in(in_channel[1]) if in_channel else set()

    def _in(self, channel: str) -> set[str]:
        where = self.world.channels.get(channel)
        if where is None:  # a thread that is not begun yet: Discord refuses
            return set()
        if where.is_dm:
            return self._alone(where.recipients[0])
        return self.house.told_in(where.parent if where.is_thread else channel)

    def _alone(self, person: str) -> set[str]:
        """What may be told to one person, wherever they asked."""
        return set().union(*(self.house.told_to(person, where) for where in (*GUILDS, DIRECT)))

    def _check(self, thing: object, allowed: set[str], where: str) -> None:
        found = secrets(thing)
        assert found <= allowed, f"{where}: {found - allowed} in {thing}"
        self.told |= found


@cache
def no_rows() -> Path:
    """A database with all tables and nothing in them, made once."""
    file = Path(tempfile.mkdtemp()) / "tandem.db"
    upgrade(f"sqlite:///{file}")
    return file


def remembering(bot: Made) -> AnswerCache:
    """Gives answers again, to the same words by whomever: all questions look the same to it."""
    vector = np.ones(1, np.float32)
    search = searching(PAGES)
    return AnswerCache(bot.store, lambda texts: np.stack([vector for _ in texts]), search, str)


@asynccontextmanager
async def visiting(house: House, again: bool = False) -> AsyncIterator[Visit]:
    """A bot that listens in a house; `again`: it gives answers that were given before."""
    parrot, writer = Parrot(), Parrot()
    with tempfile.TemporaryDirectory() as home:
        shutil.copy(no_rows(), Path(home) / "tandem.db")
        with made(Path(home), parrot, writer, given_for(house), PAGES) as bot:
            bot.desk.assistant.cache = remembering(bot) if again else None
            async with serving() as server, people_at(server.base) as people:
                furnish(server.world, house)
                async with listening(bot, people, guilds=house.named):
                    yield Visit(house, bot, parrot, writer, people, server.world)


async def visited(house: House, steps: Iterable[Step], again: bool = False) -> set[str]:
    """Do all this in a house; gives the secrets that were told where they may be."""
    async with visiting(house, again) as visit:
        for step in steps:
            await visit.take(step)
        return visit.told


def shares(shown: Shown) -> str:
    """The label of the button that shows an answer to others; empty: there is none."""
    return next((b.label for b in shown.buttons if b.label.startswith("Share in ")), "")
