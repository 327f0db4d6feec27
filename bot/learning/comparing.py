"""Two versions side by side: their scores with intervals, and examples of what each writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.errors import NothingToMeasure
from bot.learning.cases import Cases, cases
from bot.learning.evaluating import judges_from, measure, styled
from bot.learning.outputs import latest
from bot.learning.sides import BASE, Measuring, Side, kept, outputs_file, side, what_of
from bot.learning.weighing import weighed_before
from model.evaluation.style import StyleJudge
from model.evaluation.trials import Set, TaskCompared
from model.examples import ANSWERS, Example, What
from model.tasks import Task

SHOWN = 10


@dataclass(frozen=True)
class Beside:
    """A text with what each of the two wrote to it."""

    task: str
    text: str
    wish: str
    reference: str
    one: str
    other: str


@dataclass(frozen=True)
class Comparison:
    """Two versions on the texts that both wrote to."""

    one: str  # names; "base" for the base model
    other: str
    compared: tuple[TaskCompared, ...]
    examples: tuple[Beside, ...]  # of held-out texts, those that differ first


def comparison(parts: Measuring, one: str, other: str, shown: int = SHOWN) -> Comparison:
    """Compare what `tandem evaluate` had the two write; no model is asked.

    Names are those of versions, `base` or `live`. Raises `UnknownVersion`, `VersionUnusable`,
    `GoldenUnusable`, and `NothingToMeasure` where there is no text that both wrote to.
    """
    what = what_of(parts, (one, other))
    sides = (side(parts, one, what), side(parts, other, what))
    found = cases(parts.book, parts.home, what, _tasks(parts, sides))
    written = (kept(parts, sides[0], found), kept(parts, sides[1], found))
    shared = [some for each in found if (some := _both(each, written)).examples]
    if not shared:
        raise NothingToMeasure(*_unwritten(sides, written))
    weighed = weighed_before(parts, sides, shared)
    told = measure(parts, shared, written, _judges(parts, what, shared), weighed)
    beside = [each for some in shared for each in _beside(some, written, shown)]
    names = (sides[0].name or BASE, sides[1].name or BASE)
    return Comparison(*names, tuple(told), tuple(beside))


def _tasks(parts: Measuring, sides: Sequence[Side]) -> list[Task]:
    if sides[0].what is not What.STYLE:
        return [Task(ANSWERS, "")]
    return [*parts.tasks.values()]


def _both(some: Cases, written: Sequence[Mapping[str, str]]) -> Cases:
    """The texts that both wrote to."""
    fitting = (e for e in some.examples if all(e.digest in texts for texts in written))
    return replace(some, examples=tuple(fitting))


def _unwritten(sides: Sequence[Side], written: Sequence[Mapping[str, str]]) -> tuple[str, str]:
    """Whose texts are missing, and what to do."""
    bare = [each for each, texts in zip(sides, written, strict=True) if not texts] or [*sides]
    told = " and ".join(each.name or "the base model" for each in bare)
    named = next((each.name for each in (*bare, *sides) if each.name), "")
    return told, f"Run `tandem evaluate {named}`".rstrip(" `") + "`"


def _judges(parts: Measuring, what: What, shared: Sequence[Cases]) -> dict[str, StyleJudge]:
    """What tells house style, from texts that were written before."""
    if what is not What.STYLE:
        return {}
    return judges_from(styled(parts, shared), latest(outputs_file(parts.home, what, "")))


def _beside(
    some: Cases, written: tuple[Mapping[str, str], Mapping[str, str]], shown: int
) -> list[Beside]:
    """Some texts with both answers: where these differ comes first."""
    if some.set is not Set.HELD_OUT:
        return []
    pairs = [(e, written[0][e.digest], written[1][e.digest]) for e in some.examples]
    ordered = sorted(pairs, key=lambda pair: pair[1] == pair[2])
    return [_drawn(*pair) for pair in ordered[:shown]]


def _drawn(example: Example, one: str, other: str) -> Beside:
    return Beside(example.task, example.text, example.wish, example.chosen, one, other)
