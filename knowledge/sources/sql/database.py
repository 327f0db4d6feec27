"""A database that is only read: connected to, limited in time, and its errors in words."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from knowledge.errors import SourceUnreadable

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

STEPS = 10_000  # of SQLite's machine between looks at the clock
DRIVERS = {  # what to install for the module that is missing
    "MySQLdb": "pymysql`, and let `url` begin with `mysql+pymysql://",
    "psycopg2": "psycopg`, and let `url` begin with `postgresql://",
    "cx_Oracle": "oracledb`, and let `url` begin with `oracle+oracledb://",
}
TOLD = (  # what databases say, what that means, what to do; the first that fits
    (
        r"timeout expired|could not connect|connection (refused|timed out)|can't connect"
        r"|unable to open database|translate host|resolve host|name or service"
        r'|database "[^"]*" does not exist|unknown database|network|connection failed.*refused',
        "the database cannot be reached",
        "Check `url` and that the database runs; the next sync tries again",
    ),
    (
        r"authentication failed|access denied for user|login failed|no password supplied"
        r"|role \S+ does not exist|not permitted to log in|pg_hba",
        "the login was refused",
        "Check the name and the password in `url`",
    ),
    (
        r"statement timeout|canceling statement|interrupted|max_execution_time|max_statement_time",
        "the query took too long",
        "Make it faster (an index on the column of `changed`), or raise `timeout_s`",
    ),
    (
        r"permission denied|command denied|not authorized",
        "the login may not read that",
        "Grant it SELECT on what the query names",
    ),
    (
        r"read.?only|query_only",
        "the query writes, which a source never does",
        "Let `query` be a SELECT",
    ),
    (
        r"no such (table|column)|does not exist|doesn't exist|unknown column|syntax error"
        r"|invalid (column|object) name|near \"",
        "the query is wrong",
        "Correct `query`; try it in the database's own client",
    ),
    (
        r"(date|timestamp|time) too (large|small)",
        "a row has a date that is beyond all calendars",
        "Let `query` give it as a text (`CAST(… AS text)`), or NULL instead",
    ),
    (r"file is not a database|malformed", "the file is no database, or damaged", "Check `url`"),
)


@dataclass
class Patience:
    """How long the database may take until it gives something."""

    seconds: float
    until: float = 0.0

    def renew(self) -> None:
        """Begin anew."""
        self.until = time.monotonic() + self.seconds

    def over(self) -> bool:
        """Did it take too long?"""
        return time.monotonic() > self.until


@contextmanager
def reading(source: str, url: str, patience: Patience) -> Iterator[Connection]:
    """A connection that can only read, in one transaction. Raises `SourceUnreadable`."""
    from sqlalchemy import create_engine
    from sqlalchemy.exc import SQLAlchemyError
    from sqlalchemy.pool import NullPool

    parsed = address(source, url)
    try:
        engine = create_engine(parsed, poolclass=NullPool, **options(parsed))
        with engine.connect() as plain:
            yield begun(engine, plain, patience)
            plain.rollback()
    except ModuleNotFoundError as error:
        raise missing(source, error) from error
    except SQLAlchemyError as error:
        raise trouble(source, error, parsed.password) from error


def address(source: str, url: str) -> URL:
    """The URL, with the driver that Tandem has. Raises `SourceUnreadable`."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        parsed = make_url(re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url))
        parsed.get_dialect()
    except ModuleNotFoundError as error:
        raise missing(source, error) from error
    except (ArgumentError, ValueError) as error:  # its words may hold the URL, and so a password
        problem = "`url` is no SQLAlchemy URL of a database that it knows"
        remedy = "Write it as `postgresql://NAME:PASSWORD@HOST/DATABASE` or `sqlite:///PATH`"
        raise SourceUnreadable(source, problem, remedy) from None if error.args else error
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        file = f"file:{quote(parsed.database)}"  # a file that is not there is not made
        return parsed.set(database=file, query={"mode": "ro", "uri": "true"})
    return parsed


def options(url: URL) -> dict[str, Any]:
    """How to connect: within a time, where the driver has a word for that."""
    backend = url.get_backend_name()
    if backend == "postgresql":
        return (
            {"connect_args": {"connect_timeout": 15}} if url.get_driver_name() == "psycopg" else {}
        )
    if backend in ("mysql", "mariadb"):
        return {"connect_args": {"connect_timeout": 15}}
    return {}


def begun(engine: Engine, plain: Connection, patience: Patience) -> Connection:
    """The connection, told to read only and not to take too long."""
    milliseconds = max(1, int(patience.seconds * 1000))
    match engine.dialect.name:
        case "postgresql":
            level = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            plain = plain.execution_options(**level)
            plain.exec_driver_sql(f"SET LOCAL statement_timeout = {milliseconds}")
        case "mysql" | "mariadb":
            plain.exec_driver_sql("SET SESSION TRANSACTION READ ONLY")
            with suppress(Exception):  # each of the two has its own word for it
                plain.exec_driver_sql(f"SET SESSION max_execution_time = {milliseconds}")
            with suppress(Exception):
                plain.exec_driver_sql(f"SET SESSION max_statement_time = {patience.seconds}")
            plain.commit()
        case "sqlite":
            driver: Any = plain.connection.driver_connection
            driver.set_progress_handler(patience.over, STEPS)
            patience.renew()
            plain.exec_driver_sql("PRAGMA query_only = ON")
            plain.exec_driver_sql("BEGIN")
    return plain


def missing(source: str, error: ModuleNotFoundError) -> SourceUnreadable:
    """What to do about a driver that is not there."""
    wanted = DRIVERS.get(error.name or "", error.name or "the driver")
    problem = f"the driver {error.name} is not installed"
    return SourceUnreadable(source, problem, f"Run `uv pip install {wanted}`")


def trouble(source: str, error: Exception, password: str | None) -> SourceUnreadable:
    """What the database complains of, in words, without the password."""
    said = " ".join(str(getattr(error, "orig", None) or error).split())
    said = said.replace(password, "***") if password else said
    for pattern, what, remedy in TOLD:
        if re.search(pattern, said, re.IGNORECASE):
            return SourceUnreadable(source, f"{what} ({said[:300].rstrip('.')})", remedy)
    return SourceUnreadable(source, f"the database failed ({said[:300].rstrip('.')})", REMEDY)


REMEDY = "Check `query` and `url`; the next sync tries again"
