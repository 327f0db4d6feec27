"""An iterator worked ahead of its reader, in a thread."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

T = TypeVar("T")
WAIT_S = 0.5  # between words to the reader that nothing is there yet
LEAVE_S = 3.0  # for the thread that works ahead to end; one that stands still is left behind


@contextmanager
def ahead(
    things: Iterator[T], size: int = 32, waiting: Callable[[], None] = lambda: None
) -> Iterator[Iterator[T]]:
    """The same things in the same order, made up to `size` ahead while the reader works.

    What `things` raises is raised to the reader at its place. `waiting` is called now and then
    while the reader waits, and may raise, too. Leaving the block ends the thread, at its next
    thing.
    """
    ready: queue.Queue[tuple[bool, T | BaseException | None]] = queue.Queue(size)
    left = threading.Event()

    def offer(more: bool, thing: T | BaseException | None) -> None:
        while not left.is_set():
            with suppress(queue.Full):
                ready.put((more, thing), timeout=0.1)
                return

    def work() -> None:
        try:
            for thing in things:
                offer(True, thing)
                if left.is_set():
                    return
            offer(False, None)
        except BaseException as error:  # told to the reader, whatever it is
            offer(False, error)

    def read() -> Iterator[T]:
        while True:
            try:
                more, thing = ready.get(timeout=WAIT_S)
            except queue.Empty:
                waiting()
                continue
            if not more:
                if isinstance(thing, BaseException):
                    raise thing
                return
            yield thing  # type: ignore[misc]

    worker = threading.Thread(target=work, name="ahead", daemon=True)
    worker.start()
    try:
        yield read()
    finally:
        left.set()
        worker.join(LEAVE_S)
