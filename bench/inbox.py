"""What a question costs the inbox, from being heard to its end, beside plain sqlite3.

`python -m bench.inbox [--lives 400]`; PostgreSQL too, where `initdb` is found.
"""

from __future__ import annotations

import itertools
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.common import Goal, Line, Sample, Table, about, options, publish, say, scratch
from bench.inbox_floor import PlainInbox
from bot.conversation import (
    Answer,
    Citation,
    Interaction,
    Mode,
    Outcome,
    Place,
    Question,
    Route,
    Timings,
)
from bot.database import upgrade
from bot.inbox import Inbox
from bot.posts import Post, Reply
from bot.store import Store
from knowledge.documents import Chunk, Passage
from tests.conftest import PASSWORD, postgres_binaries, running

WHOLE = "a whole life"
PASSAGES = 12
HOUR = timedelta(hours=1)
CALLS = (
    *("known, first telling", "asked", "accept", "known, second telling", "claim", "begin_posting"),
    *("note", "beat", "record", "answered", "done"),
)
APART = ("asked", "beat")  # as often as there are limits, and as long as an answer takes
NOTES = (
    "CPU time of the calling thread in microseconds, the median over lives; the ratio is to the "
    "floor on SQLite, measured in turns with it. A life is known twice, accept, claim, "
    "begin_posting, note twice, record (12 passages), answered and done; beat and asked (which "
    "counts for the limits) are told apart. "
    "`--waiting` questions wait the while, and `--done` are done. The floor knows of nothing but "
    "new questions: no edits, deletions, other threads or other processes' locks.",
    "PostgreSQL's own CPU time is not counted, nor is SQLite's wait for the disk.",
)


@dataclass(frozen=True)
class Calls:
    """What lives are made of: an inbox with its store, or the floor."""

    known: Callable[[Post], object]
    asked: Callable[[str, Place, datetime], object]
    accept: Callable[[Post], object]
    claim: Callable[[str, str], Any]
    begin_posting: Callable[[Any], object]
    note: Callable[[Any, Reply], object]
    beat: Callable[[Any], object]
    record: Callable[[Interaction], int]
    answered: Callable[[Any, int], object]
    done: Callable[[Any], object]


class Clock:
    """CPU seconds of this thread and wall seconds, by call."""

    def __init__(self) -> None:
        self.cpu: dict[str, list[float]] = defaultdict(list)
        self.wall: dict[str, list[float]] = defaultdict(list)

    @contextmanager
    def on(self, what: str) -> Iterator[None]:
        """Add what the block takes."""
        cpu, wall = time.thread_time(), time.perf_counter()
        yield
        self.cpu[what].append(time.thread_time() - cpu)
        self.wall[what].append(time.perf_counter() - wall)


def live(calls: Calls, number: int, clock: Clock) -> None:
    """Take a question through its life."""
    post, made = mention(number), said(number)
    with clock.on("known, first telling"):
        calls.known(post)
    with clock.on("asked"):
        calls.asked(post.author, post.place, post.written_at - HOUR)
    with clock.on("accept"):
        calls.accept(post)
    with clock.on("known, second telling"):
        calls.known(replace(post, event=f"{post.event}-again"))
    with clock.on("claim"):
        item = calls.claim("slack", "w")
    with clock.on("begin_posting"):
        calls.begin_posting(item)
    for streaming in (True, False):
        with clock.on("note"):
            calls.note(item, Reply(post.place.channel, f"{number}.9", streaming=streaming))
    with clock.on("beat"):
        calls.beat(item)
    with clock.on("record"):
        interaction = calls.record(made)
    with clock.on("answered"):
        calls.answered(item, interaction)
    with clock.on("done"):
        calls.done(item)


def mention(number: int) -> Post:
    """A question that mentions the bot at the root of a channel."""
    text = f"How many days of leave do I get in year {number}?"
    place = Place("slack", "T1", f"C{number % 20}", f"{number}.1")
    asked_at = datetime.now(UTC)
    return Post(f"E{number}", f"{number}.1", place, f"U{number % 50}", text, asked_at)


def said(number: int) -> Interaction:
    """A cited answer to it."""
    post = mention(number)
    texts = [f"{post.text} It is said on page {rank}. " * 12 for rank in range(PASSAGES)]
    chunks = [
        Chunk("handbook", f"page{rank}.md", "Leave", "file:///leave.md", ("Days",), rank, text)
        for rank, text in enumerate(texts)
    ]
    passages = tuple(Passage(chunk, 0.5, {"vector": 0.75, "keyword": 2.5}) for chunk in chunks)
    cited = Citation(1, "Leave", "file:///leave.md", "handbook", "page0.md", "27 days")
    answer = Answer("You get 27 days [1].", Outcome.CITED, (cited,), passages, model="stub")
    route = Route(Mode.RAG, None, "it asks for a fact", 0.75)
    question = Question(post.text, post.author, post.place)
    return Interaction(0, question, route, answer, Timings(1.0, total_ms=9.0), datetime.now(UTC))


