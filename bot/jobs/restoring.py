"""Puts a copy back: the database and the model versions, each checked before it is used."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL

from bot.database import address
from bot.errors import BackupFailed
from bot.jobs.backing_up import DUMP, MANIFEST, SETTINGS, SQLITE, digest
from bot.living import is_gone
from model.versions import MANIFEST as WHOLE_VERSION

if TYPE_CHECKING:
    from bot.settings import Settings

AHEAD = 1_000_000  # fencing tokens grow past all that were given since the copy was made
WHOLE = f"Name the folder of one copy, in which {MANIFEST} lies: DIR/tandem-<time>."
BESIDE = ("", "-wal", "-shm")  # of SQLite's file; an old log would be read into a new file


def restore(settings: Settings, folder: Path, force: bool) -> Iterator[str]:
    """Put a copy back; gives a line for each thing that was done, or is still to be done.

    Raises `BackupFailed` before anything is changed.
    """
    files = checked(folder)
    url = address(settings.database_url().get_secret_value())
    if SQLITE in files:
        yield put_database_back(url, folder / SQLITE, force)
    elif DUMP in files:
        to = f"--host={url.host} --username={url.username} --dbname={url.database}"
        yield f"PostgreSQL: run `pg_restore --clean --if-exists {to} {folder / DUMP}`."
    yield f"{versions_put_back(folder, settings.home)} model versions are in {settings.home}."
    if SETTINGS in files:
        yield f"The settings of then are in {folder / SETTINGS}; yours were left as they are."
    yield "Run `tandem sync`: the index is made from the sources."


def checked(folder: Path) -> dict[str, str]:
    """The files of a copy, each as it was when it was made. Raises `BackupFailed`."""
    try:
        told = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        files: dict[str, str] = dict(told["files"])
        damaged = [name for name, known in files.items() if digest(folder / name) != known]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise BackupFailed(str(folder), f"this is no whole copy ({error})", WHOLE) from error
    if damaged:
        problem = f"{damaged[0]} is not as it was when the copy was made"
        raise BackupFailed(str(folder), problem, "Take another copy.")
    return files


def put_database_back(url: URL, copy: Path, force: bool) -> str:
    """Let the copy stand where the database stood. Raises `BackupFailed`."""
    if url.get_backend_name() != "sqlite":
        problem = "it is of SQLite, and `database.url` is another database"
        raise BackupFailed(str(copy), problem, "Leave `database.url` out, and try again.")
    file = Path(url.database or "")
    if file.exists():
        need_idle(file)
        if not force:
            raise BackupFailed(str(file), "it is there already; `--force` puts it aside", "")
    aside = file.with_name(f".{file.name}.restored")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(copy, aside)
        aside.chmod(0o600)
        freed(aside)
    except (OSError, sqlite3.Error) as error:
        aside.unlink(missing_ok=True)
        problem = f"it cannot be put back ({error}); nothing was changed"
        raise BackupFailed(str(copy), problem, "Make room, or take another copy.") from error
    said = put_aside(file)
    aside.rename(file)
    return f"The database is {file}{said}."


def freed(file: Path) -> None:
    """Give back the leases of then. Raises `sqlite3.Error`, also where it is no whole database."""
    with closing(sqlite3.connect(file)) as opened:
        told = opened.execute("PRAGMA quick_check").fetchone()[0]
        if told != "ok":
            raise sqlite3.DatabaseError(f"the copy is damaged: {told}")
        if opened.execute("SELECT 1 FROM sqlite_master WHERE name = 'job'").fetchone():
            opened.execute("UPDATE job SET worker = '', until = NULL, token = token + ?", (AHEAD,))
            opened.commit()


def put_aside(file: Path) -> str:
    """Rename what stands there, a log that outlived its database too; says to what."""
    kept = f"{file.name}.before-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    found = [end for end in BESIDE if file.with_name(file.name + end).exists()]
    for end in found:
        file.with_name(file.name + end).rename(file.with_name(kept + end))
    return f"; what stood there is {kept}" if "" in found else ""


def need_idle(file: Path) -> None:
    """Raise `BackupFailed` where a living process has a job in hand, as far as can be told."""
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as opened:
            found = opened.execute("SELECT worker FROM job WHERE worker != ''").fetchall()
    except sqlite3.Error:
        return  # damaged, or of an older Tandem: that is why it is replaced
    living = [worker for (worker,) in found if not is_gone(worker)]
    if living:
        raise BackupFailed(str(file), f"{living[0]} works with it; end it first", "")


def versions_put_back(folder: Path, home: Path) -> int:
    """Copy the versions that are not there; gives how many the copy has. Raises `BackupFailed`."""
    found = sorted((folder / "versions").glob("*"))
    try:
        for version in found:
            put_version_back(version, home / "versions" / version.name)
    except OSError as error:
        remedy = "Make room, and restore it again with `--force`."
        raise BackupFailed(str(home / "versions"), str(error), remedy) from error
    return len(found)


def put_version_back(version: Path, to: Path) -> None:
    """Copy a version that is not whole there; the file that says so comes last."""
    if not (to / WHOLE_VERSION).exists():
        to.mkdir(parents=True, exist_ok=True)
        for each in sorted(version.iterdir(), key=lambda file: file.name == WHOLE_VERSION):
            if each.is_dir():
                shutil.copytree(each, to / each.name, dirs_exist_ok=True)
            else:
                shutil.copyfile(each, to / each.name)
