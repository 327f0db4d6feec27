"""Examples from files of JSON Lines: each bad line is named, the rest is kept; twice is once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, Protocol

from bot.errors import ExampleFileUnreadable
from bot.learning.book_words import Kept, Wanted
from bot.learning.import_lines import LineWrong, example_of
from bot.learning.known import Shelf, all_of
from bot.learning.masking import LITTLE_LEFT, masked
from bot.learning.merging import Texts
from model.examples import Example, Review, What, group_of
from model.tasks import Task, task_named

BATCH = 500  # examples kept at a time
LINE_BYTES = 200_000  # of a line; a longer one is passed over without being read whole
BOMS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"\x1f\x8b": "gzip", b"PK": "zip"}


@dataclass(frozen=True)
class Refused:
    """A line that was not kept, and why."""

    line: int  # from 1
    why: str


@dataclass(frozen=True)
class ImportReport:
    """What an import did."""

    file: str
    lines: int  # that hold something
    added: int
    changed: int
    unchanged: int
    waiting: int  # of those kept: little is left of them without secrets
    refused: int

    def __str__(self) -> str:
        """In a line."""
        return (
            f"{self.file}: {self.lines} lines, {self.added} examples added, {self.changed} "
            f"changed, {self.unchanged} known, {self.waiting} wait for review, "
            f"{self.refused} refused"
        )


class Keeper(Shelf, Protocol):
    """Where examples are kept: `bot.learning.book.Book`."""

    def keep(
        self, examples: Sequence[Example], people: Mapping[int, Sequence[str]] | None = None
    ) -> Kept:
        """Keep examples, each once."""


@dataclass
class Count:
    """How an import goes."""

    lines: int = 0
    refused: int = 0
    waiting: int = 0
    kept: Kept = field(default_factory=Kept)


def import_examples(
    keeper: Keeper,
    file: Path,
    tasks: Mapping[str, Task],
    task: str | None = None,
    tell: Callable[[Refused], None] = lambda _: None,
) -> ImportReport:
    """Keep the examples of a file; `tell` is told of each line that is refused.

    Raises `UnknownTask`, and `ExampleFileUnreadable`; what was kept until then stays.
    """
    if task is not None:
        task_named(tasks, task)
    count, batch = Count(), list[Example]()
    for example in _read(file, tasks, task, Settled(keeper), count, tell):
        batch.append(example)
        if len(batch) == BATCH:
            _keep(keeper, batch, count)
            batch = []
    _keep(keeper, batch, count)
    kept = count.kept
    numbers = (kept.added, kept.changed, kept.unchanged, count.waiting, count.refused)
    return ImportReport(str(file), count.lines, *numbers)


def _keep(keeper: Keeper, batch: Sequence[Example], count: Count) -> None:
    if not batch:
        return
    done, held = keeper.keep(batch), count.kept
    count.waiting += sum(example.review is Review.WAITING for example in batch)
    count.kept = Kept(
        held.added + done.added, held.changed + done.changed, held.unchanged + done.unchanged
    )


def _read(
    file: Path,
    tasks: Mapping[str, Task],
    task: str | None,
    settled: Settled,
    count: Count,
    tell: Callable[[Refused], None],
) -> Iterator[Example]:
    """The examples of a file, each masked and in agreement with those before it."""
    for number, raw in lines(file):
        if raw is not None and not raw.strip():
            continue
        count.lines += 1
        try:
            line = _decoded(raw, number)
            example = example_of(line, tasks, task, f"{file.name}:{number}")
            yield settled.settle(_masked(example), tasks[example.task].labels)
        except LineWrong as error:
            count.refused += 1
            tell(Refused(number, str(error)))


def lines(file: Path) -> Iterator[tuple[int, bytes | None]]:
    """The lines with their numbers; None: one that is too long. Raises `ExampleFileUnreadable`."""
    try:
        with file.open("rb") as opened:
            start = opened.read(2)
            if kind := BOMS.get(start):
                raise ExampleFileUnreadable(file, f"it is {kind}", "Save it as text in UTF-8")
            opened.seek(0)
            yield from enumerate(_lines(opened), 1)
    except OSError as error:
        problem = error.strerror or str(error)
        raise ExampleFileUnreadable(file, problem, "Name a file of JSON Lines") from error


def _lines(opened: BinaryIO) -> Iterator[bytes | None]:
    while line := opened.readline(LINE_BYTES + 1):
        whole = len(line) <= LINE_BYTES
        while not line.endswith(b"\n") and (more := opened.readline(LINE_BYTES)):
            line, whole = more, False
        yield line if whole else None


def _decoded(raw: bytes | None, number: int) -> str:
    if raw is None:
        raise LineWrong(f"longer than {LINE_BYTES} bytes")
    try:
        return raw.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise LineWrong(f"not UTF-8 (byte {error.start + 1} of the line)") from error


def _masked(example: Example) -> Example:
    """Without secrets; what little is left of waits for an operator."""
    parts = (example.text, example.chosen, example.rejected, example.wish)
    found = [masked(part) for part in parts]
    text, chosen, rejected, wish = (each.text for each in found)
    whole = replace(example, text=text, chosen=chosen, rejected=rejected, wish=wish)
    if any(each.mostly for each in found):
        return replace(whole, review=Review.WAITING, doubt=LITTLE_LEFT)
    return whole


class Settled:
    """What is known already: kept examples, and the lines before."""

    def __init__(self, keeper: Shelf) -> None:
        self._texts: defaultdict[str, Texts] = defaultdict(Texts)  # by task
        self._said: defaultdict[tuple[str, str, str], list[Example]] = defaultdict(list)
        for example in sorted(all_of(keeper, Wanted(What.STYLE)), key=lambda each: each.id):
            if example.review is not Review.REJECTED:
                self._add(example)

    def settle(self, example: Example, labels: Sequence[str]) -> Example:
        """The example, under the text that stands for its own. Raises `LineWrong`."""
        standing = self._texts[example.task].add(example.text)
        there = self._said.get(_spot(replace(example, text=standing)), [])
        against = _against(example, there, bool(labels))
        if against is None:
            example = replace(example, text=standing)
        elif group_of(standing) == group_of(example.text):
            raise LineWrong(f"contradicts {_name(against)}")
        self._add(example)
        return example

    def _add(self, example: Example) -> None:
        self._texts[example.task].add(example.text)
        self._said[_spot(example)].append(replace(example, passages=()))


def _spot(example: Example) -> tuple[str, str, str]:
    return example.task, example.wish, group_of(example.text)


def _against(example: Example, others: Iterable[Example], label: bool) -> Example | None:
    """The first that wants what this one does not; of a label, the first that names another."""
    for other in others:
        crossed = bool(example.chosen) and example.chosen == other.rejected
        crossed = crossed or (bool(example.rejected) and example.rejected == other.chosen)
        differs = label and example.chosen and other.chosen and example.chosen != other.chosen
        if crossed or differs:
            return other
    return None


def _name(example: Example) -> str:
    """Where an example is from, as people find it."""
    return f"line {example.came_from.rpartition(':')[2]}" if not example.id else f"#{example.id}"
