"""Versions in SQL: added, listed, judged by votes, marked to be trained again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, or_, select, update

from bot.conversation import Mode, Verdict
from bot.learning.history import batches
from bot.learning.snapshots import is_whole
from bot.learning.standing import VERSIONS, version_row
from bot.learning.version_rows import version_columns, version_of
from bot.learning.version_tables import RunRow, SnapshotExampleRow, SnapshotRow, VersionRow
from bot.learning.words import ModelVersion
from bot.sessions import inserting
from bot.tables import FeedbackRow, InteractionRow
from model.examples import What

MEANWHILE = "Something that it was taught was forgotten while it was trained."
MODES = {What.STYLE: Mode.TUNED, What.ANSWERS: Mode.RAG, What.RETRIEVER: Mode.RAG}


def add(connection: Connection, version: ModelVersion) -> ModelVersion:
    """Keep a version, unless one of that name is there."""
    if version.run and not version.retrain:
        snapshot = connection.scalar(select(RunRow.snapshot_id).where(RunRow.id == version.run))
        if snapshot and not is_whole(connection, snapshot):
            version = replace(version, retrain=MEANWHILE)
    adding = inserting(connection.dialect.name, VersionRow).values(version_columns(version))
    connection.execute(adding.on_conflict_do_nothing())
    return version_of(version_row(connection, version.name))


def listed(connection: Connection, *which: ColumnElement[bool]) -> list[ModelVersion]:
    """The versions that are so, newest first."""
    rows = connection.execute(VERSIONS.where(*which).order_by(VersionRow.id.desc())).all()
    return [version_of(row) for row in rows]


def holding(ids: Collection[int]) -> ColumnElement[bool]:
    """Those whose dataset holds any of these examples."""
    held = SnapshotExampleRow.example_id
    mine = or_(*(held.in_(batch) for batch in batches(ids))) if ids else held.in_([])
    with_them = select(SnapshotExampleRow.snapshot_id).where(mine)
    of_examples = select(SnapshotRow.id).where(
        SnapshotRow.what != str(What.RETRIEVER), SnapshotRow.id.in_(with_them)
    )
    return VersionRow.run_id.in_(select(RunRow.id).where(RunRow.snapshot_id.in_(of_examples)))


def mark_retrain(connection: Connection, names: Collection[str], why: str) -> None:
    """Say why they should be trained again; an earlier reason stays, but for none at all."""
    mine = update(VersionRow).where(VersionRow.name.in_(sorted(names)))
    free = mine.where(VersionRow.retrain == "") if why else mine
    connection.execute(free.values(retrain=why))


def votes(
    connection: Connection, version: str, what: What, since: datetime | None
) -> dict[str, int]:
    """How many thumbs are up, and down, on what a version wrote."""
    query = (
        select(FeedbackRow.verdict, func.count())
        .join(InteractionRow, InteractionRow.id == FeedbackRow.interaction_id)
        .where(InteractionRow.version == version, InteractionRow.mode == str(MODES[what]))
        .group_by(FeedbackRow.verdict)
    )
    if since is not None:
        query = query.where(InteractionRow.asked_at >= since)
    found = dict(connection.execute(query).all())
    return {str(verdict): found.get(str(verdict), 0) for verdict in Verdict}
