"""What each child that trains owes its parent: it is alone and nice, and its exit code is known."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from model.errors import ModelError
from model.training.drawing import Points, draw_loss
from model.training.watching import Sink
from model.training.words import BUSY, CUT, FAILED, LOCK, Told, write_whole


def alone(folder: Path, work: Callable[[], int]) -> int:
    """The exit code of `work`, which is done while no other child learns in the folder."""
    from filelock import FileLock, Timeout

    try:
        with FileLock(folder / LOCK, timeout=0):
            return work()
    except Timeout:
        return BUSY


def guarded(sink: Sink, work: Callable[[], int], *expected: type[Exception]) -> int:
    """The exit code of `work`; what goes wrong is told in a sentence, also on stderr.

    `expected` are errors that say by themselves what to do, as those of `model` do.
    """
    from safetensors import SafetensorError  # so it says that a disk is full

    known: tuple[type[Exception], ...] = (ModelError, *expected)
    try:
        return work()
    except known as error:
        return _ended(sink, str(error), FAILED)
    except (MemoryError, OSError, RuntimeError, SafetensorError) as error:
        if not isinstance(error, (MemoryError, OSError)):  # perhaps it is our fault
            traceback.print_exc()
        return _ended(sink, str(error) or "there is too little memory", CUT)


def _ended(sink: Sink, said: str, code: int) -> int:
    """Say why it ended."""
    sink.tell(Told(0, 0, "", 0.0, error=said, seconds=sink.seconds))
    sys.stderr.write(f"{said}\n")
    return code


def kindly(threads: int) -> None:
    """Answering goes first: this process is nice, and takes no more than its threads."""
    import torch

    if hasattr(os, "nice"):
        os.nice(10)
    if threads:
        torch.set_num_threads(threads)


def lay_beside(
    folder: Path,
    recipe: Mapping[str, object],
    curves: Mapping[str, Points],
    title: str,
    notes: Sequence[str] = (),
) -> None:
    """What people may look at beside the manifest: the recipe, and the loss in figures and drawn.

    `curves` are by stage.
    """
    write_whole(folder / "recipe.json", json.dumps(dict(recipe), indent=1))
    write_whole(folder / "loss.json", json.dumps({"stages": dict(curves), "notes": [*notes]}))
    draw_loss(curves, title, folder / "loss.png")
