"""CSV and its like."""

from __future__ import annotations

import csv
import io

from knowledge.reading.grids import pipe_table
from knowledge.reading.plain import Content, NotReadable, decode

WIDE = 8  # columns; a wider row reads better as a list of names and values
LONG = 200  # characters of a row, on average; the same holds
SAMPLE = 65536


def read_csv(data: bytes, name: str) -> Content:
    """A pipe table; records of `name: value` lines where rows are wide or long."""
    text = decode(data)
    separator = "\t" if name.lower().endswith((".tsv", ".tab")) else sniffed(text[:SAMPLE])
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error as error:
        raise NotReadable(f"is no table ({error}); check its quotes") from error
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    if not rows:
        return Content("")
    long = len(text) > LONG * len(rows)
    wide = len(rows) > 1 and (len(rows[0]) > WIDE or long) and len(rows[0]) > 1
    return Content(records(rows) if wide else pipe_table(rows))


def sniffed(text: str) -> str:
    """What parts the cells."""
    try:
        return csv.Sniffer().sniff(text, ",;\t|").delimiter
    except csv.Error:
        return ","


def records(rows: list[list[str]]) -> str:
    """Each row as a list of the header's names with their values."""
    names = [" ".join(name.split()) for name in rows[0]]
    return "\n\n".join("\n".join(record(names, row)) for row in rows[1:])


def record(names: list[str], row: list[str]) -> list[str]:
    """The lines of one row; the first begins the list's item."""
    names = names + [""] * (len(row) - len(names))
    told = [
        f"{name}: {' '.join(cell.split())}" if name else " ".join(cell.split())
        for name, cell in zip(names, row, strict=False)
        if cell.strip()
    ]
    return [f"{'-' if not place else ' '} {line}" for place, line in enumerate(told)]
