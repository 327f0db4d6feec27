"""Where secrets stand in a text, and the words around them that tell what they are."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

KINDS = ("key", "email", "iban", "card", "number", "phone")  # of spans as long, the first wins
MARK = re.compile(rf"\[(?:{'|'.join(KINDS)})\]")
BEFORE, AFTER = 70, 30  # characters of the same sentence that are looked at
SENTENCE = re.compile(r"[.!?](?=\s)|\n")


@dataclass(frozen=True)
class Span:
    """A piece of a text that is to be masked."""

    start: int
    end: int
    kind: str


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
