"""Does what an answer relied on still stand? Words first, then the check of citations."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from bot.conversation import Citation, Interaction, Outcome
from bot.learning.curated import statements_of
from bot.support import Evidence
from knowledge.documents import Chunk, Passage

SAME = 0.7  # the share of either statement's own words that the other must hold, to say the same
WORD = re.compile(r"\w+")

Pieces = Callable[[str, str], Sequence[Chunk]]
"""A page (source and key) as it is indexed now."""


def lost(citations: Iterable[Citation], pieces: Pieces) -> list[Citation]:
    """The citations whose words do not stand in their page any more."""
    cited = list(citations)
    pages = {(c.source, c.key): Words(passages(pieces(c.source, c.key))) for c in cited}
    return [c for c in cited if not pages[c.source, c.key].hold(c.quote)]


class Words:
    """What passages say, to find a quote in."""

    def __init__(self, found: Sequence[Passage]) -> None:
        self._text = f" {bare(' '.join(p.chunk.text for p in found))} "
        windows = Evidence(list(statements_of(found)), "").windows
        self._statements = {bare(window.text) for window in windows}

    def hold(self, quote: str) -> bool:
        """Do the very words stand there, in their order?"""
        words = bare(quote)
        return words in self._statements or f" {words} " in self._text


def holds(first: Interaction, gone: Sequence[Citation], now: Interaction) -> bool:
    """Does the first answer still hold, of which some citations are gone, as it is answered now?

    It does where it is answered in the same words, or where each statement that is gone stands
    elsewhere, or is said in other words with the same numbers, names and codes.
    """
    if now.answer.outcome is not Outcome.UNKNOWN and same_words(first, now):
        return True
    found, asked = now.answer.passages, first.question.text
    words = Words(found)
    return all(words.hold(c.quote) or reworded(c.quote, found, asked) for c in gone)


def same_words(first: Interaction, now: Interaction) -> bool:
    """Are both answers the same to read?"""
    return bare(first.answer.text) == bare(now.answer.text)


def reworded(quote: str, found: Sequence[Passage], asked: str) -> bool:
    """Does a passage say what the quote says, and no more than it?"""
    there = Evidence(list(statements_of(found)), asked).support(quote)
    if there is None or there.share < SAME:
        return False
    back = Evidence(list(statements_of([saying(quote, there.passage)])), asked).support(there.quote)
    return back is not None and back.share >= SAME


def saying(quote: str, like: Passage) -> Passage:
    """A passage of the same page that says only the quote."""
    chunk = like.chunk
    return Passage(Chunk(chunk.source, chunk.key, chunk.title, chunk.url, (), 0, quote), like.score)


def passages(pieces: Iterable[Chunk]) -> list[Passage]:
    """The pieces of a page as passages."""
    return [Passage(piece, 0.0) for piece in pieces]


def bare(text: str) -> str:
    """The words alone, in lower case."""
    return " ".join(WORD.findall(text.casefold()))
