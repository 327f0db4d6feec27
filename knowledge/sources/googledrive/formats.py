"""Which files are read: what Google's editors export, and files whose format can be read."""

from __future__ import annotations

import re

from knowledge.sources._services import attached
from knowledge.sources.googledrive.entries import Entry

OFFICE = "application/vnd.openxmlformats-officedocument"
GOOGLE = "application/vnd.google-apps"
DOCX = f"{OFFICE}.wordprocessingml.document"
XLSX = f"{OFFICE}.spreadsheetml.sheet"
PPTX = f"{OFFICE}.presentationml.presentation"
MARKDOWN, TEXT, CSV = "text/markdown", "text/plain", "text/csv"
EXPORTS = {  # the best first; the later ones are smaller
    f"{GOOGLE}.document": (MARKDOWN, DOCX, TEXT),
    f"{GOOGLE}.spreadsheet": (XLSX, CSV),
    f"{GOOGLE}.presentation": (PPTX, TEXT),
}
SUFFIXES = {
    MARKDOWN: ".md",
    TEXT: ".txt",
    CSV: ".csv",
    DOCX: ".docx",
    XLSX: ".xlsx",
    PPTX: ".pptx",
    "application/pdf": ".pdf",
    "text/html": ".html",
    "text/tab-separated-values": ".tsv",
    "message/rfc822": ".eml",
}
PARTIAL = {CSV: "Only the first sheet is told here: all of them are more than Drive exports."}
PICTURE_TARGETS = re.compile(r"^\[[^\]\n]+\]: *<?data:[^\n]*$", re.M)
REFERRED = re.compile(r"!\[([^\]\n]*)\]\[[^\]\n]*\]")
INLINE = re.compile(r"!\[([^\]\n]*)\]\(<?data:[^)\s]*\)")
ANCHOR = re.compile(r"^(#{1,6} .*?) *\{#[^}\n]*\} *$", re.M)


def readable(entry: Entry) -> bool:
    """Can it be read? Pictures, forms and drawings are passed over."""
    return entry.mime in EXPORTS or bool(named(entry))


def named(entry: Entry) -> str:
    """A file's name with an ending that tells its format; "" where it cannot be read."""
    if attached.readable(entry.name):
        return entry.name if not entry.mime.startswith(GOOGLE) else ""
    suffix = SUFFIXES.get(entry.mime, "")
    return f"{entry.name}{suffix}" if suffix else ""


def tidy(markdown: str) -> str:
    """A document's Markdown without what Google adds: pictures as data, anchors of headings."""
    text = PICTURE_TARGETS.sub("", markdown)
    text = INLINE.sub(r"\1", REFERRED.sub(r"\1", text))
    return ANCHOR.sub(r"\1", text)
