"""PDF: its text, with headings told by the size of their letters, and its pages."""

from __future__ import annotations

import io
import logging
import math
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from knowledge.reading.dates import aware
from knowledge.reading.plain import Content, NotReadable

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

MAX_PAGES = 5000
MAX_SECONDS = 120.0
HEADING_WORDS = 20
LARGER = 1.15  # headings are at least this much larger than the running text
JUNK = re.compile(
    r"^(untitled|microsoft (word|powerpoint|excel) - .*|.*\.\w{2,4}|\W*|.{0,2})$", re.I
)
ICONS = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")  # letters of a font's own, not text


@dataclass(frozen=True)
class Line:
    """A line of a page as it is set."""

    text: str
    size: float  # of its letters, in points
    bold: bool
    top: float  # height on the page, in points from below


def read_pdf(data: bytes, name: str) -> Content:
    """The text of all pages; a line `<!-- page 3 -->` begins the third."""
    del name
    reader = opened(data)
    pages = list(page_lines(reader))
    if not any(pages):
        raise NotReadable("has no text (is it a scan?); recognise its text (OCR) first")
    ranks = heading_ranks([line for lines in pages for line in lines])
    text = "\n\n".join(
        f"<!-- page {number} -->\n\n{page_text(lines, ranks)}"
        for number, lines in enumerate(pages, 1)
        if lines
    )
    return Content(text, title_of(reader) or largest(pages[0], ranks), modified(reader))


def opened(data: bytes) -> PdfReader:
    """A reader of the file, unlocked; raises `NotReadable`."""
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, PyPdfError

    # What it mutters about a broken file is of no use to an operator: the reason is told once.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(io.BytesIO(data))
        locked = reader.is_encrypted and not reader.decrypt("")
    except DependencyError as error:
        raise NotReadable("is encrypted in a way that cannot be read; save it without") from error
    except (PyPdfError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise NotReadable(f"is no PDF or a corrupt one ({error}); export it anew") from error
    if locked:
        raise NotReadable("is encrypted with a password; save it without one")
    return reader


def page_lines(reader: PdfReader) -> Iterator[list[Line]]:
    """The lines of each page; raises `NotReadable` when there is too much to read."""
    from pypdf.errors import PyPdfError

    deadline = time.monotonic() + MAX_SECONDS
    try:
        for number, page in enumerate(reader.pages):
            if number >= MAX_PAGES or time.monotonic() > deadline:
                limits = f"{MAX_PAGES} pages or {MAX_SECONDS:g} s"
                raise NotReadable(f"takes more than {limits} to read; split it")
            yield lines_of(page)
    except PyPdfError as error:
        raise NotReadable(f"is a corrupt PDF ({error}); export it anew") from error


def lines_of(page: PageObject) -> list[Line]:
    """The lines of a page, in reading order, with the words of its links' addresses."""
    runs: list[Line] = []

    def visit(text: str, matrix: Any, shift: Any, font: Any, size: float) -> None:
        scale = math.hypot(shift[2], shift[3]) * math.hypot(matrix[2], matrix[3])
        top = shift[4] * matrix[1] + shift[5] * matrix[3] + matrix[5]
        bold = bool(re.search("bold|black|heavy|CMBX", str((font or {}).get("/BaseFont")), re.I))
        runs.append(Line(text, round(float(size) * scale, 1), bold, float(top)))

    page.extract_text(visitor_text=visit)
    return [line for line in joined(runs) if line.text]


def joined(runs: Sequence[Line]) -> Iterator[Line]:
    """Runs of letters as whole lines."""
    held: list[Line] = []
    for run in runs:
        *ended, rest = run.text.split("\n")
        for part in ended:
            yield whole([*held, replace(run, text=part)])
            held = []
        held.append(replace(run, text=rest))
    yield whole(held)


def whole(runs: list[Line]) -> Line:
    """One line of several runs; most of its letters decide its size."""
    text = " ".join(ICONS.sub("", "".join(run.text for run in runs)).split())
    filled = [run for run in runs if run.text.strip()]
    if not filled:
        return Line("", 0.0, False, 0.0)
    longest = max(filled, key=lambda run: len(run.text))
    return Line(text, longest.size, all(run.bold for run in filled), longest.top)


def heading_ranks(lines: list[Line]) -> dict[float, int]:
    """Which sizes are headings', with their level; the largest is 1."""
    letters = Counter[float]()
    for line in lines:
        letters[line.size] += len(line.text)
    body = letters.most_common(1)[0][0]
    sizes = {
        line.size
        for line in lines
        if line.size >= body * LARGER and len(line.text.split()) <= HEADING_WORDS
    }
    ranked = sorted(sizes, reverse=True)
    return {size: min(level, 5) for level, size in enumerate(ranked, 1)}


def page_text(lines: list[Line], ranks: dict[float, int]) -> str:
    """A page in Markdown: headings, and paragraphs parted where the lines are."""
    gaps = [above.top - line.top for above, line in pairwise(lines)]
    usual = Counter(round(gap) for gap in gaps if gap > 1).most_common(1)
    step = usual[0][0] if usual else 0
    out: list[str] = []
    level = 0
    for place, line in enumerate(lines):
        gap = gaps[place - 1] if place else 0.0
        apart = not place or gap < 0 or bool(step and gap > step * 1.4)
        above, level = level, level_of(line, ranks, apart)
        if level and level == above and lines[place - 1].size == line.size and gap < step * 2.5:
            out[-1] += f" {line.text}"  # a heading on two lines
        elif level:
            out += ["", f"{'#' * level} {line.text}"]
        else:
            out += ["", line.text] if apart or above else [line.text]
    return re.sub(r"(?<=[a-z])-\n(?=[a-z])", "", "\n".join(out)).strip("\n")


def level_of(line: Line, ranks: dict[float, int], apart: bool) -> int:
    """The level of a heading; 0 for running text."""
    few = len(line.text.split()) <= HEADING_WORDS and bool(re.search(r"[^\W\d]{2}", line.text))
    if few and line.size in ranks:
        return ranks[line.size]
    titled = line.bold and apart and len(line.text) < 80 and not re.search(r"[.:,;]$", line.text)
    return min(len(set(ranks.values())) + 1, 6) if few and titled else 0


def title_of(reader: PdfReader) -> str:
    """The title that the file gives itself, if it is worth anything."""
    try:
        title = str((reader.metadata and reader.metadata.title) or "").strip()
    except Exception:  # a broken note on the file; its text may still be whole
        return ""
    return "" if JUNK.match(title) else title


def largest(lines: list[Line], ranks: dict[float, int]) -> str:
    """The heading of the first level that the first page begins with."""
    found = next((line for line in lines if level_of(line, ranks, apart=False) == 1), None)
    return found.text if found else ""


def modified(reader: PdfReader) -> datetime | None:
    """When the file says that it was changed last, or made."""
    try:
        note = reader.metadata
        return aware(note and (note.modification_date or note.creation_date))
    except Exception:  # as above
        return None
