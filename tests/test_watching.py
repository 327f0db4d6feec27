"""Watching folders: what begins a sync, what does not, and folders that come and go."""

from __future__ import annotations

import asyncio
import logging
import shutil
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.app import App, build
from bot.settings import load_settings
from bot.watching import Quiet, Watched, Watching, watch
from knowledge.sources.folder import source
from tests.patience import PATIENCE_S

QUICK = Quiet(settle_s=0.05, most_s=0.3, look_s=0.2, again_s=0.2)


@dataclass
class Passes:
    """Counts the syncs; each may take a while."""

    done: int = 0
    takes: asyncio.Event | None = None
    begun: int = 0
    names: list[str] = field(default_factory=list)

    async def __call__(self, name: str) -> None:
        self.begun += 1
        self.names.append(name)
        if self.takes is not None:
            await self.takes.wait()
        self.done += 1

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not true():
                await asyncio.sleep(0.01)


@asynccontextmanager
async def watching(watched: Watched, sync: Passes | None = None) -> AsyncIterator[Passes]:
    """Under watch, the first sync done."""
    passes = sync or Passes()
    task = asyncio.create_task(Watching(watched, passes, QUICK).run())
    try:
        yield passes
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def folder(root: Path, **options: object) -> Watched:
    return source("handbook", str(root), **options)  # type: ignore[arg-type]


async def settled(passes: Passes, root: Path) -> int:
    """How many syncs there were once all that was done is heard: a last change is the sign."""
    before = passes.done
    (root / f"sign-{before}.md").write_text("x")
    await passes.until(lambda: passes.done > before)
    return passes.done - 1


# What begins a sync


async def test_what_was_saved_before_the_watch_is_synced_at_its_begin(tmp_path: Path) -> None:
    async with watching(folder(tmp_path)) as passes:
        await passes.until(lambda: passes.names == ["handbook"])


@pytest.mark.parametrize("act", ["write", "replace", "delete", "rename", "folder", "away"])
async def test_a_change_begins_a_sync(tmp_path: Path, act: str) -> None:
    (tmp_path / "docs").mkdir()
    page = tmp_path / "docs/leave.md"
    page.write_text("27 days.")
    async with watching(folder(tmp_path, include=["*.md"])) as passes:
        await passes.until(lambda: passes.done == 1)
        match act:
            case "write":
                page.write_text("30 days.")
            case "replace":
                (tmp_path / "docs/.leave.md.new").write_text("30 days.")
                (tmp_path / "docs/.leave.md.new").rename(page)
            case "delete":
                page.unlink()
            case "rename":
                page.rename(tmp_path / "docs/holidays.md")
            case "folder":
                (tmp_path / "docs").rename(tmp_path / "old")
            case "away":
                shutil.rmtree(tmp_path / "docs")
        await passes.until(lambda: passes.done == 2)


async def test_what_editors_leave_and_what_is_excluded_begins_none(tmp_path: Path) -> None:
    (tmp_path / "drafts").mkdir()
    watched = folder(tmp_path, exclude=["drafts"], include=["*.md"])
    async with watching(watched) as passes:
        await passes.until(lambda: passes.done == 1)
        for name in (".leave.md.swp", "leave.md~", "#leave.md#", ".#leave.md", "4913", "x.md.tmp"):
            (tmp_path / name).write_text("x")
            (tmp_path / name).unlink()
        (tmp_path / "drafts/a.md").write_text("x")
        (tmp_path / "program.py").write_text("x")
        assert await settled(passes, tmp_path) == 1


async def test_a_burst_is_one_sync_or_two(tmp_path: Path) -> None:
    async with watching(folder(tmp_path)) as passes:
        await passes.until(lambda: passes.done == 1)
        for n in range(2000):
            (tmp_path / f"{n}.md").write_text("x")
        assert await settled(passes, tmp_path) <= 4


async def test_what_changes_while_a_sync_is_under_way_is_synced_after_it(tmp_path: Path) -> None:
    async with watching(folder(tmp_path)) as passes:
        await passes.until(lambda: passes.done == 1)
        passes.takes = asyncio.Event()
        (tmp_path / "a.md").write_text("x")
        await passes.until(lambda: passes.begun == 2)
        (tmp_path / "b.md").write_text("x")
        passes.takes.set()
        await passes.until(lambda: passes.done == 3)


