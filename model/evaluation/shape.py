"""Scores as JSON: the shape of `scores.json` and of `Evaluation.scores`.

    {"format": 1, "version": "style-7", "against": "", "whole": true,
     "style": {"rewrite": {"texts": 320, "auc": 0.93, "used": true}},
     "golden": {"rewrite": "<sha256>"},
     "tasks": [{"task": "rewrite", "set": "held-out", "main": "voice", "examples": 40,
                "measures": [{"measure": "voice", "version": 0.71, "against": 0.55,
                              "difference": 0.16, "low": 0.09, "high": 0.22, "p": 0.001}]}]}

`against` is empty for the base model; `low` and `high` are the bounds of the difference at 95 %;
`style` tells how well house style could be told from plain text, and whether that was used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from model.errors import VersionUnusable
from model.evaluation.trials import Compared, Interval, Set, TaskCompared

FORMAT = 1
PLACES = 4  # of the decimals that are kept


@dataclass(frozen=True)
class Judging:
    """How well house style could be told."""

    texts: int
    auc: float
    used: bool


@dataclass(frozen=True)
class Scores:
    """All that one evaluation found."""

    version: str
    against: str
    whole: bool  # all tasks, on all texts
    tasks: tuple[TaskCompared, ...]
    style: Mapping[str, Judging] = field(default_factory=dict)  # by task
    golden: Mapping[str, str] = field(default_factory=dict)  # by task the set's digest


def shaped(scores: Scores) -> dict[str, object]:
    """As JSON."""
    return {
        "format": FORMAT,
        "version": scores.version,
        "against": scores.against,
        "whole": scores.whole,
        "style": {
            task: {"texts": each.texts, "auc": round(each.auc, PLACES), "used": each.used}
            for task, each in scores.style.items()
        },
        "golden": dict(scores.golden),
        "tasks": [_task(each) for each in scores.tasks],
    }


def _task(each: TaskCompared) -> dict[str, object]:
    measures = [_measure(found) for found in each.measures]
    told = {"task": each.task, "set": str(each.set), "main": each.main}
    more = {"liked": each.liked, "disliked": each.disliked, "note": each.note}
    counted = {"examples": each.examples} | {name: value for name, value in more.items() if value}
    return {**told, **counted, "measures": measures}


def _measure(found: Compared) -> dict[str, object]:
    at = found.interval
    numbers = {"version": found.version, "against": found.against}
    numbers |= {"difference": at.difference, "low": at.low, "high": at.high, "p": at.p}
    return {"measure": found.measure} | {k: round(v, PLACES) for k, v in numbers.items()}


def read_scores(told: Mapping[str, Any]) -> Scores:
    """The scores again. Raises `VersionUnusable` where they have another shape."""
    try:
        style = {task: Judging(**each) for task, each in told["style"].items()}
        tasks = tuple(_read_task(each) for each in told["tasks"])
        named = (told["version"], told["against"], told["whole"])
        return Scores(*named, tasks, style, dict(told["golden"]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        name = str(told.get("version", "")) if isinstance(told, Mapping) else ""
        problem = f"its scores are damaged ({type(error).__name__}: {error})"
        raise VersionUnusable(name, problem, f"Run `tandem evaluate {name}` again") from error


def _read_task(told: Mapping[str, Any]) -> TaskCompared:
    measures: Sequence[Mapping[str, Any]] = told["measures"]
    found = tuple(
        Compared(
            each["measure"],
            each["version"],
            each["against"],
            Interval(each["difference"], each["low"], each["high"], each["p"]),
        )
        for each in measures
    )
    named = (told["task"], Set(told["set"]), told["main"], told["examples"])
    counts = (told.get("liked", 0), told.get("disliked", 0))
    return TaskCompared(*named, found, *counts, told.get("note", ""))
