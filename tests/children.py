"""Processes that the tests start, to be killed or weighed: `python -m tests.children NAME ...`."""

from __future__ import annotations

import itertools
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from knowledge.documents import Checkpoint, Document, Item, Reached
from knowledge.index import Edition, Index
from knowledge.sync import sync
from tests.fakes import FakeEmbedder, FakeSource, paragraphs
from tests.indexes import connected

if TYPE_CHECKING:
    from weaviate.collections import Collection

ROOT = Path(__file__).resolve().parents[1]


def start(*arguments: str) -> subprocess.Popen[str]:
    """Start one of the children below, in a process group of its own."""
    command = [sys.executable, "-m", "tests.children", *arguments]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
    )


class DyingIndex(Index):
    """Kills its process, as the kernel would, when it is about to make its n-th request."""

    dies_at, counted = 0, itertools.count(1)  # two threads count

    def request(self) -> None:
        if self.dies_at and next(self.counted) == self.dies_at:
            os.kill(os.getpid(), signal.SIGKILL)

    @property
    def _chunks(self) -> Collection[Any, Any]:
        self.request()
        return super()._chunks

    @property
    def _documents(self) -> Collection[Any, Any]:
        self.request()
        return super()._documents


def dying_syncs(home: str, prefix: str, texts: str, moments: str) -> None:
    """For each moment a sync that dies at that request (0: never), and say how it ended."""
    import weaviate.classes  # noqa: F401, once for all

    for moment in json.loads(moments):
        child = os.fork()
        if child == 0:
            dying_sync(Path(home), f"{prefix}n{moment}", Path(texts), moment)
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)  # noqa: T201


def dying_sync(home: Path, prefix: str, texts: Path, moment: int) -> None:
    with closing(connected(home)) as client:
        index = DyingIndex(client, Edition("fake", "paragraphs"), prefix=prefix)
        index.prepare()
        index.dies_at = moment
        sync(Told(json.loads(texts.read_text())), index, FakeEmbedder(), paragraphs)


@dataclass
class Told(FakeSource):
    """Says on stdout what it is about to give."""

    def documents(self, since: Checkpoint | None) -> Iterator[Item]:
        for item in super().documents(since):
            if not isinstance(item, Reached):
                print(item.key, flush=True)  # noqa: T201, the parent reads it
            yield item


@dataclass(frozen=True)
class Stream:
    """Generated documents of 20 kB, none kept."""

    count: int
    name: str = "stream"

    def expected(self) -> int:
        return self.count

    def documents(self, since: Checkpoint | None) -> Iterator[Item]:
        for n in range(self.count):
            text = "\n\n".join(f"Page {n}, part {m}: " + "words " * 800 for m in range(4))
            yield Document(self.name, f"page-{n}", f"Page {n}", text, "", str(n))


def weighed_sync(home: str, prefix: str, count: str) -> None:
    """Sync generated documents and say the most memory that this process had, in KiB."""
    with closing(connected(Path(home))) as client:
        index = Index(client, Edition("fake", "paragraphs"), prefix=prefix)
        index.prepare()
        report = sync(Stream(int(count)), index, Forgetful(), paragraphs)
    peak: Mapping[str, int] = {
        "peak_kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        "chunks": report.chunks,
    }
    print(json.dumps(peak))  # noqa: T201, the parent reads it


class Forgetful(FakeEmbedder):
    """Remembers nothing of what it was given."""

    def embed(self, texts: Any) -> Any:
        vectors = super().embed(texts)
        self.seen.clear()
        return vectors


CHILDREN: dict[str, Callable[..., None]] = {
    "dying_syncs": dying_syncs,
    "weighed_sync": weighed_sync,
}

if __name__ == "__main__":
    CHILDREN[sys.argv[1]](*sys.argv[2:])
