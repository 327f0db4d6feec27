"""A git repository as a source."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from knowledge import reading
from knowledge.documents import Checkpoint, Document, Item
from knowledge.files import File, Patterns
from knowledge.reading.plain import Content
from knowledge.sources._records import RECORDS
from knowledge.sources.folder import FolderSource, Pass
from knowledge.sources.git.addresses import Access, Address, check_folder, line, located, page
from knowledge.sources.git.clone import HEAD, Clone, Tip
from knowledge.sources.git.command import Git, GitFailed
from knowledge.sources.git.snapshot import Snapshot
from knowledge.sources.git.trouble import told


@dataclass(frozen=True)
class Wanted:
    """What of a repository is wanted, and where its links lead."""

    patterns: Patterns
    max_bytes: int
    branch: str = ""
    link: str = ""
    at: str = "branch"
    lines: bool = True


@dataclass(frozen=True)
class GitSource:
    """A repository's files, each a document; of JSON Lines, each line."""

    name: str
    cache: Path
    access: Access
    wanted: Wanted

    def expected(self) -> int | None:
        """The files at the last pass, where each is a document; nobody is asked."""
        address, clone = self.clone()
        try:
            chosen = self.snapshot(clone, address, Tip("", HEAD, HEAD)).chosen()
        except GitFailed:
            return None
        return None if any(entry.key.endswith(RECORDS) for entry in chosen) else len(chosen)

    def documents(self, since: Checkpoint | None) -> Iterator[Item]:
        """Every document, sorted by path; see `Source.documents`."""
        held = since or Checkpoint({})
        with told(self.name):
            address, clone = self.clone()
            snapshot = self.snapshot(clone, address, clone.bring_up(self.wanted.branch))
            try:
                folder = FolderSource(self.name, snapshot, self.wanted.max_bytes)
                made = DatedPass(folder, held, dates=snapshot)
                snapshot.choose(made.is_read, clone.supply)
                yield from made.items()
            finally:
                snapshot.close()

    def clone(self) -> tuple[Address, Clone]:
        """Where the repository is, and its clone. Raises `SourceUnreadable`."""
        address, login = located(self.name, self.access)
        check_folder(self.name, address)
        mark = hashlib.sha256(address.url.encode("utf-8", "surrogateescape")).hexdigest()[:12]
        return address, Clone(Git(self.cache / f"{self.name}-{mark}.git", login), address.url)

    def snapshot(self, clone: Clone, address: Address, tip: Tip) -> Snapshot:
        """The files at a tip; nothing is read yet."""
        wanted = self.wanted
        where = (address, wanted.link, wanted.at, tip.branch, tip.commit)
        there, lines = page(*where), line(*where) if wanted.lines else ""
        mend = partial(clone.remake, tip.commit, wanted.branch)
        return Snapshot(clone.git, tip.commit, wanted.patterns, there, lines, mend)


@dataclass
class DatedPass(Pass):
    """A pass over files whose dates are asked only of those that are read."""

    dates: Snapshot | None = None

    def document(
        self, file: File, key: str, content: Content, url: str, fingerprint: str
    ) -> Document:
        """A document with the date of the last commit, where it tells none itself."""
        found = super().document(file, key, content, url, fingerprint)
        return found if found.modified_at else replace(found, modified_at=self.date(file))

    def date(self, file: File) -> datetime | None:
        """When a file was last changed."""
        return self.dates.date(file) if self.dates else None

    def is_read(self, file: File) -> bool:
        """Are a file's contents needed in this pass?"""
        if file.problem:
            return False
        if file.key.endswith(RECORDS):
            return not self.known.same(file)
        return not self.since.has(file.key, f"{reading.VERSION}:{file.mark}")
