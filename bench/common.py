"""What every bench shares: samples, the table that it prints, and what the machine is."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PEERS = (
    "weaviate-client",
    "onnxruntime",
    "torch",
    "transformers",
    "sentence-transformers",
    "haystack-ai",
    "weaviate-haystack",
    "llama-index-core",
    "llama-index-vector-stores-weaviate",
)


@dataclass(frozen=True)
class Sample:
    """Figures of one thing measured several times."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle figure."""
        return statistics.median(self.values)

    def percentile(self, share: float) -> float:
        """The figure that `share` (0 to 1) of all do not exceed."""
        ranked = sorted(self.values)
        return ranked[min(len(ranked) - 1, int(share * len(ranked)))]

    @property
    def spread(self) -> str:
        """The lowest and the highest figure."""
        return f"{short(min(self.values))} to {short(max(self.values))}"


@dataclass(frozen=True)
class Goal:
    """What a figure must reach."""

    sign: str  # ">=" or "<="
    limit: float

    def met(self, figure: float) -> bool:
        """Does the figure reach it?"""
        return figure >= self.limit if self.sign == ">=" else figure <= self.limit


@dataclass(frozen=True)
class Line:
    """A row of the table. The goal is for the ratio where there is one, else for the figure."""

    what: str
    figure: float | None
    unit: str = ""
    spread: str = ""
    ratio: float | None = None
    goal: Goal | None = None

    @property
    def verdict(self) -> str:
        """The goal, and whether it is reached."""
        judged = self.figure if self.ratio is None else self.ratio
        if self.goal is None or judged is None:
            return ""
        said = "reached" if self.goal.met(judged) else "MISSED"
        return f"{self.goal.sign} {short(self.goal.limit)}: {said}"


@dataclass(frozen=True)
class Table:
    """What a bench found."""

    bench: str
    ratio: str  # what the column of ratios is
    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()  # what was compared with what, and what is missing
    about: dict[str, str] = field(default_factory=dict)

    def markdown(self) -> str:
        """The table for README."""
        head = [f"**{self.bench}**, {'; '.join(self.about.values())}", ""]
        columns = ("", "median", "spread", self.ratio, "goal")
        rows = [columns, tuple("---" for _ in columns), *(cells(line) for line in self.lines)]
        body = ["| " + " | ".join(row) + " |" for row in rows]
        return "\n".join([*head, *body, "", *(f"- {note}" for note in self.notes)])


def cells(line: Line) -> tuple[str, ...]:
    """A line as text."""
    figure = "missing" if line.figure is None else f"{short(line.figure)} {line.unit}".strip()
    ratio = "" if line.ratio is None else f"{line.ratio:.2f}"
    return (line.what, figure, line.spread, ratio, line.verdict)


def short(figure: float) -> str:
    """A figure with as many places as say something."""
    if figure == int(figure) or abs(figure) >= 100:
        return f"{figure:.0f}"
    return f"{figure:.1f}" if abs(figure) >= 10 else f"{figure:.3g}"


def about() -> dict[str, str]:
    """When, which commit, on what, with which libraries."""
    import psutil

    memory = round(psutil.virtual_memory().total / 2**30)
    load = f"load at the start {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    versions = ", ".join(f"{name} {found}" for name in PEERS if (found := version(name)))
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "commit": f"commit {commit()}",
        "machine": f"{processor()}, {psutil.cpu_count(logical=False)} cores, {memory} GiB, {load}",
        "versions": f"Python {platform.python_version()}, {versions}",
    }


def version(package: str) -> str:
    """The version that is installed; empty: none is."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def commit() -> str:
    """The commit of the checkout, with a `+` where files differ from it."""
    try:
        asked = ["git", "-C", str(ROOT), "describe", "--always", "--dirty=+", "--abbrev=10"]
        return subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def processor() -> str:
    """The processor's name."""
    info = Path("/proc/cpuinfo")
    for line in info.read_text().splitlines() if info.is_file() else ():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def options(about: str) -> argparse.ArgumentParser:
    """The options that every bench takes."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--short", action="store_true", help="little data, once: for CI")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here")
    return parser


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder that goes with the bench, though a server that still ends writes to it."""
    with tempfile.TemporaryDirectory(prefix="tandem-bench-", ignore_cleanup_errors=True) as made:
        yield Path(made).resolve()


def publish(table: Table, file: Path | None) -> None:
    """Print the table; write its figures to `file`."""
    print(table.markdown())
    if file is not None:
        file.write_text(json.dumps(asdict(table), indent=1) + "\n", encoding="utf-8")


def say(text: str) -> None:
    """Tell on stderr what is being done."""
    print(text, file=sys.stderr, flush=True)


def turns(contestants: int, rounds: int) -> Iterator[list[int]]:
    """The order of each round: everyone once, each time someone else first."""
    for turn in range(rounds):
        yield [(turn + place) % contestants for place in range(contestants)]
