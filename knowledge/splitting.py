"""Cutting a block that is too long: by its parts, rows, lines, sentences, words, characters."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from knowledge.blocks import Block, nested

Count = Callable[[Sequence[str]], Sequence[int]]
"""Token counts of texts, special tokens included; one call for many texts."""

SENTENCE = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+|(?<=[。！？])|\n")
FENCE = re.compile(r"^(.*?)(`{3,}|~{3,})")
SAMPLE = "Leave: 25 days (see `leave.md`), as of 2026-01-01.\n\n- Ask first;\n- then book it.\n"
HELD = 500_000  # words
CHARS_PER_TOKEN = 16  # some tokenizers see a word of 100,000 letters as one unknown token


class Ruler:
    """Estimates the length of texts: the sum of their words' counts, each counted once.

    For the tokenizers that embedders have the sum is the count or close to it, and counting
    every text several times over would cost more than all else in cutting documents.
    """

    def __init__(self, count: Count) -> None:
        self.count = count
        self.held: dict[str, int] = {}
        (self.special,) = count([""])
        (whole,) = count([SAMPLE])
        self.scale = 1.0
        self.scale = max(1.0, (whole - self.special) / max(1, self.size(SAMPLE)))

    def sizes(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, special ones left out.

        A text that hides many characters behind few tokens counts as longer.
        """
        if len(self.held) > HELD:
            self.held = {}
        parted = [text.split() for text in texts]
        self.learn({word for found in parted for word in found if word not in self.held})
        held = self.held
        return [
            max(int(sum(held[word] for word in found) * self.scale), len(text) // CHARS_PER_TOKEN)
            for text, found in zip(texts, parted, strict=True)
        ]

    def learn(self, unknown: set[str]) -> None:
        """Count words not met before."""
        words = sorted(unknown)
        counts = self.count(words) if words else []
        self.held.update(
            (word, size - self.special) for word, size in zip(words, counts, strict=True)
        )

    def size(self, text: str) -> int:
        """Tokens of one text."""
        return self.sizes([text])[0]


@lru_cache(maxsize=4)
def ruler_of(count: Count) -> Ruler:
    """The ruler of a count; what it learns of words serves all documents."""
    return Ruler(count)


def split(block: Block, budget: int, ruler: Ruler) -> list[Block]:
    """Cut `block` so that no part is over `budget` tokens (a single character may be)."""
    if block.kind == "table":
        return split_rows(block, budget, ruler)
    if block.kind == "code":
        return split_lines(block, budget, ruler)
    return split_parts(block, budget, ruler)


def split_parts(block: Block, budget: int, ruler: Ruler) -> list[Block]:
    """Cut a list item or quotation into what it nests; a paragraph into sentences."""
    parts = ended(nested(block.text), block)
    if len(parts) > 1 or parts[0].kind in ("table", "code"):
        return within(parts, budget, ruler)
    return split_sentences(block, budget, ruler)


def within(parts: list[Block], budget: int, ruler: Ruler) -> list[Block]:
    """Split those of `parts` that are too long."""
    sizes = ruler.sizes([part.text + part.after for part in parts])
    return [
        small
        for part, size in zip(parts, sizes, strict=True)
        for small in ([part] if size <= budget else split(part, budget, ruler))
    ]


def ended(parts: list[Block], block: Block) -> list[Block]:
    """Parts on the block's page, the last followed by what followed the block."""
    placed = [replace(part, page=block.page) for part in parts]
    return [*placed[:-1], replace(placed[-1], after=block.after)]


def split_rows(block: Block, budget: int, ruler: Ruler) -> list[Block]:
    """Cut a table by rows, its header repeated; a header of half the budget stands once."""
    lines = block.text.split("\n")
    head, rows = "\n".join(lines[:2]), lines[2:]
    room = budget - ruler.size(head + "\n\n")
    if room < budget // 2 or not rows:
        return split_sentences(replace(block, kind="text"), budget, ruler)
    return [
        replace(block, text=f"{head}\n{body}", after="\n\n")
        for body in gathered(rows, room, ruler, "\n")
    ]


def split_lines(block: Block, budget: int, ruler: Ruler) -> list[Block]:
    """Cut code by lines; a fence is closed and opened again."""
    opening, body, closing = unfenced(block.text)
    room = budget - ruler.size(f"{opening}\n{closing}\n\n")
    if room < budget // 2 or not body:
        return split_sentences(replace(block, kind="text"), budget, ruler)
    return [
        replace(block, text="\n".join(filter(None, (opening, part, closing))), after="\n\n")
        for part in gathered(body, room, ruler, "\n")
    ]


def unfenced(text: str) -> tuple[str, list[str], str]:
    """The opening line, the lines between, and the closing line; indented code has no fence."""
    lines = text.split("\n")
    fence = FENCE.match(lines[0])
    if fence is None:
        return "", lines, ""
    before, mark = fence.groups()
    closed = len(lines) > 1 and lines[-1].strip(" \t>").startswith(mark)
    closing = re.sub(r"[^\s>]", " ", before) + mark
    return lines[0], lines[1 : -1 if closed else None], closing


def split_sentences(block: Block, budget: int, ruler: Ruler) -> list[Block]:
    """Cut running text by sentences; those too long by words, then by characters."""
    pieces = sentences(block.text)
    sizes = ruler.sizes([text + after for text, after in pieces])
    parts = [
        small
        for (text, after), size in zip(pieces, sizes, strict=True)
        for small in ([(text, after)] if size <= budget else words(text, after, budget, ruler))
    ]
    return ended([Block(text, "text", after) for text, after in parts], block)


def sentences(text: str) -> list[tuple[str, str]]:
    """The sentences of a text, each with the white space after it."""
    ends = [(match.start(), match.end()) for match in SENTENCE.finditer(text)]
    starts = [0, *(end for _, end in ends)]
    found = []
    for start, stop in zip(starts, [*starts[1:], len(text)], strict=True):
        body = text[start:stop].rstrip()
        if body:
            found.append((body, "\n" if "\n" in text[start + len(body) : stop] else " "))
    return found


def words(text: str, after: str, budget: int, ruler: Ruler) -> list[tuple[str, str]]:
    """A text in parts of at most `budget` tokens, cut between words where there are any."""
    parts = [(part, " ") for part in gathered(text.split(), budget, ruler, " ")]
    return [*parts[:-1], (parts[-1][0], after)]


def gathered(texts: list[str], budget: int, ruler: Ruler, between: str) -> Iterator[str]:
    """Join texts up to `budget` tokens; one that is longer by itself is cut smaller."""
    held: list[str] = []
    total = 0
    for text, size in zip(texts, ruler.sizes([t + between for t in texts]), strict=True):
        if held and total + size > budget:
            yield between.join(held)
            held, total = [], 0
        if size > budget:
            yield from smaller(text, budget, ruler)
            continue
        held.append(text)
        total += size
    if held:
        yield between.join(held)


def smaller(text: str, budget: int, ruler: Ruler) -> Iterator[str]:
    """Cut one row, line or word: between words, and a word in halves until they fit."""
    found = text.split()
    if len(found) > 1:
        yield from gathered(found, budget, ruler, " ")
    elif len(text) < 2 or ruler.size(text) <= budget:
        yield text
    else:
        half = len(text) // 2
        yield from smaller(text[:half], budget, ruler)
        yield from smaller(text[half:], budget, ruler)
