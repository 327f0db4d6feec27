"""Of the passages found, the statements that answer a question, and the signs that any does."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from knowledge.documents import Passage
from knowledge.injection import informing, is_order
from knowledge.preferring import VOTES
from knowledge.reranker import Page, Reader, Reading
from knowledge.statements import Statement, lines, statements
from knowledge.visible import visible

WORDS, MOST = 160, 7  # of all statements together; statements
NONE = -12.0  # log-odds of what was not found
VOTED = 20.0  # log-odds for a statement, for each 1 that people's votes moved its passage by


@dataclass(frozen=True)
class Finding:
    """A statement of a passage, with how surely it answers the question."""

    passage: Passage
    statement: Statement
    rank: int  # of its passage, from 0
    place: int  # among the passage's statements, from 0
    score: float  # log-odds, of the reader


@dataclass(frozen=True)
class Signs:
    """What speaks for the passages holding the answer; log-odds all, greater is better."""

    best: float = NONE  # score of the best statement
    gap: float = 0.0  # from the second best to it
    lead: float = NONE  # that any statement answers, rather than none
    answers: float = NONE  # that a passage holds the answer, the best of them
    relevance: float = NONE  # of the best passage
    share: float = NONE  # of the best statement among all and none


@dataclass(frozen=True)
class Focused:
    """What is left of the passages: the best statements first, and the signs of them all."""

    findings: tuple[Finding, ...] = ()
    signs: Signs = Signs()


def focus(
    question: str,
    passages: Sequence[Passage],
    reader: Reader,
    words: int = WORDS,
    most: int = MOST,
) -> Focused:
    """The statements that answer, up to so many and about so many words, best first.

    Statements that give orders to whoever reads for others are left out (`knowledge.injection`).
    What people said of a passage moves its statements a little; the signs are the reader's own.
    Raises `EmbeddingFailed`.
    """
    said = [said_in(passage) for passage in passages]
    readings = reader.read(question, list(map(page_of, passages, said))) if passages else []
    scored = [
        Finding(passage, statement, rank, place, score + VOTED * passage.scores.get(VOTES, 0.0))
        for rank, (passage, told, reading) in enumerate(zip(passages, said, readings, strict=True))
        for place, (statement, score) in enumerate(zip(told, reading.evidence, strict=False))
    ]
    ranked = sorted(scored, key=lambda finding: -finding.score)
    kept = within(honest(question, ranked), words, most)
    return Focused(tuple(kept), signs_of(readings))


def said_in(passage: Passage) -> tuple[Statement, ...]:
    """The statements of what a person sees of a passage."""
    return tuple(statements(visible(passage.chunk.text)))


def page_of(passage: Passage, said: Sequence[Statement]) -> Page:
    """A passage as the reader reads it."""
    return Page(head(passage), tuple(lines(said)))


def head(passage: Passage) -> str:
    """Page and section."""
    return passage.chunk.path


def within(findings: Iterable[Finding], words: int, most: int) -> list[Finding]:
    """The first ones that fit; at least one. What introduces several counts once."""
    kept, said = list[Finding](), set[tuple[tuple[str, str], str]]()
    for finding in findings:
        statement, under = finding.statement, (finding.passage.chunk.page, finding.statement.under)
        size = len((statement.text if under in said else statement.whole).split())
        if kept and (size > words or len(kept) >= most):
            break
        kept.append(finding)
        said.add(under)
        words -= size
    return kept


def honest(question: str, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Findings without the orders hidden in them; each text once."""
    seen: set[str] = set()
    for finding in findings:
        page, statement = finding.passage.chunk.text, finding.statement
        text = informing(statement.text, page, question)
        if not text.strip() or " ".join(text.lower().split()) in seen:
            continue
        seen.add(" ".join(text.lower().split()))
        under = "" if is_order(statement.under, page) else statement.under
        yield replace(finding, statement=Statement(text, under))


def signs_of(readings: Sequence[Reading]) -> Signs:
    """The signs of all readings together."""
    scores = sorted((score for reading in readings for score in reading.evidence), reverse=True)
    if not scores:
        return Signs()
    total = math.fsum(map(math.exp, scores))
    return Signs(
        best=scores[0],
        gap=scores[0] - scores[1] if len(scores) > 1 else 0.0,
        lead=math.log1p(total),
        answers=max(reading.answers for reading in readings),
        relevance=max(reading.relevance for reading in readings),
        share=log_odds(math.exp(scores[0]) / (1 + total)),
    )


def log_odds(chance: float) -> float:
    """The log-odds of a probability, bounded at about ±7."""
    return math.log((chance + 1e-3) / (1 - chance + 1e-3))
