"""A second sync with nothing changed: the whole command, and the sync itself."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path

from bench import parts
from bench.commands import run, settle
from bench.common import Goal, Line, Sample, say


def measured(
    folder: Path, work: Path, remember: bool, repeats: int
) -> tuple[list[Line], list[str]]:
    """Index `folder` as the command would, then run the command again and again."""
    work.mkdir(parents=True)
    settle(work, {"sources.peps": {"use": "folder", "path": str(folder)}})
    documents = fill("peps", folder, work, remember)
    told = [again(work) for _ in range(1 + repeats)]  # the first starts Weaviate
    run(work, "stop")
    command = Sample(tuple(each.command_s for each in told[1:]))
    itself = Sample(tuple(each.sync_s for each in told[1:]))
    embedded, goal = sum(each.embedded for each in told), Goal("<=", 3.0)
    what = f"second `tandem sync`, {documents} documents unchanged"
    lines = [
        Line(f"{what}: the whole command", command.median, "s", command.spread, goal=goal),
        Line(f"{what}: the sync alone", itself.median, "s", itself.spread),
        Line(f"{what}: the command when it has to start Weaviate", told[0].command_s, "s"),
        Line(f"{what}: embeddings", embedded, goal=Goal("<=", 0)),
    ]
    return lines, []


@dataclass(frozen=True)
class Again:
    """A sync with nothing to do."""

    command_s: float
    sync_s: float
    embedded: int


def again(work: Path) -> Again:
    """Run the command."""
    started = time.perf_counter()
    told = json.loads(run(work, "sync", "--json").splitlines()[-1])
    seconds = time.perf_counter() - started
    say(f"second sync: {seconds:.2f} s, {told['embedded']} embedded")
    return Again(seconds, float(told["seconds"]), int(told["embedded"]))


def fill(name: str, folder: Path, work: Path, remember: bool) -> int:
    """Index in this process, with vectors of an earlier run where there are; the documents."""
    inner = parts.embedder()
    held = parts.cache() / "bench" / f"{inner.name}.npz"
    embedder = parts.Remembering(inner, held) if remember else inner
    with parts.weaviate(work / "home") as server:
        index = parts.index(server, embedder)
        report = parts.sync_folder(name, folder, index, embedder)
        index.go_live()
    if isinstance(embedder, parts.Remembering):
        embedder.keep()
    say(str(report))
    return report.seen
