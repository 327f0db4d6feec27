"""Turns files of many formats into Markdown with a title and, where it is told, a date.

A format is a function that takes bytes and the file's name and gives `Content`; it is entered
in `READERS` under the endings that it reads.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import PurePosixPath

from knowledge.reading.plain import Content, NotReadable, clean, one_line

VERSION = 1  # raise it when a file reads otherwise than before: then all are read again

READERS = {
    ".md .markdown .mdown .mkd .mdx .qmd": "markdown:read_markdown",
    ".rst .rest": "restructured:read_rst",
    ".html .htm .xhtml": "web:read_html",
    ".pdf": "pdf:read_pdf",
    ".docx": "office:read_docx",
    ".pptx": "office:read_pptx",
    ".xlsx .xlsm": "office:read_xlsx",
    ".csv .tsv .tab": "tables:read_csv",
    ".eml": "mail:read_mail",
    ".vtt .srt": "subtitles:read_subtitles",
}
BY_SUFFIX = {suffix: home for suffixes, home in READERS.items() for suffix in suffixes.split()}
PLAIN = "plain:read_text"
MEDIA = {
    "a picture": ".png .jpg .jpeg .gif .webp .bmp .ico .tif .tiff .heic .avif .psd",
    "a recording": ".mp3 .mp4 .m4a .mov .avi .mkv .webm .wav .ogg .flac",
    "a program": ".exe .dll .so .dylib .pyc .class .wasm .jar",
    "an archive": ".zip .gz .tgz .bz2 .xz .7z .rar .tar .zst",
    "a font": ".ttf .otf .woff .woff2 .eot",
}


def read(data: bytes, name: str) -> Content:
    """The text of a file, clean, with its title (the file's name if it has none).

    `name` is its path or address; its ending tells the format, where the bytes themselves do
    not. Raises `NotReadable` with the reason, whatever goes wrong.
    """
    if not data.strip():
        raise NotReadable("is empty; nothing to read")
    try:
        content = reader_of(data, name)(data, name)
    except NotReadable:
        raise
    except RecursionError as error:
        raise NotReadable("is nested too deeply; simplify it") from error
    except Exception as error:  # a library stumbled over a file; the others are still read
        raise NotReadable(f"could not be read: {brief(error)}; check the file") from error
    return finished(content, name)


def finished(content: Content, name: str) -> Content:
    """Content cleaned, with a title; raises `NotReadable` when nothing is left."""
    text = clean(content.text)
    if not text.strip():
        raise NotReadable(
            "has no text; if it is pictures or a scan, recognise their text (OCR) first"
        )
    return replace(content, text=text, title=one_line(content.title) or titled(name))


def titled(name: str) -> str:
    """A title made of a file's name."""
    stem = PurePosixPath(name.rstrip("/")).stem
    return one_line(re.sub(r"[-_\s]+", " ", stem)) or name


def brief(error: Exception) -> str:
    """An error in one short line."""
    said = one_line(str(error))[:200]
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def reader_of(data: bytes, name: str) -> Callable[[bytes, str], Content]:
    """The reader of a format; it is imported only now, for some are heavy."""
    module, function = home_of(data, name).split(":")
    reader: Callable[[bytes, str], Content] = getattr(
        import_module(f"knowledge.reading.{module}"), function
    )
    return reader


def home_of(data: bytes, name: str) -> str:
    """Where the reader of a format is; what the bytes say goes before the name."""
    if data.startswith(b"%PDF-"):
        return BY_SUFFIX[".pdf"]
    suffix = PurePosixPath(name.lower()).suffix
    for kind, suffixes in MEDIA.items():
        if suffix in suffixes.split():
            raise NotReadable(f"is {kind}, which has no text to read; exclude it")
    if suffix in BY_SUFFIX:
        return BY_SUFFIX[suffix]
    html = re.match(rb"\s*(<!--.*?-->\s*)?<(!doctype html|html)\b", data[:1024], re.I | re.S)
    return BY_SUFFIX[".html"] if html else PLAIN
