"""Transactions on a database, for any number of threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from threading import Lock, local
from typing import Any

from sqlalchemy import Connection, inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from bot.database import connect, shown_as, told
from bot.tables import Table

Insert = sqlite.Insert | postgresql.Insert


class Sessions:
    """Reading and writing transactions. All raise `DatabaseUnavailable`.

    SQLite takes one writer at a time, and who finds it taken sleeps and tries again; so the
    writers of this process wait for each other here, where the next one wakes at once. That is
    why all who keep something in the same database share one of these.
    """

    def __init__(self, url: str) -> None:
        self._engine = connect(url, begins=False)
        self.postgresql = self._engine.dialect.name == "postgresql"
        self._turn: AbstractContextManager[object] = nullcontext() if self.postgresql else Lock()
        self.url = shown_as(self._engine.url)
        self._mine = local()

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that writes nothing."""
        with told(self._engine.url), self._engine.connect() as connection:
            self._begin(connection, "BEGIN")
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is committed at its end, or undone by what is raised."""
        with self._turn, told(self._engine.url), self._engine.begin() as connection:
            self._begin(connection, "BEGIN IMMEDIATE")  # a reading one could not write later
            if guard := getattr(self._mine, "guard", None):
                guard(connection)
            yield connection

    @contextmanager
    def guarded(self, guard: Callable[[Connection], None]) -> Iterator[None]:
        """In this thread each transaction that writes begins with `guard`, which may raise."""
        self._mine.guard = guard
        try:
            yield
        finally:
            del self._mine.guard

    def _begin(self, connection: Connection, how: str) -> None:
        """SQLite's driver begins nothing by itself, and a listener would cost every call."""
        if not self.postgresql:
            connection.exec_driver_sql(how)


def sessions_at(at: str | Sessions) -> Sessions:
    """Those that are given, or new ones for an address."""
    return Sessions(at) if isinstance(at, str) else at


@contextmanager
def mapped(connection: Connection) -> Iterator[Session]:
    """Rows as objects within a transaction, for calls that are rare enough for what that costs."""
    with Session(connection) as session:
        yield session
        session.flush()


def inserting(dialect: str, table: type[Table]) -> Insert:
    """An insertion that may say what to do where the row is there already."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


@cache
def adding(dialect: str, table: type[Table]) -> ReturningInsert[Any]:
    """An insertion that gives the key of the new row, or nothing where it is there already."""
    inserted = inserting(dialect, table).on_conflict_do_nothing()
    return inserted.returning(*inspect(table).primary_key)
