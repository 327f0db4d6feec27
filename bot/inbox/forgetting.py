"""What is deleted from SQL when a question is deleted, or when a person asks to be forgotten."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from bot.conversation import Place
from bot.endorsed import store as endorsed
from bot.inbox.rows import OPEN, fresh, locked, told_of, values_of
from bot.learning import history
from bot.learning.forgetting import NOTHING, Taken, erased, forgotten, lock, votes_of
from bot.learning.history import batches
from bot.learning.rows import AnyRow
from bot.posts import Door, Post, State
from bot.sessions import adding
from bot.tables import (
    AnswerRow,
    FeedbackRow,
    InteractionRow,
    ItemRow,
    KeptAnswerRow,
    ReplyRow,
)

WHERE = ("platform", "workspace", "channel", "thread")
SAID = [getattr(InteractionRow, name) for name in ("id", "question", "answer", *WHERE)]
AS_ROWS = {"synchronize_session": False}  # no objects of the session are among them


@dataclass(frozen=True)
class Forgotten:
    """How much of a person was forgotten."""

    interactions: int = 0
    votes: int = 0  # on anybody's answers
    kept: int = 0  # answers that would have been given again
    examples: int = 0  # that were made from these, for a model to learn from


def erase(session: Session, ids: Collection[int], others: Taken = NOTHING) -> tuple[int, int]:
    """Delete interactions with all that hangs on them, and where later ones quote them.

    What was learned from them goes too. Gives how many there were, and how many examples were
    taken, with what was taken from `others`. The last thing that a transaction does but for
    what it holds already.
    """
    hold(session, ids)
    gone = [row for batch in batches({*ids}) for row in said(session, batch)]
    for row in gone:
        unquote(session, row)
    taken = erased(session.connection(), ids) if gone else NOTHING
    for batch in batches({*ids}):
        mine = delete(InteractionRow).where(InteractionRow.id.in_(batch))
        session.execute(mine, execution_options=AS_ROWS)
    changes = history.wordless(taken.again | others.again, datetime.now(UTC))
    history.note(session.connection(), changes)
    return len(gone), taken.examples + others.examples


def said(session: Session, ids: Sequence[int]) -> Sequence[AnyRow]:
    """The words of interactions, and where they were said."""
    return session.execute(select(*SAID).where(InteractionRow.id.in_(ids))).all()


def hold(session: Session, ids: Collection[int], voted: Collection[int] = ()) -> None:
    """Lock interactions that are to go, with the later ones that may quote them, in one order.

    `voted`: those of others from which a vote goes.
    """
    lock(session.connection(), {*ids, *voted, *quoting(session, ids)}, to_delete=True)


def quoting(session: Session, ids: Collection[int]) -> set[int]:
    """The later interactions of the same threads."""
    gone, later = aliased(InteractionRow), InteractionRow
    same = [getattr(later, name) == getattr(gone, name) for name in WHERE]
    query = select(later.id).join(gone, and_(*same, later.id > gone.id, gone.thread != ""))
    found = set[int]()
    for batch in batches(ids):
        found |= set(session.scalars(query.where(gone.id.in_(batch))))
    return found


def unquote(session: Session, gone: AnyRow) -> None:
    """Take the question and the answer out of the turns that later ones of its thread keep."""
    if not gone.thread:
        return
    words = {gone.question.strip(), gone.answer.strip()}
    later = select(InteractionRow).where(InteractionRow.id > gone.id, *beside(gone))
    for row in session.scalars(later):
        row.turns = [turn for turn in row.turns if turn["text"].strip() not in words]


def beside(row: AnyRow | ItemRow) -> tuple[ColumnElement[bool], ...]:
    """The interactions of the same thread."""
    return tuple(getattr(InteractionRow, name) == getattr(row, name) for name in WHERE)


def remove(session: Session, place: Place, message: str, now: datetime) -> bool:
    """Forget a question that was deleted, and have its replies taken away; was there one?

    What comes late, after its deletion, is kept out.
    """
    row = locked(session, *told_of(place, message))
    if row is None and tombstone(session, place, message, now):
        return False
    row = row or locked(session, *told_of(place, message))
    if row is None or row.gone:
        return False
    answers = session.scalars(recorded(row)).all()
    elsewhere = session.scalars(shown_elsewhere(answers, row.id)).all()
    notes = {id for s in elsewhere if s.door == Door.NOTE for id in session.scalars(recorded(s))}
    for shown in elsewhere:
        retract(session, shown, now)
    erase(session, {*answers, *notes})
    retract(session, row, now)
    return True


def retract(session: Session, row: ItemRow, now: datetime) -> None:
    """Drop an item's words, and have what stands in reply taken away."""
    row.gone, row.text, row.others, row.attempt = True, None, [], 0
    if row.state != State.LEASED:  # a worker that has it in hand learns of it, and lets go
        shown = row.begun or has_replies(session, row.id)
        row.state = str(State.WAITING if shown else State.GONE)
        row.due_at = now if shown else None


