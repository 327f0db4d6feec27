"""`tandem train` as a person types it, its processes killed between; real but for the tiny base."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import pytest

from bot.database import upgrade
from bot.learning.book import Book
from model.versions import read_manifest
from tests.commands import Terminal
from tests.patience import PATIENCE_S
from tests.training_folders import said, tiny_base, told_by

pytestmark = [pytest.mark.endurance, pytest.mark.soak]
RECIPE = 'method = "sft"\nrank = 4\nepochs = 3\nbatch = 4\nkeep_every = 4\nlooks = 1\nrate = 0.01\n'


@dataclass(frozen=True)
class Trainer(Terminal):
    """A person whose base is tiny."""

    base: Path = Path()

    def environment(self) -> dict[str, str]:
        return super().environment() | {"TANDEM_MODEL__NAME": str(self.base)}

    def begin(self) -> subprocess.Popen[bytes]:
        """A training under way."""
        command = [sys.executable, "-m", "bot", "train", "--recipe", "mine.toml"]
        pipe = subprocess.DEVNULL
        return subprocess.Popen(
            command, cwd=self.folder, env=self.environment(), stdout=pipe, stderr=pipe
        )

    def reached(self, step: int) -> None:
        """Wait until the first training's child told that step."""
        file = self.home / "versions" / "style-1" / "progress.jsonl"
        limit = time.monotonic() + PATIENCE_S
        while not (file.exists() and any(t.step >= step for t in told_by(file.read_text()))):
            assert time.monotonic() < limit
            time.sleep(0.02)


@pytest.fixture
def trainer(tmp_path: Path) -> Iterator[Trainer]:
    made = Trainer(tmp_path / "home", tmp_path, tiny_base(tmp_path / "tiny"))
    made.home.mkdir()
    (tmp_path / "mine.toml").write_text(RECIPE)
    url = f"sqlite:///{made.home / 'tandem.db'}"
    upgrade(url)
    book = Book(url)
    book.keep([replace(said(n), id=0, task="rewrite") for n in range(60)])
    book.close()
    yield made
    for process in psutil.process_iter(["cmdline"]):
        if str(made.home) in " ".join(process.info["cmdline"] or []):
            process.kill()


def test_parent_and_child_killed_it_goes_on_and_the_next_one_is_another(trainer: Trainer) -> None:
    parent = trainer.begin()
    trainer.reached(3)
    children = psutil.Process(parent.pid).children(recursive=True)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    for child in children:
        child.kill()
    psutil.wait_procs(children, timeout=PATIENCE_S)
    [cut] = trainer.tandem("runs", "--json").rows
    assert cut["state"] == "cut off"
    went_on = trainer.tandem("train", "--json")
    assert went_on.code == 0, went_on.err
    assert "Training 1 was cut off; it goes on." in went_on.err
    assert [row["name"] for row in went_on.rows] == ["style-1"]
    whole = read_manifest(trainer.home / "versions" / "style-1")
    assert (whole.tasks, whole.recipe["rank"]) == (("rewrite",), 4)
    again = trainer.tandem("train", "--recipe", "mine.toml", "--json")
    assert [row["name"] for row in again.rows] == ["style-2"], again.err
    assert [row["state"] for row in trainer.tandem("runs", "--json").rows] == ["done", "done"]


def test_the_child_outlives_its_parent_and_is_not_trained_twice(trainer: Trainer) -> None:
    parent = trainer.begin()
    trainer.reached(2)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    told = trainer.tandem("train", "--json")
    assert [row["name"] for row in told.rows] == ["style-1"], told.err
    steps = told_by((trainer.home / "versions" / "style-1" / "progress.jsonl").read_text())
    assert len({each.step for each in steps if each.loss is not None}) == sum(
        each.loss is not None for each in steps
    )


def test_interrupted_it_says_how_to_go_on_and_does(trainer: Trainer) -> None:
    parent = trainer.begin()
    trainer.reached(3)
    parent.send_signal(signal.SIGINT)
    assert parent.wait(PATIENCE_S) == 1
    told = trainer.tandem("train", "--resume", "1", "--json")
    assert [row["name"] for row in told.rows] == ["style-1"], told.err
