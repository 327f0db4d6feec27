"""The git source: a repository of 5,000 files, and what a sync costs when 20 of them changed."""

from __future__ import annotations

import os
import subprocess
import time
from argparse import Namespace
from collections.abc import Callable, Sequence
from pathlib import Path

from bench import parts
from bench.common import Goal, Line, Sample, Table, about, options, publish, say, scratch
from bench.memory import Cheap
from knowledge.sources.git import source
from knowledge.sync import SyncReport, sync

FETCH = ("fetch", "--quiet", "origin", "+refs/heads/*:refs/heads/*")
NOTES = (
    "The repository is made by git itself, one commit for each tenth of its files. Each sync is "
    "the whole of it: `git ls-remote` and `git fetch` of what is new, its files read and cut, its "
    "chunks written to a real Weaviate. Only embedding is left out: the embedder makes its "
    "vectors of a text's digest, at no cost.",
    "`git alone` is `git fetch` into a bare clone of the same repository: below it nobody gets.",
)


def repository(folder: Path, files: int) -> None:
    """A repository of Markdown pages in folders of a hundred."""
    git(folder.parent, "init", "--quiet", "--initial-branch=main", str(folder))
    for tenth in range(10):
        for number in range(tenth * files // 10, (tenth + 1) * files // 10):
            write(folder, number, "first")
        commit(folder)


def write(folder: Path, number: int, edition: str) -> None:
    """A page of about 2 kB."""
    page = folder / f"part-{number // 100:02}/page-{number}.md"
    page.parent.mkdir(exist_ok=True)
    body = "\n\n".join(
        f"## Part {part}\n\n" + f"Page {number} says of kiln {part} what is {edition}. " * 8
        for part in range(4)
    )
    page.write_text(f"# Page {number}\n\n{body}\n")


def commit(folder: Path) -> None:
    """All that changed."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "A commit")


def git(folder: Path, *words: str) -> None:
    """Run git as somebody else than the user."""
    who = {
        f"GIT_{role}_{part}": "bench@acme.example"
        for role in ("AUTHOR", "COMMITTER")
        for part in ("NAME", "EMAIL")
    }
    isolated = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    told = os.environ | who | isolated
    subprocess.run(["git", "-C", str(folder), *words], env=told, check=True, capture_output=True)


def timed(work: Callable[[], object]) -> float:
    """The seconds that it takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def change(folder: Path, files: int, changed: int, turn: int) -> None:
    """Commit some changed files, spread over all."""
    for number in range(turn % 7, files, files // changed):
        write(folder, number, f"edition {turn}")
    commit(folder)


def measured(given: Namespace, work: Path) -> list[Line]:
    """The lines."""
    files, changed, turns = (200, 5, 1) if given.short else (5000, 20, given.repeats)
    theirs, bare = work / "theirs", work / "bare.git"
    repository(theirs, files)
    git(work, "clone", "--quiet", "--bare", str(theirs), str(bare))
    cheap = Cheap(parts.embedder())
    with parts.weaviate(work / "home") as server:
        index = parts.index(server, cheap)

        def synced() -> SyncReport:
            repo = source("bench", work / "cache", path=str(theirs))
            return sync(repo, index, cheap, lambda document: parts.cut(document, cheap))

        first = timed(lambda: say(str(synced())))
        again = Sample(tuple(timed(lambda: say(str(synced()))) for _ in range(turns)))
        ours, alone = [], []
        for turn in range(turns):
            change(theirs, files, changed, turn)
            alone.append(timed(lambda: git(bare, *FETCH)))
            ours.append(timed(lambda: check(synced(), changed)))
    return lines(files, changed, first, again, Sample(tuple(ours)), Sample(tuple(alone)))


def check(report: SyncReport, changed: int) -> None:
    """End the bench where the sync did other than it should."""
    say(str(report))
    if report.new or report.gone or not changed <= report.changed <= changed + 1:
        raise SystemExit(f"the sync did something else: {report}")


def lines(
    files: int, changed: int, first: float, again: Sample, ours: Sample, alone: Sample
) -> list[Line]:
    """The table's lines."""
    goal = Goal("<=", 5.0)
    what = f"{files} files, {changed} changed"
    return [
        Line(f"{files} files, the first sync", first, "s"),
        Line(f"{files} files, none changed", again.median, "s", again.spread),
        Line(f"{what}: git alone", alone.median, "s", alone.spread),
        Line(what, ours.median, "s", ours.spread, goal=goal),
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it."""
    parser = options("The git source, beside `git fetch` alone.")
    parser.add_argument("--repeats", type=int, default=5, help="turns; 5 by default")
    given, found = parser.parse_args(arguments), about()
    with scratch() as work:
        told = measured(given, work)
    publish(Table("bench.git_source", "ratio", tuple(told), NOTES, found), given.json)


if __name__ == "__main__":
    main()
