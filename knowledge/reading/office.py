"""Word, PowerPoint and Excel files."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any
from xml.etree import ElementTree

from knowledge.reading.dates import aware
from knowledge.reading.grids import pipe_table
from knowledge.reading.plain import Content, NotReadable

MAX_EXPANDED = 512 * 2**20  # bytes
MAX_RATIO = 200  # of a file that expands to more than `SUSPICIOUS`
SUSPICIOUS = 32 * 2**20
MAX_CELLS = 2_000_000
CORE = "docProps/core.xml"
DUBLIN = "{http://purl.org/dc/elements/1.1/}title"
TERMS = "{http://purl.org/dc/terms/}"
OLD_FORMAT = b"\xd0\xcf\x11\xe0"  # also of an encrypted new one
PICTURE = re.compile(r"!\[([^\]]*)\]\((?:data:[^)]*|[^):/]*\.(?:jpe?g|png|gif|emf|wmf))\)")


def read_docx(data: bytes, name: str) -> Content:
    """Word: headings, lists, tables and links."""
    return described(data, name, without_pictures(converted(data, ".docx")))


def read_pptx(data: bytes, name: str) -> Content:
    """PowerPoint: each slide under its title."""
    text = re.sub(r"<!-- Slide number: (\d+) -->\n?", "\n\n", converted(data, ".pptx"))
    return described(data, name, without_pictures(text))


def read_xlsx(data: bytes, name: str) -> Content:
    """Excel: each sheet as a table under its name."""
    from openpyxl import load_workbook

    guard(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what openpyxl leaves out (styles, charts) is no text
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        try:
            sheets = [(sheet.title, sheet_rows(sheet)) for sheet in book.worksheets]
        finally:
            book.close()
    text = "\n\n".join(f"## {title}\n\n{pipe_table(rows)}" for title, rows in sheets if rows)
    return described(data, name, text)


def sheet_rows(sheet: Any) -> list[list[str]]:
    """The cells of a sheet as text; raises `NotReadable` when there are too many."""
    rows: list[list[str]] = []
    cells = 0
    for row in sheet.iter_rows(values_only=True):
        told = [cell_text(value) for value in row]
        while told and not told[-1]:
            told.pop()
        cells += len(told)
        if cells > MAX_CELLS:
            raise NotReadable(f"has more than {MAX_CELLS:,} cells; split it")
        if told:
            rows.append(told)
    return rows


def cell_text(value: object) -> str:
    """A cell's value as a person would write it."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.10g}"
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case datetime() | date() | time():
            return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
        case _:
            return str(value)


def converted(data: bytes, suffix: str) -> str:
    """Markdown by markitdown's converter for this format, and by no other that it would try."""
    import markitdown.converters
    from markitdown import MarkItDown, StreamInfo

    guard(data)
    told = StreamInfo(extension=suffix)
    converter = MarkItDown(enable_builtins=False, enable_plugins=False)
    known: Any = markitdown.converters
    chosen = known.DocxConverter if suffix == ".docx" else known.PptxConverter
    converter.register_converter(chosen())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return str(converter.convert_stream(io.BytesIO(data), stream_info=told).markdown)


def without_pictures(text: str) -> str:
    """Text with the descriptions of its pictures, where they have any, in their place."""
    return PICTURE.sub(r"\1", text)


def guard(data: bytes) -> None:
    """Raise `NotReadable` for what is no zip archive, is locked, or would expand beyond bounds.

    The sizes that an archive declares can be trusted: Python reads no member beyond its own.
    """
    if data.startswith(OLD_FORMAT):
        raise NotReadable("is encrypted or of the format before 2007; save it anew without")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise NotReadable(f"is corrupt ({error}); save it anew") from error
    total = sum(member.file_size for member in members)
    if total > MAX_EXPANDED or (total > SUSPICIOUS and total > MAX_RATIO * len(data)):
        raise NotReadable(f"would expand to {total / 2**20:,.0f} MiB (a zip bomb?); not opened")
    if any(member.flag_bits & 1 for member in members):
        raise NotReadable("is encrypted with a password; save it without one")


def described(data: bytes, name: str, text: str) -> Content:
    """Text with the title and date that the file's properties tell."""
    del name
    from knowledge.reading.markdown import first_title

    told = dict(properties(data))
    title = told.get(DUBLIN, "").strip()
    date_ = told.get(f"{TERMS}modified") or told.get(f"{TERMS}created")
    return Content(text, title or first_title(text.lstrip()), aware(date_))


def properties(data: bytes) -> Iterator[tuple[str, str]]:
    """The properties that the file tells of itself."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if CORE not in archive.namelist():
            return
        core = archive.read(CORE)
    if b"<!DOCTYPE" in core:  # entities could expand without end; no office program writes any
        return
    for element in ElementTree.fromstring(core):  # noqa: S314
        yield element.tag, element.text or ""
