"""The structure of a Markdown text: its sections, and the blocks that each is made of."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

Kind = Literal["text", "heading", "table", "code"]

KINDS: dict[str, Kind] = {
    "heading_open": "heading",
    "table_open": "table",
    "fence": "code",
    "code_block": "code",
}
OPENS = {
    "heading_open",
    "table_open",
    "fence",
    "code_block",
    "paragraph_open",
    "list_item_open",
    "blockquote_open",
    "html_block",
    "hr",
}
TOP = 1  # a list's items lie one level deep; they are blocks of their own
DEEPEST = 24  # markdown-it nests no deeper
PAGE = re.compile(r"<!-- page (\d+) -->")


@dataclass(frozen=True)
class Block:
    """Lines that belong together, and what stood between them and the next."""

    text: str  # Markdown, no blank line at either end
    kind: Kind = "text"
    after: str = "\n\n"
    page: int | None = None  # of a paged format, from 1


@dataclass(frozen=True)
class Heading:
    """A heading; `slug` is unique in its document, as GitHub makes it."""

    level: int
    text: str  # free of markup
    line: str  # Markdown
    slug: str

    @property
    def plain(self) -> bool:
        """Whether `text` has every word of `line`: no link or picture is lost."""
        return set(re.findall(r"\w+", self.line)) <= set(re.findall(r"\w+", self.text))


@dataclass(frozen=True)
class Section:
    """The blocks between two headings."""

    path: tuple[Heading, ...]  # outermost first
    opening: int  # so many of the innermost headings of `path` stand right above the blocks
    blocks: tuple[Block, ...]


def sections(text: str) -> list[Section]:
    """Cut Markdown along its headings; a heading with no text of its own opens with its child."""
    found: list[Section] = []
    path: tuple[Heading, ...] = ()
    opening, held = 0, list[Block]()
    for block, heading in headed(cut(text, TOP)):
        if heading is None:
            held.append(block)
            continue
        above, path = path, (*(h for h in path if h.level < heading.level), heading)
        if opening and not held and len(path) > len(above):
            opening += 1
            continue
        if held or opening:
            found.append(Section(above, opening, tuple(held)))
        opening, held = 1, []
    if held or opening:
        found.append(Section(path, opening, tuple(held)))
    return found


def headed(blocks: Iterable[Block]) -> Iterator[tuple[Block, Heading | None]]:
    """Each block, with the heading that it is, if any."""
    seen = Counter[str]()
    for block in blocks:
        heading = read_heading(block.text, seen) if block.kind == "heading" else None
        yield block, heading


def read_heading(line: str, seen: Counter[str]) -> Heading | None:
    """The heading in a heading's Markdown; None when it has no words."""
    tokens = parser().parse(line)
    level, content = int(tokens[0].tag[1]), tokens[1].content.replace("\n", " ")
    text = plain_text(content)
    if not text:
        return None
    slug = slug_of(text)
    seen[slug] += 1
    unique = slug if seen[slug] == 1 else f"{slug}-{seen[slug] - 1}"
    return Heading(level, text, f"{'#' * level} {content}", unique)


def plain_text(inline: str) -> str:
    """Inline Markdown without its markup."""
    if not re.search(r"[*_`\[\]<>&\\]", inline):
        return " ".join(inline.split())
    (whole,) = inline_parser().parseInline(inline) or (None,)
    children = (whole.children if whole else None) or []
    said = (" " if token.type in BREAKS else token.content for token in children)
    return " ".join("".join(said).split())


BREAKS = {"softbreak", "hardbreak"}


def slug_of(text: str) -> str:
    """The anchor of a heading, as GitHub makes it."""
    return re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", text.lower()).strip())


def cut(text: str, depth: int) -> list[Block]:
    """The blocks of a text, cut down to `depth` levels of nesting; no word is left out."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return apart(text, parser().parse(text), depth)


def nested(text: str) -> list[Block]:
    """The blocks that a list item or a quotation is made of; a paragraph stays one."""
    tokens = parser().parse(text)
    for depth in sorted({token.level for token in tokens if token.level >= TOP}):
        parts = apart(text, tokens, depth)
        if len(parts) > 1:
            return parts
    return apart(text, tokens, DEEPEST)


def apart(text: str, tokens: list[Token], depth: int) -> list[Block]:
    """A text cut where its tokens begin; the pages that it tells of are noted and left out."""
    lines = text.split("\n")
    marks = dict(marks_of(tokens, depth))
    starts = sorted({0, *marks} - {len(lines)})
    found: list[Block] = []
    page = None
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        body, after = trimmed(lines[start:end])
        if paged := PAGE.fullmatch(body):
            page = int(paged[1])
        elif not body and found:
            found[-1] = replace(found[-1], after="\n\n")
        elif body:
            kind = marks.get(start, "text")
            found.append(Block(compact(body) if kind == "table" else body, kind, after, page))
    return found


def compact(table: str) -> str:
    """A pipe table without the padding that lines its columns up: each dash costs a token."""
    rows = [re.sub(r"[ \t]{2,}", " ", row) for row in table.split("\n")]
    return "\n".join([*rows[:1], re.sub(r"-{3,}", "---", "".join(rows[1:2])), *rows[2:]])


def marks_of(tokens: list[Token], depth: int) -> Iterator[tuple[int, Kind]]:
    """The lines where a block begins, with its kind; of one line the last counts."""
    for token in tokens:
        if token.map and token.level <= depth and token.type in OPENS:
            yield token.map[0], "text" if token.level and token.tag[:1] == "h" else kind_of(token)
    # What no token covers (link definitions) is text of its own.
    starts = {t.map[0] for t in tokens if t.map and t.level <= depth and t.type in OPENS}
    for token in tokens:
        if token.map and token.level == 0 and token.map[1] not in starts:
            yield token.map[1], "text"


def kind_of(token: Token) -> Kind:
    """What a token opens."""
    return KINDS.get(token.type, "text")


def trimmed(lines: list[str]) -> tuple[str, str]:
    """The text without blank lines around it, and what follows it."""
    first, last = 0, len(lines)
    while last and not lines[last - 1].strip():
        last -= 1
    while first < last and not lines[first].strip():
        first += 1
    return "\n".join(lines[first:last]), "\n" if last == len(lines) else "\n\n"


@cache
def parser() -> MarkdownIt:
    """Blocks only: inline markup is not looked at, which keeps it fast."""
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable("table").disable(["inline", "text_join"])


@cache
def inline_parser() -> MarkdownIt:
    """Inline markup, for headings."""
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark")
