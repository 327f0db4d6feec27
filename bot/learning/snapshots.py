"""Datasets in SQL: the examples that a training learns from, as they were, and whose they are."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select, update

from bot.errors import UnknownExample, UnknownSnapshot
from bot.learning.history import batches
from bot.learning.rows import AnyRow, judged_of
from bot.learning.tables import ExampleInteractionRow, ExamplePersonRow, JudgedRow
from bot.learning.version_tables import (
    RunRow,
    SnapshotExampleRow,
    SnapshotOriginRow,
    SnapshotRow,
    VersionRow,
)
from bot.learning.words import Judged, Snapshot
from bot.tables import LAST_ID
from model.examples import Example, What

Held = tuple[int, int]  # a snapshot, an example of it


def digest_of(marks: Iterable[str]) -> str:
    """32 hex digits that stand for these marks, in any order."""
    return hashlib.sha256("\n".join(sorted(marks)).encode()).hexdigest()[:32]


def mark_of(one: Example | Judged) -> str:
    """What a training takes of it."""
    if isinstance(one, Example):
        return f"{one.digest} {one.weight!r}"
    parts = (one.question, one.source, one.key, one.chunk, one.text, repr(one.value))
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()


def take(
    connection: Connection,
    what: What,
    tasks: Sequence[str],
    bodies: dict[int, dict[str, Any]],
    digest: str,
    now: datetime,
) -> Snapshot:
    """Keep a dataset, or find the one that is there."""
    for id in connection.scalars(equal(what, digest)).all():
        if held(connection, id) == set(bodies):
            return snapshot_of(connection, id)
    row = {"what": str(what), "tasks": list(tasks), "digest": digest, "made_at": now}
    id = connection.scalars(insert(SnapshotRow).returning(SnapshotRow.id), row).one()
    rows = [{"snapshot_id": id, "example_id": of, "body": body} for of, body in bodies.items()]
    if rows:
        connection.execute(insert(SnapshotExampleRow), rows)
    origins = judged_origins if what is What.RETRIEVER else origins_of
    keep_origins(connection, id, origins(connection, bodies))
    return snapshot_of(connection, id)


def equal(what: What, digest: str) -> Select[Any]:
    """Datasets of the same words, newest first."""
    same = (SnapshotRow.what == str(what), SnapshotRow.digest == digest)
    return select(SnapshotRow.id).where(*same).order_by(SnapshotRow.id.desc())


def held(connection: Connection, snapshot: int) -> set[int]:
    """The ids whose words a dataset still has."""
    whole = (SnapshotExampleRow.snapshot_id == snapshot, SnapshotExampleRow.body.is_not(None))
    return set(connection.scalars(select(SnapshotExampleRow.example_id).where(*whole)))


def origins_of(connection: Connection, ids: Iterable[int]) -> set[tuple[int, int, str]]:
    """What examples were made from, and whose words and votes they hold."""
    made = select(ExampleInteractionRow.example_id, ExampleInteractionRow.interaction_id)
    people = ExamplePersonRow
    whose = select(people.example_id, people.interaction_id, people.person)
    found = set[tuple[int, int, str]]()
    for batch in batches(ids):
        links = connection.execute(made.where(ExampleInteractionRow.example_id.in_(batch)))
        found |= {(example, interaction, "") for example, interaction in links}
        rows = connection.execute(whose.where(people.example_id.in_(batch)))
        found |= {(example, interaction, person) for example, interaction, person in rows}
    return found


def judged_origins(connection: Connection, ids: Iterable[int]) -> set[tuple[int, int, str]]:
    """So of judged passages."""
    return {
        (one.id, one.interaction, person)
        for one in judged_by_ids(connection, ids)
        for person in ("", *one.voters)
    }


def judged_by_ids(connection: Connection, ids: Iterable[int]) -> list[Judged]:
    """Judged passages, by id. Raises `UnknownExample`."""
    wanted, found = set(ids), list[Judged]()
    query = select(*JudgedRow.__table__.columns).order_by(JudgedRow.id)
    for batch in batches(id for id in wanted if 0 < id <= LAST_ID):
        rows = connection.execute(query.where(JudgedRow.id.in_(batch))).all()
        found += [judged_of(row) for row in rows]
    for missing in sorted(wanted - {one.id for one in found}):
        raise UnknownExample(missing)
    return found


def keep_origins(
    connection: Connection, snapshot: int, origins: Iterable[tuple[int, int, str]]
) -> None:
    """So that who wants to be forgotten is found in the dataset too."""
    rows = [
        {"snapshot_id": snapshot, "example_id": e, "interaction_id": i, "person": person}
        for e, i, person in sorted(origins)
    ]
    if rows:
        connection.execute(insert(SnapshotOriginRow), rows)


def found(connection: Connection, id: int) -> AnyRow:
    """The row of a dataset, without what it holds. Raises `UnknownSnapshot`."""
    query = select(*SnapshotRow.__table__.columns).where(SnapshotRow.id == id)
    row = connection.execute(query).one_or_none() if 0 < id <= LAST_ID else None
    if row is None:
        raise UnknownSnapshot(id)
    return row


def snapshot_of(connection: Connection, id: int) -> Snapshot:
    """A dataset by its id. Raises `UnknownSnapshot`."""
    row = found(connection, id)
    mine = SnapshotExampleRow.snapshot_id == id
    ids = select(SnapshotExampleRow.example_id).where(mine)
    held = tuple(connection.scalars(ids.order_by(SnapshotExampleRow.example_id)))
    return Snapshot(What(row.what), row.digest, held, row.made_at, row.id)


def bodies_of(connection: Connection, snapshot: int) -> list[dict[str, Any]]:
    """What a dataset still has, by id. Raises `UnknownSnapshot`."""
    found(connection, snapshot)
    whole = (SnapshotExampleRow.snapshot_id == snapshot, SnapshotExampleRow.body.is_not(None))
    query = select(SnapshotExampleRow.body).where(*whole).order_by(SnapshotExampleRow.example_id)
    return [body for body in connection.scalars(query) if body is not None]


def made_from(
    connection: Connection, interactions: Collection[int] = (), person: str = ""
) -> set[Held]:
    """Where datasets hold what was made from interactions, or holds a person's words or votes."""
    query = select(SnapshotOriginRow.snapshot_id, SnapshotOriginRow.example_id)
    queries = [query.where(SnapshotOriginRow.interaction_id.in_(b)) for b in batches(interactions)]
    if person:
        queries.append(query.where(SnapshotOriginRow.person == person))
    return {(s, e) for one in queries for s, e in connection.execute(one)}


