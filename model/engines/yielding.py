"""Threads that leave the processor to the rest of the bot whenever it has something to do."""

from __future__ import annotations

import os
import queue
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

LAST = 19  # the weakest nice value: a search (5 ms of work now and then) takes the core at once


def stand_back() -> None:
    """Let this thread, and those that it starts, yield the processor to others (on Linux).

    Where the system forbids it, the writing is only less polite.
    """
    if sys.platform == "linux":  # elsewhere it would be the whole process
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LAST)


def kindly(build: Callable[[], Any]) -> Any:
    """What `build` makes in a thread that stands back, for a library's own threads take after it.

    Raises what it raises.
    """
    made: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def work() -> None:
        stand_back()
        try:
            made.put((build(), None))
        except Exception as error:  # raised again below
            made.put((None, error))

    threading.Thread(target=work, name="loading").start()
    result, error = made.get()
    if error is not None:
        raise error
    return result
