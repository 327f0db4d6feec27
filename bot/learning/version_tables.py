"""The tables of trainings: datasets, runs, versions, evaluations, and what is live."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.tables import Key, Table


class SnapshotRow(Table):
    """The dataset of a training."""

    __tablename__ = "dataset_snapshot"
    __table_args__ = (
        Index("ix_dataset_snapshot_digest", "digest"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    what: Mapped[str]
    tasks: Mapped[list[Any]]
    digest: Mapped[str]
    made_at: Mapped[datetime]


class SnapshotExampleRow(Table):
    """An example, or a judged passage of a retriever's, as it was."""

    __tablename__ = "snapshot_example"

    snapshot_id: Mapped[int] = mapped_column(
        ForeignKey("dataset_snapshot.id", ondelete="CASCADE"), primary_key=True
    )
    example_id: Mapped[int] = mapped_column(primary_key=True)  # which may be gone
    body: Mapped[dict[str, Any] | None]  # None: it was forgotten


class SnapshotOriginRow(Table):
    """Which interaction, and whose words and votes, an example of a dataset was made from."""

    __tablename__ = "snapshot_origin"
    __table_args__ = (
        Index("ix_snapshot_origin_interaction_id", "interaction_id"),
        Index("ix_snapshot_origin_person", "person"),
    )

    snapshot_id: Mapped[int] = mapped_column(
        ForeignKey("dataset_snapshot.id", ondelete="CASCADE"), primary_key=True
    )
    example_id: Mapped[int] = mapped_column(primary_key=True)
    interaction_id: Mapped[int] = mapped_column(primary_key=True)  # 0: none; it may be gone
    person: Mapped[str] = mapped_column(Key, primary_key=True)  # empty: none


class RunRow(Table):
    """A training."""

    __tablename__ = "training_run"
    __table_args__ = (
        Index("ix_training_run_state", "state"),
        {"sqlite_autoincrement": True},  # folders are named by it
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    what: Mapped[str]
    tasks: Mapped[list[Any]]
    snapshot_id: Mapped[int] = mapped_column(ForeignKey("dataset_snapshot.id"))
    recipe: Mapped[dict[str, Any]]
    state: Mapped[str]
    begun_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    folder: Mapped[str]
    error: Mapped[str]
    figures: Mapped[dict[str, Any]]
    worker: Mapped[str]  # whose process it runs in: see `bot.living`


class VersionRow(Table):
    """A trained version."""

    __tablename__ = "model_version"
    __table_args__ = (UniqueConstraint("name"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Key)
    what: Mapped[str]
    tasks: Mapped[list[Any]]
    base: Mapped[str]
    run_id: Mapped[int | None] = mapped_column(ForeignKey("training_run.id"))
    state: Mapped[str]
    made_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    why: Mapped[str]
    retrain: Mapped[str]
    canary: Mapped[float]


class LiveRow(Table):
    """Which version everybody is served."""

    __tablename__ = "live_version"

    what: Mapped[str] = mapped_column(Key, primary_key=True)
    version: Mapped[str]  # empty: the base
    changed_at: Mapped[datetime]
    marker: Mapped[int]  # grows with every change, of a canary too
    promotion_id: Mapped[int | None]  # that made it live; None: the base, from the beginning


class PromotionRow(Table):
    """A change of what is live."""

    __tablename__ = "promotion"
    __table_args__ = (Index("ix_promotion_what", "what"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    what: Mapped[str]
    version: Mapped[str]
    previous: Mapped[str]
    at: Mapped[datetime]
    by: Mapped[str]
    why: Mapped[str]
    forced: Mapped[bool]
    back: Mapped[bool]  # a rollback
    upon_id: Mapped[int | None]  # the promotion that had made `previous` live


class EvaluationRow(Table):
    """The scores of a version beside another's."""

    __tablename__ = "evaluation"
    __table_args__ = (Index("ix_evaluation_version", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(Key)
    against: Mapped[str]
    scores: Mapped[dict[str, Any]]
    passed: Mapped[bool]
    reasons: Mapped[list[Any]]
    made_at: Mapped[datetime]
