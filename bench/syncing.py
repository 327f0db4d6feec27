"""Answering while a sync embeds: in `tandem run` itself, and by a `tandem sync` beside it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import time
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import corpora, parts
from bench.commands import environment, run, settle, tandem
from bench.common import ROOT, Goal, Line, Sample, Table, about, options, publish, say, scratch
from bench.loads import first_line, process
from bot.jobs.leases import Leases
from bot.sessions import Sessions
from bot.store import Store
from tests.slack.people import People, people_at
from tests.slack.seen import Seen
from tests.slack.world import APP_TOKEN, BOT_TOKEN

TOKENS = {"bot_token": BOT_TOKEN, "app_token": APP_TOKEN}
SMALL = "SmolLM2-135M-Instruct"
WARM = 3  # questions of a phase that are not counted
WIKI, JOB = "wiki", "sync-wiki"
FEW = 12  # pages at most that are taken of the corpus, and not copies of the whole
PATIENCE_S = 180.0  # for anything to come
SAYING = ("chat.stopStream", "chat.update")
IDLE, INSIDE, BESIDE = "idle", "a sync in `tandem run`", "`tandem sync --full` beside it"
GOAL = Goal("<=", 1.5)
NOTES = (
    "The whole of `tandem run`: Slack's socket, inbox, search in a real Weaviate, reader and "
    "language model. The same questions of the example handbook at a steady rate in each phase; no "
    "answer is given again from the cache. The pages that are synced meanwhile belong to a space "
    "that the channel may not read, so that the answers are the same.",
    "`first words`: from the local Slack's sending of the question to the first call that shows "
    "something of the answer (where the sources are silent: that sentence). `search` is what the "
    "bot noted itself: embedding the question and asking Weaviate. The ratio is to the idle bot's.",
    "`a sync in tandem run`: the pages are moved into a watched folder; the process that answers "
    "reads, cuts, embeds and writes them. A sync that a job begins is the same pass.",
)


@dataclass
class House:
    """A home, a Slack, and the processes that live there."""

    work: Path
    slack: str  # the local Slack's address
    people: People
    bot: subprocess.Popen[bytes] | None = None
    logs: list[Path] = field(default_factory=list)

    def set(self, model: str, short: bool, wiki: bool) -> None:
        """Write the settings; with the pages to be synced, or without."""
        source: dict[str, object] = {"use": "folder", "every": "never"}
        told: dict[str, dict[str, object]] = {
            "platforms.slack": {"base_url": f"{self.slack}/api/"},
            **{f"platforms.slack.{name}": {"env": name.upper()} for name in TOKENS},
            "sources.handbook": source | {"path": str(corpora.EXAMPLE)},
            "model": {"name": model},
            "answers": {"cache": False, **({"max_tokens": 16} if short else {})},
            "limits": {"per_person": "none", "per_channel": "none"},
            "jobs.health": {"every": "never"},
        }
        if wiki:
            theirs = {"path": str(self.work / WIKI), "spaces": ["staff"]}
            told |= {f"sources.{WIKI}": source | theirs, "spaces.staff": {"people": ["U0NOBODY"]}}
        settle(self.work, told)

    async def begin(self) -> None:
        """Start the bot and wait until it listens."""
        self.logs.append(self.work / f"bot-{len(self.logs)}.log")
        with self.logs[-1].open("wb") as log:
            self.bot = subprocess.Popen(
                tandem("run"),
                cwd=ROOT,
                env=environment(self.work),
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        await self.people.connected(timeout_s=PATIENCE_S)

    def end(self) -> float:
        """Tell the bot to end; the seconds that it took."""
        assert self.bot is not None
        began = time.monotonic()
        self.bot.send_signal(signal.SIGTERM)
        try:
            self.bot.wait(PATIENCE_S)
        finally:
            self.bot.kill()
        self.bot = None
        return time.monotonic() - began

    def kill(self) -> None:
        """End the bot, whatever it does."""
        if self.bot is not None:
            self.bot.kill()
            self.bot.wait()

    def syncing(self) -> bool:
        """Is a sync of the pages under way?"""
        with closing(Sessions(f"sqlite:///{self.work}/home/tandem.db")) as sessions:
            leases = Leases(sessions)
            now, standings = leases.standings()
            return JOB in standings and leases.runs_now(standings[JOB], now)

    def until_syncing(self) -> None:
        """Wait until it is."""
        limit = time.monotonic() + PATIENCE_S
        while not self.syncing():
            if time.monotonic() > limit:
                raise SystemExit(f"no sync began:\n{self.logs[-1].read_text()[-3000:]}")
            time.sleep(0.1)

    def noted(self, count: int) -> list[float]:
        """The milliseconds that the latest searches took."""
        with closing(Store(f"sqlite:///{self.work}/home/tandem.db")) as store:
            found = store.interactions(count)
        return [each.timings.search_ms for each in found if each.timings.search_ms is not None]


@dataclass(frozen=True)
class Took:
    """What the answers of a phase took; seconds, and milliseconds of the search."""

    first_words: Sample
    whole: Sample
    search: Sample

    def told(self) -> tuple[tuple[str, Sample, str], ...]:
        """Each with its name and unit."""
        timed = (("first words", self.first_words, "s"), ("whole answer", self.whole, "s"))
        return (*timed, ("search", self.search, "ms"))


async def asked(house: House, texts: Sequence[str], every_s: float) -> Took:
    """Ask at a steady rate, and wait for all answers."""
    began, threads = time.monotonic(), list[str]()
    for number, text in enumerate(texts):
        await asyncio.sleep(max(0.0, began + number * every_s - time.monotonic()))
        threads.append(await house.people.say("general", "ben", f"<@U0TANDEM> {text}"))
    seen = await house.people.wait_for(lambda seen: done(seen, threads), PATIENCE_S)
    sent = {row["ts"]: row["sent_at"] for row in await house.people.timings() if row["ts"]}
    theirs = {message.ts: message.thread_ts for message in seen.by_bot()}
    spoken = words(await house.people.calls(), theirs)
    first = [spoken[thread][0] - sent[thread] for thread in threads]
    last = [spoken[thread][-1] - sent[thread] for thread in threads]
    searched = await asyncio.to_thread(house.noted, len(texts))
    return Took(Sample(tuple(first)), Sample(tuple(last)), Sample(tuple(searched)))


def done(seen: Seen, threads: Sequence[str]) -> bool:
    """Has each thread a finished answer?"""
    found = (m for m in seen.by_bot() if not m.streaming and "(thumbs)" in m.drawn)
    return {*threads} <= {message.thread_ts for message in found}


def words(calls: Sequence[Mapping[str, Any]], theirs: Mapping[str, str]) -> dict[str, list[float]]:
    """When something of the answer was said in each thread, of the bot's messages `theirs`."""
    found = dict[str, list[float]]()
    for call in calls:
        thread = theirs.get(str(call["args"].get("ts", "")))
        shown = call["method"] in SAYING or "markdown_text" in json.dumps(call["args"])
        if thread and shown and call["method"] != "chat.startStream":
            found.setdefault(thread, []).append(call["at"] + call["took_s"])
    return found