def shown_elsewhere(interactions: Collection[int], item: int) -> Select[ItemRow]:
    """The other items that only show one of these answers again."""
    linked = select(AnswerRow.item_id).where(AnswerRow.interaction_id.in_(interactions))
    others = (ItemRow.id != item, ItemRow.gone.is_(False))
    return select(ItemRow).where(ItemRow.id.in_(linked), *others).with_for_update()


def has_replies(session: Session, item: int) -> bool:
    """Does something stand there that has to be taken away?"""
    reply = select(ReplyRow.part).where(ReplyRow.item_id == item).limit(1)
    return session.scalar(reply) is not None


def tombstone(session: Session, place: Place, message: str, now: datetime) -> bool:
    """Remember that a message is gone that was never heard; False: it has a row."""
    post = Post("", message, place, "", "", now)
    values = values_of(post) | fresh(now) | {"text": None, "state": str(State.GONE), "gone": True}
    connection = session.connection()
    return bool(connection.execute(adding(connection.dialect.name, ItemRow), values).all())


def recorded(row: ItemRow) -> Select[int]:
    """The interactions that answer an item.

    Beside the linked ones there may be some that a worker recorded and died before linking.
    """
    linked = select(AnswerRow.interaction_id)
    mine = InteractionRow.id.in_(linked.where(AnswerRow.item_id == row.id))
    asked = aliased(InteractionRow)
    words = select(asked.question).join(AnswerRow, AnswerRow.interaction_id == asked.id)
    orphan = and_(
        *beside(row),
        InteractionRow.asker == row.author,
        or_(
            InteractionRow.question == row.text,  # NULL, of a finished one, equals nothing
            InteractionRow.question.in_(words.where(AnswerRow.item_id == row.id)),
        ),
        InteractionRow.asked_at >= (row.accepted_at or row.heard_at),
        InteractionRow.id.not_in(linked),
    )
    return select(InteractionRow.id).where(or_(mine, orphan))


def forget(session: Session, author: str, platform: str) -> Forgotten:
    """Delete what a person asked and how they voted on a platform, in all its workspaces.

    A person has one id in all of them, and means all of them.
    """
    there = select(InteractionRow.id).where(InteractionRow.platform == platform)
    theirs = session.scalars(there.where(InteractionRow.asker == author)).all()
    kept = sum(count(session, KeptAnswerRow.interaction_id.in_(batch)) for batch in batches(theirs))
    hold(session, theirs, votes_of(session.connection(), platform, author))
    learned = forgotten(session.connection(), platform, author, theirs)
    votes = delete(FeedbackRow).where(
        FeedbackRow.author == author, FeedbackRow.interaction_id.in_(there)
    )
    voted = session.scalars(votes.returning(FeedbackRow.id)).all()
    disown(session, author, platform)
    endorsed.forget(session.connection(), platform, author)
    gone, examples = erase(session, theirs, learned)
    return Forgotten(gone, len(voted), kept, examples)


def count(session: Session, *which: ColumnElement[bool]) -> int:
    """How many kept answers there are of these."""
    return session.scalar(select(func.count()).select_from(KeptAnswerRow).where(*which)) or 0


def disown(session: Session, author: str, platform: str) -> None:
    """Take a person off what the inbox keeps, but off no question that waits for its answer.

    The rows stay, so that a replayed event is still known.
    """
    theirs = (ItemRow.platform == platform, ItemRow.author == author)
    asked = or_(ItemRow.text.is_not(None), ItemRow.gone)
    waits = and_(ItemRow.state.in_(OPEN), asked, ItemRow.door != str(Door.NOTE))
    nobody: dict[str, Any] = {"author": "", "team": "", "others": [], "back": ""}
    finished = {"text": None, "state": str(State.DONE), "due_at": None, "token": ""}
    redone = and_(ItemRow.state.in_(OPEN), ~waits)
    session.execute(update(ItemRow).where(*theirs, redone).values(**nobody, **finished))
    session.execute(update(ItemRow).where(*theirs, ~waits).values(**nobody))
