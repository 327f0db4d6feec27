"""Reads passages with a question in mind: how relevant each is, and which statement answers.

A small cross-encoder sees the question and a passage together, which a vector search cannot.
One reading of a passage gives its relevance, whether it holds the answer at all, and a score
for each of its statements. How it was trained, and how good it is: `knowledge/reranker/CARD.md`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Page:
    """What is read: a passage as its head (title and headings) and its statements in order."""

    head: str
    statements: tuple[str, ...]


@dataclass(frozen=True)
class Reading:
    """What one passage is worth for a question; all are log-odds, greater is better."""

    relevance: float  # of the passage among others
    answers: float  # that it holds the answer
    evidence: tuple[float, ...]  # that a statement answers; shorter where the passage was cut


class Reader(Protocol):
    """Something that reads passages for a question."""

    @property
    def name(self) -> str:
        """Which weights read."""

    def read(self, question: str, pages: Sequence[Page]) -> list[Reading]:
        """A reading of each page. Raises `EmbeddingFailed`."""
