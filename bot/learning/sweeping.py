"""Takes off the disk what people had forgotten: of golden sets, outputs and trainings.

SQL forgets at once, in the transaction that is asked to. The disk follows in a thread of its own,
so that nobody in a chat waits for it; what fails there is logged, and the next harvest or
evaluation makes up for it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bot.errors import BotError
from bot.learning.child import at_work
from bot.learning.tidying import tidy
from bot.learning.unfinished import (
    WORDS,
    Stores,
    folder_of,
    forget_words,
    give_up_spoiled,
    is_spoiled,
    is_whole,
)
from bot.learning.words import TrainingRun
from model.errors import ModelError
from model.tasks import Task

log = logging.getLogger(__name__)

LAST_S = 5.0  # that the end of the process waits for a sweep


class Home(Stores, Protocol):
    """What a sweep works with; `bot.learning.parts.Learning` has it all."""

    @property
    def tasks(self) -> Mapping[str, Task]:
        """The stylistic tasks by name."""


@dataclass(frozen=True)
class Swept:
    """What a sweep took off the disk."""

    lines: int = 0  # of golden sets and outputs
    files: int = 0  # of trainings
    given_up: tuple[int, ...] = ()  # trainings that were cut off and had learned from it


def sweep(stores: Home) -> Swept:
    """Bring the disk in step with what SQL forgot; done twice, the second finds nothing.

    Raises `BotError`, `ModelError` and `OSError`; what was done by then stays done.
    """
    folders = sorted(set(with_words(stores.home)))  # before SQL is asked: it knows each by now
    given_up = tuple(run.id for run in give_up_spoiled(stores))
    running = {folder_of(stores.home, run): run for run in stores.registry.running()}
    files = sum(cleared(stores, folder, running.get(folder)) for folder in folders)
    return Swept(tidy(stores.home, stores.book, stores.tasks.values()), files, given_up)


def with_words(home: Path) -> Iterator[Path]:
    """The folders of trainings in which words lie."""
    for name in WORDS:
        yield from (file.parent for file in (home / "versions").glob(f"*/{name}*"))


def cleared(stores: Stores, folder: Path, run: TrainingRun | None) -> int:
    """Take out of a training's folder what must not be there; gives how many files went.

    Of one that ended (None) all words go. One that learns from words that were forgotten since
    keeps none either: its child goes on with what it read, and its version is marked.
    """
    if run is None or is_whole(stores.home, run):
        return 0 if at_work(folder) else forget_words(folder)  # a child clears up itself
    return forget_words(folder) if is_spoiled(stores, run) else 0


class Sweeper:
    """Sweeps soon, in a thread of its own; several wishes at once are one."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._work = work
        self._lock = threading.Lock()
        self._wanted = False
        self._thread: threading.Thread | None = None

    def soon(self) -> None:
        """Somebody was forgotten; this returns at once, and raises nothing."""
        with self._lock:
            self._wanted = True
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="sweeping", daemon=True)
                self._thread.start()

    def wait(self, at_most_s: float = LAST_S) -> None:
        """Until nothing is left to be done, or for so long."""
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join(at_most_s)

    def _run(self) -> None:
        while self._begins():
            try:
                self._work()
            except (BotError, ModelError, OSError) as error:
                log.warning("not all that was forgotten is off the disk yet: %s", error)
            except Exception:
                log.exception("not all that was forgotten is off the disk yet")

    def _begins(self) -> bool:
        """Is there anything to do? If not, this thread ends."""
        with self._lock:
            begins, self._wanted = self._wanted, False
            self._thread = self._thread if begins else None
            return begins
