"""Questions that ask for much the same, found by their vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from knowledge.embedding import Vectors

Cluster = Callable[[Vectors, float], Sequence[Sequence[int]]]
"""Rows of unit vectors, and the least cosine to a cluster's middle: to rows, the middle first."""


def communities(vectors: Vectors, alike: float) -> Sequence[Sequence[int]]:
    """By sentence-transformers' community detection; each row is in one cluster, alone perhaps."""
    from sentence_transformers.util import community_detection  # loads torch: seconds

    found: list[list[int]] = community_detection(vectors, threshold=alike, min_community_size=1)
    return found
