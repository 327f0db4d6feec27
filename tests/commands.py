"""The commands as a person runs them: processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers import CACHE

TINY = "SmolLM2-135M-Instruct"  # the language model of the tests


@dataclass(frozen=True)
class Told:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Its stdout as JSON Lines; anything else there is an error of the command."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(frozen=True)
class Terminal:
    """A person with a data folder and a working folder."""

    home: Path
    folder: Path

    def tandem(self, *arguments: str, given: str = "", timeout: float = 600) -> Told:
        """Run a command to its end."""
        done = subprocess.run(
            [sys.executable, "-m", "bot", *arguments],
            cwd=self.folder,
            env=self.environment(),
            input=given,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        return Told(done.returncode, done.stdout, done.stderr)

    def environment(self) -> dict[str, str]:
        """Nothing of Tandem's but this person's home, the cache of all, and the tiny model."""
        theirs = {k: v for k, v in os.environ.items() if not k.startswith("TANDEM_")}
        return theirs | {
            "TANDEM_HOME": str(self.home),
            "TANDEM_CACHE": str(CACHE),
            "TANDEM_MODEL__NAME": TINY,
            "COLUMNS": "200",
        }

    def write(self, name: str, text: str) -> Path:
        """A file in the working folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path


@contextmanager
def terminal(root: Path) -> Iterator[Terminal]:
    """A person whose server is stopped in the end."""
    (root / "work").mkdir(parents=True, exist_ok=True)
    person = Terminal(root / "home", root / "work")
    try:
        yield person
    finally:
        person.tandem("stop", "--force")
