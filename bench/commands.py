"""The commands of Tandem, run with a home of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench import parts
from bench.common import ROOT


def tandem(*arguments: str) -> Sequence[str]:
    """The command line of `tandem`."""
    return [sys.executable, "-m", "bot", *arguments]


def settle(work: Path, sections: Mapping[str, Mapping[str, object]]) -> None:
    """Write a tandem.toml for `run`."""
    (work / "home").mkdir(parents=True, exist_ok=True)
    told = {"embedder": {"name": parts.EMBEDDER}, **sections}
    lines = [
        line
        for name, keys in told.items()
        # what JSON writes of texts, numbers and lists is TOML too
        for line in (f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in keys.items()))
    ]
    (work / "tandem.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def environment(work: Path) -> dict[str, str]:
    """A home of its own; the cache is everyone's."""
    told = {name: value for name, value in os.environ.items() if not name.startswith("TANDEM_")}
    return told | {
        "TANDEM_HOME": str(work / "home"),
        "TANDEM_CONFIG": str(work / "tandem.toml"),
        "TANDEM_CACHE": str(parts.cache()),
    }


def run(work: Path, *arguments: str) -> str:
    """What a command of Tandem prints. Ends the bench when it fails."""
    told = subprocess.run(
        tandem(*arguments), cwd=ROOT, env=environment(work), capture_output=True, text=True
    )
    if told.returncode:
        raise SystemExit(f"tandem {' '.join(arguments)} failed:\n{told.stderr[-3000:]}")
    return told.stdout
