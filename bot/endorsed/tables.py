"""The tables of endorsed answers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.tables import Key, Table


class EndorsedRow(Table):
    """A person's answer that somebody trusted endorsed."""

    __tablename__ = "endorsed_answer"
    __table_args__ = (
        UniqueConstraint("platform", "workspace", "channel", "message"),
        Index("ix_endorsed_answer_author", "platform", "author"),
        Index("ix_endorsed_answer_asker", "platform", "asker"),
        {"sqlite_autoincrement": True},  # a person decides by the id
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    platform: Mapped[str] = mapped_column(Key)
    workspace: Mapped[str] = mapped_column(Key)
    channel: Mapped[str] = mapped_column(Key)
    thread: Mapped[str] = mapped_column(Key)
    message: Mapped[str] = mapped_column(Key)
    question: Mapped[str]
    asker: Mapped[str] = mapped_column(Key)
    answer: Mapped[str]
    author: Mapped[str] = mapped_column(Key)
    link: Mapped[str]
    written_at: Mapped[datetime]
    review: Mapped[str]


class EndorserRow(Table):
    """Who endorsed an answer."""

    __tablename__ = "endorser"

    answer_id: Mapped[int] = mapped_column(
        ForeignKey("endorsed_answer.id", ondelete="CASCADE"), primary_key=True
    )
    person: Mapped[str] = mapped_column(Key, primary_key=True)
