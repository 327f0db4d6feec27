"""Tables, which Discord does not draw: aligned in a code block, or as a list where too wide."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence

from bot.inert import code_unpinged
from bot.measures import tidy
from bot.platforms.discord.inline import inline

WIDEST = 64  # columns of text that a phone still shows, more or less
CELLS = re.compile(r"(?<!\\)\|")
DELIMITER = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*")
UNMARKED = re.compile(r"\*{1,3}|__|~~|`+|\[([^\[\]]*)\]\([^()\s]*\)|\\(?=[^\w\s])")


def is_row(line: str) -> bool:
    """May it be a row of a table?"""
    return bool(CELLS.search(line))


def is_delimiter(line: str, header: str) -> bool:
    """Is it the line below a table's head?"""
    fits = is_row(line) and DELIMITER.fullmatch(line)
    return bool(fits) and len(_cells(line)) == len(_cells(header))


def table(lines: Sequence[str], links: Collection[str]) -> str:
    """The table's lines (head, delimiter, rows) as Discord can show them, each line ended."""
    head, marks, *rows = (_cells(line) for line in lines)
    rows = [(row + [""] * len(head))[: len(head)] for row in rows]
    plain = [[_plain(cell) for cell in row] for row in (head, *rows)]
    widths = [max(_width(row[at]) for row in plain) for at in range(len(head))]
    if sum(widths) + 2 * len(widths) > WIDEST:
        return _listed(head, rows, links)
    ruled = [plain[0], ["─" * width for width in widths], *plain[1:]]
    drawn = (_aligned(row, widths, marks) for row in ruled)
    return "\n".join(["```", *drawn, "```", ""])


def _cells(line: str) -> list[str]:
    line = line.strip()
    cells = [cell.strip().replace("\\|", "|") for cell in CELLS.split(line)]
    begin, end = line.startswith("|"), len(cells) > 1 and not cells[-1]
    return cells[begin : len(cells) - end]


def _plain(cell: str) -> str:
    """A cell's words, which stand within code."""
    told = UNMARKED.sub(lambda found: found[1] or "", tidy(cell)).replace("`", "'")
    return code_unpinged(" ".join(told.split()))


def _width(text: str) -> int:
    """How many columns a text takes where all characters are of one width."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    bare = sum(unicodedata.combining(c) > 0 or c == "\u200b" for c in text)
    return len(text) + wide - bare


def _aligned(row: Sequence[str], widths: Sequence[int], marks: Sequence[str]) -> str:
    cells = (_padded(*each) for each in zip(row, widths, marks, strict=True))
    return "  ".join(cells).rstrip() or " "


def _padded(cell: str, width: int, mark: str) -> str:
    gap = " " * (width - _width(cell))
    if not mark.endswith(":"):
        return cell + gap
    half = len(gap) // 2 if mark.startswith(":") else len(gap)
    return gap[:half] + cell + gap[half:]


def _listed(head: Sequence[str], rows: Sequence[Sequence[str]], links: Collection[str]) -> str:
    """Each row as a point of a list: its first cell, then the others under their headings."""
    lines = list[str]()
    for first, *others in rows:
        lines.append(f"- {inline(first, links)}")
        named = zip(head[1:], others, strict=True)
        told = ((inline(name), inline(cell, links)) for name, cell in named if cell)
        lines += [f"  - {name}: {cell}" if name else f"  - {cell}" for name, cell in told]
    return "".join(f"{line.rstrip()}\n" for line in lines)
