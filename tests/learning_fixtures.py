"""Stores of learning, on SQLite and on a real PostgreSQL: emptied before each test."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from sqlalchemy import delete

from bot.database import upgrade
from bot.sessions import Sessions
from bot.tables import Table
from tests.learned import Learned


@pytest.fixture(
    scope="session", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
def learning_database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Sessions]]:
    """A database with all tables, for every test of a session in turn."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('learned') / 'tandem.db'}"
    else:
        server, name = request.getfixturevalue("postgres_server"), f"t{uuid.uuid4().hex}"
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        url = f"{server}/{name}"
    upgrade(url)
    with closing(Sessions(url)) as sessions:
        yield url, sessions


@pytest.fixture
def learned(learning_database: tuple[str, Sessions]) -> Learned:
    """The stores of learning, with nothing in them."""
    url, sessions = learning_database
    with sessions.writing() as connection:
        for table in reversed(Table.metadata.sorted_tables):
            connection.execute(delete(table))
    return Learned(sessions, url)
