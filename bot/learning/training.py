"""Trains: a snapshot of examples, a child process that learns, and a version that comes out.

The child is another program (`python -m <module> FOLDER`) that knows neither SQL nor the bot, so
that answering goes on beside it and a kill of either leaves something to go on with. While a
training is cut off its run says that it runs; it is taken over by whoever trains next.
"""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from bot.errors import RunUnusable, TrainingBusy, TrainingCut
from bot.learning.child import (
    Child,
    Tell,
    follow,
    last_words,
    remember,
    remembered,
)
from bot.learning.unfinished import (
    SPOILED,
    Stores,
    alone,
    cut_off,
    folder_of,
    forget_words,
    give_up,
    is_spoiled,
    is_whole,
)
from bot.learning.words import ModelVersion, RunState, State, TrainingRun
from model.errors import TrainingFailed
from model.examples import What
from model.training.recipe import Recipe, read_recipe, usual
from model.training.words import (
    CUT,
    DONE,
    STOPPED,
    Told,
    write_whole,
)
from model.versions import read_manifest, version_folder

if TYPE_CHECKING:
    from bot.learning.registry import Registry
    from bot.settings.sections import Learning
    from model.tasks import Task
    from model.weights import Weights

log = logging.getLogger(__name__)

CHILD = "model.training"
KEPT_S = 2.0  # between figures that SQL is told


class Teaching(Stores, Protocol):
    """What else a training of the style, or of answers, needs."""

    @property
    def settings(self) -> Learning:
        """How to learn."""

    @property
    def tasks(self) -> Mapping[str, Task]:
        """The stylistic tasks by name."""

    def base(self) -> Weights:
        """The weights that are taught upon."""


@dataclass(frozen=True)
class Job:
    """What a child is to do, whichever child it is.

    `files` (name -> text) are written to its folder before it starts. The child tells its
    progress on stdout as JSON lines (`model.training.words.Told`), goes on from its own
    checkpoints when it is started again, and holds `child.lock` in the folder (`FileLock`)
    while it lives. It exits with 0 (done), 75 (told to stop by SIGTERM; kept), 76 (another child
    holds the lock), 77 (out of memory or disk: it may go on later), else with a sentence on
    stderr, and writes `manifest.json` (`model.versions.write_manifest`) last.
    """

    what: What
    tasks: tuple[str, ...]
    examples: tuple[int, ...]  # ids, for the snapshot
    recipe: Mapping[str, object]
    files: Callable[[str, int, str], Mapping[str, str]]  # by version, run, snapshot's digest
    child: Child


def train(
    parts: Teaching, what: What, tasks: Sequence[str], recipe: Recipe | Path | None, tell: Tell
) -> ModelVersion:
    """Teach the style of these tasks (none: of each that has enough examples), or answers.

    `recipe`: a file's leaves the rest as usual for the base; None for the one in
    `learning.recipes`, else the usual one. Raises
    `TooFewExamples`, `UnknownTask`, `TooLittleRoom`, `RecipeWrong`, `WeightsUnavailable`, and what
    `carry_out` raises.
    """
    from bot.learning.curriculum import curriculum
    from bot.learning.planning import base_of, job_for, need_room, plan_for, threads_to_take

    mine = parts.settings
    given = recipe or recipe_file(mine.recipes, what)
    known = recipe_upon(given, usual(what, 0))
    found = curriculum(parts.book, what, tasks, parts.tasks, known, mine.fewest)
    weights = parts.base()  # only now: they may have to be fetched
    base = base_of(weights)
    how = recipe_upon(given, usual(what, base.shape.parameters))
    plan = plan_for(what, base, parts.tasks, found, how, threads_to_take())
    need_room(base, plan, found, parts.home)
    for note in filter(None, (weights.note, *found.notes)):
        tell(Told(0, 0, "", 0.0, note=note))
    return carry_out(parts, job_for(plan, found), tell)


def recipe_upon(given: Recipe | Path | None, base: Recipe) -> Recipe:
    """The recipe; what a file leaves out is as in `base`. Raises `RecipeWrong`."""
    return read_recipe(given, base) if isinstance(given, Path) else given or base


def recipe_file(folder: Path | None, what: What) -> Path | None:
    """The file of the settings' folder for what is taught; None: it has none."""
    file = folder / f"{what}.toml" if folder else None
    return file if file and file.is_file() else None


