"""A page as it was asked for, and the mark by which its version is known again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from knowledge import reading
from knowledge.net.answers import Answer, Version
from knowledge.net.errors import NetError
from knowledge.reading.plain import Content
from knowledge.sources.website.finding import Head


@dataclass(frozen=True)
class Mark:
    """A page's fingerprint: in which pass it was read, what it said, and its version."""

    turn: int
    digest: str
    version: Version

    def __str__(self) -> str:
        """As it is kept."""
        told = (reading.VERSION, self.turn, self.digest, self.version.etag, self.version.modified)
        return "\n".join(str(part) for part in told)

    @classmethod
    def read(cls, fingerprint: str) -> Mark | None:
        """A kept one; None for those of other readers."""
        parts = fingerprint.split("\n")
        if len(parts) != 5 or parts[0] != str(reading.VERSION) or not parts[1].isdecimal():
            return None
        return cls(int(parts[1]), parts[2], Version(parts[3], parts[4]))


@dataclass(frozen=True)
class Found:
    """What came of asking for a page."""

    url: str
    depth: int
    answer: Answer | None = None
    head: Head = field(default_factory=Head)
    content: Content | None = None
    failure: NetError | None = None
    problem: str = ""


def digest(answer: Answer) -> str:
    """Marks what a page says."""
    return hashlib.sha256(answer.body).hexdigest()[:32]


def last_modified(answer: Answer) -> datetime | None:
    """The date that the answer tells."""
    try:
        return parsedate_to_datetime(answer.version.modified).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None
