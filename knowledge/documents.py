"""The words of this package: documents, their chunks, and the passages that a search finds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

Progress = Callable[[str, int, int | None], None]
"""Told as work goes on: what is being done, units done so far, units in all (None: unknown)."""


def quiet(step: str, done: int, total: int | None) -> None:
    """A `Progress` that says nothing."""


@dataclass(frozen=True)
class Original:
    """The file that a document was read from, where people can be shown a line of it."""

    text: str = field(repr=False)
    line_url: str  # with `{line}` for the line's number, from 1


@dataclass(frozen=True)
class Document:
    """A page of a source.

    `text` is Markdown, whatever the page was written in: headings (`#`), lists, pipe tables
    and fenced code are what chunking goes by. `fingerprint` is the source's own cheap mark of
    this version (say, a digest of the raw bytes): while it stays, the page needs no reading.
    """

    source: str
    key: str  # stable and unique within the source: a path, a URL, an id
    title: str
    text: str
    url: str
    fingerprint: str
    modified_at: datetime | None = None  # aware UTC
    original: Original | None = None  # with it, chunks link to the line where they begin


@dataclass(frozen=True)
class Unchanged:
    """A page that the source knows to be the same as what the index holds; it was not read."""

    key: str


@dataclass(frozen=True)
class Unreadable:
    """A page that could not be read and why; what it gave before stays in the index."""

    key: str
    reason: str  # what is wrong and what to do, for the operator


@dataclass(frozen=True)
class Reached:
    """How far a source came; the next pass is given `state` back as `Checkpoint.state`.

    The last one of a pass is kept, and only when the pass came to its end and the index took all
    that was given: a pass that is cut short is done again from the state before it, and what
    it wrote is held by then.
    """

    state: str  # the source's own words; `knowledge.states` writes and reads them


Keyed = Document | Unchanged | Unreadable
"""What a source yields of a page."""
Item = Keyed | Reached
"""What a source yields."""


@dataclass(frozen=True)
class Checkpoint:
    """What the index holds of a source: the fingerprint of each document by its key.

    `state` is the last `Reached` of the pass before; "" at first, when the index was emptied,
    and when all is to be read anew.
    """

    held: Mapping[str, str]
    state: str = ""

    def has(self, key: str, fingerprint: str) -> bool:
        """Is this very version of the document in the index?"""
        return self.held.get(key) == fingerprint


@dataclass(frozen=True)
class Chunk:
    """A piece of a document, small enough for the embedder to see whole."""

    source: str
    key: str
    title: str
    url: str  # of the document, with the heading's anchor or the line where there is such
    headings: tuple[str, ...]  # the path of headings above it, outermost first, without the title
    ordinal: int  # its place in the document, from 0
    text: str  # Markdown
    modified_at: datetime | None = None

    @property
    def page(self) -> tuple[str, str]:
        """The document that it is of: source and key."""
        return self.source, self.key

    @property
    def path(self) -> str:
        """Title and headings: "Leave > Part-time"."""
        return " > ".join(dict.fromkeys((self.title, *self.headings)))

    @property
    def embedded_text(self) -> str:
        """What the embedder sees: the text headed by title and heading path."""
        return f"{self.path}\n{self.text}"

    @property
    def digest(self) -> str:
        """Marks the embedded text: chunks with equal digests have equal vectors."""
        return hashlib.sha256(self.embedded_text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


@dataclass(frozen=True)
class Passage:
    """A chunk that a search found, with its scores."""

    chunk: Chunk
    score: float  # the fused score, higher is better
    scores: Mapping[str, float] = field(default_factory=dict)  # by part: "vector", "keyword", ...