def carry_out(stores: Stores, job: Job, tell: Tell) -> ModelVersion:
    """Do a job from its beginning to the candidate that comes out.

    Raises `TrainingBusy`, `TrainingCut` (it can be gone on with), `TrainingFailed`, and
    `KeyboardInterrupt` becomes `TrainingCut` too.
    """
    with alone(stores):
        snapshot = stores.registry.snapshot(job.what, job.tasks, job.examples)
        place = version_folder(stores.home, f"{job.what}-{{id}}")
        run = stores.registry.begin(job.what, job.tasks, snapshot.id, job.recipe, str(place))
        folder = folder_of(stores.home, run)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            for name, text in job.files(folder.name, run.id, snapshot.digest).items():
                write_whole(folder / name, text)
            remember(folder, job.child)
        except OSError as error:
            give_up(stores, run, str(error))
            raise TrainingFailed(f"its files cannot be written ({error})") from error
        return _followed(stores, run, job.child, tell)


def resume(stores: Stores, run_id: int, tell: Tell) -> ModelVersion:
    """Go on with a training that was cut off; one that ended meanwhile is only taken in.

    Raises `RunUnusable`, `UnknownRun`, and what `carry_out` raises.
    """
    with alone(stores, run_id):
        run = stores.registry.run(run_id)
        folder = folder_of(stores.home, run)
        if run.state is not RunState.RUNNING:
            raise RunUnusable(run.id, f"is {run.state} and cannot be gone on with")
        child = remembered(folder)
        if child is None:
            give_up(stores, run, "cut off before it began")  # its files were never whole
            raise RunUnusable(run.id, "was cut off before it began, and is given up")
        if is_spoiled(stores, run):
            give_up(stores, run, SPOILED)
            raise RunUnusable(run.id, f"is given up: {SPOILED}")
        if not stores.registry.resume(run.id):
            raise TrainingBusy(str(stores.home))
        return _followed(stores, run, child, tell)


def adopt(stores: Stores) -> list[ModelVersion]:
    """Take in the versions of children that ended after their parents had; done twice: the same."""
    ended = [run for run in cut_off(stores) if is_whole(stores.home, run)]
    return [taken_in(stores, run) for run in ended]


def _followed(stores: Stores, run: TrainingRun, child: Child, tell: Tell) -> ModelVersion:
    """Follow the run's child to its end, and take in what it made."""
    folder, figures = folder_of(stores.home, run), Figures(stores.registry, run.id)

    def told(line: Told) -> None:
        figures.take(line)
        tell(line)

    try:
        code = follow(folder, child, told)
    except KeyboardInterrupt:
        stores.registry.let_go(run.id)
        raise TrainingCut(run.id, "was stopped") from None
    except BaseException:
        stores.registry.let_go(run.id)
        raise
    figures.keep()
    if code == DONE:
        return taken_in(stores, run)
    why = figures.error or last_words(folder) or f"its process ended with {code}"
    if code in (STOPPED, CUT) or code < 0:
        stores.registry.let_go(run.id)
        raise TrainingCut(run.id, _cut_by(code, why))
    stores.registry.end(run.id, RunState.FAILED, why)
    log.error("Training %s failed; its process said: %s", run.id, last_words(folder, lines=40))
    shutil.rmtree(folder, ignore_errors=True)
    raise TrainingFailed(f"run {run.id}: {why.removeprefix('Training: ').rstrip('.')}")


def _cut_by(code: int, why: str) -> str:
    if code == STOPPED:
        return "was told to stop"
    if code < 0:
        return f"was killed by signal {-code} (by the system, if the memory ran out)"
    return f"could not go on: {why.rstrip('.')}"


class Figures:
    """What SQL is told of a run's progress, now and then."""

    def __init__(self, registry: Registry, run: int) -> None:
        self._registry, self._run = registry, run
        self._found: dict[str, float] = {}
        self._kept_at = 0.0
        self.error = ""  # the child's own word on why it failed

    def take(self, told: Told) -> None:
        """A line of progress."""
        self.error = told.error or self.error
        named = {
            "loss": told.loss,
            "validation": told.validation,
            "tokens_s": told.tokens_s,
            "left_s": told.left_s,
        }
        found = {name: value for name, value in named.items() if value is not None}
        if told.steps:
            found |= {"step": float(told.step), "steps": float(told.steps)}
        self._found |= found
        if time.monotonic() - self._kept_at > KEPT_S:
            self.keep()

    def keep(self) -> None:
        """Tell SQL."""
        if self._found:
            self._registry.progress(self._run, self._found)
        self._kept_at = time.monotonic()


def taken_in(stores: Stores, run: TrainingRun) -> ModelVersion:
    """The candidate that a run made, in SQL; taken in twice it is the same one."""
    folder, now = folder_of(stores.home, run), datetime.now(UTC)
    manifest = read_manifest(folder)
    made = ModelVersion(
        manifest.name,
        manifest.what,
        manifest.tasks,
        manifest.base,
        run.id,
        State.CANDIDATE,
        datetime.fromisoformat(manifest.made_at),
        now,
    )
    kept = stores.registry.add_version(made)
    stores.registry.end(run.id, RunState.DONE, figures=manifest.figures)
    forget_words(folder)  # its child may have been killed before it could
    return kept
