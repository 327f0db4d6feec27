"""The statements of a Markdown text: sentences, list items, table rows, each readable alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from knowledge.visible import FRAME, wordy
from knowledge.words import numbers, sentences

HEADING = re.compile(r"^\s{0,3}#{1,6}\s+(?P<text>.*?)\s*#*\s*$")
ITEM = re.compile(r"^(?P<indent>\s*)(?:[-*+•]|\d{1,3}[.)])\s+(?P<text>.*)$")
ROW = re.compile(r"^\s*\|.*\|\s*$")
RULE = re.compile(r"^\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*$")
FENCE = re.compile(r"^\s*(```|~~~)")
IMAGE = re.compile(r"!\[([^\]]*)\]\([^)]*\)")
LINK = re.compile(r"\[([^\]]*)\]\((?:[^()]|\([^()]*\))*\)")
EMPHASIS = re.compile(r"(?<!\w)(\*\*|__|\*|_|`)(?=\S)(.+?)(?<=\S)\1(?!\w)")
QUOTED = re.compile(r"^\s*>\s?")
BOLD_LINE = re.compile(
    r"^\s*(?P<mark>\*\*|__)(?P<text>(?:(?!(?P=mark)).)+)(?P=mark)\s*:?\s*$", re.M
)
HEADING_WORDS = 8  # of a bold line without a stop, at most; a longer one is a sentence
LEAD_WORDS = 15  # of what only introduces: "To request interpreters:"
LABEL_WORDS = 6  # with figures, of what is still no more than a label: "Step 2 of 5:"
OPENING = re.compile(r"(?:to|if|when)\b", re.IGNORECASE)  # the rest of the sentence is to come
CODE_WIDTH = 400  # characters of a code block that are taken together


@dataclass(frozen=True)
class Statement:
    """Something said, as plain words."""

    text: str
    under: str = ""  # the heading or the line that introduces it: "Deadlines", "You need:"

    @property
    def whole(self) -> str:
        """With what introduces it."""
        if not self.under:
            return self.text
        return f"{self.under}{'' if self.under.endswith((':', '.', '?', '!')) else ':'} {self.text}"


def statements(text: str) -> Iterator[Statement]:
    """All statements, in order; every word of prose, lists and tables is in one."""
    heading = lead = ""
    for kind, group in groupby(_told(text), key=lambda told: told[0]):
        lines = [line for _, line in group]
        if kind == "heading":
            heading, lead = plain(lines[-1]), ""
        elif kind == "table":
            yield from _rows(lines, heading)
            lead = ""
        elif kind == "item":
            yield from (Statement(plain(item), lead or heading) for item in _items(lines))
        elif kind == "code":
            yield Statement(" ".join("\n".join(lines).split())[:CODE_WIDTH], lead or heading)
        elif kind == "prose":
            said = [plain(s) for s in sentences(" ".join(line.strip() for line in lines))]
            yield from (Statement(sentence, heading) for sentence in said if sentence)
            lead = said[-1] if said and said[-1].endswith(":") else ""


def says(statement: Statement, markdown: str, names: Sequence[str] = ()) -> bool:
    """Does it say something? Not what only leads to what follows: "You need:", "When?", a heading.

    `markdown` is the text that it stands in, where a short bold line is a heading too; `names`
    are the title and the headings above it.
    """
    text = statement.text.strip(" \t\"'“”‘’*_")
    if not re.search(r"\w", text) or all(map(_leads, sentences(text))):
        return False
    if text.casefold() in {name.strip().casefold() for name in names}:
        return False
    return text not in {bold for bold in map(_heading, BOLD_LINE.finditer(markdown)) if bold}


def _leads(sentence: str) -> bool:
    """A question, or what introduces others; one that is long or gives figures tells something."""
    bare = sentence.rstrip(" \t\"'”’*_")
    size = len(bare.split())
    figures = size > LABEL_WORDS and bool(numbers(bare)) and not OPENING.match(bare)
    return bare.endswith("?") or (bare.endswith(":") and size <= LEAD_WORDS and not figures)


def _heading(bold: re.Match[str]) -> str:
    """The words of a bold line that is a heading; empty: it is a sentence."""
    text = plain(bold["text"])
    short = len(text.split()) <= HEADING_WORDS and not text.endswith((".", "!", ";"))
    return text.rstrip(" :") if short else ""


def lines(said: Sequence[Statement]) -> list[str]:
    """The statements one below the other; what introduces several stands before the first."""
    told, under = list[str](), ""
    for statement in said:
        new = statement.under and statement.under != under
        repeated = bool(told) and statement.under in told[-1]
        told.append(statement.whole if new and not repeated else statement.text)
        under = statement.under
    return told


def _told(text: str) -> Iterator[tuple[str, str]]:
    """Each line with what it is; a line that goes on an item belongs to it."""
    fenced, before = False, ""
    for line in text.splitlines():
        if FENCE.match(line):
            fenced, before = not fenced, "code"
            continue
        line = line if fenced else FRAME.sub("", QUOTED.sub("", line))
        kind = "code" if fenced else _kind(line, before)
        before = kind
        if kind == "heading":
            yield kind, (HEADING.match(line) or {"text": line})["text"]
        else:
            yield kind, line


def _kind(line: str, before: str) -> str:
    if not line.strip():
        return "blank"
    if HEADING.match(line):
        return "heading"
    if ROW.match(line) or (before == "table" and "|" in line):
        return "table"
    if ITEM.match(line) or (before == "item" and line.startswith(("  ", "\t"))):
        return "item"
    return "item" if before == "item" else "prose"


def _items(lines: list[str]) -> Iterator[str]:
    """Items with the lines that go on with them."""
    held: list[str] = []
    for line in lines:
        start = ITEM.match(line)
        if start and held:
            yield " ".join(held)
            held = []
        held.append(start["text"] if start else line.strip())
    if held:
        yield " ".join(held)


def _rows(lines: list[str], heading: str) -> Iterator[Statement]:
    """Rows with the names of their columns: "Country: Norway; Meals: 46"."""
    rows = [cells(line) for line in lines if not RULE.match(line)]
    rows = [row for row in rows if any(row)]
    if not rows:
        return
    ruled = any(RULE.match(line) for line in lines)
    names, body = (rows[0], rows[1:]) if ruled and len(rows) > 1 else ([], rows)
    for row in body:
        pairs = [
            f"{names[i]}: {cell}" if i < len(names) and names[i] else cell
            for i, cell in enumerate(row)
            if cell
        ]
        if pairs:
            yield Statement("; ".join(pairs), heading)


def cells(line: str) -> list[str]:
    """The cells of a table's row, as plain words."""
    bare = line.strip().removeprefix("|").removesuffix("|")
    return [plain(cell.replace("\\|", "|")) for cell in re.split(r"(?<!\\)\|", bare)]


def plain(markdown: str) -> str:
    """Words without the marks of Markdown, of Liquid's tags and of HTML's."""
    text = LINK.sub(r"\1", IMAGE.sub(r"\1", markdown))
    text = wordy(text)
    for _ in range(2):
        text = EMPHASIS.sub(r"\2", text)
    return " ".join(text.replace("\\", "").split())
