"""The tables of the schedule."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from bot.tables import Key, Table


class JobRow(Table):
    """A job: when it is due, and which process has it."""

    __tablename__ = "job"

    name: Mapped[str] = mapped_column(Key, primary_key=True)
    schedule: Mapped[str]  # by which `due_at` was reckoned
    due_at: Mapped[datetime | None]  # None: only by hand
    worker: Mapped[str]  # empty: nobody has it
    until: Mapped[datetime | None]  # by the database's clock
    token: Mapped[int]  # grows with each holder


class JobRunRow(Table):
    """A run of a job."""

    __tablename__ = "job_run"
    __table_args__ = (Index("ix_job_run_job", "job", "id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    job: Mapped[str] = mapped_column(Key)
    token: Mapped[int]
    worker: Mapped[str]
    asked: Mapped[str]
    planned_for: Mapped[datetime | None]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    state: Mapped[str]
    told: Mapped[str]
    figures: Mapped[dict[str, Any]]
    error: Mapped[str]
