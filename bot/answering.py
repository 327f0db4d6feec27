"""From passages to an answer: what the model is told, and what of its words may stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.conversation import Answer, Citation, Outcome
from bot.inert import inert
from bot.parts import asks_several
from bot.support import Evidence, Support, tells
from bot.yes_no import parted, stands
from knowledge.documents import Passage
from knowledge.focus import Finding, head
from knowledge.visible import unmarked
from model.backends import Prompt
from model.grounding import Notes, Reply, grounded

POINTED = 4.0  # log-odds that a statement which the model named may be below the best
FURTHER = 6.0  # that a further statement of the page may be below it,
APART = 12.0  # or one that may answer the second of two things asked
LEADS = 2  # statements that the model names, at most
SILENT = re.compile(
    r"^\W*(?:i (?:do not|don't|don’t) know|unknown"
    r"|not (?:mentioned|specified|stated|provided)\b)"
    r"|\b(?:excerpts?|documents?|sources?|text|information) (?:do(?:es)?|is|are)(?: not|n't|n’t)\b"
    r"|\b(?:not|no) (?:explicitly |directly )?(?:mentioned|specified|stated|provided|covered|"
    r"information|details?)\b.{0,40}(?:excerpt|document|source|text|\.$)"
    r"|\bi (?:cannot|can't|can’t|am unable to|could not|couldn't) "
    r"(?:find|answer|determine|provide)",
    re.IGNORECASE,
)
MARK = re.compile(r"\s*\[(?:\s*(?:excerpt\s*)?\d+\s*[,;]?)+\]", re.IGNORECASE)


@dataclass(frozen=True)
class Claim:
    """A sentence of the model that a passage supports."""

    text: str  # without marks
    before: str  # the white space that joins it to what stands before
    support: Support


@dataclass(frozen=True)
class Composed:
    """What the model is told, and the findings in the order of their numbers, from 1."""

    prompt: Prompt
    numbered: tuple[Finding, ...]

    def named(self, reply: Reply) -> list[Finding]:
        """The findings that a reply names, as far as they exist."""
        return [self.numbered[n - 1] for n in reply.notes if 0 < n <= len(self.numbered)]


def compose(asked: str, findings: Sequence[Finding]) -> Composed:
    """All that the model is told: the statements by page, numbered, the best page last."""
    pages = by_page(findings)
    notes = [
        Notes(title, tuple(unmarked(f.statement.whole) for f in group)) for title, group in pages
    ]
    numbered = tuple(finding for _, group in pages for finding in group)
    return Composed(grounded(unmarked(asked), notes), numbered)


def by_page(findings: Sequence[Finding]) -> list[tuple[str, list[Finding]]]:
    """Statements in their own order under page and section; small models heed the end most."""
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(head(finding.passage), []).append(finding)
    worst_first = sorted(groups.items(), key=lambda group: max(f.score for f in group[1]))
    return [(title, sorted(group, key=lambda f: (f.rank, f.place))) for title, group in worst_first]


def spoken(pieces: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Sentences as soon as they are whole, each with the white space before it."""
    held = ""
    for piece in pieces:
        held += piece
        while end := _first_end(held):
            yield _parted(held[:end])
            held = held[end:]
    if held.strip():
        yield _parted(held)


# A sentence ends before white space that follows its stop and marks, or at a line's end.
ENDS = re.compile(r"[.!?][\"')\]*_]*(?:\s*\[[^\]\n]{1,12}\])*(?=\s+[^\s\[])|\S(?=[ \t]*\n)")
SHORT = re.compile(r"(?:^|[\s(])(?:\d+|[A-Za-z]|e\.g|i\.e|etc|vs|approx|no|nos|dr|mr|mrs)\.$", re.I)


def _first_end(text: str) -> int | None:
    for end in ENDS.finditer(text):
        if not SHORT.search(text[: end.end()]):
            return end.end()
    return None


def _parted(text: str) -> tuple[str, str]:
    bare = text.lstrip()
    return text[: len(text) - len(bare)], bare.rstrip()


