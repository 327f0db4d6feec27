"""Does a passage say what a sentence claims? Words, names and numbers are compared."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from knowledge.documents import Passage
from knowledge.words import IDENTIFIER, numbers, sentences, stems

COVERED = 0.55  # of a claim's own words, the share that a passage must hold
SAYING = 3  # words from which a claim made of the question's own words says something
LIST_MARK = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)])\s+")


@dataclass(frozen=True)
class Support:
    """Where a sentence has its words from."""

    passage: Passage
    quote: str  # the words of the passage relied on
    share: float  # of the claim's words found there


@dataclass(frozen=True)
class Window:
    """One or two neighbouring sentences of a passage."""

    rank: int
    passage: Passage
    text: str
    words: frozenset[str]


class Evidence:
    """The sentences of all passages, ready to be compared with."""

    def __init__(self, passages: Sequence[Passage], question: str) -> None:
        self.asked = frozenset(stems(question))
        self.asked_numbers, self.asked_names = numbers(question), _names(question)
        self.windows = [w for rank, p in enumerate(passages, start=1) for w in _windows(rank, p)]
        self.heads = {
            rank: frozenset(stems(" ".join((p.chunk.title, *p.chunk.headings))))
            for rank, p in enumerate(passages, start=1)
        }
        self.figures = {
            rank: numbers(f"{p.chunk.title}\n{' '.join(p.chunk.headings)}\n{p.chunk.text}")
            for rank, p in enumerate(passages, start=1)
        }
        self.names = {rank: _names(p.chunk.text) for rank, p in enumerate(passages, start=1)}

    def support(self, claim: str, hinted: Sequence[int] = ()) -> Support | None:
        """The passage that holds the claim's words, all its numbers and identifiers; else none.

        Words that the question brought, or that the page's title and headings say, need not be
        in the sentence itself; a claim made only of the question's words must stand there whole.
        """
        claim = LIST_MARK.sub("", claim)
        words = frozenset(stems(claim))
        figures, names = numbers(claim), _names(claim) - self.asked_names
        best: tuple[float, Window] | None = None
        for window in self.windows:
            allowed = self.figures[window.rank] | self.asked_numbers
            if not figures <= allowed or not names <= self.names[window.rank]:
                continue
            share = self._share(words, figures, window)
            bonus = 0.05 if window.rank in hinted else 0.0
            if share >= COVERED and (best is None or share + bonus > best[0]):
                best = (share + bonus, window)
        return Support(best[1].passage, best[1].text, best[0]) if best else None

    def _share(self, words: frozenset[str], figures: set[str], window: Window) -> float:
        own = words - self.asked
        told = window.words | self.heads[window.rank]
        if not words & window.words:
            return 0.0
        if own and not own & told:
            return 0.0
        if not own and (len(words) < SAYING or not words <= window.words):
            return 0.0
        held = len(words & told) / len(words)
        fresh = len(own & told) / len(own) if own else held
        here = numbers(window.text) | self.asked_numbers
        near = len(figures & here) / len(figures) if figures else 1.0
        return 0.3 * held + 0.5 * fresh + 0.2 * near


def _windows(rank: int, passage: Passage) -> list[Window]:
    """Each sentence, and each with its neighbour."""
    parts = list(sentences(passage.chunk.text))
    singles = [Window(rank, passage, part, frozenset(stems(part))) for part in parts]
    pairs = [
        Window(rank, passage, f"{a.text} {b.text}", a.words | b.words) for a, b in pairwise(singles)
    ]
    return singles + pairs


def _names(text: str) -> frozenset[str]:
    """Identifiers with figures in them: error codes, versions, form numbers."""
    return frozenset(name.lower() for name in IDENTIFIER.findall(text))
