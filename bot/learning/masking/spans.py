"""Where secrets stand in a text, and the words around them that tell what they are."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

KINDS = ("key", "email", "iban", "card", "number", "phone")  # of spans as long, the first wins
MARK = re.compile(rf"\[(?:{'|'.join(KINDS)})\]")
BEFORE, AFTER = 70, 30  # characters of the same sentence that are looked at
SENTENCE = re.compile(r"[.!?](?=\s)|\n")
DASH = re.compile(r"(?<=\d)[\u2010-\u2013\u2212\ufe63](?=\d)")  # as word processors write hyphens


@dataclass(frozen=True)
class Span:
    """A piece of a text that is to be masked."""

    start: int
    end: int
    kind: str


def plainly(text: str) -> str:
    """The text as a plain keyboard would have it; each character keeps its place.

    Word processors and web pages group numbers by spaces and dashes of their own.
    """
    if text.isascii():
        return text
    odd = {ord(sign): _plain(sign) for sign in set(text) if not sign.isascii()}
    return DASH.sub("-", text.translate(odd))


def _plain(sign: str) -> str:
    """A space for any space, a figure's ASCII, and that of letters and signs of full width."""
    if unicodedata.category(sign) == "Zs":
        return " "
    if sign.isdecimal():
        return str(unicodedata.decimal(sign))
    return chr(ord(sign) - 0xFEE0) if "\uff01" <= sign <= "\uff5e" else sign


def joined(spans: Iterable[Span]) -> list[Span]:
    """The spans in order; those that overlap are one, of the longest one's kind."""
    ordered = sorted(spans, key=lambda s: (s.start, s.start - s.end, KINDS.index(s.kind)))
    whole = list[Span]()
    for span in ordered:
        last = whole[-1] if whole else None
        if last is None or span.start >= last.end:
            whole.append(span)
            continue
        kind = span.kind if span.end - span.start > last.end - last.start else last.kind
        whole[-1] = Span(last.start, max(last.end, span.end), kind)
    return whole


def near(text: str, start: int, end: int) -> str:
    """The words around a place within its sentence, without marks."""
    before = SENTENCE.split(text[max(0, start - BEFORE) : start])[-1]
    after = SENTENCE.split(text[end : end + AFTER], maxsplit=1)[0]
    return f"{MARK.sub(' ', before)} | {MARK.sub(' ', after)}"
