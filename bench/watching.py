"""Watching: the time from a page saved in a folder to its being found by a search."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench import parts
from bench.commands import settle
from bench.common import Goal, Line, Sample, Table, about, options, publish, say, scratch
from bot.app import App, build
from bot.settings import load_settings
from bot.watching import watch

PATIENCE_S = 120.0
NOTES = (
    "The folder is watched as by `tandem run`: a page is saved in it, and the same search is asked "
    "again and again until it gives that page. Between lie the burst's end, a pass over the whole "
    "folder (each file is read and its digest compared with the index's), cutting, embedding and "
    "writing of the one page. All parts are real.",
    "`the pass alone` is a sync of the folder with nothing changed.",
)


def fill(folder: Path, files: int) -> None:
    """Pages of one paragraph, in folders of a hundred."""
    for number in range(files):
        page = folder / f"part-{number // 100:02}/page-{number}.md"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(f"# Page {number}\n\nBox {number} of the archive holds old invoices.\n")


@contextmanager
def watched(app: App) -> Iterator[None]:
    """The app's folders are under watch meanwhile."""
    loop = asyncio.new_event_loop()
    task = loop.create_task(watch(app.syncing))
    done = asyncio.gather(task, return_exceptions=True)
    thread = threading.Thread(target=loop.run_until_complete, args=(done,))
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()
        loop.close()


def until_found(app: App, question: str, key: str) -> float:
    """The seconds until a search finds a page."""
    began = time.perf_counter()
    while time.perf_counter() - began < PATIENCE_S:
        found = app.finder.search(question, None, app.dials)
        if any(passage.chunk.key == key for passage in found):
            return time.perf_counter() - began
        time.sleep(0.02)
    raise SystemExit(f"{key} was not found within {PATIENCE_S:g} s")


def saved(app: App, folder: Path, number: int) -> float:
    """The seconds from a save to the page's being found."""
    page = folder / f"news-{number}.md"
    page.write_text(
        f"# News {number}\n\nThe lighthouse keeper of bay {number} feeds {number} gulls.\n"
    )
    seconds = until_found(app, f"Who feeds {number} gulls in bay {number}?", page.name)
    say(f"found after {seconds:.2f} s")
    return seconds


def passes(app: App, turns: int) -> Sample:
    """The seconds of passes with nothing changed."""
    took = []
    for _ in range(turns):
        began = time.perf_counter()
        for _, told in app.syncing.sync():
            say(str(told))
        took.append(time.perf_counter() - began)
    return Sample(tuple(took))


def measured(given: Namespace, work: Path) -> list[Line]:
    """The lines."""
    files, turns = (30, 2) if given.short else (given.files, given.repeats)
    folder = work / "folder"
    fill(folder, files)
    settle(work, {"sources.docs": {"use": "folder", "path": str(folder)}})
    environ = os.environ | {
        "TANDEM_HOME": str(work / "home"),
        "TANDEM_CACHE": str(parts.cache()),
        "TANDEM_CONFIG": str(work / "tandem.toml"),
        "TANDEM_WEAVIATE__LINGER": "1s",
    }
    with build(load_settings(environ)) as app:
        app.syncing.first_sync()
        alone = passes(app, turns)
        with watched(app):
            saved(app, folder, 0)  # the watch has begun
            found = Sample(tuple(saved(app, folder, number) for number in range(1, 1 + turns)))
    return [
        Line(f"{files} files: the pass alone", alone.median, "s", alone.spread),
        Line(f"{files} files: from saved to found", found.median, "s", found.spread),
        Line(f"{files} files: the slowest", max(found.values), "s", goal=Goal("<=", 5.0)),
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it."""
    parser = options("From a saved file to its being found.")
    parser.add_argument("--files", type=int, default=5000, help="in the folder; 5000 by default")
    parser.add_argument("--repeats", type=int, default=10, help="pages saved; 10 by default")
    given, found = parser.parse_args(arguments), about()
    with scratch() as work:
        told = measured(given, work)
    publish(Table("bench.watching", "ratio", tuple(told), NOTES, found), given.json)


if __name__ == "__main__":
    main()
