"""The tables of what is learned from: examples, judged passages, curated answers, changes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.tables import Key, Table

NOWHERE = 0  # the interaction of what was made from none, or from several together


class ExampleRow(Table):
    """An example: see `model.examples`."""

    __tablename__ = "example"
    __table_args__ = (
        UniqueConstraint("drawn"),
        Index("ix_example_what", "what", "review"),
        {"sqlite_autoincrement": True},  # snapshots name examples that are gone
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    drawn: Mapped[str]  # digest of it as it came: an edited one is known when it comes again
    held_out: Mapped[bool]
    what: Mapped[str]
    task: Mapped[str]
    text: Mapped[str]
    chosen: Mapped[str]
    rejected: Mapped[str]
    wish: Mapped[str]
    passages: Mapped[list[Any]]  # of `Shown`
    weight: Mapped[float]
    origin: Mapped[str]
    review: Mapped[str]
    doubt: Mapped[str]
    came_from: Mapped[str]
    kept_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    decided_by: Mapped[str]  # a person; empty: nobody looked at it


class DecisionRow(Table):
    """What somebody decided on an example which is gone: it holds when that comes again."""

    __tablename__ = "example_decision"

    drawn: Mapped[str] = mapped_column(primary_key=True)
    review: Mapped[str]
    doubt: Mapped[str]
    decided_by: Mapped[str]
    decided_at: Mapped[datetime]


class ExampleInteractionRow(Table):
    """An interaction that an example was made from."""

    __tablename__ = "example_interaction"
    __table_args__ = (Index("ix_example_interaction_interaction_id", "interaction_id"),)

    example_id: Mapped[int] = mapped_column(
        ForeignKey("example.id", ondelete="CASCADE"), primary_key=True
    )
    interaction_id: Mapped[int] = mapped_column(
        ForeignKey("interaction.id", ondelete="CASCADE"), primary_key=True
    )


class ExamplePersonRow(Table):
    """A person whose words or votes an example holds, by the interaction that they are of."""

    __tablename__ = "example_person"
    __table_args__ = (Index("ix_example_person_person", "person"),)

    example_id: Mapped[int] = mapped_column(
        ForeignKey("example.id", ondelete="CASCADE"), primary_key=True
    )
    interaction_id: Mapped[int] = mapped_column(primary_key=True)  # or `NOWHERE`
    person: Mapped[str] = mapped_column(Key, primary_key=True)  # "platform:person"


class JudgedRow(Table):
    """A passage that people found right, or wrong, for a question."""

    __tablename__ = "judged_passage"
    __table_args__ = (
        Index("ix_judged_passage_interaction_id", "interaction_id"),
        {"sqlite_autoincrement": True},  # snapshots name them
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    interaction_id: Mapped[int] = mapped_column(ForeignKey("interaction.id", ondelete="CASCADE"))
    question: Mapped[str]
    source: Mapped[str]
    key: Mapped[str]
    ordinal: Mapped[int]
    chunk: Mapped[str]
    text: Mapped[str]
    value: Mapped[float]
    judged_at: Mapped[datetime]
    platform: Mapped[str]
    workspace: Mapped[str]
    voters: Mapped[list[Any]]  # "platform:person"
    vector: Mapped[bytes]  # of the question, float32; empty: not made yet
    embedder: Mapped[str]


class CuratedRow(Table):
    """An answer that a person wrote to a question."""

    __tablename__ = "curated_answer"
    __table_args__ = (
        UniqueConstraint("interaction_id"),
        Index("ix_curated_answer_workspace", "platform", "workspace"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    interaction_id: Mapped[int] = mapped_column(ForeignKey("interaction.id", ondelete="CASCADE"))
    question: Mapped[str]
    answer: Mapped[str]
    sources: Mapped[list[Any]]
    trace: Mapped[str]
    author: Mapped[str]
    written_at: Mapped[datetime]
    review: Mapped[str]
    decided: Mapped[bool]  # by a person, or doubted since: no harvest decides otherwise
    doubt: Mapped[str] = mapped_column(server_default="")  # why it waits again
    vector: Mapped[bytes]  # of the question, float32; empty: not made yet
    embedder: Mapped[str] = mapped_column(server_default="")
    rests_on: Mapped[list[Any]] = mapped_column(server_default="[]")  # since a person looked anew
    platform: Mapped[str] = mapped_column(Key)
    workspace: Mapped[str] = mapped_column(Key)


class ChangeRow(Table):
    """A change of the verdicts on an interaction, oldest first by id.

    One of the kind "changed" with no author tells only that something changed: the words of
    who was forgotten are gone.
    """

    __tablename__ = "feedback_change"
    __table_args__ = (
        Index("ix_feedback_change_interaction_id", "interaction_id"),
        Index("ix_feedback_change_author", "author"),
        {"sqlite_autoincrement": True},  # the id marks how far a harvest is
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    interaction_id: Mapped[int]  # which may be gone
    author: Mapped[str]
    kind: Mapped[str]  # see `bot.learning.history`
    verdict: Mapped[str]
    reason: Mapped[str]
    correction: Mapped[str]
    details: Mapped[dict[str, Any]]
    changed_at: Mapped[datetime]


class MarkRow(Table):
    """How far somebody is."""

    __tablename__ = "learning_mark"

    name: Mapped[str] = mapped_column(Key, primary_key=True)
    value: Mapped[int]


class ChannelRow(Table):
    """What was chosen for a channel."""

    __tablename__ = "learning_channel"

    platform: Mapped[str] = mapped_column(Key, primary_key=True)
    workspace: Mapped[str] = mapped_column(Key, primary_key=True)
    channel: Mapped[str] = mapped_column(Key, primary_key=True)
    off: Mapped[bool]