def supported(pieces: Iterable[str], evidence: Evidence) -> Iterator[Claim]:
    """The sentences that a passage supports, as they come; the others are dropped.

    The reading ends where the model says that it does not know. A sentence said twice is
    shown once. A yes or no before it is shown where the quote bears it out.
    """
    said: set[str] = set()
    for before, sentence in spoken(pieces):
        if SILENT.search(sentence):
            return
        text = MARK.sub("", sentence).strip()
        reply = parted(text)
        found = evidence.support(reply.sentence) if text not in said else None
        if found is not None:
            said.add(text)
            told = text if stands(reply, evidence.question, found.quote) else reply.sentence
            yield Claim(inert(told), before, found)


def deciding(
    asked: str, findings: Sequence[Finding], named: Sequence[Finding], most: int
) -> list[Finding]:
    """The statements that an answer rests on: those the model named, and the reader's best.

    What the model named leads only if it is near the reader's best; else it comes behind that.
    All are of one page, for another page is another story, unless two things are asked: then one
    more may be quoted. Headings and questions say nothing that an answer could rest on.
    """
    findings, named = list(filter(tells, findings)), list(filter(tells, named))
    if not findings:
        return []
    best = max(finding.score for finding in findings)
    several = asks_several(asked)
    once = [finding for at, finding in enumerate(named) if finding not in named[:at]]
    lead = [finding for finding in once if finding.score >= best - POINTED][:LEADS]
    page = (lead or findings)[0].passage.chunk.page
    reach = best - (APART if several else FURTHER)
    first = lead or findings[:1]
    far = [finding for finding in once if finding not in first]
    rest = [f for f in findings if f not in first and f not in far and f.score >= reach]
    chosen = [f for f in (*first, *far, *rest) if several or f.passage.chunk.page == page]
    return chosen[: most + several]


def pointed(findings: Sequence[Finding], named: Sequence[Finding]) -> float | None:
    """How far the first statement that the model named is below the reader's best; 0 at most."""
    best = max(finding.score for finding in findings)
    return named[0].score - best if named else None


def quoted(findings: Sequence[Finding]) -> Iterator[Claim]:
    """The deciding statements in the document's own words."""
    for finding in filter(tells, findings):
        text = finding.statement.whole
        yield Claim(f"> {inert(text)}", "\n", Support(finding.passage, text, 1.0))


class Citing:
    """Numbers the passages in the order of their use, and joins claims to an answer."""

    def __init__(self, passages: Sequence[Passage], model: str) -> None:
        self.passages, self.model = passages, model
        self.numbers: dict[tuple[str, str], int] = {}
        self.quotes: dict[tuple[str, str], tuple[Passage, list[str]]] = {}
        self.text = ""

    def add(self, claim: Claim) -> str:
        """What is to be shown next: the claim with its mark."""
        passage = claim.support.passage
        page = passage.chunk.page
        number = self.numbers.setdefault(page, len(self.numbers) + 1)
        quotes = self.quotes.setdefault(page, (passage, []))[1]
        if claim.support.quote not in quotes:
            quotes.append(claim.support.quote)
        before = (claim.before or " ") if self.text else ""
        piece = f"{before}{_marked(claim.text, number)}"
        self.text += piece
        return piece

    def gaps(self, asked: Sequence[str]) -> Iterator[str]:
        """What is to be shown last: which of the things asked stay open, if others do not."""
        for question in asked if self.text else ():
            piece = f"\n(The sources that I may read here don't say: {inert(question)})"
            self.text += piece
            yield piece

    def answer(self) -> Answer:
        """All of it; `UNKNOWN` when nothing stood."""
        if not self.text:
            return not_known(self.passages, self.model)
        return Answer(
            self.text, Outcome.CITED, tuple(self._citations()), tuple(self.passages), self.model
        )

    def _citations(self) -> Iterator[Citation]:
        for page, number in self.numbers.items():
            passage, quotes = self.quotes[page]
            chunk = passage.chunk
            yield Citation(number, chunk.title, chunk.url, *page, " … ".join(quotes))


def _marked(text: str, number: int) -> str:
    """The mark stands before the full stop's white space, after the stop: `... days. [1]`."""
    return f"{text} [{number}]"


def not_known(passages: Sequence[Passage], model: str = "") -> Answer:
    """The sources are silent; say what was looked at."""
    pages = dict.fromkeys(passage.chunk.title for passage in passages)
    looked = ", ".join(list(pages)[:3])
    seen = f" I looked at: {looked}." if looked else " Nothing in them comes near."
    text = "The sources that I may read here don't say." + seen
    return Answer(text, Outcome.UNKNOWN, (), tuple(passages), model)
