"""What the child does: lessons to rows, one stage after the other, and at the end a version."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TextIO

from model.training.drawing import Points
from model.training.duties import alone, guarded, kindly, lay_beside
from model.training.recipe import Recipe, recipe_from
from model.training.rows import Stage
from model.training.stages import CURVE, adapted, base_model, learn, quiet_libraries, save_adapter
from model.training.stages import DONE as LEARNED
from model.training.watching import Sink, Stopping, Watch, own_stdout
from model.training.words import DONE, STOP, STOPPED, TRAIN, Plan, Told, read_plan
from model.training.work import Work, work_of
from model.versions import MANIFEST, Manifest, write_manifest

LIBRARIES = ("torch", "transformers", "trl", "peft", "accelerate", "datasets", "tokenizers")
ADAPTER = ("adapter_config.json", "adapter_model.safetensors")


def train_in(folder: Path) -> int:
    """Train as the plan in `folder` says; what goes wrong is a sentence on stderr."""
    if not first_process():
        return told_to(Path(os.devnull).open("w", encoding="utf-8"), folder)
    return alone(folder, lambda: told_to(own_stdout(), folder))


def told_to(out: TextIO, folder: Path) -> int:
    """Train, and tell the progress there. Gives the exit code."""
    sink = Sink(out)
    return guarded(sink, lambda: trained(folder, sink))


def first_process() -> bool:
    """Is it the one process, or the first of those that `accelerate launch` started?"""
    return os.environ.get("RANK", "0") == "0"


def trained(folder: Path, sink: Sink) -> int:
    """Learn what the plan says; a version that is whole is left as it is."""
    if (folder / MANIFEST).is_file():
        tidy(folder)
        return DONE
    stopping = Stopping(folder / STOP)
    stopping.listen()
    plan = read_plan(folder)
    if plan.offline:
        os.environ["HF_HUB_OFFLINE"] = "1"
    how = recipe_from(plan.recipe, str(folder))
    kindly(plan.threads)
    quiet_libraries()
    work = work_of(plan, how, folder)
    for note in work.notes:
        sink.tell(Told(0, work.steps, "", 0.0, note=note, seconds=sink.seconds))
    if not learned(plan, how, work, folder, Hands(sink, stopping)):
        return STOPPED
    if first_process():
        publish(folder, plan, work, sink.seconds)
    return DONE


@dataclass(frozen=True)
class Hands:
    """What tells, and what may stop it."""

    sink: Sink
    stopping: Stopping


def learned(plan: Plan, how: Recipe, work: Work, folder: Path, hands: Hands) -> bool:
    """Learn each stage upon the one before; False: it was told to stop."""
    start, before = Path(plan.start) if plan.start else None, 0
    for number, each in enumerate(work.stages, 1):
        place = stage_folder(folder, number, each)
        place.mkdir(parents=True, exist_ok=True)
        if hands.stopping.asked:
            return False
        if not (place / LEARNED).is_dir():
            model = adapted(base_model(plan), plan, how, start)
            watch = Watch(
                each,
                place,
                hands.sink,
                hands.stopping,
                before,
                work.steps,
                how.seed + number,
                how.stop_early,
                lambda half, model=model: save_adapter(model, half),  # type: ignore[misc]
            )
            if not learn(model, plan, each, how, watch):
                return False
        start, before = place / LEARNED, before + each.steps
    return True


def stage_folder(folder: Path, number: int, each: Stage) -> Path:
    """Where a stage keeps its checkpoints and its result."""
    return folder / f"stage-{number}-{each.method}"


def publish(folder: Path, plan: Plan, work: Work, seconds: float) -> None:
    """Make the folder a version: adapter, recipe, curve, and the manifest last."""
    places = [stage_folder(folder, n, each) for n, each in enumerate(work.stages, 1)]
    for name in ADAPTER:
        half = folder / f"{name}.half"
        shutil.copyfile(places[-1] / LEARNED / name, half)
        half.replace(folder / name)
    curves: dict[str, Points] = {
        each.method: json.loads((place / LEARNED / CURVE).read_text("utf-8"))
        for each, place in zip(work.stages, places, strict=True)
    }
    title = f"{plan.version}: {', '.join(each.name for each in plan.taught)}"
    lay_beside(folder, plan.recipe, curves, title, work.notes)
    write_manifest(folder, manifest(plan, work, figures(curves, work, seconds)))
    tidy(folder)


def tidy(folder: Path) -> None:
    """What was only needed on the way goes, people's words first."""
    (folder / TRAIN).unlink(missing_ok=True)
    for place in folder.glob("stage-*"):
        shutil.rmtree(place, ignore_errors=True)


def figures(curves: dict[str, Points], work: Work, seconds: float) -> dict[str, float]:
    """The last loss, the lowest validation loss, and how much work it was."""
    found = {"steps": float(work.steps), "seconds": seconds}
    found["tokens"] = float(sum(sum(each.tokens) for each in work.stages))
    for method, points in curves.items():
        losses = [point["loss"] for point in points if "loss" in point]
        validation = [point["validation"] for point in points if "validation" in point]
        if losses:
            found[f"{method} loss"] = losses[-1]
        if validation:
            found[f"{method} validation loss"] = min(validation)
    return found


def manifest(plan: Plan, work: Work, found: dict[str, float]) -> Manifest:
    """What the version is."""
    return Manifest(
        name=plan.version,
        what=plan.what,
        tasks=tuple(task.name for task in plan.taught) or (str(plan.what),),
        base=plan.base,
        base_digest=plan.base_digest,
        dataset=plan.dataset,
        examples=work.examples,
        recipe=plan.recipe,
        libraries={name: metadata.version(name) for name in LIBRARIES},
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        run=plan.run,
        figures=found,
    )
