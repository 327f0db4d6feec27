"""Files of a folder, on disk or in any storage that fsspec reaches."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Annotated, Any
from urllib.parse import quote

from pydantic import AfterValidator

from knowledge import reading
from knowledge.documents import (
    Checkpoint,
    Document,
    Item,
    Keyed,
    Original,
    Reached,
    Unchanged,
    Unreadable,
)
from knowledge.errors import SourceUnreadable
from knowledge.files import (
    EXCLUDED,
    HIDDEN,
    Changed,
    DiskFiles,
    File,
    Files,
    Patterns,
    Refused,
    StoredFiles,
    reachable,
    told,
)
from knowledge.net.asking import MEBIBYTE
from knowledge.reading.plain import Content, NotReadable, decode
from knowledge.reading.records import read_record, record_content, record_id
from knowledge.sources._records import RECORDS, Known, above, chosen

TRIES = 3
DRAWN = ("pdf:", "office:")  # their readers; such files have no lines to show
DENIED = "Check the bot user's rights, or the credentials in `options` and what they permit"


@dataclass(frozen=True)
class FolderSource:
    """A folder's files, each a document; of JSON Lines, each line."""

    name: str
    files: Files
    max_bytes: int = 50 * MEBIBYTE
    watch: bool = True

    @property
    def watched(self) -> Path | None:
        """The folder or file whose changes are looked out for; None: it is no local one."""
        return self.files.root if self.watch and isinstance(self.files, DiskFiles) else None

    def concerns(self, path: Path) -> bool:
        """May a change there change the documents? One of a folder may, and of what is gone."""
        if not isinstance(self.files, DiskFiles) or not path.is_relative_to(self.files.root):
            return False
        key, patterns = path.relative_to(self.files.root).as_posix(), self.files.patterns
        if path == self.files.root:
            return True
        if patterns.bars(key):  # what links lead through may be put in another's place
            return patterns.hides(key) and self.files.opens(path)
        return patterns.wants(key) or not path.is_file()

    def documents(self, since: Checkpoint | None) -> Iterator[Item]:
        """Every document, sorted by path; see `Source.documents`."""
        return Pass(self, since or Checkpoint({})).items()

    def expected(self) -> int | None:
        """The files, and of each file of records its lines; unknown where that takes a fetch."""
        files = list(chosen(Pass(self, Checkpoint({})).listed()))
        if not isinstance(self.files, DiskFiles):
            return len(files) if not any(file.key.endswith(RECORDS) for file in files) else None
        return sum(self.lines_in(file) if file.key.endswith(RECORDS) else 1 for file in files)

    def lines_in(self, file: File) -> int:
        """How many documents a file of records holds, about."""
        try:
            with self.files.open(file) as stream:
                return sum(1 for _ in stream)
        except (OSError, Changed):
            return 1


