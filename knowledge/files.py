"""The files of a folder: on disk, or in a storage that fsspec reaches."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import IO, Any, Protocol

from knowledge.reading.dates import aware, moment

HIDDEN = (".*",)
LEFTOVERS = ("*~", "~$*", "#*#", "*.tmp", "*.swp", "*.part", "*.crdownload", "4913")  # of editors
GENERATED = ("node_modules", "__pycache__", "*.lock", "*-lock.json", "*-lock.yaml", "*.pyc")
EXCLUDED = (*GENERATED, *LEFTOVERS)
MARKS = ("ETag", "etag", "sha", "md5", "md5Hash", "content_md5", "checksum", "Content-MD5")
DATES = ("LastModified", "last_modified", "mtime", "updated", "modified", "timeModified")


class Changed(Exception):
    """A file is not what it was when its reading began."""


class Refused(Exception):
    """A file that is not to be opened; the message says why."""


@dataclass(frozen=True)
class File:
    """A file that was found; nothing of it was read."""

    key: str  # its POSIX path below the root, encodable as UTF-8
    url: str
    path: str  # how to open it
    size: int | None = None  # bytes
    modified_at: datetime | None = None  # aware UTC
    mark: str = ""  # the storage's own mark of this version, if it has one
    problem: str = ""  # why it is not to be opened
    line_url: str = ""  # where people see a line of it, with `{line}`; "": nowhere


class Files(Protocol):
    """Finds and opens files."""

    def find(self) -> Iterable[File]:
        """All files that the patterns choose, sorted by key; folders that fail end in `/`.

        Raises `OSError` when there is no such folder.
        """

    def open(self, file: File) -> Any:
        """A context that gives the file's bytes as a stream.

        Raises `Refused`, `Changed` on leaving it, or `OSError`.
        """


@dataclass(frozen=True)
class Patterns:
    """Which paths are wanted.

    A pattern without a slash is held against each name of the path, one with a slash against
    the whole path; `**` stands for any folders.
    """

    include: tuple[str, ...]
    exclude: tuple[str, ...]

    def wants(self, key: str) -> bool:
        """Whether the file is chosen."""
        return not self.bars(key) and (
            not self.include or any(matches(each, key) for each in self.include)
        )

    def bars(self, key: str) -> bool:
        """Whether the file or folder is excluded, or lies in a folder that is."""
        return any(matches(each, key) for each in self.exclude)

    def hides(self, key: str) -> bool:
        """Whether it is excluded for no more than a name that begins with a dot."""
        found = [each for each in self.exclude if matches(each, key)]
        return bool(found) and all(each in HIDDEN for each in found)


def matches(pattern: str, key: str) -> bool:
    """Whether a pattern fits a path or a folder above it."""
    names, fits = key.split("/"), compiled(pattern.strip("/")).fullmatch
    if "/" in pattern.rstrip("/"):
        return any(fits("/".join(names[: n + 1])) for n in range(len(names)))
    return any(fits(name) for name in names)


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """A glob pattern as a regular expression."""
    from fsspec.utils import glob_translate

    return re.compile(glob_translate(pattern))


@dataclass(frozen=True)
class DiskFiles:
    """Files below a folder on disk, or one file."""

    root: Path
    patterns: Patterns

    def find(self) -> Iterator[File]:
        """All files, sorted by key; links that lead out of the folder are found as refused."""
        if stat.S_ISREG(self.root.stat().st_mode):
            yield self.file(str(self.root), self.root.name)
            return
        yield from sorted(self.below(str(self.root), "", set()), key=lambda file: file.key)

    def below(self, folder: str, above: str, entered: set[str]) -> Iterator[File]:
        """The files of a folder and of those in it that were not `entered`, which grows."""
        with os.scandir(folder) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
        for entry in listed:
            key = above + encodable(entry.name)
            if self.patterns.bars(key):
                continue
            if entry.is_dir(follow_symlinks=False) or self.opens(entry.path):
                yield from self.within(entry.path, f"{key}/", entered)
            else:
                yield from self.found(entry, key)

    def within(self, folder: str, above: str, entered: set[str]) -> Iterator[File]:
        """The files of a folder in the folder, once; those that cannot be listed are told."""
        real = os.path.realpath(folder)
        if real in entered:
            return
        entered.add(real)
        try:
            yield from list(self.below(folder, above, entered))
        except OSError as error:
            yield File(above, "", folder, problem=told(error))

    def opens(self, path: str | Path) -> bool:
        """Is it a link to a hidden folder within, as Kubernetes makes them?

        Its files are found nowhere else.
        """
        if not Path(path).is_symlink():
            return False
        target = Path(os.path.realpath(path))
        below = self.root in target.parents and target.is_dir()
        return below and self.patterns.hides(self.key(target))

    def key(self, path: Path) -> str:
        """The key of what lies below the root."""
        return encodable(path.relative_to(self.root).as_posix())

    def found(self, entry: os.DirEntry[str], key: str) -> Iterator[File]:
        """A file or link; a link to a folder that is read is passed over: its files are there."""
        if entry.is_symlink():
            target = os.path.realpath(entry.path)
            if not Path(target).is_relative_to(self.root):
                if self.patterns.wants(key) or Path(target).is_dir():
                    yield File(key, "", entry.path, problem=OUTSIDE)
                return
            if Path(target).is_dir():
                return
        if self.patterns.wants(key):
            yield self.file(entry.path, key)

    def file(self, path: str, key: str) -> File:
        """A file with its size and date, or with the problem that it has."""
        url = Path(path).as_uri()
        try:
            seen = Path(path).stat()
        except OSError as error:
            return File(key, url, path, problem=told(error))
        if not stat.S_ISREG(seen.st_mode):
            return File(key, url, path, problem=SPECIAL)
        return File(key, url, path, seen.st_size, moment(seen.st_mtime))

    @contextmanager
    def open(self, file: File) -> Iterator[IO[bytes]]:
        """The bytes; raises `Changed` at the end when the file was written to meanwhile."""
        # Without O_NONBLOCK, a pipe put in the file's place since would wait for a writer.
        with os.fdopen(os.open(file.path, os.O_RDONLY | NONBLOCK), "rb") as stream:
            before = os.fstat(stream.fileno())
            if not stat.S_ISREG(before.st_mode):
                raise Refused(SPECIAL)
            yield stream
            if version(os.fstat(stream.fileno())) != version(before):
                raise Changed


OVER_HTTP = 'leads over http, which a folder does not follow; read it by `use = "website"`'
OUTSIDE = "points outside the folder; copy the file into it or add a source for its folder"
SPECIAL = "is no regular file (a pipe, socket or device); exclude it"
NONBLOCK = getattr(os, "O_NONBLOCK", 0)


def version(seen: os.stat_result) -> tuple[int, int]:
    """What changes when a file is written to."""
    return seen.st_size, seen.st_mtime_ns


def encodable(name: str) -> str:
    """A name with the bytes that are not UTF-8 written as `\\xff`."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def told(error: OSError) -> str:
    """What the system says, in one line."""
    match error:
        case PermissionError():
            return "may not be read (permission denied); give the bot's user the right to"
        case FileNotFoundError():
            return "is not there (a broken link, or removed meanwhile)"
        case _:
            return f"cannot be opened: {error.strerror or error}"


