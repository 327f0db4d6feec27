"""A child that counts instead of training: `python -m tests.training_child FOLDER`.

`orders.json` in the folder says what happens; each of `dies_at`, `fails_at`, `cut_at`, `waits_at`,
`rests_at` is a step. What it did stands in `steps`, a line for each step, with a mark for each
beginning.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from model.examples import What
from model.training.words import BUSY, CUT, LOCK, STOP, STOPPED, Told
from model.versions import Manifest, write_manifest

asked: list[int] = []


def hear(number: int, _frame: FrameType | None) -> None:
    asked.append(number)


def main(folder: Path) -> int:
    from filelock import FileLock, Timeout

    signal.signal(signal.SIGTERM, hear)
    try:
        with FileLock(folder / LOCK, timeout=0):
            (folder / STOP).unlink(missing_ok=True)
            return count(folder)
    except Timeout:
        return BUSY


def count(folder: Path) -> int:
    orders, steps = json.loads((folder / "orders.json").read_text()), folder / "steps"
    done = steps.read_text().split() if steps.exists() else []
    note(steps, "begins")
    for step in range(1 + sum(line.isdigit() for line in done), orders["steps"] + 1):
        if (code := accident(folder, orders, step)) is not None:
            return code
        note(steps, str(step))
        told = Told(step, orders["steps"], "sft", 1.0, loss=1 / step, tokens_s=10.0)
        sys.stdout.write(json.dumps(told.__dict__) + "\nnot JSON\n")
        sys.stdout.flush()
    write_manifest(folder, manifest(folder.name))
    return 0


def accident(folder: Path, orders: dict[str, int], step: int) -> int | None:
    """What happens before a step, the first time; the exit code where it ends."""
    met = folder / f"met-{step}"
    for name in ("dies_at", "fails_at", "cut_at", "waits_at", "rests_at"):
        if orders.get(name) == step and not met.exists():
            met.touch()
            if name == "dies_at":
                os.kill(os.getpid(), signal.SIGKILL)
            if name in ("waits_at", "rests_at"):
                return waited(folder)
            sys.stderr.write("the disk is full\n" if name == "cut_at" else "it is no good\n")
            return CUT if name == "cut_at" else 1
    return None


def waited(folder: Path) -> int | None:
    """Wait to be told to stop, or to go on."""
    while not (asked or (folder / STOP).exists()):
        if (folder / "go").exists():
            (folder / "go").unlink()
            return None
        time.sleep(0.01)
    return STOPPED


def note(file: Path, line: str) -> None:
    with file.open("a") as opened:
        opened.write(f"{line}\n")


def manifest(name: str) -> Manifest:
    made_at = "2026-11-23T00:00:00+00:00"
    figures = {"steps": 5.0}
    run = int(name.rpartition("-")[2])
    return Manifest(
        name, What.STYLE, ("shout",), "tiny", "0", "d", 3, {}, {}, made_at, run, figures
    )


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
