"""Connections to SQLite and PostgreSQL, and the migrations that keep their tables in step."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError

from bot.errors import DatabaseNewer, DatabaseUnavailable

CONNECTIONS = 16  # that are kept; more come and go
WAIT_S = 30  # for another writer on SQLite
CONNECT_S = 10  # for PostgreSQL to take a connection
IDLE_S = 15  # of a transaction in which nothing happens, until PostgreSQL undoes it
LOCK = 0x7A4DE3  # PostgreSQL's advisory lock of our migrations; any number that stays
REMEDIES = {  # what a message holds, and what to do about it
    "not a database": "Restore a backup, or move the file away to begin anew",
    "malformed": "Restore a backup, or move the file away to begin anew",
    "unable to open": "Check that the folder is there and may be written",
    "readonly": "Make the file and its folder writable",
    "disk is full": "Free some disk space",
    "disk I/O": "Look whether the disk is full or broken",
    "locked": "Another program holds the database; try again when it is done",
    "no such table": "Run `tandem db upgrade`",
    "does not exist": "Check `database.url`, then run `tandem db upgrade`",
    "idle-in-transaction": "Look whether this machine slept or was overloaded, and try again",
    "password authentication": "Check the user and the password in `database.url`",
}
RUN_IT = "Start PostgreSQL, or check `database.url`"
ELSEWHERE = "Give its folder to this user, or set TANDEM_HOME or `database.url` to another place"


def address(url: str) -> URL:
    """The address with our driver. Raises `DatabaseUnavailable` when it is none."""
    try:
        made = make_url(re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url))
    except ArgumentError as error:
        shown = re.sub(r"://[^@]*@", "://***@", url)
        remedy = 'Write "sqlite:///PATH" or "postgresql://USER@HOST/NAME"'
        raise DatabaseUnavailable(shown, "this is no address", remedy) from error
    if made.get_backend_name() not in ("sqlite", "postgresql"):
        raise DatabaseUnavailable(shown_as(made), "only SQLite and PostgreSQL are known", RUN_IT)
    return made


def shown_as(url: URL) -> str:
    """The address without its password."""
    return url.render_as_string(hide_password=True)


def connect(url: str, *, foreign_keys: bool = True, begins: bool = True) -> Engine:
    """An engine that connects on first use. A write waits for other writers.

    `begins`: on SQLite too it begins transactions, for which each of its calls costs more.
    Raises `DatabaseUnavailable` when the address is none or its file cannot be made.
    """
    at = address(url)
    if at.get_backend_name() == "postgresql":
        options = {"connect_timeout": CONNECT_S}
        kept = {"pool_size": CONNECTIONS, "pool_pre_ping": True}
        engine = create_engine(at, connect_args=options, **kept)
        event.listen(engine, "connect", lambda raw, _: bound(raw))
        return engine
    make_file(at)
    engine = create_engine(at, connect_args={"timeout": WAIT_S}, pool_size=CONNECTIONS)
    event.listen(engine, "connect", lambda raw, _: prepare(raw, foreign_keys))
    if begins:
        event.listen(engine, "begin", begin)
    return engine


def make_file(at: URL) -> None:
    """Make the SQLite file, for its owner's eyes only. Raises `DatabaseUnavailable`."""
    file = Path(at.database or ":memory:")
    if str(file).startswith((":memory:", "file:")) or file.exists():
        return
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)
    except OSError as error:
        problem = f"it cannot be made ({str(error.strerror).lower()})"
        raise DatabaseUnavailable(shown_as(at), problem, ELSEWHERE) from error


def prepare(raw: Any, foreign_keys: bool) -> None:
    """Set a new SQLite connection up; transactions are begun by us, not by the driver.

    What is committed survives the end of the process, and the database the end of the machine;
    that may take the last commits along (`synchronous = NORMAL` with a write-ahead log).
    """
    raw.isolation_level = None
    raw.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
    raw.execute("PRAGMA synchronous = NORMAL")
    if raw.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        raw.execute("PRAGMA journal_mode = WAL")


def bound(raw: Any) -> None:
    """Have PostgreSQL undo what a sleeping process left open, so that nobody waits for its locks.

    Not among the connection's options, which poolers such as PgBouncer refuse.
    """
    raw.execute(f"SET idle_in_transaction_session_timeout = '{IDLE_S}s'")
    raw.commit()


def begin(connection: Connection) -> None:
    """Begin a transaction; a writing one takes the lock at once, since it could not later."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def told(url: URL) -> Iterator[None]:
    """Turn what the driver raises into `DatabaseUnavailable`, without the password."""
    try:
        yield
    except (IntegrityError, DataError):  # what was to be written is wrong, not the database
        raise
    except DBAPIError as error:
        problem = " ".join(str(error.orig).split()).removesuffix(".")
        if url.password:
            problem = problem.replace(str(url.password), "***")
        default = RUN_IT if url.get_backend_name() == "postgresql" else "Check the file"
        remedy = next((do for said, do in REMEDIES.items() if said in problem), default)
        raise DatabaseUnavailable(shown_as(url), problem, remedy) from error


def revisions() -> list[str]:
    """The revisions that this Tandem knows, oldest first."""
    return sorted(path.name.split("_")[0] for path in (scripts() / "versions").glob("[0-9]*.py"))


def scripts() -> Path:
    """Where the migrations lie: beside this package in the checkout and in the wheel."""
    spec = find_spec("migrations")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("the package `migrations` is missing: install Tandem anew")
    return Path(next(iter(spec.submodule_search_locations)))


def current(url: str) -> str | None:
    """The revision of the database; None: it is empty. Raises `DatabaseUnavailable`."""
    engine = connect(url)
    try:
        with told(engine.url), engine.connect() as connection:
            return revision(connection)
    finally:
        engine.dispose()


def revision(connection: Connection) -> str | None:
    """The revision that the database is at; None: it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def upgrade(url: str) -> tuple[str, ...]:
    """Bring the tables in step; gives the revisions that were applied, oldest first.

    It is all or nothing, and of two at once one waits and finds nothing to do. Raises
    `DatabaseNewer` and `DatabaseUnavailable`.
    """
    known = revisions()
    if (at := current(url)) == known[-1]:
        return ()
    if at is not None and at not in known:
        raise DatabaseNewer(shown_as(address(url)), at, known[-1])
    before = migrate(url, known[-1])
    return tuple(known[known.index(before) + 1 if before else 0 :])


def migrate(url: str, target: str) -> str | None:
    """Go up or down to a revision ("base": none); gives the one before.

    Raises `DatabaseUnavailable`.
    """
    engine = connect(url, foreign_keys=False)  # rebuilding a table must not drop what refers to it
    try:
        with told(engine.url), engine.connect() as connection:
            locked = connection.execution_options(writes=True)
            with locked.begin():
                if engine.dialect.name == "postgresql":
                    locked.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
                before = revision(locked)
                run_scripts(locked, target, before)
                return before
    finally:
        engine.dispose()


def run_scripts(connection: Connection, target: str, before: str | None) -> None:
    """Let Alembic run the scripts between two revisions on this connection."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(scripts()).replace("%", "%%"))
    config.attributes["connection"] = connection
    down = target == "base" or (before is not None and before > target)
    (command.downgrade if down else command.upgrade)(config, target)
