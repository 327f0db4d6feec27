"""Trainings, versions and evaluations into rows of SQL, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.learning.rows import AnyRow
from bot.learning.words import Evaluation, ModelVersion, RunState, State, TrainingRun
from model.examples import What


@dataclass(frozen=True)
class Promotion:
    """A change of which version is live."""

    what: What
    version: str  # that became live; empty: the base
    previous: str  # that was live before
    at: datetime
    by: str
    why: str
    forced: bool
    back: bool  # a rollback
    id: int = 0


def numbers(told: Mapping[str, Any]) -> dict[str, float]:
    """Figures as they are kept, without what was no number."""
    return {name: value for name, value in told.items() if value is not None}


def run_of(row: AnyRow) -> TrainingRun:
    """The training that a row tells of."""
    return TrainingRun(
        what=What(row.what),
        tasks=tuple(row.tasks),
        snapshot=row.snapshot_id,
        recipe=row.recipe,
        state=RunState(row.state),
        begun_at=row.begun_at,
        ended_at=row.ended_at,
        folder=row.folder,
        error=row.error,
        figures=numbers(row.figures),
        id=row.id,
    )


def version_columns(version: ModelVersion) -> dict[str, object]:
    """The columns of a version."""
    return {
        "name": version.name,
        "what": str(version.what),
        "tasks": list(version.tasks),
        "base": version.base,
        "run_id": version.run or None,
        "state": str(version.state),
        "made_at": version.made_at,
        "changed_at": version.changed_at,
        "why": version.why,
        "retrain": version.retrain,
        "canary": version.canary,
    }


def version_of(row: AnyRow) -> ModelVersion:
    """The version that a row tells of."""
    return ModelVersion(
        name=row.name,
        what=What(row.what),
        tasks=tuple(row.tasks),
        base=row.base,
        run=row.run_id or 0,
        state=State(row.state),
        made_at=row.made_at,
        changed_at=row.changed_at,
        why=row.why,
        retrain=row.retrain,
        canary=row.canary,
        id=row.id,
    )


def promotion_of(row: AnyRow) -> Promotion:
    """The change that a row tells of."""
    return Promotion(
        What(row.what),
        row.version,
        row.previous,
        row.at,
        row.by,
        row.why,
        row.forced,
        row.back,
        row.id,
    )


def evaluation_columns(evaluation: Evaluation) -> dict[str, object]:
    """The columns of an evaluation."""
    return {
        "version": evaluation.version,
        "against": evaluation.against,
        "scores": dict(evaluation.scores),
        "passed": evaluation.passed,
        "reasons": list(evaluation.reasons),
        "made_at": evaluation.made_at,
    }


def evaluation_of(row: AnyRow) -> Evaluation:
    """The evaluation that a row tells of."""
    return Evaluation(
        row.version, row.against, row.scores, row.passed, tuple(row.reasons), row.made_at, row.id
    )
