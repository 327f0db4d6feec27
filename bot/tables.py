"""The tables of SQL: what was heard, said, judged, chosen and synced."""

from __future__ import annotations

import hashlib
import math
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    MetaData,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.types import TypeDecorator

NAMING = {  # constraints have names, so that migrations can change them
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
LAST_ID = 2**31 - 1  # that the column of an id takes
KEY_CHARS = 128  # five of them in one index of PostgreSQL, which takes 2,700 bytes


def clean_text(text: str) -> str:
    """`text` as every database stores it: without NUL and lone surrogates."""
    if text.isascii() and "\0" not in text:
        return text
    joined = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return joined.replace("\0", "\N{REPLACEMENT CHARACTER}")


def short_key(text: str) -> str:
    """`text`, if it is no longer than any platform's id; else one as long that stands for it."""
    if len(text) <= KEY_CHARS:
        return text
    return text[: KEY_CHARS // 2] + hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def clean_json(value: Any) -> Any:
    """`value` with clean text; numbers that JSON does not have become None."""
    match value:
        case str():
            return clean_text(value)
        case float() if not math.isfinite(value):
            return None
        case dict():
            return {clean_text(str(key)): clean_json(part) for key, part in value.items()}
        case list() | tuple():
            return [clean_json(part) for part in value]
    return value


class CleanText(TypeDecorator[str]):
    """Text of any length; what a database cannot store is replaced."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> str | None:
        """On the way in."""
        return None if value is None else clean_text(value)


class Key(TypeDecorator[str]):
    """A platform's id, short enough for an index: of a longer one the beginning and a digest."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> str | None:
        """On the way in."""
        return None if value is None else short_key(clean_text(value))


class CleanJson(TypeDecorator[Any]):
    """JSON; what a database cannot store is replaced."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: Any, _dialect: Dialect) -> Any:
        """On the way in."""
        return clean_json(value)


class Number(TypeDecorator[float]):
    """A finite number; any other becomes 0."""

    impl = Float(53)
    cache_ok = True

    def process_bind_param(self, value: float | None, _dialect: Dialect) -> float | None:
        """On the way in."""
        return value if value is None or math.isfinite(value) else 0.0


class Time(TypeDecorator[datetime]):
    """Aware UTC, on SQLite too, which keeps no zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """On the way in. Raises `ValueError` for a time without a zone."""
        if value is not None and value.tzinfo is None:
            raise ValueError(f"the time {value} has no zone")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """On the way out."""
        aware = value and (value if value.tzinfo else value.replace(tzinfo=UTC))
        return aware and aware.astimezone(UTC)


class Table(DeclarativeBase):
    """What all tables share."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own form
        str: CleanText,
        float: Number,
        datetime: Time,
        dict[str, Any]: CleanJson,
        list[Any]: CleanJson,
    }


class InteractionRow(Table):
    """A question and its answer."""

    __tablename__ = "interaction"
    __table_args__ = (
        Index("ix_interaction_asked_at", "asked_at"),
        Index("ix_interaction_cached_from", "cached_from"),
        Index("ix_interaction_code", "code"),
        Index("ix_interaction_place", "platform", "workspace", "channel", "thread"),
        {"sqlite_autoincrement": True},  # an id rides in thumbs: it is never used again
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    asked_at: Mapped[datetime]
    question: Mapped[str]
    asker: Mapped[str]
    platform: Mapped[str]
    workspace: Mapped[str]
    channel: Mapped[str]
    thread: Mapped[str]
    turns: Mapped[list[Any]]  # [{"role", "text"}], oldest first
    forced_mode: Mapped[str]  # "auto": none was forced
    forced_task: Mapped[str | None]
    spaces: Mapped[list[Any] | None]  # None: all that the place may read
    mode: Mapped[str]
    task: Mapped[str | None]
    route_reason: Mapped[str]
    confidence: Mapped[float]  # of the route
    outcome: Mapped[str]
    answer: Mapped[str]
    model: Mapped[str]
    version: Mapped[str] = mapped_column(server_default="")  # trained; empty: as it came
    code: Mapped[str]  # of a failure
    error_detail: Mapped[str]  # for the operator
    answer_confidence: Mapped[float | None]  # that it is right; None: not judged
    cached_from: Mapped[int | None]  # the interaction whose answer this is
    cached_at: Mapped[datetime | None]  # when that one was asked
    curated_from: Mapped[int | None]  # the interaction whose correction this is
    route_ms: Mapped[float | None]
    wait_ms: Mapped[float | None]
    search_ms: Mapped[float | None]
    first_piece_ms: Mapped[float | None]
    total_ms: Mapped[float | None]

    citations: Mapped[list[CitationRow]] = relationship(
        order_by="CitationRow.rank", cascade="all, delete-orphan", passive_deletes=True
    )
    passages: Mapped[list[PassageRow]] = relationship(
        order_by="PassageRow.rank", cascade="all, delete-orphan", passive_deletes=True
    )
    feedback: Mapped[list[FeedbackRow]] = relationship(
        order_by="FeedbackRow.given_at", cascade="all, delete-orphan", passive_deletes=True
    )


class CitationRow(Table):
    """A place in the documents that an answer relies on."""

    __tablename__ = "citation"

    interaction_id: Mapped[int] = mapped_column(
        ForeignKey("interaction.id", ondelete="CASCADE"), primary_key=True
    )
    rank: Mapped[int] = mapped_column(primary_key=True)  # order in the answer, from 0
    number: Mapped[int]
    title: Mapped[str]
    url: Mapped[str]
    source: Mapped[str]
    key: Mapped[str]
    quote: Mapped[str]


class PassageRow(Table):
    """A passage that the search found for a question."""

    __tablename__ = "passage"
    __table_args__ = (Index("ix_passage_document", "source", "key"),)

    interaction_id: Mapped[int] = mapped_column(
        ForeignKey("interaction.id", ondelete="CASCADE"), primary_key=True
    )
    rank: Mapped[int] = mapped_column(primary_key=True)  # from 0, best first
    source: Mapped[str]
    key: Mapped[str]
    ordinal: Mapped[int]
    title: Mapped[str]
    url: Mapped[str]
    headings: Mapped[list[Any]]
    excerpt: Mapped[str]  # how the text begins
    score: Mapped[float]
    scores: Mapped[dict[str, Any]]  # by part: "vector", "keyword", ...


class KeptAnswerRow(Table):
    """An answer that may be given again: see `bot.answer_cache`."""

    __tablename__ = "kept_answer"
    __table_args__ = (
        Index("ix_kept_answer_audience", "audience", "edition"),
        Index("ix_kept_answer_interaction_id", "interaction_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    interaction_id: Mapped[int] = mapped_column(ForeignKey("interaction.id", ondelete="CASCADE"))
    question: Mapped[str]  # made standalone
    audience: Mapped[str]  # digest of the readable sources
    edition: Mapped[str]  # digest of model, settings and code
    trace: Mapped[str]  # digest of the passages found
    vector: Mapped[bytes]  # of the question, float32
    kept_at: Mapped[datetime]


class FeedbackRow(Table):
    """One person's verdict on one answer."""

    __tablename__ = "feedback"
    __table_args__ = (UniqueConstraint("interaction_id", "author"),)  # a second vote replaces

    id: Mapped[int] = mapped_column(primary_key=True)
    interaction_id: Mapped[int] = mapped_column(ForeignKey("interaction.id", ondelete="CASCADE"))
    author: Mapped[str]
    verdict: Mapped[str]
    reason: Mapped[str]
    correction: Mapped[str]
    details: Mapped[dict[str, Any]]
    given_at: Mapped[datetime]


class SyncRow(Table):
    """One pass over one source."""

    __tablename__ = "sync"
    __table_args__ = (Index("ix_sync_source", "source", "started_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    counts: Mapped[dict[str, Any]]  # "seen", "written", ...
    problems: Mapped[list[Any]]  # [[key, reason]]
    error: Mapped[str]  # why the pass as a whole failed; empty: it did not


class EventRow(Table):
    """An event of a platform that was heard; a replay has the same id."""

    __tablename__ = "inbox_event"
    __table_args__ = (Index("ix_inbox_event_heard_at", "heard_at"),)

    platform: Mapped[str] = mapped_column(Key, primary_key=True)
    workspace: Mapped[str] = mapped_column(Key, primary_key=True)
    event: Mapped[str] = mapped_column(Key, primary_key=True)
    heard_at: Mapped[datetime]


class ItemRow(Table):
    """A post that was heard, and what became of it: see `bot.inbox`."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("platform", "workspace", "channel", "message"),
        Index("ix_inbox_due", "platform", "due_at", "id"),  # NULL: nothing is to be done
        Index("ix_inbox_thread", "platform", "workspace", "channel", "thread", "due_at"),
        Index("ix_inbox_author", "platform", "workspace", "author", "accepted_at"),
        Index("ix_inbox_channel", "platform", "workspace", "channel", "accepted_at"),
        Index("ix_inbox_state", "state", "heard_at"),
        {"sqlite_autoincrement": True},  # replies point at it from outside
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    platform: Mapped[str] = mapped_column(Key)
    workspace: Mapped[str] = mapped_column(Key)
    channel: Mapped[str] = mapped_column(Key)
    thread: Mapped[str] = mapped_column(Key)
    message: Mapped[str] = mapped_column(Key)
    event: Mapped[str] = mapped_column(Key)  # that brought it as it is
    author: Mapped[str] = mapped_column(Key)
    team: Mapped[str]
    text: Mapped[str | None]  # None: passed over, finished (see the interaction) or deleted
    digest: Mapped[str]
    written_at: Mapped[datetime]
    door: Mapped[str]
    addressed: Mapped[bool]
    others: Mapped[list[Any]]
    by_bot: Mapped[bool]
    outsider: Mapped[bool]
    private: Mapped[bool]
    mode: Mapped[str]
    task: Mapped[str | None]
    back: Mapped[str]  # where its author alone can be told
    about: Mapped[str]  # the thread that it is about and not said in
    heard_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]  # None: it is no question to the bot
    state: Mapped[str]
    reason: Mapped[str]  # of a silence
    quiet: Mapped[bool]
    notice: Mapped[str]
    limited: Mapped[bool]  # the notice tells of the limit
    gone: Mapped[bool]
    stopped: Mapped[bool]
    revision: Mapped[int]
    attempt: Mapped[int]  # of this revision; 0: none yet
    due_at: Mapped[datetime | None]  # when a worker may take it: of a leased one, its lease's end
    worker: Mapped[str]
    token: Mapped[str]
    begun: Mapped[bool]
    code: Mapped[str]  # of having given up
    error: Mapped[str]  # of the last attempt that failed


class ReplyRow(Table):
    """A message that the bot posted for an item."""

    __tablename__ = "inbox_reply"
    __table_args__ = (UniqueConstraint("platform", "workspace", "channel", "message"),)

    item_id: Mapped[int] = mapped_column(
        ForeignKey("inbox.id", ondelete="CASCADE"), primary_key=True
    )
    part: Mapped[int] = mapped_column(primary_key=True)
    platform: Mapped[str] = mapped_column(Key)
    workspace: Mapped[str] = mapped_column(Key)
    channel: Mapped[str] = mapped_column(Key)
    message: Mapped[str] = mapped_column(Key)
    streaming: Mapped[bool]


class AnswerRow(Table):
    """Which interaction answers which revision of an item."""

    __tablename__ = "inbox_answer"
    __table_args__ = (Index("ix_inbox_answer_interaction_id", "interaction_id"),)

    item_id: Mapped[int] = mapped_column(
        ForeignKey("inbox.id", ondelete="CASCADE"), primary_key=True
    )
    revision: Mapped[int] = mapped_column(primary_key=True)
    interaction_id: Mapped[int] = mapped_column(ForeignKey("interaction.id", ondelete="CASCADE"))


class ThreadRow(Table):
    """What was chosen for a thread, or for a whole channel (`thread` is empty)."""

    __tablename__ = "thread"

    platform: Mapped[str] = mapped_column(Key, primary_key=True)
    workspace: Mapped[str] = mapped_column(Key, primary_key=True)
    channel: Mapped[str] = mapped_column(Key, primary_key=True)
    thread: Mapped[str] = mapped_column(Key, primary_key=True)
    mode: Mapped[str]  # that sticks; empty: none was chosen
    task: Mapped[str | None]
    muted_by: Mapped[str]  # empty: it is not muted


class PersonRow(Table):
    """What a person chose about their own words."""

    __tablename__ = "person"

    platform: Mapped[str] = mapped_column(Key, primary_key=True)
    workspace: Mapped[str] = mapped_column(Key, primary_key=True)
    person: Mapped[str] = mapped_column(Key, primary_key=True)
    may_learn: Mapped[bool]
