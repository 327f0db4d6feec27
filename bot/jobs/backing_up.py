"""Copies of what cannot be made again: SQL, the model versions, the settings.

The index is not among it: a sync makes it anew from the sources. Secrets are not, either: the
settings only refer to them. A copy is written beside and gets its name last, so that what has a
name is whole.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL

from bot.database import address
from bot.errors import BackupFailed
from model.versions import MANIFEST as VERSION_WHOLE

if TYPE_CHECKING:
    from bot.settings import Settings

MANIFEST = "backup.json"
SQLITE, DUMP, SETTINGS = "tandem.db", "tandem.dump", "tandem.toml"
NAME = re.compile(r"tandem-\d{8}T\d{6}Z(-\d+)?")
PASSWORD = re.compile(r"(?<=://)[^\s/@\"']+:[^\s/@\"']+(?=@)")
NO_DUMP = (
    "PostgreSQL is not in it: `pg_dump` was not found here. Install PostgreSQL's client, or back "
    "the database up where it runs"
)


@dataclass(frozen=True)
class Backup:
    """A copy that is whole."""

    folder: str
    database: str  # the file in it; empty: SQL is not in it
    versions: int
    bytes: int
    dropped: tuple[str, ...] = ()  # older copies that went
    trouble: str = ""  # why something is not in it

    def __str__(self) -> str:
        """In a line."""
        kept = f"{self.folder}: {self.bytes / 1e6:.1f} MB, {self.versions} versions"
        gone = f", {len(self.dropped)} older ones dropped" if self.dropped else ""
        return f"{kept}{gone}" + (f". {self.trouble}." if self.trouble else "")

    def told(self) -> dict[str, object]:
        """As JSON."""
        return asdict(self)


def place_for(settings: Settings) -> Path:
    """Where the schedule's copies lie."""
    return settings.jobs.backup.path or settings.home / "backups"


def back_up(
    settings: Settings, place: Path, keep: int, check: Callable[[], None] = lambda: None
) -> Backup:
    """Make a copy in a new folder of `place`, and drop all but the `keep` newest there.

    `check` is asked before each step. Raises `BackupFailed`, `DatabaseUnavailable`.
    """
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in place.glob(".tandem-*"):  # of one that was cut off
            shutil.rmtree(left)
        aside = place / f".tandem-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        aside.mkdir(mode=0o700)
        made = _filled(settings, aside, check)
        check()
        return _named(aside, place, made, keep)
    except (OSError, sqlite3.Error) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise BackupFailed(str(place), f"the copy was not made ({why.lower()})") from error


def _filled(settings: Settings, aside: Path, check: Callable[[], None]) -> Backup:
    """Write all files of a copy, but for the last."""
    database, trouble = copy_database(address(settings.database_url().get_secret_value()), aside)
    versions = 0
    for folder in whole_versions(settings.home):
        check()
        shutil.copytree(folder, aside / "versions" / folder.name)
        versions += 1
    if settings.file is not None:
        text = settings.file.read_text(encoding="utf-8")
        (aside / SETTINGS).write_text(PASSWORD.sub("***", text), encoding="utf-8")
    size = sum(file.stat().st_size for file in aside.rglob("*") if file.is_file())
    return Backup(aside.name[1:], database, versions, size, trouble=trouble)


def _named(aside: Path, place: Path, made: Backup, keep: int) -> Backup:
    """Give it its name, and drop the oldest."""
    digests = {
        str(f.relative_to(aside)): digest(f) for f in sorted(aside.rglob("*")) if f.is_file()
    }
    told = made.told() | {"made_at": datetime.now(UTC).isoformat(), "files": digests}
    (aside / MANIFEST).write_text(json.dumps(told, indent=1), encoding="utf-8")
    folder = free_name(place, made.folder)
    aside.rename(folder)
    old = [*copies(place)][keep:]
    for each in old:
        shutil.rmtree(each)
    names = tuple(each.name for each in old)
    return Backup(str(folder), made.database, made.versions, made.bytes, names, made.trouble)


def free_name(place: Path, name: str) -> Path:
    """A folder that is not there yet: two copies may be made in one second."""
    names = (place / (f"{name}-{n}" if n else name) for n in range(1000))
    return next(folder for folder in names if not folder.exists())


def copies(place: Path) -> Iterator[Path]:
    """The whole copies in a folder, the newest first; nothing else is ever touched there."""
    found = [each for each in place.iterdir() if NAME.fullmatch(each.name)]
    yield from sorted((f for f in found if (f / MANIFEST).is_file()), reverse=True)


def whole_versions(home: Path) -> list[Path]:
    """The folders of trained versions; of a training under way only its own child knows enough."""
    return sorted(file.parent for file in (home / "versions").glob(f"*/{VERSION_WHOLE}"))


def digest(file: Path) -> str:
    """SHA-256 of a file, in hex."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def copy_database(url: URL, folder: Path) -> tuple[str, str]:
    """Copy SQL into a folder: the file's name, and why it is not there where it is not."""
    if url.get_backend_name() == "postgresql":
        return dump(url, folder)
    copy_sqlite(Path(url.database or ""), folder / SQLITE)
    return SQLITE, ""


def copy_sqlite(file: Path, copy: Path) -> None:
    """A copy as of one moment, while others read and write. Raises `sqlite3.Error`."""
    with (
        closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as held,
        closing(sqlite3.connect(copy)) as made,
    ):
        held.backup(made)  # in one go: in steps it begins anew with each write of another
        told = made.execute("PRAGMA quick_check").fetchone()[0]
        if told != "ok":
            raise sqlite3.DatabaseError(f"the copy is damaged: {told}")
        made.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it
    copy.chmod(0o600)


def dump(url: URL, folder: Path) -> tuple[str, str]:
    """What `pg_dump` writes, to be read by `pg_restore`; its password goes by the environment."""
    program = shutil.which("pg_dump")
    if program is None:
        return "", NO_DUMP
    named = {
        "--host": url.host,
        "--port": url.port and str(url.port),
        "--username": url.username,
        "--dbname": url.database,
    }
    given = [f"{name}={value}" for name, value in named.items() if value]
    command = [program, "--format=custom", "--no-password", f"--file={folder / DUMP}", *given]
    password = {"PGPASSWORD": str(url.password)} if url.password else {}
    done = subprocess.run(command, env=os.environ | password, capture_output=True, text=True)
    if done.returncode:
        (folder / DUMP).unlink(missing_ok=True)
        said = " ".join(done.stderr.split()) or f"it ended with {done.returncode}"
        return "", f"PostgreSQL is not in it: pg_dump failed ({said.rstrip('.')})"
    return DUMP, ""
