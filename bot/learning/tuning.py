"""The child that tunes the embedder: `python -m bot.learning.tuning FOLDER`, by `plan.json` there.

It stands in `bot`, which alone may join how an embedder learns (knowledge) with how a training
goes on after a kill and how a version is written (model); it knows neither SQL nor the app.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from knowledge.errors import KnowledgeError
from knowledge.tuning.lessons import Lesson, read_lessons
from model.errors import TrainingFailed
from model.examples import What
from model.training.words import DONE, STOP, STOPPED, Told
from model.versions import MANIFEST, Manifest, write_manifest

if TYPE_CHECKING:
    from knowledge.tuning.learner import Dials
    from model.training.watching import Sink, Stopping

PLAN, LESSONS = "plan.json", "lessons.jsonl"
KEEP_EVERY = 5  # steps
CURVE = "curve.jsonl"
STAGE = "retriever"
LIBRARIES = ("torch", "transformers", "sentence-transformers", "onnx", "onnxruntime")
QUIET = {  # before any of the libraries is imported
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_VERBOSITY": "error",
}


@dataclass(frozen=True)
class Plan:
    """All that the child must know."""

    version: str  # "retriever-7"
    run: int
    base: str  # the name of the embedder
    weights: str  # the folder of its model.onnx in floating point
    base_digest: str
    dataset: str  # digest of the snapshot
    recipe: Mapping[str, Any]  # `knowledge.tuning.learner.Dials`
    threads: int = 0  # 0: as torch likes


class Stopped(Exception):
    """It was told to stop; what was learned is kept."""


def read_plan(folder: Path) -> Plan:
    """The plan in `folder`. Raises `TrainingFailed`."""
    try:
        return Plan(**json.loads((folder / PLAN).read_text("utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise TrainingFailed(f"{folder / PLAN} cannot be read ({error}); train anew") from error


def lessons_in(folder: Path) -> list[Lesson]:
    """What is learned from. Raises `TrainingFailed`."""
    try:
        return read_lessons(folder / LESSONS)
    except (OSError, ValueError, TypeError) as error:
        raise TrainingFailed(f"{folder / LESSONS} cannot be read ({error}); train anew") from error


def tune_in(folder: Path) -> int:
    """Tune as the plan says; what goes wrong is a sentence on stderr. Gives the exit code."""
    from model.training.duties import alone
    from model.training.watching import Sink, Stopping, own_stdout

    def work() -> int:
        stopping = Stopping(folder / STOP)
        stopping.listen()
        return told_to(Sink(own_stdout()), folder, stopping)

    return alone(folder, work)


def told_to(sink: Sink, folder: Path, stopping: Stopping) -> int:
    """Tune, and tell the progress there; what is whole is left as it is. Gives the exit code."""
    from model.training.duties import guarded

    def work() -> int:
        try:
            if not (folder / MANIFEST).is_file():
                tuned(folder, read_plan(folder), sink, stopping)
            return DONE
        except Stopped:
            return STOPPED

    return guarded(sink, work, KnowledgeError)


def tuned(folder: Path, plan: Plan, sink: Sink, stopping: Stopping) -> None:
    """Learn, go back as far as the recipe says, write the embedder, and the manifest last."""
    from copy import deepcopy

    from knowledge.tuning.exporting import export
    from knowledge.tuning.learner import bert_of, blended, freeze, learner
    from model.training.duties import kindly

    if not (Path(plan.weights) / "model.onnx").is_file():
        raise TrainingFailed(f"the base is not in {plan.weights} any more; train anew")
    kindly(plan.threads)
    dials, lessons = dials_from(plan.recipe), lessons_in(folder)
    model = learner(Path(plan.weights), folder / "begun")
    base = deepcopy(bert_of(model))
    freeze(model, dials.layers)
    watch = Watch(sink, stopping, len(lessons) / dials.batch, folder / CURVE)
    learned(model, dials, lessons, folder, watch)
    blended(model, base, dials.kept)
    export(bert_of(model), Path(plan.weights) / "tokenizer.json", folder / "embedder")
    publish(folder, plan, dials, lessons, watch)


def dials_from(recipe: Mapping[str, Any]) -> Dials:
    """The dials of a recipe. Raises `TrainingFailed` on one that is not known."""
    from knowledge.tuning.learner import Dials

    unknown = recipe.keys() - asdict(Dials()).keys()
    if unknown:
        raise TrainingFailed(f"the recipe has unknown dials: {', '.join(sorted(unknown))}")
    return replace(Dials(), **recipe)


class Watch:
    """Tells each step, notes the curve, and ends the training where it was told to stop."""

    def __init__(self, sink: Sink, stopping: Stopping, epoch: float, curve: Path) -> None:
        self.sink, self.stopping, self.epoch, self.curve = sink, stopping, max(epoch, 1.0), curve
        self.done, self.loss = 0, 0.0  # steps of this process

    def note(self, step: int, loss: float) -> None:
        """What a step lost."""
        self.loss = loss
        with self.curve.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, "loss": round(loss, 5)}) + "\n")

    @property
    def points(self) -> list[dict[str, float]]:
        """The whole curve; a step that was done twice counts the second time."""
        if not self.curve.is_file():
            return []
        rows = [json.loads(row) for row in self.curve.read_text("utf-8").splitlines()]
        return sorted({row["step"]: row for row in rows}.values(), key=lambda row: row["step"])

    def step(self, step: int, steps: int) -> None:
        """After a step; what a multiple of `KEEP_EVERY` steps learned is kept by then."""
        self.done += 1
        loss, passed = self.loss, self.sink.seconds
        left = passed / self.done * (steps - step)
        self.sink.tell(
            Told(step, steps, STAGE, step / self.epoch, loss, left_s=left, seconds=passed)
        )
        if self.stopping.asked and step % KEEP_EVERY == 1:
            raise Stopped


def learned(model: Any, dials: Dials, lessons: list[Lesson], folder: Path, watch: Watch) -> None:
    """Fit the model; killed at any step, it goes on where it was."""
    from knowledge.tuning.learner import loss
    from model.training.fitting import Pace, dealt, fit

    of, steps = loss(model, dials), max(1, int(dials.epochs * len(lessons) / dials.batch))

    def step_loss(step: int) -> Any:
        rows = dealt(len(lessons), min(dials.batch, len(lessons)), step, dials.seed)
        value = of([lessons[row] for row in rows])
        watch.note(step + 1, float(value.detach()))
        return value

    learning = [p for p in model.parameters() if p.requires_grad]
    fit(
        model,
        [{"params": learning, "lr": dials.rate}],
        step_loss,
        Pace(steps, dials.warm, KEEP_EVERY, dials.seed),
        folder,
        json.dumps(asdict(dials), sort_keys=True),
        dials.decay,
        lambda _, step, all_steps: watch.step(step, all_steps or steps),
    )


def publish(folder: Path, plan: Plan, dials: Dials, lessons: list[Lesson], watch: Watch) -> None:
    """Make the folder a version; what was only needed on the way goes, people's words first."""
    from shutil import rmtree

    from model.training.duties import lay_beside

    points = watch.points
    lay_beside(folder, asdict(dials), {STAGE: points}, plan.version)
    taught = [lesson for lesson in lessons if not lesson.mixed]
    figures = {"seconds": watch.sink.seconds, "lessons": float(len(lessons))}
    if points:
        figures["loss"] = points[-1]["loss"]
    made_at = datetime.now(UTC).isoformat(timespec="seconds")
    write_manifest(
        folder,
        Manifest(
            plan.version,
            What.RETRIEVER,
            (),
            plan.base,
            plan.base_digest,
            plan.dataset,
            len(taught),
            asdict(dials),
            {name: metadata.version(name) for name in LIBRARIES},
            made_at,
            plan.run,
            figures,
        ),
    )
    for name in (LESSONS, CURVE, "checkpoint.pt"):
        (folder / name).unlink(missing_ok=True)
    rmtree(folder / "begun", ignore_errors=True)


def main() -> int:
    """The exit code; see `model.training.words`."""
    if len(sys.argv) != 2:
        sys.stderr.write("usage: python -m bot.learning.tuning FOLDER\n")
        return 2
    os.environ.update(QUIET)
    return tune_in(Path(sys.argv[1]))


if __name__ == "__main__":
    sys.exit(main())
