"""Judged passages and curated answers in SQL, each with its interaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    Update,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from bot.errors import UnknownExample
from bot.learning.curated import mark as trace
from bot.learning.rows import (
    JUDGED_CHARS,
    curated_columns,
    curated_of,
    judged_columns,
    judged_of,
    resting_body,
)
from bot.learning.tables import CuratedRow, JudgedRow, MarkRow
from bot.learning.words import Curated, Judged
from bot.sessions import inserting
from bot.tables import LAST_ID, clean_text
from knowledge.documents import Passage
from model.examples import Review

VECTOR = (
    update(JudgedRow)
    .where(JudgedRow.id == bindparam("of"))
    .values(vector=bindparam("made"), embedder=bindparam("by"))
)
CURATED_VECTOR = (
    update(CuratedRow)
    .where(CuratedRow.id == bindparam("of"))
    .values(vector=bindparam("made"), embedder=bindparam("by"))
)


Stored = type[JudgedRow] | type[CuratedRow]


def state(table: Stored) -> Select[Any]:
    """How often the rows were changed, and how many there are.

    What is deleted with an interaction, or a person, moves no mark.
    """
    changes = select(MarkRow.value).where(MarkRow.name == CHANGES[table])
    count = select(func.count(table.interaction_id))
    return select(changes.scalar_subquery(), count.scalar_subquery())


CHANGES: Mapping[Stored, str] = {JudgedRow: "judged", CuratedRow: "curated"}  # names of marks
STATES: Mapping[Stored, Select[Any]] = {t: state(t) for t in (JudgedRow, CuratedRow)}
JUDGED, CURATED = select(*JudgedRow.__table__.columns), select(*CuratedRow.__table__.columns)


def judge(connection: Connection, interaction: int, judged: Sequence[Judged]) -> None:
    """Bring what was judged of an interaction in step; what stays keeps its id and vector."""
    new, changes = {mark(columns): columns for columns in map(judged_columns, judged)}, 0
    for row in connection.execute(JUDGED.where(JudgedRow.interaction_id == interaction)).all():
        columns = new.pop(mark(row._mapping), None)
        mine = JudgedRow.id == row.id
        if columns is None:
            connection.execute(delete(JudgedRow).where(mine))
            changes += 1
        elif differs(row, columns):
            connection.execute(update(JudgedRow).where(mine).values(columns))
            changes += 1
    fresh = [{**columns, "vector": b"", "embedder": ""} for columns in new.values()]
    if fresh:
        connection.execute(insert(JudgedRow), fresh)
    if changes or fresh:
        move_mark(connection, JudgedRow)


def move_mark(connection: Connection, table: Stored) -> None:
    """Note that something was changed."""
    row = inserting(connection.dialect.name, MarkRow).values(name=CHANGES[table], value=1)
    more = {"value": MarkRow.value + 1}
    connection.execute(row.on_conflict_do_update(index_elements=["name"], set_=more))


def marker(connection: Connection, table: Stored) -> str:
    """Another one whenever the rows are others, but for vectors."""
    changes, count = connection.execute(STATES[table]).one()
    return f"{changes or 0}.{count}"


def mark(columns: Mapping[Any, Any]) -> tuple[object, ...]:
    """What tells a judged passage from another of the same interaction."""
    texts = [clean_text(str(columns[name])) for name in ("question", "source", "key", "chunk")]
    return (*texts, columns["ordinal"], clean_text(str(columns["text"]))[:JUDGED_CHARS])


def differs(row: Any, columns: Mapping[str, object]) -> bool:
    """Does anything change?"""
    return any(getattr(row, name) != value for name, value in columns.items())


def judged_by(connection: Connection, embedder: str | None) -> list[Judged]:
    """All, or those with a vector of an embedder, by id."""
    query = JUDGED if embedder is None else JUDGED.where(JudgedRow.embedder == embedder)
    return [judged_of(row) for row in connection.execute(query.order_by(JudgedRow.id)).all()]


def set_vectors(
    connection: Connection, vectors: Mapping[int, bytes], embedder: str, keeping: Update = VECTOR
) -> None:
    """Keep vectors of questions, by `VECTOR` or `CURATED_VECTOR`."""
    rows = [{"of": id, "made": vector, "by": embedder} for id, vector in vectors.items()]
    if rows:
        connection.execute(keeping, rows)


def curate(connection: Connection, interaction: int, curated: Curated | None) -> None:
    """The curated answer of an interaction; a decision on the same words stays."""
    here = CuratedRow.interaction_id == interaction
    before = connection.execute(CURATED.where(here)).one_or_none()
    if curated is None and before is None:
        return
    if curated is None:
        connection.execute(delete(CuratedRow).where(here))
    elif before is None:
        connection.execute(insert(CuratedRow).values(fresh(curated)))
    elif differs(before, columns := again(before, curated)):
        connection.execute(update(CuratedRow).where(here).values(columns))
    else:
        return
    move_mark(connection, CuratedRow)


def fresh(curated: Curated) -> dict[str, object]:
    """The columns of one on which nobody decided yet."""
    made = {"vector": curated.vector, "embedder": curated.embedder}
    undecided = {"review": str(curated.review), "decided": False, "doubt": "", "rests_on": []}
    return curated_columns(curated) | undecided | made


def again(before: Any, curated: Curated) -> dict[str, object]:
    """The columns of one that is there; in other words it is a new one."""
    if not same_words(before, curated):
        return fresh(curated)
    review = before.review if before.decided else str(curated.review)
    bound = {"trace": before.trace} if before.rests_on else {}
    return curated_columns(curated) | {"review": review} | bound


def same_words(row: Any, curated: Curated) -> bool:
    """Are question and answer as they were?"""
    words = (clean_text(curated.question), clean_text(curated.answer))
    return (row.question, row.answer) == words


def curated_where(connection: Connection, *which: Any, oldest: bool = False) -> list[Curated]:
    """Curated answers, newest first unless the oldest shall come first."""
    order = CuratedRow.id.asc() if oldest else CuratedRow.id.desc()
    rows = connection.execute(CURATED.where(*which).order_by(order)).all()
    return [curated_of(row) for row in rows]


def decide(
    connection: Connection, id: int, review: Review, rests_on: Sequence[Passage] = ()
) -> Curated:
    """Keep a person's decision on a curated answer, as `JudgementBook.review_curated` does."""
    mine = CuratedRow.id == id
    told = {"review": str(review), "decided": True, "doubt": ""}
    if rests_on:
        told |= {"trace": trace(rests_on), "rests_on": list(map(resting_body, rests_on))}
    if 0 < id <= LAST_ID:
        connection.execute(update(CuratedRow).where(mine).values(told))
        move_mark(connection, CuratedRow)
        for found in curated_where(connection, mine):
            return found
    raise UnknownExample(id)


def doubt(connection: Connection, id: int, why: str) -> None:
    """One that was accepted waits for a person again; no harvest decides otherwise."""
    accepted = (CuratedRow.id == id, CuratedRow.review == str(Review.ACCEPTED))
    told = {"review": str(Review.WAITING), "decided": True, "doubt": why}
    connection.execute(update(CuratedRow).where(*accepted).values(told))
    move_mark(connection, CuratedRow)