def blank(connection: Connection, held: Collection[Held]) -> set[int]:
    """Delete words from datasets, with whose they were; gives the datasets."""
    snapshots = {snapshot for snapshot, _ in held}
    for snapshot in sorted(snapshots):
        for batch in batches(example for one, example in held if one == snapshot):
            rows = SnapshotExampleRow
            mine = (rows.snapshot_id == snapshot, rows.example_id.in_(batch))
            connection.execute(update(rows).where(*mine).values(body=None))
            whose = SnapshotOriginRow
            theirs = (whose.snapshot_id == snapshot, whose.example_id.in_(batch))
            connection.execute(delete(whose).where(*theirs))
    return snapshots


def needs_training(connection: Connection, snapshots: Collection[int], why: str) -> None:
    """Versions that learned from these should be trained again; an earlier reason stays."""
    for batch in batches(snapshots):
        runs = select(RunRow.id).where(RunRow.snapshot_id.in_(batch))
        mine = (VersionRow.run_id.in_(runs), VersionRow.retrain == "")
        connection.execute(update(VersionRow).where(*mine).values(retrain=why))


def is_whole(connection: Connection, snapshot: int) -> bool:
    """Has nothing been forgotten of it?"""
    blank = (SnapshotExampleRow.snapshot_id == snapshot, SnapshotExampleRow.body.is_(None))
    return not connection.scalar(select(func.count()).select_from(SnapshotExampleRow).where(*blank))


def counted(connection: Connection, snapshot: int) -> dict[str, int]:
    """How many examples a dataset has and had, and of how many interactions and people."""
    rows, whose = SnapshotExampleRow, SnapshotOriginRow
    mine = select(func.count()).select_from(rows).where(rows.snapshot_id == snapshot)
    theirs = whose.snapshot_id == snapshot
    made_from = func.count(whose.interaction_id.distinct())
    people = func.count(whose.person.distinct())
    queries = {
        "examples": mine.where(rows.body.is_not(None)),
        "forgotten": mine.where(rows.body.is_(None)),
        "interactions": select(made_from).where(theirs, whose.interaction_id != 0),
        "people": select(people).where(theirs, whose.person != ""),
    }
    return {name: connection.scalar(query) or 0 for name, query in queries.items()}
