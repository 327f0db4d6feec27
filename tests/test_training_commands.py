"""The two training commands in their short form, killed and started again."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from knowledge.reranker.onnx_reader import OnnxReader

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.bench


def command(name: str, folder: Path, *options: str) -> list[str]:
    return [
        sys.executable,
        "-m",
        f"bench.{name}",
        str(folder),
        "--short",
        "--device",
        "cpu",
        *options,
    ]


def run(name: str, folder: Path, *options: str) -> dict[str, Any]:
    told = subprocess.run(command(name, folder, *options), cwd=ROOT, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr[-3000:]
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    assert f"loss {manifest['fitted']['loss']:.4f}" in told.stdout
    return manifest


def killed(name: str, folder: Path) -> None:
    """Kill the command as soon as it has kept anything."""
    asked = command(name, folder, "--keep-every", "1")
    child = subprocess.Popen(asked, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 300
    while not (folder / "checkpoint.pt").exists() and child.poll() is None:
        assert time.monotonic() < until
        time.sleep(0.02)
    child.send_signal(signal.SIGKILL)
    child.wait()


@pytest.mark.parametrize("name", ["train_reranker", "train_answers"])
def test_a_killed_training_ends_like_one_that_was_not(name: str, tmp_path: Path) -> None:
    whole = run(name, tmp_path / "whole")
    killed(name, tmp_path / "cut")
    cut = run(name, tmp_path / "cut")
    assert cut["fitted"] == whole["fitted"]
    assert cut["data"] == whole["data"]
    assert whole["fitted"]["steps"] == 6
    assert whole["held_out"]


def test_what_the_reader_is_trained_into_can_be_loaded(tmp_path: Path) -> None:
    """Its layers fit ONNX Runtime's reader, which brings word vectors of another width."""
    run("train_reranker", tmp_path)
    session = OnnxReader(tmp_path, tmp_path / "reader.onnx").session
    assert [given.name for given in session.get_inputs()] == ["words", "types"]
    assert [made.name for made in session.get_outputs()] == ["relevance", "answers", "evidence"]
