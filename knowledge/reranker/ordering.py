"""Passages put in a better order: what the search says of them and what a reader says, joined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from knowledge.cross_encoding import PairJudge
from knowledge.documents import Passage
from knowledge.focus import head, page_of, said_in
from knowledge.reranker import Reader

Judge = Callable[[str, Sequence[Passage]], Sequence[float]]
"""How relevant each passage is for a question, in log-odds or on a like scale."""
SETTING = "[search] reranker"
WEIGHT = 0.15  # of the relevance, beside the search's score scaled to 0 to 1 (model/LOG.md)


def reordered(question: str, passages: Sequence[Passage], judge: Judge) -> list[Passage]:
    """The passages in the order of both scores joined, which becomes their score."""
    if not passages:
        return []
    least = min(found.score for found in passages)
    width = max(found.score for found in passages) - least or 1.0
    relevance = judge(question, passages)
    joint = [
        replace(
            found,
            score=(found.score - least) / width + WEIGHT * said,
            scores={**found.scores, "reranker": said},
        )
        for found, said in zip(passages, relevance, strict=True)
    ]
    return sorted(joint, key=lambda found: -found.score)


def read_by(reader: Reader) -> Judge:
    """A judge that reads with the reader that ships."""

    def judge(question: str, passages: Sequence[Passage]) -> list[float]:
        pages = [page_of(passage, said_in(passage)) for passage in passages]
        return [reading.relevance for reading in reader.read(question, pages)]

    return judge


def cross_encoder(name: str, device: str | None = None) -> Judge:
    """A judge by any sentence-transformers `CrossEncoder` with one output: a hub id or a folder.

    Raises `JudgeUnavailable`.
    """
    model = PairJudge(SETTING, name, device)
    if model.outputs != 1:
        raise model.unusable(f"it has {model.outputs} outputs, where a reranker has one")

    def judge(question: str, passages: Sequence[Passage]) -> list[float]:
        pairs = [(question, f"{head(p)}\n{p.chunk.text}") for p in passages]
        return [float(score) for score in model.logits(pairs)[:, 0]]

    return judge
