"""The questions without a good answer, read from SQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from bot.conversation import Mode, Outcome, Place, Verdict
from bot.gaps.words import Lack, Unanswered
from bot.learning.history import batches
from bot.posts import Door
from bot.rows import question_of
from bot.sessions import Sessions, mapped, sessions_at
from bot.tables import AnswerRow, FeedbackRow, InteractionRow, ItemRow

MOST = 5000  # questions of a report, the newest: what clusters them compares all pairs
FOUND = (str(Outcome.CITED), str(Outcome.UNKNOWN), str(Outcome.WRITTEN))
DISLIKED = select(FeedbackRow.interaction_id).where(FeedbackRow.verdict == str(Verdict.DOWN))
Key = tuple[int, str]  # the item (of none: the interaction, below 0), and the question


class GapStore:
    """Reads them, for any number of threads and processes. See `bot.sessions`."""

    def __init__(self, at: str | Sessions) -> None:
        self._sessions = sessions_at(at)

    def close(self) -> None:
        """Give the connections back."""
        self._sessions.close()

    def unanswered(self, since: datetime, most: int = MOST) -> list[Unanswered]:
        """The questions to the documents since then that got no good answer, newest first.

        One that was answered again in place counts once.
        """
        found = dict[Key, Unanswered]()
        with self._sessions.reading() as connection, mapped(connection) as session:
            rows = session.scalars(lacking(since).limit(most)).all()
            ids = [row.id for row in rows]
            wrong = {id: lacks for batch in batches(ids) for id, lacks in what(session, batch)}
            items = {
                row[0]: row for batch in batches(ids) for row in session.execute(items_of(batch))
            }
            for row in rows:
                _, item, alone = items.get(row.id, (row.id, -row.id, unknown_place(row)))
                before = found.get((item, row.question))
                lacks = wrong[row.id] | (before.lacks if before else frozenset())
                made = before or told(row, alone)
                found[item, row.question] = Unanswered(
                    made.interaction, made.question, made.asked_at, lacks, made.private
                )
        return list(found.values())

    def workspace_of(self, place: Place) -> str:
        """The workspace of a channel in which something was asked, else the platform's only one.

        Empty: it is not known.
        """
        mine = ItemRow.platform == place.platform
        there = select(ItemRow.workspace).where(mine, ItemRow.workspace != "").distinct()
        with self._sessions.reading() as connection:
            for query in (there.where(ItemRow.channel == place.channel), there):
                found = connection.scalars(query.limit(2)).all()
                if len(found) == 1:
                    return found[0]
        return ""


def lacking(since: datetime) -> Select[InteractionRow]:
    """The answers from the documents that were no good, newest first."""
    unknown = InteractionRow.outcome == str(Outcome.UNKNOWN)
    wrong = or_(unknown, InteractionRow.id.in_(DISLIKED), InteractionRow.id.in_(redone()))
    mine = (InteractionRow.mode == str(Mode.RAG), InteractionRow.outcome.in_(FOUND))
    query = select(InteractionRow).where(InteractionRow.asked_at >= since, *mine, wrong)
    return query.order_by(InteractionRow.id.desc())


def redone() -> Select[int]:
    """The answers that were written again from the documents, though nobody changed the words."""
    later, new, old = aliased(AnswerRow), aliased(InteractionRow), aliased(InteractionRow)
    return (
        select(AnswerRow.interaction_id)
        .join(later, later.item_id == AnswerRow.item_id)
        .join(old, old.id == AnswerRow.interaction_id)
        .join(new, new.id == later.interaction_id)
        .where(later.revision > AnswerRow.revision, AnswerRow.revision > 0)
        .where(new.question == old.question, new.mode == str(Mode.RAG))
    )


def what(session: Session, ids: Sequence[int]) -> Iterator[tuple[int, frozenset[Lack]]]:
    """What was wrong with answers."""
    mine = InteractionRow.id.in_(ids)

    def flag(which: ColumnElement[bool]) -> ColumnElement[Any]:
        return case((which, 1), else_=0)

    flags = (
        flag(InteractionRow.outcome == str(Outcome.UNKNOWN)),
        flag(InteractionRow.id.in_(DISLIKED)),
        flag(InteractionRow.id.in_(redone())),
    )
    for id, *said in session.execute(select(InteractionRow.id, *flags).where(mine)):
        yield id, frozenset(lack for lack, true in zip(Lack, said, strict=True) if true)


def items_of(ids: Sequence[int]) -> Select[int, int, int]:
    """The first item that each interaction answers, and did its asker alone read the answer?"""
    doors = (str(Door.DIRECT), str(Door.SHORTCUT))
    alone = case((or_(ItemRow.private, ItemRow.door.in_(doors)), 1), else_=0)
    return (
        select(AnswerRow.interaction_id, func.min(AnswerRow.item_id), func.max(alone))
        .join(ItemRow, ItemRow.id == AnswerRow.item_id)
        .where(AnswerRow.interaction_id.in_(ids))
        .group_by(AnswerRow.interaction_id)
    )


def unknown_place(row: InteractionRow) -> int:
    """Of an answer that no item tells of: in private, but for the terminal's."""
    return int(row.platform != "terminal")


def told(row: InteractionRow, alone: int) -> Unanswered:
    """The question of a row."""
    return Unanswered(row.id, question_of(row), row.asked_at, frozenset(), bool(alone))
