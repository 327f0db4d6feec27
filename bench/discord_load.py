"""The Discord adapter under load: mentions, slash commands and noise; the model is a stub.

`python -m bench.discord_load [--seconds 60] [--events 50]`. Three processes: a local Discord
(`tests.discord`), the bot with two shards, and this one, which lets people speak.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

from bench.common import Goal, Line, Sample, Table, about, options, publish, say, scratch
from bench.discord_bot import GUILDS
from bench.loads import first_line, process
from tests.discord.ids import BOT, FAR_GUILD
from tests.discord.people import People, people_at
from tests.discord.seen import Seen, Shown

ROOMS, PEOPLE = 10, 20  # rooms of each server
SETTLE_S = 60.0  # for the last answers
LAST_S = 5.0  # to look at all that stands holds the local Discord up, so the last are let be
KINDS = ("mention", "command", "mention", "noise")  # in turn
NOTES = (
    "Of four events two are mentions in a channel (each answered in a thread of its own), one is a "
    "slash command and one is noise: talk, typing, an edit, a reaction. Half of them happen in "
    "each of two servers, one to a shard. The bot is the whole one (discord.py, desk, inbox in "
    "SQLite, workers, threads, edits); search and model are stubs that answer at once; there are "
    "no rate limits. Times are the local Discord's own: from telling the event to the end of the "
    "call that responds to an interaction, or that is the first sign of an answer. It shares the "
    "two cores with that Discord and with who speaks, so the bot has about one.",
)


@dataclass(frozen=True)
class Load:
    """What is asked of the bot."""

    events: float  # a second
    seconds: float

    @property
    def total(self) -> int:
        """All events."""
        return int(self.events * self.seconds)


@dataclass(frozen=True)
class Put:
    """What people did."""

    mentions: tuple[str, ...]  # the ids of the messages
    responses: tuple[str, ...]  # the messages that answer commands; empty: the bot was too slow
    early: int  # bytes of the bot's memory after a fifth of the time
    behind_s: float  # how late the last of it was


@dataclass(frozen=True)
class Found:
    """What the load did; seconds, and bytes of the bot's memory."""

    put: Put
    events: int
    responses: list[float]  # to interactions
    signs: list[float]  # to mentions
    answered: Counter[str]  # finished answers by what they answer
    memory: int  # at the end

    @property
    def questions(self) -> list[str]:
        """What wants an answer."""
        return [*self.put.mentions, *self.put.responses]

    @property
    def lost(self) -> int:
        """Questions without a finished answer."""
        return sum(not self.answered[question] for question in self.questions)

    @property
    def doubled(self) -> int:
        """Finished answers that are one too many."""
        return self.answered.total() + self.lost - len(self.questions)


def measure(load: Load) -> Found:
    """Put the load on a new bot in a new Discord."""
    with (
        scratch() as home,
        process(*discord_command(load)) as discord,
    ):
        base = first_line(discord)
        asyncio.run(inhabit(base))
        where = (f"{base}/api/v10", f"{base.replace('http', 'ws', 1)}/gateway")
        with process("-m", "bench.discord_bot", *where, str(home)) as bot:
            return asyncio.run(put(load, base, psutil.Process(bot.pid)))


def discord_command(load: Load) -> list[str]:
    """A Discord that keeps little of each call, and every message."""
    most = load.total * 12 + 1000
    dials = {"keep_arguments": False, "keep_calls": most, "keep_events": most}
    return ["-m", "tests.discord", "0", json.dumps({**dials, "keep_messages": most})]


async def inhabit(base: str) -> None:
    """Servers, rooms and people enough."""
    async with people_at(base) as people:
        await people.add_guild(FAR_GUILD, "far")
        for number in range(PEOPLE):
            for guild in GUILDS:
                await people.add_person(f"person{number}", guild=guild)
        for number in range(ROOMS):
            for guild in GUILDS:
                await people.add_channel(room(number, guild), guild=guild)


def room(number: int, guild: str) -> str:
    """The name of a room."""
    return f"room{number % ROOMS}-{GUILDS.index(guild)}"


async def put(load: Load, base: str, bot: psutil.Process) -> Found:
    """Speak at the rate, wait for the answers, count."""
    async with people_at(base) as people:
        await ready(people)
        done = await speak(load, people, bot)
        answered = await settled(people, done)
        told = await people.timings()
        asked = set(done.mentions)
        seen = [row for row in told if row.first_sign_at is not None]
        waits = [(row, (row.first_sign_at or 0.0) - row.told_at) for row in seen]
        return Found(
            put=done,
            events=load.total,
            responses=[wait for row, wait in waits if row.name == "INTERACTION_CREATE"],
            signs=[wait for row, wait in waits if row.id in asked],
            answered=answered,
            memory=bot.memory_info().rss,
        )


