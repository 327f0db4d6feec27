"""What the source remembers between two passes, and the marks of its documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from knowledge.documents import Unreadable
from knowledge.sources._services.memory import Followed, digest
from knowledge.sources.googledrive.tree import Path, Root, Tree

VERSION = 1


@dataclass(frozen=True)
class Unread:
    """A file in a version that gives no text, and will not by asking again."""

    fingerprint: str
    reason: str  # why it cannot be read; "": it says nothing

    def told(self, key: str) -> Unreadable:
        """As it is reported."""
        return Unreadable(key, self.reason)


@dataclass(frozen=True)
class Memory(Followed):
    """How far Drive was followed; `full_at` 0: something is in no log, and must be listed."""

    tokens: Mapping[str, str] = field(default_factory=dict)  # by change log; "": the account's
    roots: Mapping[str, Root] = field(default_factory=dict)
    tree: Tree = field(default_factory=Tree)
    lost: tuple[str, ...] = ()  # ids of what could not be read and may be the next time
    unread: Mapping[str, Unread] = field(default_factory=dict)  # by id


def fingerprint(mark: str, name: str, path: Path, shape: str, place: str) -> str:
    """The mark of a document: of what it says, what it is called, and where it lies."""
    return f"{mark}.{digest(name, path)}-{shape}@{place}"


def place_of(fingerprint: str) -> str:
    """The id of the folder or shortcut that a document came by."""
    return fingerprint.rpartition("@")[2]
