"""The golden sets: texts frozen once for each task, and those that are shipped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

import bot
from bot.errors import GoldenUnusable
from model.examples import Example, Origin, Shown, What
from model.labels import bared
from model.tasks import Task


@dataclass(frozen=True)
class Frozen:
    """The first line of a golden set: what was frozen, less what people had forgotten since."""

    task: str
    examples: int
    digest: str  # sha256 of the other lines
    frozen_at: str  # ISO 8601, UTC
    forgotten: int = 0  # examples that were taken out because somebody asked for it


def freeze(home: Path, examples: Sequence[Example], now: datetime) -> list[Frozen]:
    """Freeze the examples of each task that has no golden set yet; gives the new sets.

    What is frozen is never added to or written anew. Raises `GoldenUnusable`.
    """
    when = now.isoformat(timespec="seconds")
    new = list[Frozen]()
    for task in sorted({example.task for example in examples}):
        if not _file(home, task).exists():
            mine = [example for example in examples if example.task == task]
            new.append(_put(home, Frozen(task, 0, "", when), mine))
    return new


def golden(home: Path, task: str) -> list[Example]:
    """The golden set of a task; none where nothing was frozen.

    Raises `GoldenUnusable` where the file is not what was frozen.
    """
    return _read(_file(home, task))[1] if _file(home, task).exists() else []


def frozen(home: Path) -> list[Frozen]:
    """The golden sets, by task. Raises `GoldenUnusable`."""
    return [_read(file)[0] for file in sorted((home / "golden").glob("*.jsonl"))]


def keep_only(home: Path, held: Iterable[Example]) -> int:
    """Take out what came from people's questions and is held no longer; gives how many.

    People own their words, a golden set does not. What came from a file stays. Raises
    `GoldenUnusable`.
    """
    known, gone = {identity(example) for example in held}, 0
    for file in sorted((home / "golden").glob("*.jsonl")):
        was, lines = _read(file)
        kept = [each for each in lines if not each.interactions or identity(each) in known]
        if less := len(lines) - len(kept):
            _put(home, replace(was, forgotten=was.forgotten + less), kept)
            gone += less
    return gone


def identity(example: Example) -> tuple[str, ...]:
    """What it says, whatever became of it since."""
    return (example.task, example.text, example.wish, example.chosen)


def shipped(task: Task) -> list[Example]:
    """The texts that come with Tandem for a built-in task; of labels only those it still has."""
    package = Path(bot.__file__).resolve().parent
    places = [place / "examples" / "golden" for place in (package, package.parent)]
    files = [place / f"{task.name}.jsonl" for place in places]
    file = next((file for file in files if file.is_file()), None)
    found = _examples(file, file.read_bytes(), 1) if file else []
    known = {bared(label) for label in task.labels}
    return [each for each in found if not known or bared(each.chosen) in known]


def _file(home: Path, task: str) -> Path:
    return home / "golden" / f"{task}.jsonl"


def _put(home: Path, header: Frozen, examples: Sequence[Example]) -> Frozen:
    """Write a set, whole or not at all."""
    lines = "".join(_line(example) + "\n" for example in examples).encode("utf-8")
    made = replace(header, examples=len(examples), digest=hashlib.sha256(lines).hexdigest())
    file = _file(home, header.task)
    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_suffix(".half")
    half.write_bytes(json.dumps(asdict(made)).encode("utf-8") + b"\n" + lines)
    half.replace(file)
    return made


def _read(file: Path) -> tuple[Frozen, list[Example]]:
    try:
        first, _, lines = file.read_bytes().partition(b"\n")
        header = Frozen(**json.loads(first))
    except (OSError, ValueError, TypeError) as error:
        raise GoldenUnusable(str(file), f"it cannot be read ({error})") from error
    if hashlib.sha256(lines).hexdigest() != header.digest:
        raise GoldenUnusable(str(file), "it was changed since it was frozen")
    return header, _examples(file, lines, 2)


def _line(example: Example) -> str:
    told: dict[str, object] = {"what": example.what, "task": example.task, "text": example.text}
    told |= {"chosen": example.chosen, "rejected": example.rejected, "wish": example.wish}
    told |= {"interactions": example.interactions, "origin": example.origin}
    shown = [asdict(passage) for passage in example.passages]
    return json.dumps({**told, "passages": shown}, ensure_ascii=False)


def _examples(file: Path, lines: bytes, first: int) -> list[Example]:
    numbered = enumerate(lines.split(b"\n"), start=first)
    return [_example(file, number, line) for number, line in numbered if line.strip()]


def _example(file: Path, number: int, line: bytes) -> Example:
    try:
        told = json.loads(line)
        passages = tuple(Shown(**shown) for shown in told.pop("passages", ()))
        told["interactions"] = tuple(map(int, told.get("interactions", ())))
        told["origin"] = Origin(told.pop("origin", Origin.IMPORT))
        what = What(told.pop("what", What.STYLE))
        return Example(what, **told, passages=passages, came_from=f"{file.name}:{number}")
    except (ValueError, TypeError, AttributeError) as error:
        raise GoldenUnusable(str(file), f"line {number} is damaged ({error})") from error