async def ready(people: People) -> None:
    """Wait until both shards listen, and both servers have the commands."""
    await people.connected(len(GUILDS), timeout_s=60)
    async with asyncio.timeout(60):
        while len(await with_commands(people)) < len(GUILDS):
            await asyncio.sleep(0.1)


async def with_commands(people: People) -> set[str]:
    """The servers in which the commands are registered."""
    return {command["guild"] for command in (await people.registered())["commands"]} & set(GUILDS)


async def speak(load: Load, people: People, bot: psutil.Process) -> Put:
    """Let people do something at the rate."""
    begun, early, talk = time.monotonic(), 0, await first_talk(people)
    tasks: dict[str, list[asyncio.Task[str]]] = {kind: [] for kind in KINDS}
    for number in range(load.total):
        await asyncio.sleep(max(0.0, begun + number / load.events - time.monotonic()))
        kind = KINDS[number % len(KINDS)]
        tasks[kind].append(asyncio.create_task(act(people, kind, len(tasks[kind]), talk)))
        if number == load.total // 5:
            early = bot.memory_info().rss
    behind = max(0.0, time.monotonic() - begun - load.seconds)
    done = {kind: tuple(await asyncio.gather(*each)) for kind, each in tasks.items()}
    return Put(done["mention"], done["command"], early, behind)


async def first_talk(people: People) -> list[str]:
    """A message in each server to edit and to react to."""
    return [await people.say(room(0, guild), "person0", "Good morning!") for guild in GUILDS]


async def act(people: People, kind: str, number: int, talk: Sequence[str]) -> str:
    """What somebody does; the id of the message that has or is to have an answer."""
    guild = number % len(GUILDS)
    where, who = room(number // len(GUILDS), GUILDS[guild]), f"person{number % PEOPLE}"
    asks = f"How many days of leave do I get in year {number}?"
    if kind == "mention":
        return await people.say(where, who, f"<@{BOT}> {asks}")
    if kind == "command":
        became = await people.command(who, where, "ask", {"question": asks})
        return became.message if became.kind == "deferred" else ""
    await noise(people, number // len(GUILDS), where, who, talk[guild])
    return ""


async def noise(people: People, number: int, where: str, who: str, talk: str) -> None:
    """What is no question to the bot."""
    match number % 4:
        case 0:
            await people.say(where, who, f"I was on holiday in year {number}.")
        case 1:
            await people.types(who, where)
        case 2:
            await people.edit(talk, f"Good morning, for the {number}th time!")
        case _:
            await people.react(who, talk, "👍")


async def settled(people: People, done: Put) -> Counter[str]:
    """Finished answers by what they answer, when all are there or none comes any more."""
    limit, asked = time.monotonic() + SETTLE_S, {*done.mentions, *done.responses}
    await asyncio.sleep(LAST_S)
    while True:
        found = Counter(map(answers, finished(await people.look())))
        if all(found[question] for question in asked) or time.monotonic() > limit:
            return found
        await asyncio.sleep(1.0)


def finished(seen: Seen) -> list[Shown]:
    """The last parts of answers."""
    return [m for m in seen.by_bot() if any(button.emoji == "👍" for button in m.buttons)]


def answers(shown: Shown) -> str:
    """What a message answers: that on which its thread was begun; a response is its own."""
    return shown.channel if shown.channel != shown.parent else shown.replies_to or shown.id


def table(load: Load, found: Found) -> Table:
    """The figures beside their goals."""
    ms = [1000 * s for s in found.responses], [1000 * s for s in found.signs]
    first, signs = (Sample(tuple(values)) for values in ms)
    grown, second = (found.memory - found.put.early) / 2**20, Goal("<=", 1000)
    lines = [
        Line("first response, p99", first.percentile(0.99), "ms", first.spread, goal=second),
        Line("first response, median", first.median, "ms"),
        Line("first sign, p99", signs.percentile(0.99), "ms", signs.spread, goal=second),
        Line("first sign, median", signs.median, "ms"),
        Line("events put", found.events),
        Line("events a second", load.events),
        Line("questions among them", len(found.questions)),
        Line("lost", found.lost, goal=Goal("<=", 0)),
        Line("doubled", found.doubled, goal=Goal("<=", 0)),
        Line("memory at the end", found.memory / 2**20, "MB"),
        Line("grown since a fifth of the time", grown, "MB"),
        Line("the last event was late by", found.put.behind_s, "s"),
    ]
    return Table("bench.discord_load", "", tuple(lines), NOTES, about())


def main() -> None:
    """Measure and print."""
    parser = options(__doc__ or "")
    parser.add_argument("--events", type=float, default=50.0, help="a second")
    parser.add_argument("--seconds", type=float, default=60.0)
    given = parser.parse_args()
    load = Load(10, 4) if given.short else Load(given.events, given.seconds)
    say(f"{load.events:.0f} events a second for {load.seconds:.0f} s")
    publish(table(load, measure(load)), given.json)


if __name__ == "__main__":
    main()
