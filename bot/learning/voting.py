"""Interactions whose verdicts changed, and what is noted where a choice changes what they give."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, select
from sqlalchemy.orm import Session

from bot.conversation import Feedback, Interaction, Place
from bot.learning import history
from bot.learning.forgetting import lock, votes_of, withdraw
from bot.rows import feedback_of, interaction_of
from bot.store import WHOLE
from bot.tables import FeedbackRow, InteractionRow

Voted = tuple[int, int, Interaction | None, tuple[Feedback, ...]]


def changed(connection: Connection, since: int, limit: int) -> Iterator[Voted]:
    """Interactions by their latest change: id, its mark, what is kept, the verdicts."""
    marks = history.changed_after(connection, since, limit)
    ids = [id for id, _ in marks]
    with Session(connection) as session:
        there, verdicts = kept(session, ids), standing(session, ids)
    for id, mark in marks:
        yield id, mark, there.get(id), tuple(verdicts[id])


def kept(session: Session, ids: list[int]) -> dict[int, Interaction]:
    """Those that are there."""
    query = select(InteractionRow).options(*WHOLE)
    return {
        row.id: interaction_of(row)
        for batch in history.batches(ids)
        for row in session.scalars(query.where(InteractionRow.id.in_(batch)))
    }


def standing(session: Session, ids: list[int]) -> defaultdict[int, list[Feedback]]:
    """Their verdicts, oldest first."""
    query = select(FeedbackRow).order_by(FeedbackRow.given_at, FeedbackRow.id)
    found = defaultdict[int, list[Feedback]](list)
    for batch in history.batches(ids):
        for row in session.scalars(query.where(FeedbackRow.interaction_id.in_(batch))):
            found[row.interaction_id].append(feedback_of(row))
    return found


def person_chose(connection: Connection, platform: str, person: str, may_learn: bool) -> None:
    """A person wants to be learned from, or not: what was made goes at once, or comes again."""
    there, judged = InteractionRow.platform == platform, votes_of(connection, platform, person)
    asked = with_verdicts(connection, there, InteractionRow.asker == person)
    again = asked | judged
    if not may_learn:
        lock(connection, again)
        again |= withdraw(connection, asked, judged, f"{platform}:{person}").again
    history.note(connection, history.wordless(again, datetime.now(UTC)))


def channel_chose(connection: Connection, place: Place, may_learn: bool) -> None:
    """So with all that was said in a channel."""
    again = with_verdicts(
        connection,
        InteractionRow.platform == place.platform,
        InteractionRow.workspace == place.workspace,
        InteractionRow.channel == place.channel,
    )
    if not may_learn:
        lock(connection, again)
        again |= withdraw(connection, again).again
    history.note(connection, history.wordless(again, datetime.now(UTC)))


def with_verdicts(connection: Connection, *which: ColumnElement[bool]) -> set[int]:
    """The interactions that are so and that somebody judged."""
    query = select(InteractionRow.id).where(*which)
    return set(connection.scalars(query.where(InteractionRow.feedback.any())))
