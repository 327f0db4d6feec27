"""Gateways that break while people ask: 0 lost, 0 doubled; and what is left over after many."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from bench.loads import process
from tests.bots import Made, SlowBackend, made
from tests.discord.at_hand import Pause, at_hand
from tests.discord.bots import listening, quiet
from tests.discord.ids import FAR_GUILD, GUILD, shard_of
from tests.discord.lives import LEAVE, MENTION, check, check_all, is_sign, until
from tests.discord.people import People, people_at
from tests.discord.seen import Seen, Shown
from tests.discord.server import DiscordServer, serving
from tests.discord.settings import Settings
from tests.nursery import ANSWER

pytestmark = pytest.mark.endurance
GUILDS = (GUILD, FAR_GUILD)  # one to a shard
NO_LIMITS = {"limits": {"per_person": "none", "per_channel": "none"}}
QUESTIONS_A_SECOND = 20
ROOMS, ASKERS = 4, 6
WARM, MANY, AT_ONCE = 48, 160, 8  # questions
MOST_BYTES = 40_000  # of a question, for the threads that discord.py knows, and SQLite's pages
RESPONSE_S = 3.0  # Discord waits so long for the first response to a command
LOST_S = 10.0  # it waits so long here, where all may be busy, also for a command that was lost

Break = Callable[[People, int], Awaitable[None]]


def closed(code: int) -> Break:
    """Discord closes a shard's socket with that code."""
    return lambda people, shard: people.close(code, shard)


async def cut(people: People, shard: int) -> None:
    """The socket breaks (1006)."""
    await people.cut(shard)


async def called_back(people: People, shard: int) -> None:
    """Op 7: the client shall come back."""
    await people.reconnect(shard)


async def doubted(people: People, shard: int) -> None:
    """Op 9 for a session that may be resumed."""
    await people.invalidate(True, shard)


async def refused(people: People, shard: int) -> None:
    """Op 9 for a session that is gone."""
    await people.invalidate(False, shard)


async def told_again(people: People, shard: int) -> None:
    """The socket breaks, and Discord tells all of the session once more."""
    await people.tell_again(shard)


BREAKS: tuple[tuple[Break, ...], ...] = (  # ten to a shard
    (
        *(cut, called_back, closed(4000), doubted, refused),
        *(closed(4008), cut, told_again, closed(4009), closed(1001)),
    ),
    (
        *(called_back, cut, closed(4008), closed(1000), doubted),
        *(told_again, called_back, closed(4000), closed(4009), cut),
    ),
)
HEALTHY_S = 0.7  # between two breaks of a shard


@dataclass(frozen=True)
class Command:
    """A slash command that somebody ran."""

    question: str
    shard: int
    began_at: float  # of time.monotonic()
    kind: str  # what Discord made of the first three seconds
    message: str  # the response; empty: there was none


@dataclass
class Load:
    """People who ask, at a rate, by mentions and commands, in the servers of two shards."""

    server: DiscordServer
    people: People
    mentions: list[str] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    deaf: list[tuple[int, float, float]] = field(default_factory=list)  # shard, from, to

    async def go_on(self, breaking: asyncio.Future[Any]) -> None:
        """Ask until all is broken that is to be broken."""
        begun, number, asking = time.monotonic(), 0, list[asyncio.Task[None]]()
        while not breaking.done():
            asking.append(asyncio.create_task(self.ask(number)))
            number += 1
            await asyncio.sleep(max(0.0, begun + number / QUESTIONS_A_SECOND - time.monotonic()))
        await asyncio.gather(breaking, *asking)

    async def ask(self, number: int) -> None:
        """One question; in turn by a mention and a command, in one server and the other."""
        guild, person = number // 2 % 2, ("ben", "ana", "pia")[number % 3]
        room, question = f"room{number % ROOMS}-{guild}", f"Leave in year {number}?"
        if number % 2:
            self.mentions.append(await self.people.say(room, person, MENTION + question))
        else:
            began = time.monotonic()
            told = await self.people.command(person, room, "ask", {"question": question})
            shard = shard_of(GUILDS[guild], 2)
            self.commands.append(Command(question, shard, began, told.kind, told.message))

    async def break_all(self, shard: int) -> None:
        """Break a shard's connection in every way, each time when it is there again."""
        for break_ in BREAKS[shard]:
            await asyncio.sleep(HEALTHY_S)
            line, began = self.line(shard), time.monotonic()
            await break_(self.people, shard)
            await until(partial(self.is_back, shard, line))
            self.deaf.append((shard, began, time.monotonic()))

    def is_back(self, shard: int, before: object) -> bool:
        """Has the shard another socket than before?"""
        return self.line(shard) not in (None, before)

    def line(self, shard: int) -> object:
        """A shard's socket, where it has one and its session is ready."""
        found = [s.line for s in self.server.sockets.connected() if s.shard[0] == shard]
        return found[0] if found else None

    def was_deaf(self, command: Command) -> bool:
        """Was there no socket for some of the time in which Discord waits for the response?"""
        until_ = command.began_at + RESPONSE_S
        return any(
            shard == command.shard and began <= until_ and command.began_at <= ended
            for shard, began, ended in self.deaf
        )


