"""Draws evaluations, versions and comparisons: tables, or JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.learning.comparing import Beside, Comparison, comparison
from bot.learning.evaluating import Part, evaluation, evaluation_json, freeze_all
from bot.learning.overview import MainScore, Standing, newest_candidate, standings
from bot.learning.sides import BASE, Measuring, Versions
from bot.learning.words import Evaluation, State
from bot.listing import cut
from bot.rendering import put
from model.evaluation.shape import Scores, read_scores, shaped
from model.evaluation.trials import MEASURES, Compared, TaskCompared
from model.examples import What

if TYPE_CHECKING:
    from bot.bars import Bars
    from bot.learning.putting_forward import Step

UNASKED = "There is no candidate: the base model is measured, for versions to be compared with."
LONGEST = 400  # characters of a text that is shown


def evaluate(
    parts: Measuring,
    bars: Bars,
    version: str | None,
    against: str,
    part: Part,
    freeze: bool,
    as_json: bool,
    then: Callable[[Evaluation], Step | None] = lambda _: None,
) -> None:
    """Measure a version, and print its scores, the gate's word, and the step that follows.

    `then` takes that step; None: there is none. What it raises is raised when all is printed.
    """
    for each in freeze_all(parts) if freeze else ():
        bars.note(f"Frozen: {each.examples} golden examples of {each.task}.")
    name = version or newest_name(parts.registry)
    if version is None:
        bars.note(UNASKED if name == BASE else f"{name} is the newest candidate.")
    found = evaluation(parts, name, against, part)
    bars.close()
    if as_json:
        put_scores(found, then)
        return
    scores = read_scores(found.scores)
    draw_scores(scores.tasks, scores.version or BASE, scores.against or BASE)
    draw_word(found, scores)
    if step := then(found):
        Console().print(step.told, markup=False, highlight=False, soft_wrap=True)


def put_scores(found: Evaluation, then: Callable[[Evaluation], Step | None]) -> None:
    """One object, also where the step fails."""
    step = None
    try:
        step = then(found)
    finally:
        put(evaluation_json(found) | {"id": found.id, "then": step and step_json(step)})


def step_json(step: Step) -> dict[str, object]:
    """What follows an evaluation: how the version stands now, and what to run next."""
    state, canary = step.version.state, step.version.canary
    return {"state": state, "canary": canary, "told": step.told, "command": step.command}


def newest_name(registry: Versions) -> str:
    """The newest candidate; without one, the base model."""
    held = [each for what in What for each in registry.candidates(what)]
    found = newest_candidate(held)
    return found.name if found else BASE


def draw_scores(tasks: Sequence[TaskCompared], one: str, other: str) -> None:
    """A table for each task and set: the main measure first."""
    for each in tasks:
        title = f"{each.task}: {each.examples} {each.set} {_counted(each)}"
        table = Table("measure", one, other, "difference (95 %)", "p", title=title)
        for found in sorted(each.measures, key=lambda m: m.measure != each.main):
            main = " (main)" if found.measure == each.main else ""
            table.add_row(found.measure + main, *_numbers(found), style=_style(found))
        Console().print(table)


def _counted(each: TaskCompared) -> str:
    """What the texts are; where nobody wrote an answer, the thumbs too."""
    if not (each.liked or each.disliked):
        return "examples"
    return f"texts, {each.liked} liked and {each.disliked} disliked answers"


def _numbers(found: Compared) -> tuple[str, str, str, str]:
    at = found.interval
    bounds = f"{at.difference:+.3f} ({at.low:+.3f} to {at.high:+.3f})"
    return f"{found.version:.3f}", f"{found.against:.3f}", bounds, f"{at.p:.3f}"


def _style(found: Compared) -> str:
    """Green where it is surely better, red where it is surely worse."""
    measure = MEASURES.get(found.measure)
    sign = measure.better if measure else 0
    surely = (found.interval.low > 0) - (found.interval.high < 0)
    return {1: "green", -1: "red"}.get(sign * surely, "")


def draw_word(found: Evaluation, scores: Scores) -> None:
    """What the gate says, and how house style could be told."""
    console = Console()
    for task, judging in scores.style.items():
        used = "is used" if judging.used else "is not used: it cannot tell house style well enough"
        told = f"{task}: the style score {used} (area {judging.auc:.2f}, {judging.texts} texts)."
        console.print(told, markup=False, highlight=False)
    for reason in found.reasons:
        console.print(f"- {reason}", markup=False, highlight=False)
    word = "The gate is open." if found.passed else "The gate stays shut."
    console.print(word, markup=False, highlight=False)


def versions(parts: Measuring, as_json: bool) -> None:
    """List the versions."""
    found = standings(parts.registry, parts.home)
    if as_json:
        for each in found:
            put(standing_json(each))
        return
    if not found:
        Console(stderr=True).print("No version yet: `tandem train` makes one.", markup=False)
        return
    table = Table()
    for name in ("name", "tasks", "state", "made", "lessons", "main score", "gate"):
        table.add_column(name, no_wrap=name in ("name", "state", "gate"))
    for each in found:
        table.add_row(*map(Text, _row(each)))  # no marks or emoji codes are read in it
    console = Console()
    console.print(table)
    for each in found:
        if note := _note(each):
            console.print(f"{each.version.name}: {note}", markup=False, highlight=False)


def _row(each: Standing) -> tuple[str, ...]:
    version, count = each.version, str(each.manifest.examples) if each.manifest else "?"
    made = f"{version.made_at:%Y-%m-%d %H:%M}"
    scores = "; ".join(map(_main, each.scores)) or "not measured"
    named = (version.name, ", ".join(version.tasks) or str(version.what), _state(each))
    return (*named, made, count, scores, _gate(each))


def _state(each: Standing) -> str:
    if each.version.state is State.LIVE:
        return "LIVE"
    share = f" ({each.version.canary:.0%} of places)" if each.version.canary else ""
    return f"{each.version.state}{share}"


def _main(score: MainScore) -> str:
    told = score.told
    return (
        f"{score.task} {told.measure} {told.version:.3f} vs {told.against:.3f} "
        f"({score.against or BASE})"
    )


def _gate(each: Standing) -> str:
    if each.version.state is State.LIVE:
        return ""
    return "open" if each.gate.passed else "shut"


def _note(each: Standing) -> str:
    retrain = f"train again: {each.version.retrain}" if each.version.retrain else ""
    return "; ".join(filter(None, (each.problem, retrain)))


def standing_json(each: Standing) -> dict[str, object]:
    """A version as `tandem versions --json` lists it."""
    version = each.version
    return {
        "name": version.name,
        "what": version.what,
        "tasks": list(version.tasks),
        "base": version.base,
        "state": version.state,
        "live": version.state is State.LIVE,
        "canary": version.canary,
        "made_at": version.made_at.isoformat(timespec="seconds"),
        "changed_at": version.changed_at.isoformat(timespec="seconds"),
        "why": version.why,
        "retrain": version.retrain,
        "run": version.run,
        "lessons": each.manifest.examples if each.manifest else None,
        "scores": [{"task": s.task, "against": s.against, **asdict(s.told)} for s in each.scores],
        "gate": {"passed": each.gate.passed, "reasons": list(each.gate.reasons)},
        "problem": each.problem,
    }


def compare(parts: Measuring, one: str, other: str, shown: int, as_json: bool) -> None:
    """Set two versions side by side."""
    found = comparison(parts, one, other, shown)
    if as_json:
        put(comparison_json(found))
        return
    draw_scores(found.compared, found.one, found.other)
    draw_beside(found)


def comparison_json(found: Comparison) -> dict[str, object]:
    """A comparison as `--json` gives it: `tasks` as in an evaluation, and the examples."""
    scores = shaped(Scores(found.one, found.other, False, found.compared))
    examples = [_beside_json(each) for each in found.examples]
    return {"a": found.one, "b": found.other, "tasks": scores["tasks"], "examples": examples}


def _beside_json(each: Beside) -> dict[str, str]:
    told = {"task": each.task, "text": each.text, "wish": each.wish, "reference": each.reference}
    return {**told, "a": each.one, "b": each.other}


def draw_beside(found: Comparison) -> None:
    """The examples, a table for each task."""
    for task in dict.fromkeys(each.task for each in found.examples):
        mine = [each for each in found.examples if each.task == task]
        table = Table("text", "reference", found.one, found.other, title=task, show_lines=True)
        for each in mine:
            table.add_row(*_cut((each.text, each.reference, each.one, each.other)))
        Console().print(table)


def _cut(texts: Iterable[str]) -> Iterable[Text]:
    return (Text(cut(text, LONGEST)) for text in texts)
