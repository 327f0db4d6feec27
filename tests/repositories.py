"""Real git repositories for the tests, made by git itself."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ISOLATED = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_AUTHOR_NAME": "Ana",
    "GIT_AUTHOR_EMAIL": "ana@acme.example",
    "GIT_COMMITTER_NAME": "Ben",
    "GIT_COMMITTER_EMAIL": "ben@acme.example",
}


@dataclass
class Repository:
    """A repository with a working tree; each commit is a day after the one before."""

    folder: Path
    commits: int = 0

    def git(self, *words: str) -> str:
        when = f"{1_700_000_000 + 86_400 * self.commits} +0100"
        told = os.environ | ISOLATED | {"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when}
        asked = ["git", "-C", str(self.folder), *words]
        return subprocess.run(asked, env=told, check=True, capture_output=True, text=True).stdout

    def write(self, files: Mapping[str, str | bytes]) -> None:
        for name, said in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(said if isinstance(said, bytes) else said.encode())

    def commit(self, files: Mapping[str, str | bytes] | None = None, *gone: str) -> str:
        self.write(files or {})
        for name in gone:
            (self.folder / name).unlink()
        self.commits += 1
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", f"Commit {self.commits}")
        return self.git("rev-parse", "HEAD").strip()


def repository(folder: Path, branch: str = "main") -> Repository:
    """A new one, empty."""
    folder.mkdir(parents=True)
    made = Repository(folder)
    made.git("init", "--quiet", f"--initial-branch={branch}")
    return made
