"""Does a passage say what a sentence claims? Words, names and numbers are compared."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from knowledge.documents import Passage
from knowledge.focus import head
from knowledge.statements import plain, statements
from knowledge.words import IDENTIFIER, numbers, stems

COVERED = 0.6  # of a claim's words, the weighed share that a statement must hold
SAYING = 3  # words from which a claim made of the question's own words says something
HINTED = 0.05  # how much better a passage stands that the model itself marked
LIST_MARK = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)])\s+")
NEGATION = re.compile(r"\b(?:not|no|never|none|cannot|without|nor|neither)\b|n['’]t\b", re.I)
NAME = re.compile(r"(?<=[\w,;)%] )(?:[A-Z][\w-]*[a-z][\w-]*)")  # capital within a sentence


@dataclass(frozen=True)
class Support:
    """Where a sentence has its words from."""

    passage: Passage
    quote: str  # the words of the passage relied on
    share: float  # of the claim's words found there, weighed


@dataclass(frozen=True)
class Window:
    """One statement of a passage, or two neighbours."""

    rank: int
    text: str
    words: frozenset[str]
    figures: frozenset[str]


@dataclass(frozen=True)
class Page:
    """What a passage says in all: enough to know a name or a code by."""

    passage: Passage
    head: frozenset[str]
    figures: frozenset[str]  # of its title and headings
    words: frozenset[str]
    codes: frozenset[str]


class Evidence:
    """The statements of all passages, ready to be compared with."""

    def __init__(self, passages: Sequence[Passage], question: str) -> None:
        self.asked, self.asked_figures = frozenset(stems(question)), numbers(question)
        self.pages = [_page(passage) for passage in passages]
        self.windows = [w for rank, p in enumerate(passages) for w in _windows(rank, p)]

    def knows(self, question: str) -> bool:
        """Is every code that the question names (E-19, SUP-7) in some passage?"""
        return codes(question) <= frozenset().union(*(page.codes for page in self.pages))

    def support(self, claim: str, hinted: Sequence[int] = ()) -> Support | None:
        """The statement that holds the claim's words, all its numbers, names and codes; else none.

        Words that the question brought, or that the page's title and headings say, need not be
        in the statement itself; a claim made only of the question's words must stand there
        whole. A claim may not deny what the statement does not deny. `hinted` are the excerpts
        that the model itself marked, from 1.
        """
        told = _Claim(LIST_MARK.sub("", plain(claim)))
        best: tuple[float, Window] | None = None
        for window in self.windows:
            share = self._share(told, window)
            if share < COVERED:
                continue
            share += HINTED if window.rank + 1 in hinted else 0.0
            if best is None or share > best[0]:
                best = (share, window)
        if best is None:
            return None
        return Support(self.pages[best[1].rank].passage, best[1].text, best[0])

    def _share(self, claim: _Claim, window: Window) -> float:
        """How much of the claim the window holds, 0 where it must not be said."""
        page = self.pages[window.rank]
        if not claim.words & window.words or not claim.codes <= page.codes:
            return 0.0
        if not claim.figures <= window.figures | self.asked_figures | page.figures:
            return 0.0
        if not claim.names <= page.words or (claim.denies and not NEGATION.search(window.text)):
            return 0.0
        own, told = claim.words - self.asked, window.words | page.head
        if not own:
            says = len(claim.words) >= SAYING and claim.words <= window.words
            return 1.0 if says else 0.0
        held = len(claim.words & told) / len(claim.words)
        fresh = len(own & told) / len(own)
        return (0.3 * held + 0.7 * fresh) if own & told else 0.0


class _Claim:
    """A sentence taken apart."""

    def __init__(self, text: str) -> None:
        self.words, self.figures = frozenset(stems(text)), numbers(text)
        self.codes, self.denies = codes(text), NEGATION.search(text) is not None
        self.names = frozenset(stems(" ".join(NAME.findall(text))))


def codes(text: str) -> frozenset[str]:
    """Names with figures in them: error codes, versions, form numbers."""
    return frozenset(name.lower() for name in IDENTIFIER.findall(text))


def _page(passage: Passage) -> Page:
    path = head(passage)
    text = f"{path}\n{passage.chunk.text}"
    return Page(
        passage,
        frozenset(stems(path)),
        frozenset(numbers(path)),
        frozenset(stems(text)),
        codes(text),
    )


def _windows(rank: int, passage: Passage) -> list[Window]:
    """Each statement, and each with its neighbour."""
    texts = [said.whole for said in statements(passage.chunk.text)]
    texts += [f"{one} {next_one}" for one, next_one in pairwise(texts)]
    return [Window(rank, text, frozenset(stems(text)), frozenset(numbers(text))) for text in texts]
