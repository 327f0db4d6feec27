"""Finds the passages that look like an answer: by vectors and by words, as a plain hybrid does."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from knowledge.embedding import Embedder, Vectors
from knowledge.words import stems

ALPHA = 0.7  # of the vectors
WIDE = 100  # passages over which the vectors' scores are spread from 0 to 1
K1, B = 1.2, 0.75  # BM25's
Scores = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Corpus:
    """Texts to search in; without an embedder by words alone."""

    texts: Sequence[str]
    embedder: Embedder | None

    @cached_property
    def vectors(self) -> Vectors | None:
        """Of the texts."""
        return self.embedder.embed(self.texts) if self.embedder else None

    @cached_property
    def postings(self) -> dict[str, list[tuple[int, float]]]:
        """By stem the texts that have it, with their part of the BM25 score, idf left out."""
        counted = [Counter(stems(text)) for text in self.texts]
        sizes = [sum(words.values()) for words in counted]
        usual = max(1.0, sum(sizes) / max(1, len(sizes)))
        found: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, words in enumerate(counted):
            long = K1 * (1 - B + B * sizes[number] / usual)
            for word, count in words.items():
                found[word].append((number, count * (K1 + 1) / (count + long)))
        return found

    def by_words(self, question: str) -> Scores:
        """BM25 of each text."""
        scores = np.zeros(len(self.texts))
        for word in {*stems(question)}:
            having = self.postings.get(word, [])
            idf = math.log(1 + (len(self.texts) - len(having) + 0.5) / (len(having) + 0.5))
            for number, part in having:
                scores[number] += idf * part
        return scores

    def scores(self, question: str) -> Scores:
        """0 to 1 for the best of each half, weighed."""
        words = self.by_words(question)
        words = np.asarray(words / (words.max() + 1e-9), np.float64)
        if self.embedder is None or self.vectors is None:
            return words
        near = self.vectors @ self.embedder.embed_queries([question])[0]
        last = np.partition(near, -min(WIDE, len(near)))[-min(WIDE, len(near))]
        spread = (near - last) / (near.max() - last + 1e-9)
        return np.asarray(ALPHA * spread + (1 - ALPHA) * words, np.float64)

    def best(self, question: str, count: int) -> list[tuple[int, float]]:
        """The likeliest texts by their numbers, best first, with scores."""
        scores = self.scores(question)
        return [(int(i), round(float(scores[i]), 4)) for i in np.argsort(-scores)[:count]]
