"""The process that trains, as its parent sees it: started, followed, told to stop."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from bot.errors import TrainingBusy
from model.training.words import BUSY, LOCK, SAID, STOP, TOLD, Told, write_whole

JOB = "job.json"  # written when all that the child needs is there
LOOK_S, ALIVE_S = 0.1, 1.0  # between looks; between words to who follows, though nothing is told
ENDING_S = 60.0  # for its step, when nobody follows any more; one that stands still is killed
NOTHING = Told(0, 0, "", 0.0)
LONGEST = 400  # characters of a line that a child said
SAFE = {"PYTHONSAFEPATH": "1"}  # no file of the folder that we are called in stands for a library
ENDING = "It ends its step and keeps it, to be gone on with; Ctrl-C again does not wait for that."
Tell = Callable[[Told], None]


@dataclass(frozen=True)
class Child:
    """What is run in a folder, and in how many processes."""

    module: str  # `python -m <module> FOLDER`
    processes: int = 1

    def command(self, folder: Path) -> list[str]:
        """The command line; several processes share the work by `accelerate launch`."""
        if self.processes == 1:
            return [sys.executable, "-m", self.module, str(folder)]
        kind = "--multi_gpu" if shutil.which("nvidia-smi") else "--cpu"
        launch = [sys.executable, "-m", "accelerate.commands.launch", kind]
        return [*launch, f"--num_processes={self.processes}", "-m", self.module, str(folder)]


def remember(folder: Path, child: Child) -> None:
    """The folder is ready: who finds it can start the child in it."""
    write_whole(folder / JOB, json.dumps(asdict(child)))


def remembered(folder: Path) -> Child | None:
    """What was to be run in the folder; None: it was never ready."""
    try:
        return Child(**json.loads((folder / JOB).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def follow(folder: Path, child: Child, tell: Tell) -> int:
    """Run the child to its end and tell its progress; its exit code, negative for a signal.

    Where another one is at work in the folder already (its parent was killed), that one is
    followed to its end first. Interrupted (`KeyboardInterrupt`), the child is told to stop, ends
    its step and keeps it; interrupted again, it is killed (the other one is left to end its step).
    """
    lines = Lines(folder / TOLD)
    try:
        while (code := _run(folder, child, lines, tell)) == BUSY:
            _until_gone(folder, lines, tell)
        return code
    except KeyboardInterrupt:
        if at_work(folder):  # one that another had started
            (folder / STOP).touch()
            tell(Told(0, 0, "", 0.0, note=ENDING))
            _until_gone(folder, lines, tell)
        raise


def _run(folder: Path, child: Child, lines: Lines, tell: Tell) -> int:
    with (folder / TOLD).open("ab") as out, (folder / SAID).open("ab") as errors:
        process = subprocess.Popen(
            child.command(folder),
            stdout=out,
            stderr=errors,
            start_new_session=True,
            env=os.environ | SAFE,
        )
    return _watched(process, lines, tell)


def _watched(process: subprocess.Popen[bytes], lines: Lines, tell: Tell) -> int:
    """Its exit code, once it ended."""
    try:
        return _ended(process, lines, tell)
    except KeyboardInterrupt:
        _send(process, signal.SIGTERM)
        try:
            tell(Told(0, 0, "", 0.0, note=ENDING))
            _ended(process, lines, tell)
        except KeyboardInterrupt:
            _send(process, signal.SIGKILL)
            process.wait()
        raise
    except BaseException:
        _put_down(process)  # what told the progress failed: nobody follows any more
        raise


def _put_down(process: subprocess.Popen[bytes]) -> None:
    """Tell it to keep its step and end, and see that it does."""
    _send(process, signal.SIGTERM)
    try:
        process.wait(ENDING_S)
    except subprocess.TimeoutExpired:
        _send(process, signal.SIGKILL)
        process.wait()


def _send(process: subprocess.Popen[bytes], sign: signal.Signals) -> None:
    """To all of its processes; it may have ended."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, sign)


def _ended(process: subprocess.Popen[bytes], lines: Lines, tell: Tell) -> int:
    tell = often(tell)
    while True:
        code = process.poll()  # before the lines are read: what it told last is not missed
        for told in (*lines.new(), NOTHING):
            tell(told)
        if code is not None:
            return code
        time.sleep(LOOK_S)


def _until_gone(folder: Path, lines: Lines, tell: Tell) -> None:
    tell = often(tell)
    while at_work(folder):
        for told in (*lines.new(), NOTHING):
            tell(told)
        time.sleep(LOOK_S)


def often(tell: Tell) -> Tell:
    """Tells all that there is, and now and then that there is nothing."""
    said = time.monotonic()

    def telling(told: Told) -> None:
        nonlocal said
        if told != NOTHING or time.monotonic() - said >= ALIVE_S:
            said = time.monotonic()
            tell(told)

    return telling


def at_work(folder: Path) -> bool:
    """Does a child train in this folder now?"""
    from filelock import FileLock, Timeout

    if not (folder / LOCK).exists():
        return False
    try:
        with FileLock(folder / LOCK, timeout=0):
            return False
    except Timeout:
        return True


@contextmanager
def only_one(home: Path) -> Iterator[None]:
    """One training at a time. Raises `TrainingBusy`."""
    from filelock import FileLock, Timeout

    place = home / "versions"
    place.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(place / "training.lock", timeout=0):
            yield
    except Timeout as error:
        raise TrainingBusy(str(home)) from error


class Lines:
    """The lines of progress that a file gets from now on."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._place = file.stat().st_size if file.exists() else 0

    def new(self) -> Iterator[Told]:
        """Those that are whole, and were not given before."""
        if not self._file.exists():
            return
        with self._file.open("rb") as opened:
            opened.seek(self._place)
            for line in opened:
                if not line.endswith(b"\n"):
                    return
                self._place += len(line)
                if told := _told(line):
                    yield told


def _told(line: bytes) -> Told | None:
    """A line of progress; None: it is something else."""
    try:
        read = json.loads(line)
        known = {each.name for each in fields(Told)}
        return Told(**{name: value for name, value in read.items() if name in known})
    except (ValueError, TypeError, AttributeError):
        return None


def last_words(folder: Path, lines: int = 1) -> str:
    """What the child said last on stderr; each line cut."""
    try:
        said = (folder / SAID).read_text("utf-8", errors="replace").strip()
    except OSError:
        return ""
    return "\n".join(line[:LONGEST] for line in said.splitlines()[-lines:])
