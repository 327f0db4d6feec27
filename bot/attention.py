"""Questions go first: work in the background waits while one is in hand, in any process.

Who answers holds a lock on a file of the home folder, shared with others who answer, and the
system drops it when a process dies. Who works in the background looks whether anyone has it: a
`tandem sync` beside the bot does, too, which knows nothing of the bot's threads.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

LOOK_S = 0.01  # between looks while a question is in hand
MOST_S, OWN_S = 3.0, 0.1  # so long a wait at most; so long a time of one's own after such a wait
TRIES, AGAIN_S = 5, 0.001  # to hold the lock: somebody may just look at it


@dataclass
class Attention:
    """What is asked now, of all processes that share a file. For any number of threads.

    `wait` never stops the background for good: where there is always a question in hand, a little
    of the time is its own.
    """

    file: Path
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _count: int = 0
    _own_until: float = 0.0  # on the clock
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def paid(self) -> Iterator[None]:
        """A question is in hand until the block ends."""
        held = self._hold()
        with self._lock:
            self._count += 1
        try:
            yield
        finally:
            with self._lock:
                self._count -= 1
            if held is not None:
                os.close(held)

    @property
    def needed(self) -> bool:
        """Is a question in hand?"""
        return self._count > 0 or self._elsewhere()

    def wait(self) -> None:
        """Let questions go first; back when there is none, and after a while anyway."""
        began = now = self.clock()
        while now >= self._own_until and self.needed:
            if now - began >= MOST_S:
                self._own_until = now + OWN_S
                return
            self.sleep(LOOK_S)
            now = self.clock()

    def _hold(self) -> int | None:
        """The open file with the lock; None: other processes will not know of this question."""
        try:
            import fcntl

            held = os.open(self.file, os.O_RDWR | os.O_CREAT, 0o600)
        except (ImportError, OSError):  # on Windows; where nothing can be written
            return None
        for _ in range(TRIES):
            try:
                fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                time.sleep(AGAIN_S)
            else:
                return held
        os.close(held)
        return None

    def _elsewhere(self) -> bool:
        """Does anyone hold the lock?"""
        try:
            import fcntl

            held = os.open(self.file, os.O_RDWR)
        except (ImportError, OSError):
            return False
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:  # the file system knows no locks
            return False
        finally:
            os.close(held)
        return False