def pages(count: int, target: Path) -> Path:
    """Some thousands of pages; copies of a corpus, each with a first line of its own."""
    corpus = corpora.documents("peps").folder
    if count <= FEW:
        return corpora.first(corpus, count, target)
    held = sum(1 for path in corpus.rglob("*") if path.is_file())
    return corpora.copies(corpus, -(-count // held), target)


@contextmanager
def beside(house: House) -> Iterator[subprocess.Popen[bytes]]:
    """The command syncs meanwhile; it is told to end with the block."""
    with (house.work / "sync.log").open("wb") as log:
        command, told = tandem("sync", WIKI, "--full"), environment(house.work)
        started = subprocess.Popen(command, cwd=ROOT, env=told, stdout=log, stderr=log)
    try:
        yield started
    finally:
        started.terminate()
        started.wait(PATIENCE_S)


async def measured(given: Namespace, work: Path, base: str) -> tuple[dict[str, Took], float]:
    """What the answers took in each phase; the seconds that a `tandem run` in it needs to end."""
    rows = [row for row in corpora.lines(corpora.EXAMPLE_QUESTIONS) if not row.get("thread")]
    texts = [str(rows[number % len(rows)]["question"]) for number in range(given.questions)]
    made, found = pages(given.pages, work / "made"), dict[str, Took]()
    (work / WIKI).mkdir()
    (work / WIKI / "begin.md").write_text("# The wiki\n\nIt is filled soon.\n")
    async with people_at(base) as people:
        house = House(work, base, people)

        async def phase(name: str) -> None:
            say(name)
            await asked(house, texts[: given.warm], given.every)
            found[name] = await asked(house, texts, given.every)
            busy = name != IDLE
            if house.syncing() is not busy and not given.short:
                raise SystemExit(f"{name}: the sync {'ended too soon' if busy else 'runs'}")

        house.set(given.model, given.short, wiki=True)
        run(work, "sync")
        await house.begin()
        try:
            await phase(IDLE)
            made.rename(work / WIKI / "pages")
            house.until_syncing()
            await phase(INSIDE)
            ended = house.end()
            house.set(given.model, given.short, wiki=False)
            await house.begin()
            house.set(given.model, given.short, wiki=True)
            with beside(house):
                house.until_syncing()
                await phase(BESIDE)
        finally:
            house.kill()
            run(work, "stop")
    return found, ended


def lines(found: Mapping[str, Took], ended: float) -> list[Line]:
    """The rows of the table."""
    rows = list[Line]()
    for name, took in found.items():
        for what, sample, unit in took.told():
            idle = next(s for w, s, _ in found[IDLE].told() if w == what)
            rows.append(Line(f"{name}: {what}, median", sample.median, unit, sample.spread))
            tail = sample.percentile(0.95)
            ratio, goal = (tail / idle.percentile(0.95), GOAL) if name != IDLE else (None, None)
            rows.append(Line(f"{name}: {what}, p95", tail, unit, "", ratio, goal))
    last = "`tandem run` told to end in the midst of the sync: until it has"
    return [*rows, Line(last, ended, "s", goal=Goal("<=", 10))]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it."""
    parser = options(__doc__ or "")
    parser.add_argument("--model", help="the language model; the settings' own by default")
    parser.add_argument("--pages", type=int, default=3000, help="to be synced; 3000 by default")
    parser.add_argument("--questions", type=int, default=100, help="in a phase; 100 by default")
    parser.add_argument("--every", type=float, default=4.0, help="seconds; 4 by default")
    parser.set_defaults(warm=WARM)
    given, found = parser.parse_args(arguments), about()
    if given.short:
        given.pages, given.questions, given.warm, given.every = FEW, 2, 1, 0.5
    given.model = given.model or (SMALL if given.short else parts.LANGUAGE_MODEL)
    dials = json.dumps({"keep_calls": 100_000, "keep_events": 100_000})
    os.environ.update({name.upper(): token for name, token in TOKENS.items()})
    with scratch() as work, process("-m", "tests.slack", "0", dials) as slack:
        told, ended = asyncio.run(measured(given, work, first_line(slack)))
    notes = (f"{given.questions} questions a phase, one in {given.every:g} s; {given.model}",)
    table = Table("bench.syncing", "÷ idle", tuple(lines(told, ended)), (*notes, *NOTES), found)
    publish(table, given.json)


if __name__ == "__main__":
    main()