@asynccontextmanager
async def two_shards(home: Path) -> AsyncIterator[tuple[Made, Load]]:
    """A whole bot in two servers, one to a shard."""
    waits = Settings(shards=2, first_response_s=LOST_S)
    async with serving(waits) as server, people_at(server.base) as people:
        await people.add_guild(FAR_GUILD, "far")
        for number, guild in enumerate(GUILDS):
            for room in range(ROOMS):
                await people.add_channel(f"room{room}-{number}", guild=guild)
        with made(home, SlowBackend(*ANSWER), given=NO_LIMITS) as bot:
            async with listening(bot, people, shards=2, guilds=GUILDS):
                yield bot, Load(server, people)


def finished(seen: Seen) -> list[Shown]:
    """The bot's messages that somebody wrote; each has to be a whole answer."""
    return [message for message in seen.by_bot() if not is_sign(message)]


def asked(answer: Shown, commands: list[Command]) -> str:
    """What a message answers: that on which its thread was begun; a command by its words."""
    if answer.channel != answer.parent:
        return answer.channel
    return next(c.question for c in commands if f"> {c.question}\n" in f"{answer.content}\n")


# A command that nobody deferred within three seconds Discord itself calls failed: "The application
# did not respond". Where no socket was open for some of that time no bot can help it. Such a
# command is counted apart: it has one answer, in the channel, where the bot was told of it later
# on, and else none. Every other question has one.
async def test_gateways_that_break_twenty_times_lose_no_question_and_double_none(
    tmp_path: Path,
) -> None:
    async with two_shards(tmp_path) as (bot, load):
        await load.go_on(asyncio.gather(load.break_all(0), load.break_all(1)))
        await quiet(load.people)
        await until(lambda: not bot.inbox.waiting("discord"))
        await quiet(load.people)
        seen = await load.people.look()
    failed = [command for command in load.commands if command.kind == "failed"]
    answers = Counter(asked(answer, load.commands) for answer in finished(seen))
    for answer in finished(seen):
        check(answer)
    wanted = {*load.mentions, *(c.question for c in load.commands if c not in failed)}
    assert wanted - answers.keys() == set()
    assert [question for question, count in answers.items() if count > 1] == []
    assert answers.keys() - wanted <= {command.question for command in failed}
    assert [command for command in failed if not load.was_deaf(command)] == []


async def test_a_gateway_that_falls_silent_is_left_and_nothing_is_lost(
    tmp_path: Path, discord_people: People
) -> None:
    people = discord_people
    await people.configure(heartbeat_s=0.2, zombie_after=100.0)
    with made(tmp_path, SlowBackend(*ANSWER)) as bot:
        async with at_hand(bot, people, Pause(silence_s=0.5)):
            await people.answer_heartbeats(False)  # and nobody says anything
            await people.wait_for(lambda seen: seen.resumed > 1)
            asked = await people.say("general", "ben", LEAVE)
            await people.answer_heartbeats(True)
            await people.wait_for(lambda seen: "[👍]" in seen.text)
            await until(lambda: not bot.inbox.waiting("discord"))
            check_all(await people.look(), [asked])


# What is left over


async def answered(server: DiscordServer, people: People, numbers: range) -> None:
    """Ask these, some at a time, each in a thread of its own; wait for the answers."""
    for first in numbers[::AT_ONCE]:
        said = [
            people.say(("general", "far/general")[n % 2], "ben", f"{MENTION}Leave in year {n}?")
            for n in range(first, first + AT_ONCE)
        ]
        for asked in await asyncio.gather(*said):
            await until(partial(has_answer, server, asked))


def has_answer(server: DiscordServer, asked: str) -> bool:
    """Does a whole answer stand in the thread on that message?"""
    return any(message.embeds for message in server.world.messages.get(asked, {}).values())


async def test_a_bot_that_answered_many_questions_holds_little_more_than_before(
    tmp_path: Path,
) -> None:
    keep = Settings(shards=2, keep_calls=100, keep_events=100, keep_arguments=False)
    async with serving(keep) as server, people_at(server.base) as people:
        await people.add_guild(FAR_GUILD, "far")
        command = ("-m", "bench.discord_bot", server.api, server.gateway, str(tmp_path))
        with process(*command) as bot, bot.stdout or nullcontext():
            await people.connected(2)
            await answered(server, people, range(WARM))
            before = psutil.Process(bot.pid).memory_info().rss
            await answered(server, people, range(WARM, WARM + MANY))
            grown = psutil.Process(bot.pid).memory_info().rss - before
    assert grown / MANY < MOST_BYTES, f"{grown / MANY:.0f} bytes a question"
