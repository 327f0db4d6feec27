"""What models wrote to measure them by, kept line by line: nothing is written twice."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from model.backends import Backend, Prompt, Sampling
from model.errors import PromptTooLong, VersionUnusable
from model.progress import Progress, quiet

OUTPUTS = "outputs.jsonl"
LIKELIHOODS = "likelihoods.jsonl"  # lines of the same shape: `bot.learning.weighing`


@dataclass(frozen=True)
class Wish:
    """Something to be written."""

    key: str  # `Example.digest`
    prompt: Prompt
    max_tokens: int

    def mark(self, writer: str) -> str:
        """Marks all that the output of a writer follows from; 32 hex digits."""
        told = [writer, str(self.max_tokens), self.prompt.begun]
        told += [f"{message.role}\0{message.text}" for message in self.prompt.messages]
        return hashlib.sha256("\x1f".join(told).encode("utf-8", "replace")).hexdigest()[:32]


@dataclass(frozen=True)
class Output:
    """What was written, as it stands on a line."""

    key: str
    mark: str
    written: str


def write_all(
    file: Path,
    wishes: Sequence[Wish],
    writer: str,
    opens: Callable[[], AbstractContextManager[Backend]],
    at_once: int = 1,
    progress: Progress = quiet,
) -> dict[str, str]:
    """What is written to each, greedily, by key; what the file holds is not asked again.

    `writer` names the model and its adapter; it is opened only if something is to be written.

    Each output is on the disk as soon as it is whole, so that a run that was interrupted goes
    on. A text that does not fit the model's context is answered with nothing, as a person would
    be. Raises what `Backend.complete` raises, and `VersionUnusable` for a damaged file.
    """
    with held_back(file):  # a second evaluation takes over what this one wrote
        held = {output.mark: output.written for output in outputs(file)}
        marks = {wish.key: wish.mark(writer) for wish in wishes}
        missing = [wish for wish in wishes if marks[wish.key] not in held]
        for wish, text in _written(missing, opens, at_once, progress) if missing else ():
            held[marks[wish.key]] = text
            append(file, Output(wish.key, marks[wish.key], text))
    return {wish.key: held[marks[wish.key]] for wish in wishes}


def _written(
    wishes: Sequence[Wish],
    opens: Callable[[], AbstractContextManager[Backend]],
    at_once: int,
    progress: Progress,
) -> Iterator[tuple[Wish, str]]:
    """Each in its turn, several at a time; after an error, or Ctrl-C, those under way are left."""
    leave = threading.Event()
    with opens() as backend, ThreadPoolExecutor(at_once, thread_name_prefix="evaluate") as pool:
        step = f"Writing with {backend.name}"
        progress(step, 0, len(wishes))
        begun = [pool.submit(_write, backend, wish, leave) for wish in wishes]
        try:
            for done, (wish, future) in enumerate(zip(wishes, begun, strict=True), start=1):
                yield wish, future.result()
                progress(step, done, len(wishes))
        finally:
            leave.set()
            pool.shutdown(wait=True, cancel_futures=True)


def _write(backend: Backend, wish: Wish, leave: threading.Event) -> str:
    """What is written; once nobody waits for it any more, what there is of it."""
    written = []
    try:
        for piece in backend.complete(wish.prompt, Sampling(max_tokens=wish.max_tokens)):
            written.append(piece)
            if leave.is_set():
                break
    except PromptTooLong:
        return ""
    return "".join(written).strip()


@contextmanager
def held_back(file: Path) -> Iterator[None]:
    """Nobody else writes to the file meanwhile; its lines are whole, and so is its folder."""
    from filelock import FileLock

    file.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(file.with_suffix(".lock")):
        _mend(file)
        yield


def append(file: Path, output: Output) -> None:
    """Put a line behind the others."""
    with file.open("ab") as lines:
        lines.write(_line(output))


def _line(output: Output) -> bytes:
    return json.dumps(asdict(output)).encode("ascii") + b"\n"


def outputs(file: Path) -> list[Output]:
    """The outputs of a file, none where there is no file; a last line cut off does not count yet.

    Raises `VersionUnusable` where another line is damaged.
    """
    if not file.is_file():
        return []
    *lines, _cut_off = file.read_bytes().split(b"\n")
    return [_output(file, number, line) for number, line in enumerate(lines, start=1)]


def _mend(file: Path) -> None:
    """Cut a last line off that was being written when its writer was killed."""
    held = file.read_bytes() if file.is_file() else b""
    whole = held.rfind(b"\n") + 1
    if whole < len(held):
        os.truncate(file, whole)


def _output(file: Path, number: int, line: bytes) -> Output:
    try:
        told = json.loads(line)
        return Output(**{name: str(told[name]) for name in ("key", "mark", "written")})
    except (ValueError, KeyError, TypeError) as error:
        problem = f"{file}, line {number} is damaged ({error})"
        remedy = "Delete that file; `tandem evaluate` writes it again"
        raise VersionUnusable(file.parent.name, problem, remedy) from error


def keep_only(files: Iterable[Path], keys: Collection[str]) -> int:
    """Take out what was written to texts that are held no longer; gives how many."""
    return sum(_without(file, keys) for file in files if file.is_file())


def _without(file: Path, keys: Collection[str]) -> int:
    with held_back(file):
        held = outputs(file)
        kept = [output for output in held if output.key in keys]
        if len(kept) < len(held):
            half = file.with_suffix(".half")
            half.write_bytes(b"".join(map(_line, kept)))
            half.replace(file)
    return len(held) - len(kept)


def latest(file: Path) -> Mapping[str, str]:
    """By key what was written last."""
    return {output.key: output.written for output in outputs(file)}
