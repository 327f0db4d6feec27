"""In which line of its file a chunk begins: found by its words, as reading changes the rest."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace

from knowledge.documents import Chunk, Original

WORD = re.compile(r"\w+")
SURE, ENOUGH = 12, 5  # so many words in a row: looked for first, and then
SKIPPED = 4  # lines of a chunk that may be none of its file: a fence, a table's head


def lined(chunks: Sequence[Chunk], original: Original) -> list[Chunk]:
    """Chunks in their order, each with the address of the line where it begins, if it is found."""
    file, before = Words(original.text), 0
    made = []
    for chunk in chunks:
        place = file.find(chunk.text, before)
        if place is not None:
            line, before = place
            chunk = replace(chunk, url=original.line_url.replace("{line}", str(line)))
        made.append(chunk)
    return made


class Words:
    """The words of a file in a row, and the line of each."""

    def __init__(self, text: str) -> None:
        self.starts: list[int] = []  # where the words of each line begin in `row`
        parts, size = [" "], 1
        for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
            self.starts.append(size)
            found = [f"{word} " for word in words(line)]
            parts += found
            size += sum(map(len, found))
        self.row = "".join(parts)

    def find(self, text: str, before: int) -> tuple[int, int] | None:
        """The line, from 1, where a text begins, and where to go on; None: nowhere from there."""
        for sought in tries(text):
            said = f" {' '.join(sought)} "
            at, sure = self.row.find(said, before), len(sought) >= ENOUGH
            if at >= 0 and (sure or self.row.find(said, at + 1) < 0):  # few words may be anywhere
                return bisect_right(self.starts, at + 1), at + 1 if sure else before
        return None


def tries(text: str) -> Iterator[list[str]]:
    """What to look for, the surest first: the first words, also of the lines that follow."""
    lines = [found for line in text.split("\n") if (found := words(line))]
    for skipped in range(min(SKIPPED, len(lines))):
        rest = [word for line in lines[skipped : skipped + SURE] for word in line]
        yield rest[:SURE]
        if len(rest) > ENOUGH:
            yield rest[:ENOUGH]


def words(line: str) -> list[str]:
    """The words of a line, written in one way."""
    return WORD.findall(unicodedata.normalize("NFC", line).casefold())
