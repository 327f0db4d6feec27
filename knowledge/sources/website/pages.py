"""A page as it was asked for and read, and the mark by which its version is known again."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from knowledge import reading
from knowledge.net.answers import CHARSET, Answer, Version
from knowledge.net.errors import NetError
from knowledge.reading.plain import Content, NotReadable
from knowledge.sources.website.finding import Head, head_of

MARKED = re.compile(rb"^(\xef\xbb\xbf|\xff\xfe|\xfe\xff)|<meta[^>]+charset=", re.IGNORECASE)

NAMES = {  # by media type, the file name by which a page is read
    "": "page.html",
    "text/html": "page.html",
    "application/xhtml+xml": "page.html",
    "application/pdf": "page.pdf",
    "text/plain": "page.txt",
    "text/markdown": "page.md",
}


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
    late: bool = False  # its turn would have come after the end of the pass


def read(found: Found, held: Mark | None, links: bool) -> Found:
    """The page's links, if wanted, and text; the text only if it is another than the one held."""
    answer = found.answer
    if answer is None or answer.unchanged:
        return found
    name = NAMES.get(answer.media, "")
    if not name:
        return replace(found, problem=f"is {answer.media}, which is not read; exclude it")
    is_html = name.endswith(".html") and not answer.body.startswith(b"%PDF-")
    body = source_of(answer) if is_html else answer.body
    found = replace(found, head=head_of(body, answer.url, links) if is_html else Head())
    if held is not None and held.digest == digest(answer):
        return found
    try:
        return replace(found, content=reading.read(body, name))
    except NotReadable as error:
        return replace(found, problem=str(error))


def source_of(answer: Answer) -> bytes:
    """A page's bytes; in UTF-8 where the server alone tells in which encoding they are."""
    told = CHARSET.search(answer.headers.get("content-type", ""))
    if told is None or MARKED.search(answer.body[:4096]):
        return answer.body
    return answer.text.encode("utf-8", "replace")


def digest(answer: Answer) -> str:
    """Marks what a page says."""
    return hashlib.sha256(answer.body).hexdigest()[:32]


def last_modified(answer: Answer) -> datetime | None:
    """The date that the answer tells."""
    try:
        return parsedate_to_datetime(answer.version.modified).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None
