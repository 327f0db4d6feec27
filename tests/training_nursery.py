"""A process that has the libraries loaded and forks a child that trains, for each line it reads.

`python -m tests.training_nursery`: a line `start FOLDER` is answered with a pid, `wait PID` with
how that one ended (negative: by a signal).
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path

from model.training.__main__ import QUIET
from model.training.words import TOLD
from tests.training_folders import ROOT

HEAVY = (
    *("torch", "transformers", "datasets", "peft", "matplotlib.figure", "filelock"),
    *("trl.trainer.sft_trainer", "trl.trainer.kto_trainer", "trl.trainer.dpo_trainer"),
)


def serve() -> None:
    """Fork until nothing more is asked."""
    os.environ |= QUIET | {"HF_HUB_OFFLINE": "1"}
    for module in HEAVY:
        import_module(module)
    for line in sys.stdin:
        order, what = line.split(maxsplit=1)
        if order == "start":
            answer = forked(Path(what.strip()))
        else:
            answer = os.waitstatus_to_exitcode(os.waitpid(int(what), 0)[1])
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


def forked(folder: Path) -> int:
    """A child's pid; what it says lies in the folder."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        os.setsid()
        for name, stream in ((TOLD, 1), ("child.log", 2)):
            log = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            os.dup2(log, stream)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        from model.training.child import train_in

        code = train_in(folder)
    finally:
        os._exit(code)


class TrainingNursery:
    """That process, as a test holds it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def start(self, folder: Path) -> int:
        """A child at work in `folder`; its pid."""
        return self._ask(f"start {folder}")

    def wait(self, pid: int) -> int:
        """Its exit code, negative for a signal."""
        return self._ask(f"wait {pid}")

    def run(self, folder: Path) -> int:
        """A child from its start to its end."""
        return self.wait(self.start(folder))

    def _ask(self, line: str) -> int:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


@contextmanager
def training_nursery() -> Iterator[TrainingNursery]:
    """Until the block ends."""
    command, pipe = [sys.executable, "-m", "tests.training_nursery"], subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:
        yield TrainingNursery(process)
        with suppress(BrokenPipeError):
            process.communicate()


if __name__ == "__main__":
    serve()
