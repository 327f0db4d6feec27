"""What watches a training: tells how far it is, stops it in time, and keeps what was best."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

from model.training.fitting import seed_of
from model.training.rows import Stage
from model.training.words import Told

WHOLE = "whole"  # a file that is written last into a checkpoint
BEST = "best"  # the adapter with the lowest validation loss


@dataclass
class Sink:
    """Where the child's lines go; other output of libraries must not get in between."""

    out: TextIO
    begun: float = field(default_factory=time.monotonic)

    def tell(self, told: Told) -> None:
        """One line of JSON; whoever reads may be gone."""
        try:
            self.out.write(json.dumps(asdict(told)) + "\n")
            self.out.flush()
        except BrokenPipeError:
            self.out = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # for good

    @property
    def seconds(self) -> float:
        """Since the child began."""
        return round(time.monotonic() - self.begun, 2)


class Stopping:
    """Hears SIGTERM and SIGINT, and sees a file: the step that is under way is ended and kept.

    The file is for who did not start this process, and follows it.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._heard, self._file = False, file

    @property
    def asked(self) -> bool:
        """Shall it stop?"""
        return self._heard or bool(self._file and self._file.exists())

    def listen(self) -> None:
        """From now on: what was asked of an earlier process is done."""
        if self._file:
            self._file.unlink(missing_ok=True)
        for sign in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sign, self._hear)

    def _hear(self, _number: int, _frame: FrameType | None) -> None:
        self._heard = True


@dataclass
class Watch:
    """Follows one stage; its methods are those of transformers' callbacks.

    `before` are the steps of earlier stages, of `steps` in all. What is random in a step follows
    from the seed and the step's number, so that a training that was cut off learns the same.
    """

    stage: Stage
    folder: Path
    sink: Sink
    stopping: Stopping
    before: int
    steps: int
    seed: int
    patience: int
    keep_best: Callable[[Path], None]  # writes the adapter
    first: int = 0  # the step that this process began with
    begun: float = 0.0
    told: float = 0.0

    def begins(self, step: int) -> None:
        """The first step is about to be made."""
        self.first, self.begun = step, time.monotonic()

    def step_begins(self, step: int) -> None:
        """What is random follows from the step alone."""
        import torch

        torch.manual_seed(seed_of(self.seed, step))

    def step_ended(self, state: Any, control: Any) -> None:
        """Stop where somebody asks for it, and say how far it is."""
        if self.stopping.asked:
            control.should_save = control.should_training_stop = True
        if time.monotonic() - self.told > 0.2 or state.global_step == state.max_steps:
            self.tell(state)

    def tell(self, state: Any, **more: Any) -> None:
        """A line; `more` goes into it."""
        self.told = time.monotonic()
        here = state.global_step
        took, done = self.told - self.begun, here - self.first
        per_step = took / done if done else None
        tokens = sum(self.stage.tokens[self.first : here])
        told = Told(
            self.before + here,
            self.steps,
            self.stage.method,
            round(here / self.stage.epoch, 3),
            tokens_s=round(tokens / took, 1) if done else None,
            left_s=round(per_step * (self.steps - self.before - here), 1) if per_step else None,
            seconds=self.sink.seconds,
            **more,
        )
        self.sink.tell(told)

    def looked(self, state: Any, control: Any, loss: float) -> None:
        """The validation loss: keep the best, stop when it has not fallen for long."""
        losses = validation_losses(state)
        if self.patience and loss <= min(losses):
            self._keep_best(loss, state.global_step)
        if self.patience and since_best(losses) >= self.patience:
            control.should_training_stop = True
            times = "times" if self.patience > 1 else "time"
            note = (
                f"stopped early: the validation loss did not fall {self.patience} {times} in a row"
            )
            self.tell(state, validation=loss, note=note)
        else:
            self.tell(state, validation=loss)

    def _keep_best(self, loss: float, step: int) -> None:
        half, best = self.folder / f"{BEST}.half", self.folder / BEST
        shutil.rmtree(half, ignore_errors=True)
        self.keep_best(half)
        (half / "best.json").write_text(json.dumps({"validation": loss, "step": step}))
        shutil.rmtree(best, ignore_errors=True)
        half.replace(best)

    def kept(self, step: int) -> None:
        """A checkpoint was written: it counts from when its marker stands in it."""
        made = self.folder / f"checkpoint-{step}"
        for file in sorted(made.rglob("*")):
            if file.is_file():
                synced(file)
        (made / WHOLE).write_text(str(step))
        synced(made / WHOLE)


def synced(file: Path) -> None:
    """What was written to a file is on the disk."""
    with file.open("rb") as opened:
        os.fsync(opened.fileno())


def validation_losses(state: Any) -> list[float]:
    """All validation losses so far, in order."""
    return [entry["eval_loss"] for entry in state.log_history if "eval_loss" in entry]


def since_best(losses: Sequence[float]) -> int:
    """How often it was looked since the lowest loss."""
    return len(losses) - 1 - losses.index(min(losses)) if losses else 0


def callback(watch: Watch) -> Any:
    """The watch as transformers' trainer calls it."""
    from transformers import TrainerCallback

    class Callback(TrainerCallback):
        """Hands over what it is told: arguments, state, control."""

        def on_train_begin(self, *told: Any, **_: Any) -> None:
            """The first step comes."""
            watch.begins(told[1].global_step)

        def on_step_begin(self, *told: Any, **_: Any) -> None:
            """A step begins."""
            watch.step_begins(told[1].global_step)

        def on_step_end(self, *told: Any, **_: Any) -> None:
            """A step ended."""
            watch.step_ended(told[1], told[2])

        def on_log(self, *told: Any, **more: Any) -> None:
            """The mean loss of some steps."""
            loss = (more.get("logs") or {}).get("loss")
            if loss is not None:
                watch.tell(told[1], loss=round(float(loss), 5))

        def on_evaluate(self, *told: Any, **more: Any) -> None:
            """The validation loss."""
            metrics = more.get("metrics") or {}
            if "eval_loss" in metrics:
                watch.looked(told[1], told[2], float(metrics["eval_loss"]))

        def on_save(self, *told: Any, **_: Any) -> None:
            """All files of a checkpoint are there."""
            if told[0].should_save:
                watch.kept(told[1].global_step)

    return Callback()


def checkpoints(folder: Path) -> list[Path]:
    """The whole checkpoints, latest last; halves are removed."""
    found = []
    for each in folder.glob("checkpoint-*"):
        if (each / WHOLE).is_file():
            found.append(each)
        else:
            shutil.rmtree(each, ignore_errors=True)
    return sorted(found, key=lambda each: int(each.name.rpartition("-")[2]))


def own_stdout() -> TextIO:
    """The real stdout; whatever else prints there goes to stderr from now on."""
    sys.stdout.flush()
    mine = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return mine
