"""Rows of cells into a pipe table, and reStructuredText's drawn tables into rows of cells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

Rows = list[list[str]]


def pipe_table(rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; the first row heads it. Empty rows and a ragged edge are evened out."""
    told = [[cell_text(cell) for cell in row] for row in rows]
    told = [row for row in told if any(row)]
    width = max((len(row) for row in told), default=0)
    if not width:
        return ""
    even = [row + [""] * (width - len(row)) for row in told]
    lines = [f"| {' | '.join(row)} |" for row in even]
    return "\n".join([lines[0], f"|{' --- |' * width}", *lines[1:]])


def cell_text(cell: str) -> str:
    """A cell on one line, its bars escaped."""
    return re.sub(r"(?<!\\)\|", r"\\|", " ".join(cell.split()))


def grid_rows(lines: list[str]) -> Rows | None:
    """The cells of a table drawn with `+---+` and `|`; None when cells span."""
    border = lines[0]
    edges = [place for place, char in enumerate(border) if char == "+"]
    rows: Rows = []
    held: list[list[str]] = [[] for _ in edges[1:]]
    for line in lines[1:]:
        if re.fullmatch(r"\+[-=+]+\+", line.rstrip()):
            if [p for p, char in enumerate(line.rstrip()) if char == "+"] != edges:
                return None
            rows.append([" ".join(cell) for cell in held])
            held = [[] for _ in edges[1:]]
            continue
        padded = line.ljust(len(border))
        if any(padded[edge] not in "|+" for edge in edges):
            return None
        for cell, start, end in zip(held, edges, edges[1:], strict=False):
            cell.append(padded[start + 1 : end].strip())
    return rows


def simple_rows(lines: list[str]) -> Rows:
    """The cells of a table drawn with lines of `===`; a row without a first cell goes on."""
    spans = [match.span() for match in re.finditer("=+", lines[0])]
    starts = [start for start, _ in spans]
    rows: Rows = []
    for line in lines[1:]:
        if not line.strip() or re.fullmatch(r"[=-]+(\s+[=-]+)*\s*", line):
            continue
        cells = sliced(line, starts)
        if rows and not cells[0]:
            rows[-1] = [f"{old} {new}".strip() for old, new in zip(rows[-1], cells, strict=True)]
        else:
            rows.append(cells)
    return rows


def sliced(line: str, starts: list[int]) -> list[str]:
    """A line's text in columns; the last one has no end."""
    ends: Iterable[int | None] = [*starts[1:], None]
    return [line[start:end].strip() for start, end in zip(starts, ends, strict=True)]
