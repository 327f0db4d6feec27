"""Cuts a document along its headings into chunks that the embedder sees whole."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from urllib.parse import quote, urlsplit

from knowledge.blocks import Block, Heading, Section, sections
from knowledge.documents import Chunk, Document
from knowledge.lines import lined
from knowledge.splitting import Count, Ruler, ruler_of, split

VERSION = 1  # raise it when the same document is cut otherwise than before
ANCHORED = {"", ".md", ".markdown", ".mdown", ".mkd", ".html", ".htm", ".xhtml", ".rst"}
SMALLEST = 32

Path = tuple[Heading, ...]


@dataclass(frozen=True)
class ChunkLimits:
    """How long chunks are, in the embedder's tokens, special ones and the title line included."""

    max_tokens: int = 256
    min_tokens: int = 64  # a section shorter than this joins a neighbour, where both fit

    def __post_init__(self) -> None:
        if self.max_tokens < SMALLEST or not 0 <= self.min_tokens <= self.max_tokens:
            raise ValueError(
                f"max_tokens is {self.max_tokens} and min_tokens {self.min_tokens}: take at least "
                f"{SMALLEST} for the first, and for the second at most the first"
            )

    @property
    def fingerprint(self) -> str:
        """Chunks cut under equal fingerprints by the same count are equal."""
        return f"c{VERSION}-{self.max_tokens}-{self.min_tokens}"


@dataclass(frozen=True)
class Measured:
    """A section with the size of each of its blocks, none longer than a chunk has room for."""

    section: Section
    blocks: tuple[Block, ...]
    sizes: tuple[int, ...]


@dataclass(frozen=True)
class Draft:
    """A chunk to be: the headings above it, and its blocks."""

    path: Path
    blocks: tuple[Block, ...]

    @property
    def text(self) -> str:
        """The Markdown of the blocks as they stood."""
        joined = "".join(block.text + block.after for block in self.blocks[:-1])
        return joined + self.blocks[-1].text


def chunk(document: Document, count: Count, limits: ChunkLimits) -> list[Chunk]:
    """Cut `document` into chunks, in order; no word of it is left out.

    `count` gives the embedder's own token counts of many texts at once, special tokens
    included. No chunk's `embedded_text` is over `limits.max_tokens` by that count.
    """
    cutter = Cutter(document, ruler_of(count), limits)
    made = [
        replace(made, ordinal=ordinal) for ordinal, made in enumerate(cutter.chunks(cutter.read()))
    ]
    return made if document.original is None else lined(made, document.original)


