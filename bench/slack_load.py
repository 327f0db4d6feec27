"""The Slack adapter under load: questions at a steady rate, answered by a stub of a model.

`python -m bench.slack_load [--seconds 60] [--events 50]`. Three processes: a local Slack
(`tests.slack`), the bot, and this one, which lets people speak and reads the server's clock.
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
from bench.loads import first_line, process
from tests.slack.people import People, people_at

CHANNELS, PEOPLE = 20, 50
SETTLE_S = 60.0  # for the last answers
LAST_S = 5.0  # to look at all that stands holds the local Slack up, so the last ones are let be
NOTES = (
    "Each question is a mention at the root of a channel, which Slack tells twice (`app_mention` "
    "and `message`): so many questions are twice as many events. The bot is the whole "
    "one (bolt, desk, inbox in SQLite, workers, streams); search and model are stubs that answer "
    "at once. Times are the local Slack's own, from sending the event: to the acknowledgement, to "
    "the first visible sign in the thread. It shares the two cores with that Slack and with who "
    "speaks, so the bot has about one.",
)


@dataclass(frozen=True)
class Load:
    """What is asked of the bot."""

    events: float  # a second
    seconds: float

    @property
    def rate(self) -> float:
        """Questions a second: Slack tells each twice."""
        return self.events / 2


@dataclass(frozen=True)
class Found:
    """What the load did; seconds, and bytes of the bot's memory."""

    asked: int
    acks: list[float]
    signs: list[float]
    answered: Counter[int]  # threads by how many finished answers stand in them
    memory: tuple[int, int]  # after a fifth of the time, and at the end
    behind_s: float  # how late the last question was put

    @property
    def lost(self) -> int:
        """Questions without a finished answer."""
        return self.answered[0]

    @property
    def doubled(self) -> int:
        """Questions with more than one."""
        return sum(count for answers, count in self.answered.items() if answers > 1)


def measure(load: Load) -> Found:
    """Put the load on a new bot in a new Slack."""
    with (
        scratch() as home,
        process(*slack_command(load)) as slack,
    ):
        base = first_line(slack)
        with process("-m", "bench.slack_bot", f"{base}/api/", str(home)) as bot:
            return asyncio.run(put(load, base, psutil.Process(bot.pid)))


def slack_command(load: Load) -> list[str]:
    """A Slack that keeps little of each call, and every message."""
    most = int(load.rate * load.seconds * 4) + 1000
    dials = {"keep_arguments": False, "keep_events": 3 * most, "keep_messages": most}
    return ["-m", "tests.slack", "0", json.dumps(dials)]


async def put(load: Load, base: str, bot: psutil.Process) -> Found:
    """Speak at the rate, wait for the answers, count."""
    async with people_at(base) as people:
        await people.connected(timeout_s=60)
        await inhabit(people)
        asked, behind, early = await speak(load, people, bot)
        answered = await settled(people, asked)
        told = [row for row in await people.timings() if row.get("ts") in set(asked)]
        return Found(
            asked=len(asked),
            acks=[row["acked_at"] - row["sent_at"] for row in told if row["acked_at"]],
            signs=[row["first_sign_at"] - row["sent_at"] for row in told if row["first_sign_at"]],
            answered=Counter(answered.get(ts, 0) for ts in asked),
            memory=(early, bot.memory_info().rss),
            behind_s=behind,
        )


async def inhabit(people: People) -> None:
    """Channels and people enough."""
    members = [f"U1P{number:03}" for number in range(PEOPLE)]
    for number, member in enumerate(members):
        await people.add_person(member, f"person{number}")
    for number in range(CHANNELS):
        names = ["U0TANDEM", *members]
        await people.add_channel(f"C1C{number:03}", f"room{number}", members=names)


async def speak(load: Load, people: People, bot: psutil.Process) -> tuple[list[str], float, int]:
    """The questions put, how late the last one was, and the bot's memory after a fifth."""
    tasks, begun, early = list[asyncio.Task[str]](), time.monotonic(), 0
    total = int(load.rate * load.seconds)
    for number in range(total):
        due = begun + number / load.rate
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        text = f"<@U0TANDEM> How many days of leave do I get in year {number}?"
        room, person = f"C1C{number % CHANNELS:03}", f"U1P{number % PEOPLE:03}"
        tasks.append(asyncio.create_task(people.say(room, person, text)))
        if number == total // 5:
            early = bot.memory_info().rss
    behind = time.monotonic() - begun - load.seconds
    return list(await asyncio.gather(*tasks)), max(0.0, behind), early


async def settled(people: People, asked: Sequence[str]) -> dict[str, int]:
    """Finished answers by their thread, when all are there or none comes any more."""
    limit = time.monotonic() + SETTLE_S
    await asyncio.sleep(LAST_S)
    while True:
        found = Counter(
            message.thread_ts
            for message in (await people.look()).by_bot()
            if not message.streaming and "(thumbs)" in message.drawn
        )
        if all(found[ts] for ts in asked) or time.monotonic() > limit:
            return dict(found)
        await asyncio.sleep(1.0)


def table(load: Load, found: Found) -> Table:
    """The figures beside their goals."""
    ms = [1000 * s for s in found.acks], [1000 * s for s in found.signs]
    acks, signs = (Sample(tuple(values)) for values in ms)
    grown = (found.memory[1] - found.memory[0]) / 2**20
    lines = [
        Line("acknowledged, p99", acks.percentile(0.99), "ms", acks.spread, goal=Goal("<=", 250)),
        Line("acknowledged, median", acks.median, "ms"),
        Line("first sign, p99", signs.percentile(0.99), "ms", signs.spread, goal=Goal("<=", 1000)),
        Line("first sign, median", signs.median, "ms"),
        Line("questions put", found.asked),
        Line("events a second", load.events),
        Line("lost", found.lost, goal=Goal("<=", 0)),
        Line("doubled", found.doubled, goal=Goal("<=", 0)),
        Line("memory at the end", found.memory[1] / 2**20, "MB"),
        Line("grown since a fifth of the time", grown, "MB"),
        Line("the last question was late by", found.behind_s, "s"),
    ]
    return Table("bench.slack_load", "", tuple(lines), NOTES, about())


def main() -> None:
    """Measure and print."""
    parser = options(__doc__ or "")
    parser.add_argument("--events", type=float, default=50.0, help="a second, two a question")
    parser.add_argument("--seconds", type=float, default=60.0)
    given = parser.parse_args()
    load = Load(10, 3) if given.short else Load(given.events, given.seconds)
    say(f"{load.events:.0f} events a second for {load.seconds:.0f} s")
    publish(table(load, measure(load)), given.json)


if __name__ == "__main__":
    main()
