"""What people's words and votes gave is not kept for ever."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select

from bot.learning import decisions
from bot.learning.forgetting import lineage, lock_examples, remove
from bot.learning.history import batches
from bot.learning.snapshots import Held, blank
from bot.learning.tables import ChangeRow, CuratedRow, ExampleRow, JudgedRow
from bot.learning.version_tables import SnapshotExampleRow, SnapshotOriginRow, SnapshotRow
from bot.tables import InteractionRow
from model.examples import Origin, What


def expire_examples(connection: Connection, before: datetime) -> tuple[int, set[int]]:
    """Delete what was kept before a time, but for imports; datasets lose it too.

    Gives how many there were, and the later interactions among those that they were made from.
    """
    old = (ExampleRow.kept_at < before, ExampleRow.origin != str(Origin.IMPORT))
    ids = list(connection.scalars(select(ExampleRow.id).where(*old)))
    lock_examples(connection, ids)
    later = asked_since(connection, made_of(connection, ids), before)
    blank(connection, in_datasets(connection, ids, retriever=False))
    blank(connection, in_old_datasets(connection, before))
    gone = remove(connection, ids)
    decisions.expire(connection, before)
    return gone, later


def made_of(connection: Connection, examples: Collection[int]) -> set[int]:
    """The interactions that these were made from."""
    return {id for made in lineage(connection, examples).values() for id in made}


def asked_since(connection: Connection, ids: Collection[int], since: datetime) -> set[int]:
    """Those of these interactions that are no older."""
    found = set[int]()
    for batch in batches(ids):
        mine = (InteractionRow.id.in_(batch), InteractionRow.asked_at >= since)
        found |= set(connection.scalars(select(InteractionRow.id).where(*mine)))
    return found


def expire_judged(connection: Connection, before: datetime) -> int:
    """Delete passages that were judged before a time; datasets lose them too."""
    ids = list(connection.scalars(select(JudgedRow.id).where(JudgedRow.judged_at < before)))
    blank(connection, in_datasets(connection, ids, retriever=True))
    for batch in batches(ids):
        connection.execute(delete(JudgedRow).where(JudgedRow.id.in_(batch)))
    return len(ids)


def expire_rows(connection: Connection, table: Any, at: Any, before: datetime) -> int:
    """Delete rows whose time is before another; gives how many there were."""
    return len(connection.scalars(delete(table).where(at < before).returning(table.id)).all())


def expire_curated(connection: Connection, before: datetime) -> int:
    """Delete answers that people wrote before a time."""
    return expire_rows(connection, CuratedRow, CuratedRow.written_at, before)


def expire_changes(connection: Connection, before: datetime) -> int:
    """Delete what verdicts said before a time; those that stand are kept with their answers."""
    return expire_rows(connection, ChangeRow, ChangeRow.changed_at, before)


def in_datasets(connection: Connection, ids: Collection[int], retriever: bool) -> set[Held]:
    """Where datasets hold these examples, or judged passages."""
    theirs = SnapshotRow.what == str(What.RETRIEVER)
    datasets = select(SnapshotRow.id).where(theirs if retriever else ~theirs)
    rows, found = SnapshotExampleRow, set[Held]()
    query = select(rows.snapshot_id, rows.example_id).where(rows.snapshot_id.in_(datasets))
    for batch in batches(ids):
        found |= {(s, e) for s, e in connection.execute(query.where(rows.example_id.in_(batch)))}
    return found


def in_old_datasets(connection: Connection, before: datetime) -> set[Held]:
    """What datasets from before a time hold of people."""
    old = select(SnapshotRow.id).where(SnapshotRow.made_at < before)
    rows = SnapshotOriginRow
    query = select(rows.snapshot_id, rows.example_id).where(rows.snapshot_id.in_(old))
    return {(s, e) for s, e in connection.execute(query.distinct())}
