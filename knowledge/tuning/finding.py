"""How well an embedder finds: each question against a pool of passages."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np

from knowledge.embedding import Embedder
from knowledge.reranker.scores import FIRST, ndcg


@dataclass(frozen=True)
class Sought:
    """A question, and the places of its right passages in the pool."""

    question: str
    right: Collection[int]


@dataclass(frozen=True)
class Found:
    """How well each question was answered, 0 to 1, in the order asked."""

    ndcg10: tuple[float, ...]
    reciprocal: tuple[float, ...]  # 1 / rank of the first right one; 0 beyond `FIRST`


def found(embedder: Embedder, asked: Sequence[Sought], pool: Sequence[str]) -> Found:
    """Rank the pool for each question by cosine. Raises `EmbeddingFailed`."""
    if not asked:
        return Found((), ())
    passages = embedder.embed(pool)
    cosines = embedder.embed_queries([each.question for each in asked]) @ passages.T
    ranked = [np.argsort(-row, kind="stable")[:FIRST].tolist() for row in cosines]
    return Found(_each(ndcg, asked, ranked), _each(reciprocal, asked, ranked))


def _each(
    score: Callable[[Sequence[int], Collection[int]], float],
    asked: Sequence[Sought],
    ranked: Sequence[Sequence[int]],
) -> tuple[float, ...]:
    return tuple(score(row, set(each.right)) for each, row in zip(asked, ranked, strict=True))


def reciprocal(ranked: Sequence[int], right: Collection[int]) -> float:
    """1 over the rank of the first right one."""
    return next((1 / (at + 1) for at, place in enumerate(ranked) if place in right), 0.0)
