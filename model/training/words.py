"""What a training folder holds: the plan, the examples, and what the child tells as it goes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args

from model.errors import TrainingFailed
from model.examples import Example, Origin, Review, Shown, What
from model.tasks import Shot, Task

Method = Literal["auto", "sft", "kto", "dpo"]
METHODS: tuple[str, ...] = get_args(Method)
PLAN, TRAIN = "plan.json", "train.jsonl"
TOLD, SAID, LOCK = "progress.jsonl", "child.log", "child.lock"  # stdout, stderr, a living child's
STOP = "stop"  # a file that asks a child to end its step, whoever started it
DONE, FAILED = 0, 1  # exit codes
STOPPED, BUSY, CUT = 75, 76, 77  # CUT: no memory or disk, for now


@dataclass(frozen=True)
class Plan:
    """All that the child must know."""

    what: What
    version: str  # "style-7"
    run: int  # id in SQL
    taught: tuple[Task, ...]
    others: tuple[Task, ...]  # whose few examples are mixed in
    base: str  # the name of the weights
    weights: str  # the folder of a transformers model
    base_digest: str
    dataset: str  # digest of the snapshot
    recipe: Mapping[str, object]
    start: str = ""  # the folder of an adapter whose training goes on
    threads: int = 0  # 0: as torch likes
    offline: bool = True


@dataclass(frozen=True)
class Told:
    """A line of the child's progress."""

    step: int
    steps: int  # in all, of all stages
    stage: str  # "sft"
    epoch: float
    loss: float | None = None
    validation: float | None = None  # loss
    tokens_s: float | None = None
    left_s: float | None = None
    note: str = ""  # a sentence: examples left out, stopped early
    error: str = ""  # why it failed, a sentence
    seconds: float = 0.0  # since this child began


def text_of(plan: Plan) -> str:
    """What stands in `plan.json`."""
    return json.dumps(asdict(plan), indent=1, ensure_ascii=False)


def read_plan(folder: Path) -> Plan:
    """The plan in `folder`. Raises `TrainingFailed`."""
    file = folder / PLAN
    try:
        told = json.loads(file.read_text("utf-8"))
        tasks = {name: tuple(map(_task, told[name])) for name in ("taught", "others")}
        return Plan(**(told | tasks | {"what": What(told["what"])}))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingFailed(f"{file} cannot be read ({error}); train anew") from error


def _task(told: dict[str, object]) -> Task:
    shots = told["examples"]
    assert isinstance(shots, list)
    values = told | {"examples": tuple(Shot(**shot) for shot in shots)}
    labels = values["labels"]
    assert isinstance(labels, list)
    return Task(**(values | {"labels": tuple(labels)}))  # type: ignore[arg-type]


def lines_of(examples: Iterable[Example]) -> str:
    """One JSON object a line."""
    return "".join(json.dumps(asdict(each), ensure_ascii=False) + "\n" for each in examples)


def write_examples(file: Path, examples: Iterable[Example]) -> None:
    """Whole on the disk, or not there."""
    write_whole(file, lines_of(examples))


def read_examples(file: Path) -> Iterator[Example]:
    """The examples of a file. Raises `TrainingFailed`."""
    try:
        for line in file.read_text("utf-8").split("\n"):
            if line:
                yield example_from(json.loads(line))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingFailed(f"{file} cannot be read ({error}); train anew") from error


def example_from(told: Mapping[str, object]) -> Example:
    """An example as `asdict` gave it. Raises `KeyError`, `ValueError` or `TypeError`."""
    shown, from_ = told["passages"], told["interactions"]
    if not isinstance(shown, list) or not isinstance(from_, list):
        raise TypeError("`passages` and `interactions` must be lists")
    read = {
        "what": What(str(told["what"])),
        "origin": Origin(str(told["origin"])),
        "review": Review(str(told["review"])),
        "passages": tuple(Shown(**each) for each in shown),
        "interactions": tuple(from_),
    }
    return Example(**{**told, **read})  # type: ignore[arg-type]  # wrong ones raise TypeError


def write_whole(file: Path, text: str) -> None:
    """Write a file that is whole on the disk before it has its name."""
    half = file.with_name(file.name + ".half")
    with half.open("w", encoding="utf-8", errors="replace") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())
    half.replace(file)
