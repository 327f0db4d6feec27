"""A team of its own for the benches that learn: a home, settings, and the app that trains there.

All goes the product's way: examples are imported, the child trains, versions are measured as by
`tandem evaluate`. What was done in a folder is not done again, so that a killed bench goes on.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from bench.commands import environment, settle
from bench.common import options, say, scratch
from bench.tiny_models import saved_writer
from bot.learning.words import ModelVersion
from model.examples import Example, What
from model.progress import Progress
from model.training.recipe import Recipe, read_recipe
from model.training.words import TOLD, Told
from model.versions import read_manifest, version_folder

if TYPE_CHECKING:
    from bot.app import App
    from bot.learning.child import Tell
    from bot.learning.parts import Learning
    from model.evaluation import StyleJudge, TaskScores
    from model.tasks import Task

SMALL, USUAL = "SmolLM2-135M-Instruct", "Qwen2.5-Coder-0.5B-Instruct"
LINES_S = 20.0  # between lines of progress
Sections = Mapping[str, Mapping[str, object]]


def asked(about: str, base: str) -> argparse.ArgumentParser:
    """The options of a bench that learns; `base` is what is taught where none is named."""
    parser = options(about)
    parser.add_argument(
        "folder", nargs="?", type=Path, help="where it works; given again, it goes on there"
    )
    parser.add_argument("--base", default=base, help="the model that is taught")
    parser.add_argument(
        "--on-dev", action="store_true", help="measure on a part for choosing dials, not held out"
    )
    parser.add_argument(
        "--recipe", type=Path, metavar="TOML", help="dials; what it leaves out is the bench's own"
    )
    return parser


def recipe(given: Path | None, own: Recipe) -> Recipe:
    """The recipe that was asked for, else the bench's own."""
    from model.errors import RecipeWrong

    try:
        return own if given is None else read_recipe(given, own)
    except RecipeWrong as error:
        raise SystemExit(str(error)) from error


@contextmanager
def place(given: Path | None) -> Iterator[Path]:
    """The folder that was asked for, else one that goes with the bench."""
    if given is not None:
        given.mkdir(parents=True, exist_ok=True)
        yield given.resolve()
        return
    with scratch() as made:
        yield made


@contextmanager
def team(work: Path, model: str, sections: Sections) -> Iterator[App]:
    """The app of a team whose home is in `work`; `tiny` is a model of random weights."""
    from bot.app import build
    from bot.settings import load_settings

    chosen: dict[str, object] = {"name": model}
    if model == "tiny":
        folder = work / "tiny"
        name = str(folder) if (folder / "config.json").is_file() else saved_writer(folder)
        chosen = {"name": name, "engine": "transformers"}
    settle(work, {"model": chosen, **sections})
    with build(load_settings(environment(work)), telling(), say) as app:
        yield app


def telling() -> Progress:
    """Progress as lines on stderr, one now and then."""
    said = 0.0

    def tell(step: str, done: int, total: int | None) -> None:
        nonlocal said
        if time.monotonic() - said > LINES_S:
            said = time.monotonic()
            say(f"{step}: {done} of {total or '?'}")

    return tell


# -- examples --------------------------------------------------------------------------


def put(file: Path, rows: Sequence[tuple[str, str]]) -> Path:
    """Write texts and their answers as a file that can be imported."""
    lines = (json.dumps({"text": text, "answer": answer}) + "\n" for text, answer in rows)
    file.write_text("".join(lines), encoding="utf-8")
    return file


def keep(learning: Learning, file: Path, task: str | None = None) -> None:
    """Import a file of examples; the bench ends where a line is refused."""
    from bot.learning.importing import Refused, import_examples

    refused: list[Refused] = []
    report = import_examples(learning.book, file, learning.tasks, task, refused.append)
    say(str(report))
    if refused:
        raise SystemExit(f"{file}, line {refused[0].line}: {refused[0].why}")


# -- training --------------------------------------------------------------------------


