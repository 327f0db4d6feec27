"""What is kept in SQL: interactions, verdicts, and what each sync did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, selectinload

from bot.answer_cache import Kept
from bot.conversation import Answer, Feedback, Interaction, Question, Route, Timings, Verdict
from bot.database import connect, shown_as, told
from bot.errors import UnknownInteraction
from bot.rows import KEPT_COLUMNS, feedback_of, interaction_of, kept_row, row_of
from bot.tables import FeedbackRow, InteractionRow, KeptAnswerRow, SyncRow

WHOLE = (selectinload(InteractionRow.citations), selectinload(InteractionRow.passages))
ALIKE = ("asker", "platform", "workspace", "channel", "thread", "outcome", "mode", "task", "code")
LAST_ID = 2**31 - 1  # that the column takes


@dataclass(frozen=True)
class Wanted:
    """Which interactions are wanted; None: any."""

    asker: str | None = None
    platform: str | None = None
    workspace: str | None = None
    channel: str | None = None
    thread: str | None = None
    outcome: str | None = None
    mode: str | None = None
    task: str | None = None
    code: str | None = None
    words: str | None = None  # in the question or the answer, upper or lower case
    since: datetime | None = None
    before: datetime | None = None
    before_id: int | None = None  # to page on


@dataclass(frozen=True)
class SyncPass:
    """What one pass over one source did."""

    source: str
    started_at: datetime  # aware UTC
    ended_at: datetime
    counts: Mapping[str, int] = field(default_factory=dict)  # "seen", "written", ...
    problems: tuple[tuple[str, str], ...] = ()  # a document's key, why it was not read
    error: str = ""  # why the pass as a whole failed; empty: it did not


class Store:
    """SQL, for any number of threads and processes; every call is one transaction.

    Any call raises `DatabaseUnavailable` when the database does not do what it is asked.
    The tables must be there: see `bot.database.upgrade`.
    """

    def __init__(self, url: str) -> None:
        self._engine = connect(url)
        self._writing = self._engine.execution_options(writes=True)
        self.url = shown_as(self._engine.url)

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    def record(
        self,
        question: Question,
        route: Route,
        answer: Answer,
        timings: Timings,
        asked_at: datetime,
        error_detail: str = "",
    ) -> Interaction:
        """Keep a question and its answer; `error_detail` is for the operator only."""
        row = row_of(question, route, answer, timings, asked_at, error_detail)
        with self._write() as session:
            session.add(row)
            session.flush()
            made = row.id
        return Interaction(made, question, route, answer, timings, asked_at)

    def interaction(self, id: int) -> Interaction:
        """One interaction; its passages hold excerpts. Raises `UnknownInteraction`."""
        with self._read() as session:
            return interaction_of(found(session, id))

    def error_detail(self, id: int) -> str:
        """What went wrong, for the operator; empty: nothing. Raises `UnknownInteraction`."""
        with self._read() as session:
            return found(session, id).error_detail

    def interactions(self, limit: int = 50, wanted: Wanted | None = None) -> list[Interaction]:
        """The newest interactions that are wanted, newest first."""
        query = filtered(select(InteractionRow), wanted or Wanted()).options(*WHOLE)
        with self._read() as session:
            rows = session.scalars(query.order_by(InteractionRow.id.desc()).limit(limit))
            return [interaction_of(row) for row in rows]

    def rate(self, feedback: Feedback) -> None:
        """Keep a verdict; of one person's several on one interaction the latest given stays.

        Raises `UnknownInteraction`.
        """
        insert = (sqlite if self._engine.dialect.name == "sqlite" else postgresql).insert
        values = verdict_values(feedback)
        adding = insert(FeedbackRow).values(values)
        replacing = adding.on_conflict_do_update(
            index_elements=["interaction_id", "author"],
            set_={key: adding.excluded[key] for key in values},
            where=FeedbackRow.given_at <= adding.excluded.given_at,
        )
        if not 0 < feedback.interaction <= LAST_ID:
            raise UnknownInteraction(feedback.interaction)
        try:
            with self._write() as session:
                session.execute(replacing)
        except IntegrityError as error:
            raise UnknownInteraction(feedback.interaction) from error

    def withdraw(self, interaction: int, author: str) -> bool:
        """Take a person's verdict back; was there one?"""
        theirs = (FeedbackRow.interaction_id == interaction, FeedbackRow.author == author)
        with self._write() as session:
            gone = session.execute(delete(FeedbackRow).where(*theirs).returning(FeedbackRow.id))
            return bool(gone.all())

    def verdicts(self, interaction: int) -> list[Feedback]:
        """What people think of an answer, oldest first."""
        query = select(FeedbackRow).where(FeedbackRow.interaction_id == interaction)
        with self._read() as session:
            rows = session.scalars(query.order_by(FeedbackRow.given_at, FeedbackRow.id))
            return [feedback_of(row) for row in rows]

    def keep(self, kept: Kept, most: int) -> None:
        """Keep an answer in place of an older one to the very question, `most` in all.

        Raises `UnknownInteraction`.
        """
        newest = select(KeptAnswerRow.id).order_by(KeptAnswerRow.id.desc()).limit(most)
        try:
            with self._write() as session:
                session.execute(delete(KeptAnswerRow).where(*to_the_same(kept)))
                session.add(kept_row(kept))
                session.flush()
                session.execute(delete(KeptAnswerRow).where(KeptAnswerRow.id.not_in(newest)))
        except IntegrityError as error:
            raise UnknownInteraction(kept.interaction) from error

    def kept(self, audience: str, edition: str, since: datetime) -> list[Kept]:
        """Answers for these readers by this edition, but none that has a thumbs-down."""
        query = select(*KEPT_COLUMNS).where(  # as plain rows: there may be a thousand
            KeptAnswerRow.audience == audience,
            KeptAnswerRow.edition == edition,
            KeptAnswerRow.kept_at >= since,
            KeptAnswerRow.interaction_id.not_in(disliked()),
        )
        with self._read() as session:
            return [Kept(*row) for row in session.execute(query.order_by(KeptAnswerRow.id))]

    def unkeep(self, interaction: int) -> None:
        """Never give that answer again."""
        with self._write() as session:
            session.execute(
                delete(KeptAnswerRow).where(KeptAnswerRow.interaction_id == interaction)
            )

    def record_sync(self, done: SyncPass) -> None:
        """Keep what a pass over a source did."""
        row = SyncRow(
            source=done.source,
            started_at=done.started_at,
            ended_at=done.ended_at,
            counts=dict(done.counts),
            problems=[list(problem) for problem in done.problems],
            error=done.error,
        )
        with self._write() as session:
            session.add(row)

    def last_syncs(self) -> dict[str, SyncPass]:
        """The latest pass over each source, by its name."""
        latest = select(func.max(SyncRow.id)).group_by(SyncRow.source)
        query = select(SyncRow).where(SyncRow.id.in_(latest)).order_by(SyncRow.source)
        with self._read() as session:
            return {row.source: pass_of(row) for row in session.scalars(query)}

    @contextmanager
    def _read(self) -> Iterator[Session]:
        with told(self._engine.url), Session(self._engine) as session:
            yield session

    @contextmanager
    def _write(self) -> Iterator[Session]:
        with told(self._engine.url), Session(self._writing) as session, session.begin():
            yield session


