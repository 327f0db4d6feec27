"""The commands that train and list trainings: what is asked for, and what people see of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import RunUnusable
from bot.learning import training, unfinished
from bot.learning.words import ModelVersion, RunState, TrainingRun
from bot.rendering import put
from model.examples import What
from model.training.recipe import told_in
from model.training.words import Told

if TYPE_CHECKING:
    from bot.app import App
    from bot.bars import Bars
    from bot.learning.child import Tell


@dataclass(frozen=True)
class Asked:
    """What `tandem train` was told."""

    what: str
    tasks: tuple[str, ...] = ()
    recipe: Path | None = None
    resume: int | None = None
    anew: bool = False


def train(app: App, bars: Bars, asked: Asked, as_json: bool) -> None:
    """Train, and print the version that came out."""
    version = trained(app, asked, Shown(bars), bars)
    bars.close()
    if as_json:
        put(asdict(version))
    else:
        bars.note(f"{version.name} is trained. `tandem evaluate {version.name}` measures it.")


def trained(app: App, asked: Asked, tell: Tell, bars: Bars) -> ModelVersion:
    """The version: of a training that was cut off where there is one, else of a new one."""
    parts, what = app.learning, What(asked.what)
    if asked.resume is not None:
        return training.resume(parts, asked.resume, tell)
    adopted = [each for each in training.adopt(parts) if each.what is what]
    for version in adopted:
        bars.note(f"{version.name} ended while nobody was there; it is taken in.")
    for run in unfinished.give_up_spoiled(parts):
        bars.note(f"Training {run.id} was cut off and is given up: {unfinished.SPOILED}.")
    waiting = unfinished.cut_off(parts, what)
    if asked.anew:
        for run in waiting:
            unfinished.give_up(parts, run)
    elif adopted and not waiting:
        return adopted[0]
    elif waiting:
        need_the_same(asked, waiting[0])
        bars.note(f"Training {waiting[0].id} was cut off; it goes on.")
        return training.resume(parts, waiting[0].id, tell)
    with unfinished.alone(parts):
        pass  # busy is said first: a training takes the memory that another would need
    return begun(app, what, asked, tell)


def begun(app: App, what: What, asked: Asked, tell: Tell) -> ModelVersion:
    """A training from its beginning."""
    if what is What.RETRIEVER:
        from bot.learning.retriever import train as train_retriever

        return train_retriever(app, asked.recipe, tell)
    return training.train(app.learning, what, asked.tasks, asked.recipe, tell)


def need_the_same(asked: Asked, run: TrainingRun) -> None:
    """Raise `RunUnusable` where something else is asked for than a run that waits."""
    other_tasks = asked.tasks and set(asked.tasks) != set(run.tasks)
    if other_tasks or (asked.recipe and not same_recipe(asked.recipe, run.recipe)):
        raise RunUnusable(
            run.id,
            f"was cut off and learns something else ({', '.join(run.tasks)}, by its own recipe): "
            f"`tandem train --resume {run.id}` goes on with it, `--anew` gives it up",
        )


def same_recipe(file: Path, told: Mapping[str, object]) -> bool:
    """Does the file say what the run was begun with? What it leaves out is no matter.

    Raises `RecipeWrong`.
    """
    return all(told.get(name) == value for name, value in told_in(file).items())


class Shown:
    """Progress as people see it: a bar, and a line for each look at the validation loss."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._loss: float | None = None

    def __call__(self, told: Told) -> None:
        """A line of the child's."""
        self._loss = told.loss if told.loss is not None else self._loss
        if told.note:
            self._bars.note(told.note)
        if told.validation is not None:
            self._bars.note(self._looked(told))
        if told.step:
            self._bars("training", told.step, told.steps)

    def _looked(self, told: Told) -> str:
        parts = [f"step {told.step} of {told.steps} ({told.stage})"]
        parts += [f"loss {self._loss:.3f}"] if self._loss is not None else []
        parts += [f"validation {told.validation:.3f}", f"{told.tokens_s or 0:.0f} tokens/s"]
        return ", ".join([*parts, f"{lasting(told.left_s or 0)} left"])


def lasting(seconds: float) -> str:
    """`45 s`, `12 min`, `1.5 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def listed(app: App, bars: Bars, limit: int, as_json: bool) -> None:
    """The newest trainings."""
    from rich.table import Table

    parts = app.learning
    cut = {run.id for run in unfinished.cut_off(parts)}
    found = parts.registry.runs(limit)
    bars.close()
    table = Table("id", "what", "tasks", "state", "step", "loss", "validation", "begun", "took")
    for run in found:
        if as_json:
            put(run_json(run, run.id in cut))
        else:
            table.add_row(*row(run, run.id in cut))
    if not as_json:
        bars.console.print(table if found else "Nothing was trained yet.")


def shown(app: App, bars: Bars, id: int, as_json: bool) -> None:
    """One training, with all that is known. Raises `UnknownRun`."""
    parts = app.learning
    run = parts.registry.run(id)
    told = run_json(run, any(each.id == id for each in unfinished.cut_off(parts)))
    told["examples"] = len(parts.registry.examples_of(run.snapshot))
    bars.close()
    if as_json:
        put(told)
        return
    for name, value in told.items():
        if text := in_words(value):
            bars.note(f"{name}: {text}")


def in_words(value: object) -> str:
    """A value as people read it; empty: there is nothing to tell."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {in_words(inner)}" for name, inner in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(in_words, value))
    if isinstance(value, float):
        return f"{value:.5g}"
    return "" if value is None else str(value)


def run_json(run: TrainingRun, cut: bool) -> dict[str, object]:
    """A training as JSON; "cut off" instead of "running" where nobody is at it any more."""
    ended = run.ended_at.isoformat() if run.ended_at else None
    told = asdict(run) | {"begun_at": run.begun_at.isoformat(), "ended_at": ended}
    version = f"{run.what}-{run.id}" if run.state is RunState.DONE else None
    return told | {"state": "cut off" if cut else str(run.state), "version": version}


def row(run: TrainingRun, cut: bool) -> list[str]:
    """A training as a row of the table."""
    told, figures = run_json(run, cut), run.figures
    took = (run.ended_at - run.begun_at).total_seconds() if run.ended_at else None
    steps = f"{figures.get('step', 0):.0f} of {figures['steps']:.0f}" if "steps" in figures else ""
    losses = [f"{figures[n]:.3f}" if n in figures else "" for n in ("loss", "validation")]
    begun = f"{run.begun_at:%Y-%m-%d %H:%M}"
    ended = lasting(took) if took is not None else ""
    return [
        str(run.id),
        run.what,
        ", ".join(run.tasks),
        str(told["state"]),
        steps,
        *losses,
        begun,
        ended,
    ]