@contextmanager
def real(url: str) -> Iterator[Calls]:
    """The inbox and the store at a database."""
    upgrade(url)
    with ExitStack() as ending:
        store, inbox = Store(url), Inbox(url)
        ending.callback(store.close)
        ending.callback(inbox.close)

        def record(said: Interaction) -> int:
            kept = (said.question, said.route, said.answer, said.timings, said.asked_at)
            return store.record(*kept).id

        yield Calls(
            inbox.known,
            inbox.asked,
            inbox.accept,
            inbox.claim,
            inbox.begin_posting,
            inbox.note,
            inbox.beat,
            record,
            inbox.answered,
            inbox.done,
        )


@contextmanager
def floor(file: Path) -> Iterator[Calls]:
    """The floor at a database of its own."""
    upgrade(f"sqlite:///{file}")
    plain = PlainInbox(str(file))
    try:
        yield Calls(
            plain.known,
            plain.asked,
            plain.accept,
            plain.claim,
            plain.begin_posting,
            plain.note,
            plain.beat,
            plain.record,
            plain.answered,
            plain.done,
        )
    finally:
        plain.close()


@dataclass(frozen=True)
class Size:
    """How much is measured, and beside how much."""

    lives: int
    waiting: int
    finished: int


def measure(contestants: Mapping[str, Calls], size: Size) -> dict[str, Clock]:
    """Let all live the same lives in turns: what each call took, in seconds."""
    clocks = {name: Clock() for name in contestants}
    for name, calls in contestants.items():
        say(f"{name}: {size.finished} are done, {size.waiting} wait")
        for number in range(size.finished):
            live(calls, number, Clock())
        for number in range(size.waiting):
            calls.accept(mention(size.finished + number))
    first = size.finished + size.waiting
    for number, (name, calls) in itertools.product(range(size.lives), contestants.items()):
        live(calls, first + number, clocks[name])
    return clocks


def lines(name: str, clock: Clock, least: Clock | None) -> Iterator[Line]:
    """Each call, then the whole, with ratios to the floor."""
    for call in (*CALLS, WHOLE):
        values = microseconds(clock.cpu, call)
        ratio = None if least is None else typical(clock.cpu, call) / typical(least.cpu, call)
        goal = Goal("<=", 5) if ratio is not None and call == WHOLE else None
        took = typical(clock.cpu, call)
        yield Line(f"{name}: {call}", took, "µs", spread(values), ratio, goal)
    yield Line(f"{name}: {WHOLE}, by the wall clock", typical(clock.wall, WHOLE), "µs")


def typical(taken: Mapping[str, Sequence[float]], call: str) -> float:
    """The median in microseconds."""
    return Sample(microseconds(taken, call)).median


def microseconds(taken: Mapping[str, Sequence[float]], call: str) -> tuple[float, ...]:
    """What a call took each time; of the whole, what each life took without what is told apart."""
    if call != WHOLE:
        return tuple(1e6 * seconds for seconds in taken[call])
    once = [taken[name] for name in CALLS if name not in ("note", *APART)]
    notes = [sum(taken["note"][at : at + 2]) for at in range(0, len(taken["note"]), 2)]
    return tuple(1e6 * sum(life) for life in zip(*once, notes, strict=True))


def spread(values: Sequence[float]) -> str:
    """The tenth and the ninetieth of a hundred."""
    sample = Sample(tuple(values))
    return f"{sample.percentile(0.1):.0f} to {sample.percentile(0.9):.0f}"


@contextmanager
def contestants(folder: Path) -> Iterator[dict[str, Calls]]:
    """The floor, the inbox on SQLite, and on PostgreSQL where that is."""
    with ExitStack() as ending:
        made = {"floor": ending.enter_context(floor(folder / "floor.db"))}
        made["SQLite"] = ending.enter_context(real(f"sqlite:///{folder / 'tandem.db'}"))
        if (binaries := postgres_binaries()) is not None:
            cluster = folder / "postgres"
            cluster.mkdir()
            folder.chmod(0o755)
            port = ending.enter_context(running(binaries, cluster))
            url = f"postgresql://tandem:{PASSWORD}@127.0.0.1:{port}/postgres"
            made["PostgreSQL"] = ending.enter_context(real(url))
        yield made


def main() -> None:
    """Measure and print."""
    parser = options(__doc__ or "")
    parser.add_argument("--lives", type=int, default=400)
    parser.add_argument("--waiting", type=int, default=200)
    parser.add_argument("--done", type=int, default=2000)
    given = parser.parse_args()
    size = Size(5, 3, 5) if given.short else Size(given.lives, given.waiting, given.done)
    with (
        scratch() as folder,
        contestants(folder) as all_of_them,
    ):
        clocks = measure(all_of_them, size)
    least = clocks["floor"]
    rows = [
        line
        for name, clock in clocks.items()
        for line in lines(name, clock, least if name == "SQLite" else None)
    ]
    table = Table("bench.inbox", "ratio to the floor", tuple(rows), NOTES, about())
    publish(table, given.json)


if __name__ == "__main__":
    main()
