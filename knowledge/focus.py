"""Of the passages found, the statements that matter for a question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.documents import Passage
from knowledge.embedding import Embedder
from knowledge.statements import Statement, statements
from knowledge.words import stems

LEXICAL = 0.25  # the weight of shared words beside the cosine, which is 1
LONGEST = 400  # characters of a statement that are embedded


@dataclass(frozen=True)
class Finding:
    """A statement of a passage, with how near it is to the question."""

    passage: Passage
    statement: Statement
    rank: int  # of its passage, from 0
    place: int  # among the passage's statements, from 0
    score: float


def focus(
    question: str, passages: Sequence[Passage], embedder: Embedder, words: int = 180
) -> list[Finding]:
    """The nearest statements up to about so many words, best first.

    Nearness is the cosine of question and statement, the statement headed by its page and
    section, and the share of the question's words that it has. Raises `EmbeddingFailed`.
    """
    found = [
        (rank, place, passage, statement)
        for rank, passage in enumerate(passages)
        for place, statement in enumerate(statements(passage.chunk.text))
    ]
    if not found:
        return []
    texts = [f"{head(passage)}: {said.whole}"[:LONGEST] for _, _, passage, said in found]
    near = embedder.embed(texts) @ embedder.embed_queries([question])[0]
    asked = frozenset(stems(question))
    scored = [
        Finding(passage, said, rank, place, float(cosine) + LEXICAL * shared(asked, text))
        for (rank, place, passage, said), text, cosine in zip(found, texts, near, strict=True)
    ]
    return within(sorted(scored, key=lambda finding: -finding.score), words)


def head(passage: Passage) -> str:
    """Page and section."""
    return " > ".join(dict.fromkeys((passage.chunk.title, *passage.chunk.headings)))


def shared(asked: frozenset[str], text: str) -> float:
    """The share of the question's words that the text has."""
    return len(asked & frozenset(stems(text))) / len(asked) if asked else 0.0


def within(findings: Sequence[Finding], words: int) -> list[Finding]:
    """The first ones that fit, each statement once; at least one."""
    kept: list[Finding] = []
    seen: set[str] = set()
    for finding in findings:
        text = finding.statement.whole
        size = len(text.split())
        if text in seen:
            continue
        if kept and size > words:
            break
        seen.add(text)
        kept.append(finding)
        words -= size
    return kept
