"""The text of an answer over several messages: where it is cut, and code fences kept whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

LINE = re.compile(r"( {0,3})(`{3,32}|~{3,32})(?![`~])([^\n]*)")
MAYBE_FENCE = re.compile(r"(?:^|\n)( {0,3}(?:`{1,2}|~{1,2}|(?:`{3,}|~{3,})[^\n]*))\Z")
SENTENCE = re.compile(r"[.!?…。！？]\s+|[。！？]")
LONGEST_INFO = 60


@dataclass(frozen=True)
class Fence:
    """How a block of code began."""

    indent: str
    marker: str
    info: str

    @property
    def opening(self) -> str:
        """The line that begins it anew."""
        info = self.info if len(self.info) <= LONGEST_INFO else ""
        return f"{self.indent}{self.marker}{info}\n"

    def closed_by(self, line: str) -> bool:
        """Does `line` end it?"""
        bare = line.strip(" \t")
        indented = len(line) - len(line.lstrip(" "))
        return indented < 4 and bare.startswith(self.marker) and not bare.strip(self.marker[0])


def open_fence(text: str) -> Fence | None:
    """Find the code block that is still open at the end of `text`."""
    fence = None
    for line in text.split("\n"):
        line = line.removesuffix("\r")
        if fence is None:
            fence = _opened_by(line)
        elif fence.closed_by(line):
            fence = None
    return fence


def _opened_by(line: str) -> Fence | None:
    found = LINE.fullmatch(line)
    if not found or (found[2][0] == "`" and "`" in found[3]):
        return None
    return Fence(found[1], found[2], found[3].strip())


def flowing(text: str) -> str:
    """Cut off a last line that may yet become a fence: it is shown once it is whole."""
    found = MAYBE_FENCE.search(text)
    return text[: found.start(1)] if found else text


@dataclass(frozen=True)
class Page:
    """The text of one message while it grows; lengths are in characters."""

    opening: str = ""  # the fence that the page before left open
    text: str = ""  # of the answer itself

    @property
    def shown(self) -> str:
        """What stands there while more is to come."""
        return self.opening + self.text

    @property
    def closing(self) -> str:
        """What ends an open code block."""
        fence = open_fence(self.shown)
        if fence is None:
            return ""
        return ("" if self.shown.endswith("\n") else "\n") + fence.indent + fence.marker

    @property
    def whole(self) -> str:
        """What stands there in the end."""
        return self.shown + self.closing

    def plus(self, text: str) -> Page:
        """Write on."""
        return replace(self, text=self.text + text)

    def next(self) -> Page:
        """Begin the page that follows."""
        fence = open_fence(self.shown)
        return Page(fence.opening if fence else "")

    def take(self, text: str, limit: int) -> str:
        """Give the beginning of `text` that this page of at most `limit` (≥ 250) has room for.

        An empty page takes something of any text; a page more than half full waits for the next
        rather than cut a line where there is no space.
        """
        room = limit - len(self.shown)
        while room > 0:
            piece = text if len(text) <= room else self._cut(text, room, limit)
            over = len(self.plus(piece).whole) - limit
            if over <= 0:
                return piece
            room = len(piece) - over
        return ""

    def _cut(self, text: str, room: int, limit: int) -> str:
        line_end = text.rfind("\n", 0, room) + 1
        if line_end > room // 2:
            return text[:line_end]
        spare = len(self.shown) > limit // 2
        if spare and (line_end or (self.shown.endswith("\n") and "\n" in text[:limit])):
            return text[:line_end]  # the next line is whole on the next page
        for end in _ends(text, room):
            if _splits_well(text, end):
                return text[:end]
        return "" if spare else text[:room]


def _ends(text: str, room: int) -> Iterator[int]:
    """Where a line may be cut, the best first: behind a sentence, behind a word."""
    head = text[:room]
    sentences = [found.end() for found in SENTENCE.finditer(head)]
    yield from (end for end in reversed(sentences) if end > room // 2)
    yield from (end + 1 for end in range(room - 1, room // 2, -1) if head[end] == " ")


def _splits_well(text: str, end: int) -> bool:
    """The rest must not look like a fence, for it begins a line; nor may a fence be cut."""
    rest = text[end:].lstrip(" ")
    return not rest.startswith(("```", "~~~")) and not LINE.match(text[:end].rpartition("\n")[2])


def pages(text: str, limit: int) -> list[Page]:
    """Lay the whole of `text` out on pages of at most `limit` characters."""
    laid = [Page()]
    while text:
        piece = laid[-1].take(text, limit)
        laid[-1] = laid[-1].plus(piece)
        text = text[len(piece) :]
        if text:
            laid.append(laid[-1].next())
    return laid
