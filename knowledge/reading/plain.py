"""Bytes into clean text, and what every format's reader gives back."""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from knowledge.errors import KnowledgeError

BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# Control characters, surrogates and non-characters; a tab and a line feed are text.
UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2060\ufeff\ufffe\uffff\ud800-\udfff]")
SAMPLE = 65536  # bytes that an encoding is guessed from


class NotReadable(KnowledgeError):
    """A file that gives no text; `reason` says why and what to do."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True)
class Content:
    """What a file says."""

    text: str  # Markdown
    title: str = ""  # empty: the file names none
    modified_at: datetime | None = None  # aware UTC; None: the file does not say


def decode(data: bytes) -> str:
    """Text in whatever encoding it is; raises `NotReadable` for what is not text."""
    for mark, encoding in BOMS.items():
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return decode_guessed(data)
    if binary(text[:SAMPLE]):
        raise NotReadable("is a binary file of an unknown format; convert it or exclude it")
    return text


def decode_guessed(data: bytes) -> str:
    """Text in an encoding that must be guessed."""
    from charset_normalizer import from_bytes

    if data[:SAMPLE].count(0) == 0:
        guesses = list(from_bytes(data[:SAMPLE]))
        # Of guesses that are as good, Windows' Western one is by far the most frequent.
        usual = [g for g in guesses if "cp1252" in g.could_be_from_charset]
        close = usual and usual[0].chaos <= guesses[0].chaos + 0.05
        best = usual[0] if close else next(iter(guesses), None)
        if best is not None and not binary(str(best)):
            encoding = "cp1252" if close else best.encoding
            return data.decode(encoding, errors="replace")
    raise NotReadable("is a binary file of an unknown format; convert it or exclude it")


def binary(text: str) -> bool:
    """Whether decoded bytes have more control characters than any text would."""
    return len(re.findall("[\x00-\x08\x0e-\x1a\x1c-\x1f]", text)) > len(text) // 50


def clean(text: str) -> str:
    """Text in Unicode's composed form, with line feeds, and without control characters."""
    text = re.sub("\r\n?|[\x0b\x0c\x85\u2028\u2029]", "\n", text)
    return unicodedata.normalize("NFC", UNWANTED.sub("", text)).strip("\n")


def one_line(text: str) -> str:
    """Clean text on one line."""
    return " ".join(clean(text).split())


def read_text(data: bytes, name: str) -> Content:
    """Plain text."""
    del name
    return Content(decode(data))
