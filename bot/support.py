"""Does a passage say what a sentence claims? Words, names and numbers are compared."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from knowledge.documents import Passage
from knowledge.entailment import Entails
from knowledge.focus import Finding, head
from knowledge.statements import Statement, plain, says
from knowledge.words import IDENTIFIER, numbers, stems

COVERED = 0.6  # of a claim's words, the weighed share that a statement must hold
TRIED = 3  # statements that a model judges, of those that hold a claim's words
LEAST = 2  # words that a claim must have
SAYING = 3  # words from which a claim made of the question's own words says something
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
class Proof:
    """A model's judgement that a claim needs beside its words."""

    entails: Entails
    least: float = 0.5  # how surely the quote must say what is claimed

    def holds(self, quote: str, claim: str) -> bool:
        """Does the quote say what is claimed? Raises `JudgeUnavailable`."""
        return self.entails(quote, claim) >= self.least


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
    """The statements that an answer may rest on, ready to be compared with."""

    def __init__(
        self, findings: Sequence[Finding], question: str, proof: Proof | None = None
    ) -> None:
        self.question, self.proof = question, proof
        self.asked, self.asked_figures = frozenset(stems(question)), numbers(question)
        passages = {_place(finding): finding.passage for finding in findings}
        ranks = {place: rank for rank, place in enumerate(passages)}
        self.pages = [_page(passage) for passage in passages.values()]
        ordered = sorted(findings, key=lambda f: (ranks[_place(f)], f.place))
        self.windows = list(_windows([(ranks[_place(f)], f) for f in ordered]))

    def knows(self, question: str) -> bool:
        """Is every code that the question names (E-19, SUP-7) in some passage?"""
        return codes(question) <= frozenset().union(*(page.codes for page in self.pages))

    def support(self, claim: str) -> Support | None:
        """The statement that holds the claim's words, all its numbers, names and codes; else none.

        A bare heading or a question claims nothing. Words that the question brought, or that the
        page's title and headings say, need not be in the statement itself; a claim made only of
        the question's words must stand there whole. A claim may not deny what the statement does
        not deny. Where a model judges entailment too, one of the statements that hold the most
        must entail the claim.
        """
        bare = LIST_MARK.sub("", plain(claim))
        if bare.endswith(":") or not says(Statement(bare), ""):
            return None
        told = _Claim(bare)
        shares = [(self._share(told, window), window) for window in self.windows]
        held = sorted((s for s in shares if s[0] >= COVERED), key=lambda s: -s[0])
        for share, window in held[: TRIED if self.proof else 1]:
            if self.proof is None or self.proof.holds(window.text, bare):
                return Support(self.pages[window.rank].passage, window.text, share)
        return None

    def _share(self, claim: _Claim, window: Window) -> float:
        """How much of the claim the window holds, 0 where it must not be said."""
        page = self.pages[window.rank]
        if len(claim.words) < LEAST or not claim.words & window.words:
            return 0.0
        if not claim.codes <= page.codes:
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


def tells(finding: Finding) -> bool:
    """Does its statement say something? A heading or a question only leads to what does."""
    chunk = finding.passage.chunk
    return says(finding.statement, chunk.text, (chunk.title, *chunk.headings))


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


def _place(finding: Finding) -> tuple[str, str, int]:
    chunk = finding.passage.chunk
    return chunk.source, chunk.key, chunk.ordinal


def _windows(ranked: Sequence[tuple[int, Finding]]) -> Iterator[Window]:
    """Each statement that says something, and each with the one that follows it on the page."""
    yield from (_window(rank, found.statement.whole) for rank, found in ranked if tells(found))
    for (rank, found), (next_rank, after) in pairwise(ranked):
        if (rank, found.place + 1) == (next_rank, after.place) and tells(after):
            yield _window(rank, f"{found.statement.whole} {after.statement.whole}")


def _window(rank: int, text: str) -> Window:
    return Window(rank, text, frozenset(stems(text)), frozenset(numbers(text)))
