"""Folders are watched: what is saved in one is searchable a moment later, not at the next turn."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from bot.errors import BotError, JobStopped
from bot.syncing import job_of
from knowledge.errors import KnowledgeError

if TYPE_CHECKING:
    from bot.jobs.words import Turn
    from bot.syncing import Syncing

log = logging.getLogger(__name__)


class Watched(Protocol):
    """A source whose folder tells when it changes."""

    @property
    def name(self) -> str:
        """The name given in the settings."""

    @property
    def watched(self) -> Path | None:
        """The folder or file to watch; None: it is read by its schedule alone."""

    def concerns(self, path: Path) -> bool:
        """May a change there change the source's documents?"""


@dataclass(frozen=True)
class Quiet:
    """How long is waited for what; in seconds."""

    settle_s: float = 0.2  # without a change, after which a burst is over
    most_s: float = 1.0  # of a burst that does not end
    look_s: float = 2.0  # between looks whether the folder is still the one that is watched
    again_s: float = 300.0  # before a folder that cannot be watched is tried again
    ending_s: float = 8.0  # for the slice in hand, when the watching ends
    rest_s: float = 30.0  # at most, after a pass: as long as it took, for a folder ever in motion


async def watch(syncing: Syncing, quiet: Quiet | None = None) -> None:
    """Sync each folder that is set when it changes, and once now. It ends when it is cancelled."""
    stopped = threading.Event()
    pool = ThreadPoolExecutor(1, thread_name_prefix="watch")  # one pass at a time

    async def sync(name: str) -> None:
        await asyncio.get_running_loop().run_in_executor(pool, one_pass, syncing, name, stopped)

    watching = [Watching(each, sync, quiet or Quiet()) for each in watchable(syncing)]
    try:
        await asyncio.gather(*(each.run() for each in watching))
    finally:
        stopped.set()  # what is under way ends with the slice in hand
        pool.shutdown(wait=False, cancel_futures=True)
        with suppress(TimeoutError):  # it needs the index, which is closed next
            async with asyncio.timeout((quiet or Quiet()).ending_s):
                await asyncio.to_thread(pool.shutdown)


def watchable(syncing: Syncing) -> list[Watched]:
    """The sources that are folders to watch."""
    found = []
    for name in syncing.settings.sources:
        try:
            source = syncing.source(name)
        except BotError as error:  # its sync tells it, too
            log.warning("%s is not watched: %s", name, error)
            continue
        if getattr(source, "watched", None) is not None:
            found.append(cast(Watched, source))
    return found


def one_pass(syncing: Syncing, name: str, stopped: threading.Event) -> None:
    """Sync a source; what goes wrong is told in the log, and the schedule tries again."""

    def waiting(_: float) -> None:
        if stopped.is_set():
            raise JobStopped(job_of(name))

    try:
        with syncing.alone(job_of(name), waiting) as turn:
            for _, told in syncing.sync([name], turn=Ending(turn, stopped, name)):
                failed = isinstance(told, Exception)
                log.log(logging.WARNING if failed else logging.INFO, "%s", told)
    except JobStopped:
        log.info("%s: the sync that a change began ends here", name)
    except (BotError, KnowledgeError) as error:
        log.warning("%s changed and could not be synced: %s", name, error)


@dataclass(frozen=True)
class Ending:
    """A turn that is over, too, when the watching ends."""

    turn: Turn
    stopped: threading.Event
    name: str

    def check(self) -> None:
        """May it go on? Raises as `Turn.check` does."""
        if self.stopped.is_set():
            raise JobStopped(job_of(self.name))
        self.turn.check()


@dataclass
class Watching:
    """One folder under watch."""

    source: Watched
    sync: Callable[[str], Awaitable[None]]
    quiet: Quiet
    told: str = ""  # what was last said of why it is not watched

    async def run(self) -> None:
        """Sync whenever something changed; a folder that is gone is waited for."""
        while True:
            try:
                await self.followed()
            except Exception as error:  # each system has errors of its own, limits above all
                self.tell(f"it cannot be watched ({error}) and is read by its schedule alone")
                await asyncio.sleep(self.quiet.again_s)

    async def followed(self) -> None:
        """Follow the folder that there is now, or wait for one."""
        root = self.source.watched
        before = root and identity(root)
        if root and before:
            await self.follow(root, before)
        else:
            self.tell(f"{root} is not there; it is watched when it is back")
            await asyncio.sleep(self.quiet.look_s)

    async def follow(self, root: Path, before: tuple[int, int]) -> None:
        """Sync whenever something changed, until the folder is another one."""
        async with aclosing(self.changes(root)) as changes:
            first = True
            async for changed in changes:
                if first or changed:
                    await self.synced(changed, first)
                first = False
                if identity(root) != before:
                    return

    async def synced(self, changed: set[Path], first: bool) -> None:
        """Sync, and rest as long as that took."""
        if first:
            self.tell("")
            log.info("%s: its folder is watched", self.source.name)
        else:
            log.debug("%s: %d files changed", self.source.name, len(changed))
        began = time.monotonic()
        await self.sync(self.source.name)
        await asyncio.sleep(min(time.monotonic() - began, self.quiet.rest_s) if not first else 0)

    async def changes(self, root: Path) -> AsyncGenerator[set[Path], None]:
        """What changed, burst by burst; nothing now and then. The first tells that it began."""
        from watchfiles import awatch

        logging.getLogger("watchfiles").setLevel(logging.WARNING)  # it tells of each burst
        folder = root if root.is_dir() else root.parent
        begun = awatch(
            folder,
            watch_filter=lambda _, path: self.source.concerns(Path(path)),
            yield_on_timeout=True,
            recursive=root.is_dir(),
            ignore_permission_denied=True,
            debounce=round(self.quiet.most_s * 1000),
            step=round(self.quiet.settle_s * 1000),
            rust_timeout=round(self.quiet.look_s * 1000),
        )
        async with aclosing(begun) as bursts:
            async for burst in bursts:
                yield {Path(path) for _, path in burst}

    def tell(self, problem: str) -> None:
        """Say once why it is not watched."""
        if problem and problem != self.told:
            log.warning("%s: %s", self.source.name, problem)
        self.told = problem


def identity(root: Path) -> tuple[int, int] | None:
    """Which folder it is, whatever its name; None: there is none."""
    try:
        seen = root.stat()
    except OSError:
        return None
    return (seen.st_dev, seen.st_ino) if root.is_dir() else (seen.st_dev, 0)
