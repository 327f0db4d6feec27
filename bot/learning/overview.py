"""How each version stands: its state, what it was taught, and how it was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.learning.gate import judged, newest
from bot.learning.sides import Versions
from bot.learning.words import Evaluation, ModelVersion
from model.errors import VersionUnusable
from model.evaluation.shape import read_scores
from model.evaluation.trials import Compared, Decision, Set
from model.versions import Manifest, read_manifest, version_folder


@dataclass(frozen=True)
class MainScore:
    """A task's main measure, beside what the version was compared with."""

    task: str
    told: Compared
    against: str  # empty: the base model


@dataclass(frozen=True)
class Standing:
    """A version as it is listed."""

    version: ModelVersion
    manifest: Manifest | None  # None: its folder is not whole
    scores: tuple[MainScore, ...]  # of its newest evaluation against what is live, else of any
    gate: Decision  # may it go live now?
    problem: str = ""


def standings(registry: Versions, home: Path) -> list[Standing]:
    """All versions, newest first. A damaged one is listed with its problem."""
    return [standing_of(registry, home, version) for version in registry.versions()]


def standing_of(registry: Versions, home: Path, version: ModelVersion) -> Standing:
    """One version, as it is listed."""
    live, held = registry.live(version.what), registry.evaluations(version.name)
    against = live.name if live else ""
    found = newest(held, against) or next(iter(held), None)
    try:
        manifest, problem = read_manifest(version_folder(home, version.name)), ""
    except VersionUnusable as error:
        manifest, problem = None, str(error)
    gate = judged(held, version.name, against)
    return Standing(version, manifest, _scores(found), gate, problem)


def _scores(found: Evaluation | None) -> tuple[MainScore, ...]:
    """The main measures; none where there was no evaluation, or its scores cannot be read."""
    if found is None:
        return ()
    try:
        tasks = read_scores(found.scores).tasks
    except VersionUnusable:
        return ()
    told = ((each.task, each.measure(each.main)) for each in tasks if each.set is Set.HELD_OUT)
    return tuple(MainScore(task, each, found.against) for task, each in told if each is not None)


def newest_candidate(versions: Sequence[ModelVersion]) -> ModelVersion | None:
    """The one that was made last."""
    return max(versions, key=lambda version: version.made_at, default=None)
