"""What people decided on examples holds, also when one goes with a vote and is drawn again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, select

from bot.learning.history import batches
from bot.learning.rows import AnyRow, example_of
from bot.learning.tables import DecisionRow, ExampleRow
from bot.sessions import inserting
from model.examples import Review

DECIDED = "it was decided on before its votes changed"
EDITED = "it had been edited before its votes changed"


def remember(connection: Connection, going: ColumnElement[bool]) -> None:
    """Of examples that are about to be deleted, keep what was decided on them, and no word."""
    decided = select(*ExampleRow.__table__.columns).where(going, ExampleRow.decided_by != "")
    rows = [values_of(row) for row in connection.execute(decided).all()]
    if rows:
        adding = inserting(connection.dialect.name, DecisionRow).on_conflict_do_nothing()
        connection.execute(adding, rows)


def values_of(row: AnyRow) -> dict[str, object]:
    """A decision on an example; whose words were edited waits, for these words are not kept."""
    rejected = row.review == str(Review.REJECTED)
    edited = not rejected and example_of(row, ()).digest != row.drawn
    return {
        "drawn": row.drawn,
        "review": str(Review.WAITING) if edited else row.review,
        "doubt": EDITED if edited else "" if row.review == str(Review.ACCEPTED) else DECIDED,
        "decided_by": row.decided_by,
        "decided_at": row.changed_at,
    }


def recalled(connection: Connection, drawn: Iterable[str]) -> dict[str, dict[str, str]]:
    """What was decided on examples that come again, by digest; they are known by it from now on."""
    row, found = DecisionRow, dict[str, dict[str, str]]()
    for batch in batches(drawn):
        taking = delete(row).where(row.drawn.in_(batch))
        told = connection.execute(
            taking.returning(row.drawn, row.review, row.doubt, row.decided_by)
        )
        for digest, review, doubt, by in told:
            found[digest] = {"review": review, "doubt": doubt, "decided_by": by}
    return found


def expire(connection: Connection, before: datetime) -> None:
    """Forget what was decided before a time."""
    connection.execute(delete(DecisionRow).where(DecisionRow.decided_at < before))