@dataclass
class Pass:
    """One reading of a folder; it knows what it has yielded and what it could not see."""

    source: FolderSource
    since: Checkpoint
    seen: set[str] = field(default_factory=set)
    unseen: list[str] = field(default_factory=list)  # beginnings of keys that may still be there
    known: Known = field(init=False)

    def __post_init__(self) -> None:
        self.known = Known(self.since)

    def items(self) -> Iterator[Item]:
        """All items; what was out of sight this time is kept as it is."""
        for file in chosen(self.listed()):
            count, whole = 0, bool(file.mark and file.key.endswith(RECORDS))
            for item in map(self.unique, self.read(file)):
                yield item
                count, whole = count + 1, whole and not isinstance(item, Unreadable)
            if whole:
                self.known.note(file, count)
        for key in self.known.held:
            if key not in self.seen and key.startswith(tuple(self.unseen)):
                yield Unchanged(key)
        if state := self.known.state:
            yield Reached(state)

    def unique(self, item: Keyed) -> Keyed:
        """The item, unless its key was there before."""
        if item.key not in self.seen:
            self.seen.add(item.key)
            return item
        key = f"{item.key} ({len(self.seen)})"
        self.seen.add(key)
        return Unreadable(key, f"has the id or path of another document, {item.key!r}; rename one")

    def listed(self) -> list[File]:
        """The files there are; raises `SourceUnreadable`."""
        try:
            return list(self.source.files.find())
        except Exception as error:  # each storage has errors of its own
            problem = f"its folder cannot be listed: {unlisted(error)}"
            remedy = DENIED if isinstance(error, PermissionError) else "Check `path`"
            raise SourceUnreadable(self.source.name, problem, remedy) from error

    def read(self, file: File) -> Iterator[Keyed]:
        """The documents of one file."""
        records = file.key.endswith(RECORDS)
        if file.problem:
            self.lose_sight(file)
            yield Unreadable(file.key, file.problem)
        elif file.size is not None and file.size > self.source.max_bytes and not records:
            yield Unreadable(file.key, too_long(self.source.max_bytes))
        elif records:
            yield from (
                map(Unchanged, same) if (same := self.known.same(file)) else self.read_records(file)
            )
        else:
            yield self.read_whole(file)

    def lose_sight(self, file: File) -> None:
        """What lies in a folder or a file of records that cannot be read is not gone."""
        if file.key.endswith("/"):
            self.unseen.append(file.key)
        elif file.key.endswith(RECORDS):
            self.unseen.append(above(file))

    def read_whole(self, file: File) -> Keyed:
        """The one document of a file."""
        if file.mark:
            fingerprint = f"{reading.VERSION}:{file.mark}"
            if self.since.has(file.key, fingerprint):
                return Unchanged(file.key)
        try:
            data = self.steady_bytes(file)
            fingerprint = f"{reading.VERSION}:{file.mark or digest(data)}"
            if self.since.has(file.key, fingerprint):
                return Unchanged(file.key)
            content = reading.read(data, file.key)
        except (NotReadable, Refused) as error:
            return Unreadable(file.key, str(error))
        found = self.document(file, file.key, content, file.url, fingerprint)
        return replace(found, original=original(file, data))

    def steady_bytes(self, file: File) -> bytes:
        """All bytes of a file, once it stood still while it was read."""
        for _ in range(TRIES):
            try:
                with self.source.files.open(file) as stream:
                    data: bytes = stream.read(self.source.max_bytes + 1)
            except Changed:
                continue
            except OSError as error:
                raise NotReadable(told(error)) from error
            if len(data) > self.source.max_bytes:
                raise NotReadable(too_long(self.source.max_bytes))
            return data
        raise NotReadable("changed while it was read; the next sync reads it again")

    def read_records(self, file: File) -> Iterator[Keyed]:
        """The documents of a file of records; it is streamed, for it may be large."""
        try:
            with self.source.files.open(file) as stream:
                for number, line in enumerate(self.lines(stream), 1):
                    if line.strip():
                        yield self.read_line(file, number, line)
        except (Changed, OSError, Refused) as error:
            self.unseen.append(above(file))
            yield Unreadable(file.key, why(error))

    def lines(self, stream: IO[bytes]) -> Iterator[bytes]:
        """The lines of a stream; one that is too long comes cut, and so is no JSON."""
        while line := stream.readline(self.source.max_bytes):
            yield line
            while not line.endswith(b"\n") and (line := stream.readline(MEBIBYTE)):
                pass

    def read_line(self, file: File, number: int, line: bytes) -> Keyed:
        """The document of one line."""
        key = f"{file.key}#{number}"
        try:
            record = read_record(line)
        except NotReadable as error:
            self.unseen.append(above(file))  # which document this line was, cannot be told
            return Unreadable(key, str(error))
        name = record_id(record)
        key = key if name is None else f"{above(file)}{name}"
        fingerprint = f"{reading.VERSION}:{digest(line)}"
        if self.since.has(key, fingerprint):
            return Unchanged(key)
        try:
            content = reading.finished(record_content(record), key)
        except NotReadable as error:
            return Unreadable(key, str(error))
        there = file.line_url.replace("{line}", str(number))
        url = there or f"{file.url}#{quote(str(name or number))}"
        return self.document(file, key, content, url, fingerprint)

    def document(
        self, file: File, key: str, content: Content, url: str, fingerprint: str
    ) -> Document:
        """A document with the file's date where it tells none itself."""
        modified = content.modified_at or file.modified_at
        return Document(
            self.source.name, key, content.title, content.text, url, fingerprint, modified
        )


def unlisted(error: Exception) -> str:
    """Why a folder could not be listed."""
    match error:
        case FileNotFoundError():
            return f"there is no {error.filename or error}"
        case OSError(filename=str(path), strerror=str(said)):
            return f"{path}: {said.lower()}"
        case _:
            return reading.brief(error)


def original(file: File, data: bytes) -> Original | None:
    """The file as people are shown it, line by line; None where they are not."""
    if not file.line_url or reading.home_of(data, file.key).startswith(DRAWN):
        return None
    try:
        return Original(decode(data), file.line_url)
    except NotReadable:  # in an encoding that only its own reader sees
        return None


def digest(data: bytes) -> str:
    """Marks these bytes."""
    return hashlib.sha256(data).hexdigest()[:32]


def too_long(limit: int) -> str:
    """Why a large file is not read."""
    return f"is over {limit / MEBIBYTE:g} MiB; raise `max_bytes` or split the file"


def why(error: Exception) -> str:
    """Why a file of records could not be read to its end."""
    match error:
        case Changed():
            return "changed while it was read; the next sync reads it again"
        case OSError():
            return told(error)
        case _:
            return str(error)


def source(
    name: str,
    path: Annotated[str, AfterValidator(reachable)],
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    hidden: bool = False,
    max_bytes: int = 50 * MEBIBYTE,
    options: Mapping[str, Any] | None = None,
    watch: bool = True,
) -> FolderSource:
    """Read the files under `path`: a folder, a file, or a URL such as `s3://bucket/docs`.

    `include` and `exclude` are patterns (`*.md`, `drafts`, `docs/**/*.rst`); lock files and
    the like are excluded in any case, names that begin with a dot unless `hidden`. `options`
    are those of the storage (`key`, `token`, `anon`, ...). While `tandem run` runs, a folder on
    disk is read when something in it changes, unless `watch` is off.
    """
    barred = (*exclude, *EXCLUDED, *(() if hidden else HIDDEN))
    patterns = Patterns(tuple(include), barred)
    path = path.removeprefix("file://")  # else fsspec would follow links out of the folder
    if "://" in path or "::" in path:
        return FolderSource(name, StoredFiles(path, patterns, options or {}), max_bytes)
    files = DiskFiles(Path(path).expanduser().resolve(), patterns)
    return FolderSource(name, files, max_bytes, watch)