async def test_a_single_file_is_watched_also_when_it_is_replaced(tmp_path: Path) -> None:
    page = tmp_path / "leave.md"
    page.write_text("27 days.")
    async with watching(folder(page)) as passes:
        await passes.until(lambda: passes.done == 1)
        for days in (28, 29):
            before = passes.done
            (tmp_path / "other.md").write_text(f"{days} days.")
            (tmp_path / "other.md").rename(page)
            await passes.until(lambda before=before: passes.done > before)  # type: ignore[misc]


# Folders that come and go


async def test_a_folder_that_is_made_anew_is_watched_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    root = tmp_path / "docs"
    root.mkdir()
    async with watching(folder(root)) as passes:
        await passes.until(lambda: passes.done == 1)
        shutil.rmtree(root)
        await passes.until(lambda: "is not there" in caplog.text)
        before = passes.done
        root.mkdir()
        await passes.until(lambda: passes.done > before)
        before = passes.done
        (root / "a.md").write_text("x")
        await passes.until(lambda: passes.done > before)
    assert caplog.text.count("is not there") == 1


async def test_a_folder_that_another_takes_the_place_of_is_watched(tmp_path: Path) -> None:
    root, other = tmp_path / "docs", tmp_path / "other"
    root.mkdir()
    other.mkdir()
    async with watching(folder(root)) as passes:
        await passes.until(lambda: passes.done == 1)
        root.rename(tmp_path / "old")
        other.rename(root)
        await passes.until(lambda: passes.done >= 2)
        await asyncio.sleep(2 * QUICK.look_s)  # the new one is under watch by then
        before = passes.done
        (root / "a.md").write_text("x")
        await passes.until(lambda: passes.done > before)


class Limited:
    """A folder that the system does not let anyone watch, at first."""

    name, tries = "handbook", 0

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def watched(self) -> Path:
        self.tries += 1
        if self.tries < 4:
            raise OSError("OS file watch limit reached")
        return self.root

    def concerns(self, path: Path) -> bool:
        return True


async def test_what_cannot_be_watched_is_told_once_and_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with watching(Limited(tmp_path)) as passes:
        await passes.until(lambda: passes.done == 1)
    told = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert len(told) == 1
    assert "limit reached" in told[0]
    assert "schedule alone" in told[0]


@pytest.mark.parametrize("path", ["memory://docs", "zip://x::file:///y.zip"])
def test_a_storage_is_not_watched(path: str, tmp_path: Path) -> None:
    assert source("s", path).watched is None
    assert source("s", str(tmp_path), watch=False).watched is None
    assert source("s", str(tmp_path)).watched == tmp_path.resolve()


# The whole of it


@contextmanager
def watched_app(root: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    """The app with a folder under watch in a thread."""
    (home / "tandem.toml").write_text(f'[sources.docs]\nuse = "folder"\npath = "{root}"\n')
    monkeypatch.setenv("TANDEM_CONFIG", str(home / "tandem.toml"))
    with build(load_settings()) as app:
        loop = asyncio.new_event_loop()
        task = loop.create_task(watch(app.syncing))
        thread = threading.Thread(target=ended, args=(loop, task))
        app.syncing.first_sync()
        thread.start()
        try:
            yield app
        finally:
            loop.call_soon_threadsafe(task.cancel)
            thread.join()
            loop.close()


def ended(loop: asyncio.AbstractEventLoop, task: asyncio.Task[None]) -> None:
    loop.run_until_complete(asyncio.gather(task, return_exceptions=True))


def found(app: App, question: str, key: str, there: bool = True) -> bool:
    """Is a page found in the end, or not `there` any more?"""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        keys = {p.chunk.key for p in app.finder.search(question, None, app.dials)}
        if (key in keys) is there:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.real
@pytest.mark.endurance
def test_a_saved_page_is_found_by_a_search(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "docs"
    root.mkdir()
    (root / "leave.md").write_text("# Leave\n\nYou get 27 days.")
    with watched_app(root, home, monkeypatch) as app:
        assert found(app, "How many days of leave?", "leave.md")
        (root / "kiln.md").write_text("# Kiln\n\nThe kiln reaches 1,240 degrees.")
        assert found(app, "How hot is the kiln?", "kiln.md")
        (root / "kiln.md").rename(root / "oven.md")
        assert found(app, "How hot is the kiln?", "oven.md")
        assert found(app, "kiln", "kiln.md", there=False)
