"""Training: tokens per second of our child beside a plain TRL script on the same data.

    python -m bench.training_speed [--short] [--defaults]

Both teach SmolLM2-135M by LoRA, on the same examples, of the same rank, in batches of the same
size, for as many steps; they take turns, each in a process of its own. Tokens are those of the
examples, without padding. `--defaults` adds TRL as its defaults have it.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench import corpora, parts
from bench.common import (
    ROOT,
    Goal,
    Line,
    Sample,
    Table,
    about,
    options,
    publish,
    say,
    scratch,
    turns,
)
from bench.team import SMALL
from bench.tiny_models import saved_writer
from model.examples import Example, What
from model.tasks import Task, taught_prompt
from model.training.recipe import Recipe, as_told
from model.training.words import (
    PLAN,
    TRAIN,
    Plan,
    text_of,
    write_examples,
    write_whole,
)

TASKS = (Task("classify", "Say what the customer wants."), Task("announce", "Announce it."))
QUIET = {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "TOKENIZERS_PARALLELISM": "false"}
MANY = 400  # examples


@dataclass(frozen=True)
class Load:
    """What is trained, and how long."""

    base: str
    examples: Sequence[Example]
    steps: int
    batch: int = 8
    rank: int = 16
    rate: float = 2e-4
    dropout: float = 0.0


def main() -> None:
    """Measure, and print the table."""
    parser = options(__doc__ or "")
    parser.add_argument("--defaults", action="store_true", help="TRL's defaults as well")
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=2)
    given = parser.parse_args()
    with scratch() as folder:
        examples = data()
        if given.short:
            load = Load(saved_writer(folder / "base"), examples[:60], 3)
        else:
            load = Load(str(parts.weights(SMALL)), examples, given.steps)
        contestants = {"ours": ours, "plain TRL": plain}
        if given.defaults:
            contestants["TRL's defaults"] = defaults
        found = measured(contestants, load, folder, 1 if given.short else given.rounds)
        publish(table(found, load), given.json)


def data() -> list[Example]:
    """Messages of bank customers, and announcements; short and longer ones mixed."""
    named = [*banking(), *announcements()]
    return named or [
        example("announce", f"Kiln {n} is hot. " * (n % 9 + 1), f"Beware {n}!", n)
        for n in range(MANY)
    ]


def banking() -> list[Example]:
    """Every so many of banking77, where it is there."""
    if not corpora.BANKING.is_file():
        return []
    rows = [*corpora.banking()]
    some = rows[:: math.ceil(len(rows) / MANY)]
    return [example("classify", row["text"], row["category"], n) for n, row in enumerate(some)]


def announcements() -> list[Example]:
    """The pairs of examples/voice."""
    found: list[Example] = []
    for file in sorted((ROOT / "examples" / "voice").glob("*.jsonl")):
        for told in corpora.lines(file):
            text, answer = told.get("text"), told.get("answer")
            if isinstance(text, str) and isinstance(answer, str):
                found.append(example("announce", text, answer, len(found)))
    return found[:MANY]


def example(task: str, text: str, answer: str, number: int) -> Example:
    """An example."""
    return Example(What.STYLE, task, text, answer, id=number + 1)


Contestant = Callable[[Load, Path], float]
"""Gives tokens per second."""


def measured(
    contestants: Mapping[str, Contestant], load: Load, folder: Path, rounds: int
) -> dict[str, Sample]:
    """Each contestant's figures; in each round another one is first."""
    names, found = [*contestants], {name: list[float]() for name in contestants}
    for number, order in enumerate(turns(len(names), rounds)):
        for place in order:
            name = names[place]
            rate = contestants[name](load, folder / f"{place}-{number}")
            found[name].append(rate)
            say(f"round {number + 1}: {name} {rate:.0f} tokens/s")
    return {name: Sample(tuple(rates)) for name, rates in found.items()}


def ours(load: Load, folder: Path) -> float:
    """Our child."""
    folder.mkdir()
    epochs = load.steps * load.batch / len(load.examples)
    recipe = Recipe(
        *("sft", load.rank, 2 * load.rank),
        dropout=load.dropout,
        rate=load.rate,
        epochs=epochs,
        batch=load.batch,
        plain=0.0,
        keep_every=10_000,
        stop_early=0,
    )
    told = as_told(recipe)
    plan = Plan(What.STYLE, "style-1", 1, TASKS, (), "base", load.base, "", "", told)
    write_whole(folder / PLAN, text_of(plan))
    write_examples(folder / TRAIN, load.examples)
    lines = printed("model.training", folder)
    return [line["tokens_s"] for line in lines if line.get("tokens_s")][-1]


def plain(load: Load, folder: Path, by_default: bool = False) -> float:
    """The plain script."""
    told = asdict(load) | {"rows": [row(each) for each in load.examples], "defaults": by_default}
    del told["examples"]
    folder.mkdir()
    (folder / "told.json").write_text(json.dumps(told), encoding="utf-8")
    figures = printed("bench.plain_training", folder / "told.json")[-1]
    return figures["tokens"] / figures["seconds"]


def defaults(load: Load, folder: Path) -> float:
    """The plain script with TRL's defaults."""
    return plain(load, folder, by_default=True)


def row(example: Example) -> dict[str, list[dict[str, str]]]:
    """An example in TRL's form, by the same prompt as ours."""
    task = next(task for task in TASKS if task.name == example.task)
    asked = taught_prompt(task, example.text).messages
    return {
        "prompt": [{"role": each.role, "content": each.text} for each in asked],
        "completion": [{"role": "assistant", "content": example.chosen}],
    }


def printed(module: str, told: Path) -> list[dict[str, float]]:
    """The lines of JSON that a program prints."""
    command = [sys.executable, "-m", module, str(told)]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | QUIET, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{module} failed:\n{done.stderr[-3000:]}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"')]


def table(found: Mapping[str, Sample], load: Load) -> Table:
    """The rates, ours over the plain one's."""
    floor = found["plain TRL"].median
    lines = [
        Line(
            name,
            rates.median,
            "tokens/s",
            rates.spread,
            rates.median / floor,
            Goal(">=", 1.0) if name == "ours" else None,
        )
        for name, rates in found.items()
    ]
    notes = (
        f"{len(load.examples)} examples, batches of {load.batch}, {load.steps} steps, LoRA of rank "
        f"{load.rank} on all linear layers; both as nice as the other, both in float32",
    )
    return Table("bench.training_speed", "÷ plain TRL", tuple(lines), notes, about())


if __name__ == "__main__":
    main()