def last_version(learning: Learning) -> ModelVersion | None:
    """The style version that was trained here, also where nobody was there when it ended."""
    from bot.learning import training

    training.adopt(learning)
    return next(iter(learning.registry.versions(What.STYLE)), None)


def trained(learning: Learning, tasks: Sequence[str], recipe: Recipe) -> ModelVersion:
    """Train, or go on with a training that was cut off; it is told how where it is again."""
    from bot.errors import RunUnusable, TrainingCut
    from bot.learning import training, unfinished

    waiting = unfinished.cut_off(learning, What.STYLE)
    try:
        if waiting:
            say(f"training {waiting[0].id} was cut off; it goes on, by the recipe that it had")
            return training.resume(learning, waiting[0].id, steps())
        return training.train(learning, What.STYLE, tasks, recipe, steps())
    except TrainingCut as error:
        said = f"Training {error.run} {error.why}. The same command, with the same folder, goes on."
        raise SystemExit(said) from error
    except RunUnusable:  # cut off before it began: it is given up, and nothing is lost
        return trained(learning, tasks, recipe)


def steps() -> Tell:
    """The steps of a training as lines on stderr, one now and then, and each note."""
    said = 0.0

    def tell(told: Told) -> None:
        nonlocal said
        looked = told.validation is not None
        if told.note or told.error or looked or time.monotonic() - said > LINES_S:
            said = time.monotonic()
            say(line_of(told))

    return tell


def line_of(told: Told) -> str:
    """A line of a training's progress."""
    figures = {
        "loss": told.loss,
        "validation loss": told.validation,
        "tokens/s": told.tokens_s,
        "s left": told.left_s,
    }
    shown = [f"{name} {value:.4g}" for name, value in figures.items() if value is not None]
    words = " ".join((told.note, told.error)).strip()
    return " ".join(filter(None, (f"step {told.step} of {told.steps}:", ", ".join(shown), words)))


@dataclass(frozen=True)
class Cost:
    """What a training took."""

    seconds: float  # of all its processes: what a kill undid is counted again
    tokens: float  # of all examples, as often as they were seen
    steps: int

    @property
    def rate(self) -> float:
        """Tokens per second."""
        return self.tokens / self.seconds if self.seconds else 0.0


def cost(home: Path, version: ModelVersion) -> Cost:
    """What the training of a version took."""
    folder = version_folder(home, version.name)
    figures = read_manifest(folder).figures
    lines = (folder / TOLD).read_text("utf-8").splitlines() if (folder / TOLD).exists() else []
    told = seconds([float(json.loads(line)["seconds"]) for line in lines])
    return Cost(max(told, figures["seconds"]), figures["tokens"], int(figures["steps"]))


def seconds(told: Sequence[float]) -> float:
    """All time that processes took, each of which counts from 0, one after the other."""
    return sum(now for now, later in pairwise([*told, 0.0]) if later < now)


# -- scores ----------------------------------------------------------------------------


def gate(learning: Learning, version: ModelVersion) -> str:
    """The product's own word on a version, beside the base."""
    from bot.learning.evaluating import evaluation
    from bot.learning.opening import measuring

    told = evaluation(measuring(learning), version.name, "base")
    word = "passed" if told.passed else "refused"
    return f"The gate {word} it: {' '.join(told.reasons)}"


def wilson(right: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a share, from 0 to 1."""
    from scipy.stats import binomtest

    at = binomtest(right, count).proportion_ci(0.95, "wilson")
    return at.low, at.high


def scored(
    task: Task,
    examples: Sequence[Example],
    written: Mapping[str, str],
    judge: StyleJudge | None = None,
) -> TaskScores:
    """What was written to examples (by their digest), measured as by `tandem evaluate`."""
    from bot.learning.sides import orders
    from model.evaluation import Trial, evaluate

    trials = [
        Trial(e.text, e.chosen, written[e.digest], e.wish, orders(task), e.digest) for e in examples
    ]
    return evaluate(task, trials, judge)
