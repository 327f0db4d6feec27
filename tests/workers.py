"""Workers in a process of their own: `python -m tests.workers NAME URL`."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from bot.inbox import Inbox
from bot.posts import Item, Reply

ROOT = Path(__file__).resolve().parents[1]


def start(name: str, url: str) -> subprocess.Popen[str]:
    """Start one of the workers below."""
    command = [sys.executable, "-m", "tests.workers", name, url]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def finished(inbox: Inbox, worker: str) -> Iterator[Item]:
    """Finish items until none is left, in anybody's hands."""
    while inbox.waiting("slack"):
        if item := inbox.claim("slack", worker):
            yield item
            inbox.done(item)
        else:
            time.sleep(0.002)  # until those who have the rest are done


def finishing(url: str) -> None:
    """Two threads finish all there is, and say which items each had and in which thread."""

    def work(worker: str) -> list[str]:
        return [f"{item.id} {item.post.place.thread}" for item in finished(inbox, worker)]

    with closing(Inbox(url)) as inbox, ThreadPoolExecutor(2) as pool:
        for told in pool.map(work, "ab"):
            print(*told, sep="\n", flush=True)  # noqa: T201, the parent reads it


def holding(url: str) -> None:
    """Claim an item, post half of its answer, say so, and never come to an end."""
    with closing(Inbox(url)) as inbox:
        item = inbox.claim("slack", "doomed")
        assert item is not None
        inbox.begin_posting(item)
        inbox.note(item, Reply("C1", "R1", streaming=True))
        print(item.token, flush=True)  # noqa: T201, the parent reads it
        signal.pause()


WORKERS: dict[str, Callable[[str], None]] = {"finishing": finishing, "holding": holding}

if __name__ == "__main__":
    WORKERS[sys.argv[1]](sys.argv[2])