class Cutter:
    """Cuts one document."""

    def __init__(self, document: Document, ruler: Ruler, limits: ChunkLimits) -> None:
        self.document, self.ruler, self.limits = document, ruler, limits
        self.room = limits.max_tokens - ruler.special
        self.title = shortened(document.title, self.room // 4, ruler)
        self.heads: dict[Path, tuple[tuple[str, ...], int]] = {}

    def read(self) -> list[Measured]:
        """The document's sections, measured; blocks too long are split."""
        found = [untitled(section, self.document.title) for section in sections(self.document.text)]
        for section in found:
            for depth in range(len(section.path) + 1):
                self.heads.setdefault(section.path[:depth], ((), 0))
        self.measure_heads()
        flat = [block.text + block.after for section in found for block in section.blocks]
        sizes = iter(self.ruler.sizes(flat))
        return [self.measured(section, [next(sizes) for _ in section.blocks]) for section in found]

    def measure_heads(self) -> None:
        """Give each path its heading texts, shortened where need be, and their size."""
        self.heads.setdefault((), ((), 0))
        paths = list(self.heads)
        names = [tuple(heading.text for heading in path) for path in paths]
        sizes = self.ruler.sizes([self.line(texts) for texts in names])
        for path, texts, size in zip(paths, names, sizes, strict=True):
            if size > self.room // 2:
                texts = tuple(shortened(text, self.room // 4, self.ruler) for text in texts[-1:])
                size = self.ruler.size(self.line(texts))
            self.heads[path] = texts, size

    def line(self, headings: Sequence[str]) -> str:
        """The line above a chunk's text, as `Chunk.embedded_text` has it."""
        return " > ".join(dict.fromkeys((self.title, *headings))) + "\n"

    def measured(self, section: Section, sizes: list[int]) -> Measured:
        """Split the blocks of `section` that are too long."""
        budget = self.room - self.heads[section.path][1]
        blocks: list[Block] = []
        measured: list[int] = []
        for block, size in zip(section.blocks, sizes, strict=True):
            parts = [block] if size <= budget else split(block, budget, self.ruler)
            blocks += parts
            measured += (
                [size] if parts == [block] else self.ruler.sizes([p.text + p.after for p in parts])
            )
        return Measured(section, tuple(blocks), tuple(measured))

    def chunks(self, read: list[Measured]) -> Iterator[Chunk]:
        """The chunks of measured sections; those that turn out too long are cut again."""
        drafts = [draft for group in self.groups(read) for draft in self.packed(group)]
        made = [self.chunk(draft) for draft in drafts] or self.bare()
        sizes = self.ruler.count([chunk.embedded_text for chunk in made]) if made else []
        for place, (chunk_, size) in enumerate(zip(made, sizes, strict=True)):
            if size <= self.limits.max_tokens:
                yield chunk_
            else:
                yield from self.again(drafts[place], size)

    def bare(self) -> list[Chunk]:
        """A document of a title alone is still found by it."""
        return [self.chunk(Draft((), (Block(self.title),)))] if self.title.strip() else []

    def again(self, draft: Draft, size: int) -> Iterator[Chunk]:
        """Cut a draft whose joined text counts more than the sum of its parts."""
        room = self.room - self.heads[draft.path][1]
        budget = max(1, room * self.room // size * 7 // 8)
        if len(draft.blocks) > 1:
            middle = len(draft.blocks) // 2
            halves = [draft.blocks[:middle], draft.blocks[middle:]]
        else:
            halves = [(part,) for part in split(draft.blocks[0], budget, self.ruler)]
        if len(halves) == 1:
            halves = [(part,) for part in in_half(draft.blocks[0])]
        for half in halves:
            smaller = Draft(draft.path, half)
            made = self.chunk(smaller)
            (counted,) = self.ruler.count([made.embedded_text])
            if counted <= self.limits.max_tokens:
                yield made
            else:
                yield from self.again(smaller, counted)

    def groups(self, read: list[Measured]) -> Iterator[list[Measured]]:
        """Neighbouring sections that make one chunk: short ones below the same parent."""
        held: list[Measured] = []
        for place, section in enumerate(read):
            following = read[place + 1] if place + 1 < len(read) else None
            if held and not self.joins(held, section, following):
                yield held
                held = []
            held = [*held, section]
        if held:
            yield held

    def joins(self, held: list[Measured], new: Measured, following: Measured | None) -> bool:
        """Whether `new` goes into the chunk that `held` makes."""
        above, path = common(held), new.section.path
        shared = common([*held, new])
        if len(shared) < max(len(above), len(path)) - 1:
            return False
        total = self.total([*held, new])
        if total > self.room:
            return False
        grown, size = self.total(held), sum(new.sizes)
        if grown < self.limits.min_tokens:
            return True
        leads = following is not None and following.section.path[: len(path)] == path
        return size < self.limits.min_tokens and (not leads or path[: len(above)] == above)

    def total(self, group: list[Measured]) -> int:
        """Tokens of the chunk that a group would make; more than one chunk's worth may be."""
        shared = common(group)
        lines = sum(len(block.text) // 3 + 2 for block in self.opened(group, shared))
        return self.heads[shared][1] + lines + sum(sum(each.sizes) for each in group)

    def opened(self, group: list[Measured], shared: Path) -> list[Block]:
        """The heading lines that a group's chunk keeps in its text."""
        return [block for each in group for block in self.lines_of(each.section, shared)]

    def lines_of(self, section: Section, shared: Path) -> list[Block]:
        """The heading lines above a section that the chunk's heading path does not say."""
        first = len(section.path) - section.opening
        said = [*self.heads[shared][0]]
        return [
            Block(heading.line, "heading")
            for depth, heading in enumerate(section.path[first:], first)
            if depth >= len(shared)
            or not section.blocks  # nothing else to say
            or not heading.plain
            or heading.text not in said
        ]

    def packed(self, group: list[Measured]) -> Iterator[Draft]:
        """One draft for a group that fits; a long section is cut into parts of like length."""
        path = common(group)
        blocks: list[Block] = []
        sizes: list[int] = []
        for each in group:
            lines = self.lines_of(each.section, path)
            blocks += [*lines, *each.blocks]
            sizes += [*self.ruler.sizes([line.text for line in lines]), *each.sizes]
        for part in parts(blocks, sizes, self.room - self.heads[path][1]):
            yield Draft(path, tuple(part))

    def chunk(self, draft: Draft) -> Chunk:
        """The chunk of a draft; its ordinal is given later."""
        document, (headings, _) = self.document, self.heads[draft.path]
        page = draft.blocks[0].page
        url = address(document.url, document.key, draft.path[-1].slug if draft.path else "", page)
        made = Chunk(
            document.source, document.key, self.title, url, headings, 0, draft.text.strip("\n")
        )
        return replace(made, modified_at=document.modified_at)


def parts(blocks: list[Block], sizes: list[int], budget: int) -> Iterator[list[Block]]:
    """Pack blocks in order into parts of at most `budget`, of about equal length."""
    total = sum(sizes)
    target = total / max(1, -(-total // max(1, budget)))
    held: list[Block] = []
    size = 0
    for block, more in zip(blocks, sizes, strict=True):
        headed = bool(held) and held[-1].kind == "heading"
        if held and (size + more > budget or (size + more / 2 > target and not headed)):
            yield held
            held, size = [], 0
        held.append(block)
        size += more
    if held:
        yield held


def untitled(section: Section, title: str) -> Section:
    """The section without the document's title in its heading path."""
    if not section.path or section.path[0].level > 1 or not same(section.path[0].text, title):
        return section
    dropped = section.path[1:]
    return Section(dropped, min(section.opening, len(dropped)), section.blocks)


def same(one: str, other: str) -> bool:
    """Whether two titles read alike."""
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def common(group: list[Measured]) -> Path:
    """The heading path that all of a group lie under."""
    first, *others = [each.section.path for each in group]
    depth = 0
    while depth < len(first) and all(path[: depth + 1] == first[: depth + 1] for path in others):
        depth += 1
    return first[:depth]


def shortened(text: str, budget: int, ruler: Ruler) -> str:
    """The beginning of `text` that is at most `budget` tokens; one line."""
    text = " ".join(text.split())
    while ruler.size(text) > budget and len(text) > 1:
        text = text[: len(text) // 2].rstrip("… ") + "…"
    return text


def in_half(block: Block) -> list[Block]:
    """A block cut in the middle of its characters."""
    half = max(1, len(block.text) // 2)
    left, right = block.text[:half], block.text[half:]
    return [replace(block, text=left, after=""), replace(block, text=right)]


def address(url: str, key: str, slug: str, page: int | None) -> str:
    """The URL of the place within the document, where the format has such addresses."""
    if urlsplit(url).fragment or not url:
        return url
    if page is not None:
        return f"{url}#page={page}"
    suffix = PurePosixPath(re.sub(r"[?#].*", "", key)).suffix.lower()
    return f"{url}#{quote(slug)}" if slug and suffix in ANCHORED else url