def over_http(url: str) -> bool:
    """Does fsspec go to the web for it, past our own client (`knowledge.net`) and its limits?"""
    return any(part.startswith(("http://", "https://")) for part in url.lower().split("::"))


def reachable(path: str) -> str:
    """The path. Raises `ValueError` for one of the web."""
    if over_http(path):
        raise ValueError(OVER_HTTP)
    return path


@dataclass(frozen=True)
class StoredFiles:
    """Files below a URL that fsspec understands."""

    url: str
    patterns: Patterns
    options: Mapping[str, Any]

    def find(self) -> Iterator[File]:
        """All files, sorted by key."""
        storage, root = self.storage()
        storage.invalidate_cache()
        if storage.isfile(root):
            yield self.file(root, root.rsplit("/", 1)[-1], storage.info(root))
            return
        if not storage.exists(root):
            raise FileNotFoundError(self.url)
        listed = storage.find(root, detail=True)
        for path in sorted(listed):
            key = encodable(path.removeprefix(root).lstrip("/"))
            if key and self.patterns.wants(key):
                yield self.file(path, key, listed[path])

    def file(self, path: str, key: str, info: Mapping[str, Any]) -> File:
        """A file as the storage lists it."""
        dates = (info[name] for name in DATES if isinstance(info.get(name), datetime | str))
        mark = next((str(info[name]) for name in MARKS if info.get(name)), "")
        url = str(self.storage()[0].unstrip_protocol(path))
        return File(key, url, path, info.get("size"), next(map(aware, dates), None), mark)

    @contextmanager
    def open(self, file: File) -> Iterator[IO[bytes]]:
        """The bytes; raises `Changed` at the end when the storage has another version by then."""
        storage, _ = self.storage()
        with storage.open(file.path, "rb") as stream:
            yield stream
        size = storage.info(file.path).get("size")
        if file.size is not None and size is not None and size != file.size:
            raise Changed

    def storage(self) -> tuple[Any, str]:
        """The file system (fsspec keeps it) and the root within. Raises `Refused` for the web."""
        from fsspec.core import url_to_fs

        if any(map(over_http, (self.url, str(self.options.get("fo", ""))))):
            raise Refused(OVER_HTTP)
        storage, root = url_to_fs(self.url, **self.options)
        return storage, str(root).rstrip("/")
