"""The files of one commit: found, dated, and their contents read."""

from __future__ import annotations

import os
import posixpath
import subprocess
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import IO, cast
from urllib.parse import quote_from_bytes

from knowledge import reading
from knowledge.files import OUTSIDE, File, Patterns, Refused, encodable
from knowledge.reading.dates import moment
from knowledge.reading.plain import NotReadable
from knowledge.sources.git.command import LONG_S, Git, GitFailed

Supply = Callable[[Iterable[str], str], None]
LINK, LFS = "120000", b"version https://git-lfs.github.com/spec/"
IN_LFS = "lies in Git LFS, and the repository has only a pointer to it; exclude it"
BROKEN = "is a link to nothing; exclude it or mend the link"
HOPS = 8  # of links that lead to links
COMMITS = 200_000  # looked at for the dates of files; older ones have none
SPOOL = 2**22  # bytes of a file that are kept in memory


@dataclass(frozen=True)
class Entry:
    """A name in a tree."""

    mode: str
    blob: str
    path: bytes

    @property
    def key(self) -> str:
        """The path as text."""
        return encodable(os.fsdecode(self.path))


def tree(git: Git, commit: str) -> dict[bytes, Entry]:
    """All files and links of a commit, by path; submodules are passed over."""
    told = git.run("ls-tree", "-r", "-z", "--full-tree", commit, within_s=LONG_S)
    found = {}
    for line in told.split(b"\0"):
        words, _, path = line.partition(b"\t")
        mode, kind, blob = words.decode().split() or ("", "", "")
        if kind == "blob":
            found[path] = Entry(mode, blob, path)
    return found


@dataclass
class Snapshot:
    """The files that a pass is about; `Files` for the folder's way of reading."""

    git: Git
    commit: str
    patterns: Patterns
    page: str  # where people see a file, with `{path}` in it
    line: str  # the same for a line of it, with `{line}`, or ""
    mend: Callable[[], None]  # called once, when contents cannot be read
    files: list[File] = field(default_factory=list)
    entries: dict[bytes, Entry] = field(default_factory=dict)
    blobs: Blobs = field(init=False)
    dates: Dates = field(init=False)

    def __post_init__(self) -> None:
        self.blobs = Blobs(self.git, self.mend)
        self.dates = Dates(self.git, self.commit)

    def chosen(self) -> list[Entry]:
        """What the patterns want, links among it; sorted by key."""
        self.entries = tree(self.git, self.commit)
        wanted = [entry for entry in self.entries.values() if self.patterns.wants(entry.key)]
        return sorted(wanted, key=lambda entry: entry.key)

    def choose(self, is_read: Callable[[File], bool], supply: Supply) -> None:
        """Find the files, and have the contents at hand of those that are read."""
        chosen = self.chosen()
        links = [e.blob for e in self.entries.values() if e.mode == LINK]
        if any(entry.mode == LINK for entry in chosen):
            supply(links, self.commit)
        found = [file for entry in chosen if (file := self.file(entry)) is not None]
        read = {file.path for file in found if is_read(file)}
        supply(read, self.commit)
        sizes = self.sizes(read)
        self.files = [replace(file, size=sizes.get(file.path)) for file in found]

    def sizes(self, blobs: Collection[str]) -> dict[str, int]:
        """The bytes of contents that are at hand."""
        feed = "".join(f"{blob}\n" for blob in sorted(blobs)).encode()
        words = ("cat-file", "--batch-check=%(objectname) %(objectsize)")
        lines = [line.split() for line in self.git.run(*words, feed=feed).decode().splitlines()]
        return {blob: int(size) for blob, size in lines if size.isdigit()}

    def file(self, entry: Entry) -> File | None:
        """A file as the folder's reading knows it; None for a link to a folder."""
        problem, blob = "", entry.blob
        if entry.mode == LINK:
            problem, blob = self.followed(entry)
            if problem is FOLDER:
                return None
        path, problem = quote_from_bytes(entry.path), problem or unread(entry.key)
        url, line = (address.replace("{path}", path) for address in (self.page, self.line))
        return File(entry.key, url, blob, mark=blob, problem=problem, line_url=line)

    def followed(self, entry: Entry) -> tuple[str, str]:
        """What a link leads to: what is wrong with it, and the contents."""
        for _ in range(HOPS):
            target = posixpath.join(posixpath.dirname(entry.path), self.blobs.whole(entry.blob))
            path = posixpath.normpath(target)
            if path.startswith((b"/", b"..")):
                return OUTSIDE, ""
            if path not in self.entries:
                within = any(other.startswith(path + b"/") for other in self.entries)
                return (FOLDER if within or path == b"." else BROKEN), ""
            entry = self.entries[path]
            if entry.mode != LINK:
                return "", entry.blob
        return BROKEN, ""

    # -- Files -----------------------------------------------------------------------

    def find(self) -> list[File]:
        """All files, sorted by key."""
        return self.files

    @contextmanager
    def open(self, file: File) -> Iterator[IO[bytes]]:
        """The contents. Raises `Refused` for a pointer to Git LFS."""
        with tempfile.SpooledTemporaryFile(SPOOL) as spool:
            stream = cast(IO[bytes], spool)
            self.blobs.copy(file.path, stream)
            stream.seek(0)
            if stream.read(len(LFS)) == LFS:
                raise Refused(IN_LFS)
            stream.seek(0)
            yield stream

    def date(self, file: File) -> datetime | None:
        """When the file was last changed, by its author."""
        return self.dates.of(file.key)

    def close(self) -> None:
        """End what runs."""
        self.blobs.close()
        self.dates.close()


