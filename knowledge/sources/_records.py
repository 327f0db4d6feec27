"""Files whose lines are documents (JSON Lines): which there are, and which were read already."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import takewhile

from knowledge import reading
from knowledge.documents import Checkpoint
from knowledge.files import File
from knowledge.states import read_state, written_state

RECORDS = (".jsonl", ".ndjson")
CORPUS, QUERIES = "corpus.jsonl", "queries.jsonl"
STATE = 1


@dataclass
class Known:
    """Files of records that were read to their end, known again by their storage's mark."""

    since: Checkpoint
    now: dict[str, object] = field(default_factory=dict)

    @cached_property
    def held(self) -> list[str]:
        """The keys that the index has, sorted."""
        return sorted(self.since.held)

    @cached_property
    def before(self) -> Mapping[str, object]:
        """What was known at the end of the last pass."""
        return read_state(self.since.state, STATE)

    def same(self, file: File) -> list[str]:
        """The keys of a file's documents, where it is the one that the index has; else none."""
        start = above(file)
        if not start or file.key not in self.before:
            return []
        rest = self.held[bisect_left(self.held, start) :]
        found = list(takewhile(lambda key: key.startswith(start), rest))
        return found if self.before[file.key] == mark(file, len(found)) else []

    def note(self, file: File, count: int) -> None:
        """So many documents are all that the file has."""
        self.now[file.key] = mark(file, count)

    @property
    def state(self) -> str:
        """For the next pass; "" where there is nothing to say."""
        return written_state(STATE, self.now) if self.now or self.since.state else ""


def mark(file: File, count: int) -> list[object]:
    """What tells a file of records in this version, with so many documents."""
    return [f"{reading.VERSION}:{file.mark}", count]


def chosen(files: Sequence[File]) -> Iterator[File]:
    """The files that hold documents: beside a BEIR corpus, questions and judgments do not."""
    keys = {file.key for file in files}
    corpora = [
        key.removesuffix(CORPUS)
        for key in keys
        if key.rsplit("/", 1)[-1] == CORPUS and key.removesuffix(CORPUS) + QUERIES in keys
    ]
    for file in files:
        folders = [folder for folder in corpora if file.key.startswith(folder)]
        if not folders or any(file.key == folder + CORPUS for folder in folders):
            yield file


def above(file: File) -> str:
    """What the keys of a file's records begin with: nothing for a corpus at the root."""
    return "" if file.key == CORPUS else f"{file.key}#"
