"""What a training of the style, or of answers, is told: examples, recipe, base, room."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import TooLittleRoom
from bot.learning.child import Child
from bot.learning.curriculum import Curriculum
from bot.learning.training import CHILD, Job
from model.adapters import misfit, shipped_adapter
from model.errors import RecipeWrong, TrainingFailed
from model.examples import What
from model.tasks import Task
from model.training.recipe import Recipe, as_told, recipe_from
from model.training.room import Shape, needed, shape_of
from model.training.words import PLAN, TRAIN, Plan, lines_of, text_of
from model.training.work import longest

if TYPE_CHECKING:
    from model.weights import Weights


@dataclass(frozen=True)
class Base:
    """What is taught upon."""

    name: str
    weights: Path
    shape: Shape


def base_of(weights: Weights) -> Base:
    """The base in a folder of weights. Raises `TrainingFailed` where it is none to be taught."""
    try:
        if not any(weights.path.glob("*.safetensors")):
            raise FileNotFoundError("there are no *.safetensors")
        return Base(weights.name, weights.path, shape_of(weights.path))
    except (OSError, ValueError, KeyError, TypeError) as error:
        problem = f"{weights.name} in {weights.path} is no model that can be taught ({error})"
        raise TrainingFailed(problem) from error


def plan_for(
    what: What, base: Base, tasks: Mapping[str, Task], found: Curriculum, how: Recipe, threads: int
) -> Plan:
    """What the child is told, but for the names that it gets when it begins."""
    if what is What.ANSWERS and how.method not in ("auto", "sft"):
        raise RecipeWrong("of answers", ("`method` must be sft: answers are learned from words",))
    how = replace(how, method="sft") if what is What.ANSWERS else how
    start = adapter_to_go_on_with(base) if what is What.ANSWERS else None
    return Plan(
        what,
        "",
        0,
        tuple(tasks[name] for name in found.tasks) if what is What.STYLE else (),
        tuple(task for name, task in tasks.items() if name not in found.tasks),
        base.name,
        str(base.weights),
        "",
        "",
        as_told(how),
        str(start) if start else "",
        how.threads or threads,
    )


def job_for(plan: Plan, found: Curriculum) -> Job:
    """The job of the child `model.training`."""

    def files(version: str, run: int, snapshot: str) -> Mapping[str, str]:
        digest = digest_of(Path(plan.weights))
        mine = replace(plan, version=version, run=run, dataset=snapshot, base_digest=digest)
        return {TRAIN: lines_of((*found.train, *found.others)), PLAN: text_of(mine)}

    child = Child(CHILD, recipe_from(plan.recipe, PLAN).processes)
    return Job(plan.what, found.tasks, found.ids, plan.recipe, files, child)


def adapter_to_go_on_with(base: Base) -> Path | None:
    """The adapter that ships for answers by this base: what it can already is not forgotten."""
    found = shipped_adapter(base.name)
    return found if found and not misfit(found, base.name) else None


def digest_of(weights: Path) -> str:
    """The sha256 of a base's weights, file after file."""
    summed = hashlib.sha256()
    for file in sorted(weights.glob("*.safetensors")):
        with file.open("rb") as opened:
            while part := opened.read(1 << 22):
                summed.update(part)
    return summed.hexdigest()


def need_room(base: Base, plan: Plan, found: Curriculum, home: Path) -> None:
    """Raise `TooLittleRoom` where memory or disk will not do; `TrainingFailed` for an odd base."""
    gpu, how = shutil.which("nvidia-smi") is not None, recipe_from(plan.recipe, PLAN)
    wanted = needed(base.shape, how, longest(plan, how, found.train, found.others), gpu)
    if wanted.memory > (free := free_memory()):
        remedy = (
            "Give a recipe with a smaller `batch` (and a larger `accumulate`) or `longest`, or "
            "train on a smaller base or a larger machine"
        )
        raise TooLittleRoom("memory", wanted.memory, free, remedy)
    if wanted.disk > (free := shutil.disk_usage(home).free):
        raise TooLittleRoom("disk", wanted.disk, free, f"Free some in {home}, or lower `rank`")


def free_memory() -> int:
    """Bytes that a new process may take."""
    import psutil

    from model.engines.room import memory

    return min(psutil.virtual_memory().available, memory())


def threads_to_take() -> int:
    """All cores; but one where a bot runs on this machine, which shall go on answering."""
    import os

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, (cores or 1) - bot_runs())


def bot_runs() -> bool:
    """Does a process of this machine look like `tandem run`?"""
    import psutil

    return any(is_bot(each.info["cmdline"] or []) for each in psutil.process_iter(["cmdline"]))


def is_bot(words: Sequence[str]) -> bool:
    """Does this command line run a bot?"""
    named = [Path(word).name for word in words[:3]]
    return "run" in words and ("tandem" in named or words[1:3] == ["-m", "bot"])
