"""Statements as the reader sees them, and which of them hold what an annotator pointed to."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from knowledge.statements import lines, statements
from knowledge.words import stems

MOST = 60  # statements of a passage
BRIEF = 4  # words: a shorter quote is a cell, which must meet its neighbours
SAYING = 20  # characters from which a statement says something by itself
MARKS = re.compile(r"\]\([^)]*\)|[\[\]\\]|<[^>]{1,200}>")
BLANK = re.compile(r"[\s|*`_>#-]+")


@dataclass(frozen=True)
class Told:
    """A statement of a passage."""

    text: str  # as it stands
    shown: str  # headed by what introduces it, where the statement before does not say that


def told(text: str) -> list[Told]:
    """The statements of a Markdown text in order, of a long one the first."""
    said = list(statements(text))
    pairs = zip(said, lines(said), strict=True)
    return [Told(statement.text, shown) for statement, shown in pairs][:MOST]


def digest(text: str) -> str:
    """Marks a statement: 16 hexadecimal digits, the same however it is spaced and emphasised."""
    return hashlib.sha256(flat(text).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def flat(text: str) -> str:
    """The words in lower case, without Markdown's marks."""
    return BLANK.sub(" ", MARKS.sub("", text)).strip().lower()


def marked(digests: Collection[str], said: Sequence[Told]) -> tuple[int, ...]:
    """The places of the statements with these digests."""
    return tuple(place for place, each in enumerate(said) if digest(each.text) in digests)


def holding(quotes: Sequence[str], said: Sequence[Told]) -> tuple[int, ...]:
    """The places of the statements that hold quotes of a page, whole ones or cells of a row.

    A quote that no statement holds as it stands is given to those that share its words.
    """
    texts = [flat(each.shown) for each in said]
    bare = [flat(each.text) for each in said]
    whole = [flat(quote) for quote in quotes if len(quote.split()) >= BRIEF]
    cells = [flat(quote) for quote in quotes if len(quote.split()) < BRIEF]
    found = {*_of_whole(whole, texts, bare), *_of_cells(cells, texts)}
    return tuple(sorted(found or _alike(quotes, said)))


def _of_whole(quotes: Sequence[str], texts: Sequence[str], bare: Sequence[str]) -> Iterator[int]:
    for place, (text, own) in enumerate(zip(texts, bare, strict=True)):
        if any(quote in text or (len(own) > SAYING and own in quote) for quote in quotes):
            yield place


def _of_cells(quotes: Sequence[str], texts: Sequence[str]) -> list[int]:
    if not quotes:
        return []
    together = [i for i, text in enumerate(texts) if all(quote in text for quote in quotes)]
    telling = [quote for quote in quotes if len(quote) > 6]
    return together or [i for i, text in enumerate(texts) if any(q in text for q in telling)]


def _alike(quotes: Sequence[str], said: Sequence[Told]) -> Iterator[int]:
    """Statements with most of a quote's words, or whose words are nearly all in it."""
    for words in (set(stems(quote)) for quote in quotes):
        if len(words) < 3:
            continue
        for place, each in enumerate(said):
            own = set(stems(each.shown))
            held, used = len(words & own) / len(words), len(words & own) / max(1, len(own))
            if held >= 0.8 or (used >= 0.9 and held >= 0.3 and len(each.shown) > SAYING):
                yield place
