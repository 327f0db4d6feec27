"""What is kept in SQL: interactions, verdicts, and what each sync did."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, Select, delete, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.sql.dml import ReturningInsert

from bot.answer_cache import Kept
from bot.conversation import Answer, Feedback, Interaction, Question, Route, Timings, Verdict
from bot.errors import UnknownInteraction
from bot.rows import (
    KEPT_COLUMNS,
    citation_columns,
    columns_of,
    feedback_of,
    interaction_of,
    kept_row,
    passage_columns,
)
from bot.sessions import Sessions, inserting, mapped, sessions_at
from bot.tables import (
    LAST_ID,
    CitationRow,
    FeedbackRow,
    InteractionRow,
    KeptAnswerRow,
    PassageRow,
    SyncRow,
)
from bot.wanted import Wanted, filtered

if TYPE_CHECKING:
    from bot.inbox.forgetting import Forgotten

WHOLE = (selectinload(InteractionRow.citations), selectinload(InteractionRow.passages))
RECORD = insert(InteractionRow).returning(InteractionRow.id)
CITE, PASS = insert(CitationRow), insert(PassageRow)


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

    def __init__(self, at: str | Sessions) -> None:
        self._sessions = sessions_at(at)
        self.url = self._sessions.url

    def close(self) -> None:
        """Give the connections back."""
        self._sessions.close()

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
        row = columns_of(question, route, answer, timings, asked_at, error_detail)
        with self._sessions.writing() as connection:
            made: int = connection.scalars(RECORD, row).one()
            hang(connection, made, answer)
        return Interaction(made, question, route, answer, timings, asked_at)

    def interaction(self, id: int) -> Interaction:
        """One interaction; its passages hold excerpts. Raises `UnknownInteraction`."""
        with self._read() as session:
            return interaction_of(found(session, id))

    def written_by(self, id: int) -> str:
        """Which trained version wrote an answer; empty: none, or there is no such answer."""
        query = select(InteractionRow.version).where(InteractionRow.id == id)
        with self._sessions.reading() as connection:
            return (connection.scalar(query) if 0 < id <= LAST_ID else None) or ""

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

        Its change is kept too, in `bot.learning.history`. Raises `UnknownInteraction`.
        """
        from bot.learning import history  # rare, and its tables cost every start

        if not 0 < feedback.interaction <= LAST_ID:
            raise UnknownInteraction(feedback.interaction)
        try:
            with self._sessions.writing() as connection:
                before = history.standing(connection, feedback.interaction, feedback.author)
                keeping = rating(connection.dialect.name)
                if connection.execute(keeping, verdict_values(feedback)).all():
                    history.note_given(connection, feedback, before)
        except IntegrityError as error:
            raise UnknownInteraction(feedback.interaction) from error

    def withdraw(self, interaction: int, author: str) -> bool:
        """Take a person's verdict back, and what was learned from it; was there one?"""
        from bot.learning.forgetting import withdrawn

        theirs = (FeedbackRow.interaction_id == interaction, FeedbackRow.author == author)
        taking = delete(FeedbackRow).where(*theirs).returning(*FeedbackRow.__table__.columns)
        with self._sessions.writing() as connection:
            gone = connection.execute(taking).all()
            for row in gone:
                withdrawn(connection, row)
            return bool(gone)

    def forget(self, author: str, platform: str) -> Forgotten:
        """Delete what a person asked, was answered, and how they voted on a platform."""
        from bot.inbox.forgetting import forget  # rare, and the inbox costs every start

        with self._write() as session:
            return forget(session, author, platform)

    def forget_interactions(self, ids: Collection[int]) -> int:
        """Delete interactions with all that hangs on them; gives how many there were."""
        from bot.inbox.forgetting import erase

        with self._write() as session:
            return erase(session, [id for id in ids if 0 < id <= LAST_ID])[0]

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
        with self._sessions.reading() as connection, mapped(connection) as session:
            yield session

    @contextmanager
    def _write(self) -> Iterator[Session]:
        with self._sessions.writing() as connection, mapped(connection) as session:
            yield session


def hang(connection: Connection, interaction: int, answer: Answer) -> None:
    """Keep the citations and the passages of an answer."""
    cited = [citation_columns(interaction, *ranked) for ranked in enumerate(answer.citations)]
    found = [passage_columns(interaction, *ranked) for ranked in enumerate(answer.passages)]
    for adding, rows in ((CITE, cited), (PASS, found)):
        if rows:
            connection.execute(adding, rows)


@cache
def rating(dialect: str) -> ReturningInsert[int]:
    """Keep a verdict, unless the person gave a later one; gives its id if it was kept."""
    adding = inserting(dialect, FeedbackRow)
    said = ("verdict", "reason", "correction", "details", "given_at")
    return adding.on_conflict_do_update(
        index_elements=["interaction_id", "author"],
        set_={name: adding.excluded[name] for name in said},
        where=FeedbackRow.given_at <= adding.excluded.given_at,
    ).returning(FeedbackRow.id)


def found(session: Session, id: int) -> InteractionRow:
    """The row with that id. Raises `UnknownInteraction`."""
    row = session.get(InteractionRow, id, options=WHOLE) if 0 < id <= LAST_ID else None
    if row is None:
        raise UnknownInteraction(id)
    return row


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
