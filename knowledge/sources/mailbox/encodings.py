"""Bytes of mail as text: in the encoding that is told, where it fits, else in the one that does."""

from __future__ import annotations

from collections.abc import Mapping

from knowledge.reading.plain import NotReadable, decode

WIDER: Mapping[str, str] = {  # what is told, and what mail programs mean by it, as browsers do
    "iso-8859-1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "shift_jis": "cp932",
    "windows-874": "cp874",
    "iso-8859-8-i": "iso-8859-8",
}
NOTHING_TOLD = ("", "us-ascii", "ascii")


def worded(raw: bytes, charset: str) -> str:
    """Bytes as text; what is told of them is believed as long as it fits most of them."""
    told = charset.strip().lower()
    try:
        text = raw.decode(WIDER.get(told, told or "ascii"), "replace")
    except (LookupError, ValueError):
        return guessed(raw)
    bad = text.count("\ufffd")
    if not bad or (told not in NOTHING_TOLD and 2 * bad <= sum(c > "\x7f" for c in text)):
        return text
    return guessed(raw)


def guessed(raw: bytes) -> str:
    """Bytes as text of which nothing is told."""
    try:
        return decode(raw)
    except NotReadable:
        return raw.decode("ascii", "replace")


def unescaped(head: str) -> str:
    """A head with bytes that are no ASCII, as the parser gives it, in words."""
    return head if head.isascii() else worded(head.encode("utf-8", "surrogateescape"), "")