FOLDER = "leads to a folder"


def unread(key: str) -> str:
    """Why a file of that name is not read, so that its contents are not even fetched."""
    try:
        reading.home_of(b"", key)
    except NotReadable as error:
        return str(error)
    return ""


class Blobs:
    """Reads contents by their ids, through one `git cat-file`."""

    def __init__(self, git: Git, mend: Callable[[], None]) -> None:
        self.git, self.mend, self.mended = git, mend, False
        self.child: subprocess.Popen[bytes] | None = None
        self.ending = ExitStack()

    def whole(self, blob: str) -> bytes:
        """All of one. Raises `GitFailed`."""
        with tempfile.SpooledTemporaryFile(SPOOL) as spool:
            stream = cast(IO[bytes], spool)
            self.copy(blob, stream)
            stream.seek(0)
            return stream.read()

    def copy(self, blob: str, to: IO[bytes]) -> None:
        """Write one into `to`; where that fails, the clone is mended once. Raises `GitFailed`."""
        try:
            self.tried(blob, to)
        except GitFailed:
            if self.mended:
                raise
            self.mended = True
            self.close()
            self.mend()
            to.seek(0)
            to.truncate()
            self.tried(blob, to)

    def tried(self, blob: str, to: IO[bytes]) -> None:
        """Write one into `to`."""
        child = self.child or self.started()
        asked, told = cast(IO[bytes], child.stdin), cast(IO[bytes], child.stdout)
        try:
            asked.write(f"{blob}\n".encode())
            asked.flush()
            words = told.readline().split()
            if len(words) != 3:
                raise GitFailed(f"the contents {blob} are missing")
            left = int(words[2]) + 1  # and a line's end
            while left:
                part = told.read(min(left, 2**16))
                if not part:
                    raise GitFailed(f"the contents {blob} are damaged")
                left -= len(part)
                to.write(part if left else part[:-1])
        except (OSError, GitFailed) as error:
            self.close()
            raise GitFailed(str(error)) from error

    def started(self) -> subprocess.Popen[bytes]:
        """The command."""
        words, pipe = ("cat-file", "--batch"), subprocess.PIPE
        begun = self.git.begun(words, stdin=pipe, stderr=subprocess.DEVNULL)
        self.child = self.ending.enter_context(begun)
        return self.child

    def close(self) -> None:
        """End the command."""
        self.child = None
        self.ending.close()


class Dates:
    """When files were last changed, by one walk from the newest commit as far as is asked."""

    def __init__(self, git: Git, commit: str) -> None:
        self.git, self.commit = git, commit
        self.ending = ExitStack()
        self.held: dict[str, datetime | None] = {}
        self.walk = self.walked()

    def of(self, key: str) -> datetime | None:
        """The author's date of the last commit that touched the file; None: long ago, or odd."""
        while key not in self.held:
            told = next(self.walk, None)
            if told is None:
                return None
            self.held.setdefault(*told)
        return self.held[key]

    def walked(self) -> Iterator[tuple[str, datetime | None]]:
        """Files with dates, newest commits first."""
        words = ("log", "-z", "-c", "--name-only", "--no-renames", "--format=%x01%at")
        limits = (f"--max-count={COMMITS}", self.commit, "--")
        begun = self.git.begun((*words, *limits), stderr=subprocess.DEVNULL)
        child = self.ending.enter_context(begun)
        when: datetime | None = None
        for part in parts(cast(IO[bytes], child.stdout)):
            if part.startswith(b"\x01"):
                when = moment(part[1:])
            elif name := part.removeprefix(b"\n"):
                yield encodable(os.fsdecode(name)), when

    def close(self) -> None:
        """End the walk."""
        self.ending.close()


def parts(stream: IO[bytes]) -> Iterator[bytes]:
    """What stands between zeros."""
    held = b""
    while more := stream.read(2**16):
        *whole, held = (held + more).split(b"\0")
        yield from whole
    if held:
        yield held