def found(session: Session, id: int) -> InteractionRow:
    """The row with that id. Raises `UnknownInteraction`."""
    row = session.get(InteractionRow, id, options=WHOLE) if 0 < id <= LAST_ID else None
    if row is None:
        raise UnknownInteraction(id)
    return row


def filtered(query: Select[Any], wanted: Wanted) -> Select[Any]:
    """`query` with what is wanted."""
    for name in ALIKE:
        if (value := getattr(wanted, name)) is not None:
            query = query.where(getattr(InteractionRow, name) == value)
    if wanted.words is not None:
        texts = (InteractionRow.question, InteractionRow.answer)
        has = [text.icontains(wanted.words, autoescape=True) for text in texts]
        query = query.where(has[0] | has[1])
    if wanted.since is not None:
        query = query.where(InteractionRow.asked_at >= wanted.since)
    if wanted.before is not None:
        query = query.where(InteractionRow.asked_at < wanted.before)
    if wanted.before_id is not None:
        query = query.where(InteractionRow.id < wanted.before_id)
    return query


def to_the_same(kept: Kept) -> tuple[ColumnElement[bool], ...]:
    """What tells the rows that a kept answer replaces."""
    return (
        KeptAnswerRow.audience == kept.audience,
        KeptAnswerRow.edition == kept.edition,
        KeptAnswerRow.question == kept.question,
    )


def disliked() -> Select[Any]:
    """The answers with a thumbs-down, on themselves or where they were given again."""
    first = func.coalesce(InteractionRow.cached_from, InteractionRow.id)
    judged = select(first).join(FeedbackRow, FeedbackRow.interaction_id == InteractionRow.id)
    return judged.where(FeedbackRow.verdict == str(Verdict.DOWN))


def verdict_values(feedback: Feedback) -> dict[str, object]:
    """The columns of a verdict."""
    return {
        "interaction_id": feedback.interaction,
        "author": feedback.author,
        "verdict": str(feedback.verdict),
        "reason": feedback.reason,
        "correction": feedback.correction,
        "details": dict(feedback.details),
        "given_at": feedback.given_at,
    }


def pass_of(row: SyncRow) -> SyncPass:
    """The pass that a row tells of."""
    problems = tuple((key, reason) for key, reason in row.problems)
    return SyncPass(row.source, row.started_at, row.ended_at, row.counts, problems, row.error)
