"""The texts that are measured on: the shared ones where they are, else the example handbook."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.common import ROOT

SHARED = ROOT.parent / "shared"
BANKING = SHARED / "data" / "banking77" / "train.csv"
TEXT = (".md", ".rst", ".txt")
EXAMPLE = ROOT / "examples" / "handbook"
EXAMPLE_QUESTIONS = ROOT / "tests" / "handbook_questions.jsonl"


@dataclass(frozen=True)
class Found:
    """A folder of documents, and what the reader should know about the choice."""

    name: str
    folder: Path
    notes: tuple[str, ...] = ()


def documents(name: str, chosen: Path | None = None) -> Found:
    """The shared corpus of that name, unless `chosen` is given; the example handbook instead."""
    if chosen is not None:
        return Found(chosen.name, chosen.resolve())
    inner = {"handbook-18f": "handbook-18f/pages"}.get(name, name)
    folder = SHARED / "data" / inner
    if folder.is_dir():
        return Found(name, folder)
    note = f"{folder} is missing: measured on examples/handbook, which is far smaller"
    return Found("handbook", EXAMPLE, (note,))


def first(folder: Path, count: int, target: Path) -> Path:
    """A copy of the first `count` text files of a folder, by path: those that all can read."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in TEXT)
    for path in files[:count]:
        copy = target / path.relative_to(folder)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    return target


def pages_of(asked: Iterable[Mapping[str, Any]], folder: Path, target: Path) -> Path:
    """A copy of only those files of a folder that questions are about: enough for a short form."""
    for key in {str(key) for row in asked for key in row.get("pages") or ()}:
        (target / key).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / key, target / key)
    return target


def copies(folder: Path, times: int, target: Path) -> Path:
    """`times` copies of a folder under other names, each file with a first line of its own."""
    for number in range(times):
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            copy = target / f"copy-{number}" / path.relative_to(folder)
            copy.parent.mkdir(parents=True, exist_ok=True)
            first_line, end, rest = path.read_bytes().partition(b"\n")
            copy.write_bytes(first_line + f" (copy {number})".encode() + end + rest)
    return target


def lines(path: Path) -> Iterator[dict[str, object]]:
    """The objects of a JSON Lines file."""
    with path.open(encoding="utf-8") as rows:
        yield from (json.loads(row) for row in rows if row.strip())


def banking() -> Iterator[Mapping[str, str]]:
    """The rows of banking77, in their order: `text` and `category`."""
    with BANKING.open(encoding="utf-8", newline="") as rows:
        yield from csv.DictReader(rows)
