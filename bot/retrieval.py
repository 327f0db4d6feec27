"""What searches, and what orders what was found."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING

from bot.errors import BotError
from bot.foundation import Foundation
from bot.learning.inclination import Inclination
from bot.learning.live_retriever import LiveRetriever
from knowledge.documents import Passage
from knowledge.embedding import Embedder
from knowledge.gathering import Gathering, Rerank, gather
from knowledge.index import Edition, Index
from knowledge.preferring import Weight
from knowledge.reranker import Reader
from knowledge.reranker.onnx_reader import BASE as READER_BASE
from knowledge.reranker.onnx_reader import OnnxReader
from knowledge.reranker.ordering import cross_encoder, read_by, reordered
from knowledge.search import Dials, Finder
from knowledge.server import Endpoint
from model.weights import resolve

if TYPE_CHECKING:
    from bot.learning.parts import Learning

log = logging.getLogger(__name__)


class Retrieval(Foundation, ABC):
    """The index, the search and the readers of what it finds, each made at its first use."""

    @property
    @abstractmethod
    def learning(self) -> Learning:
        """What the jobs of learning work with."""

    def retriever(self) -> Embedder:
        """The embedder that the documents are indexed by: the live version's, else the base.

        What compares questions with each other goes by the base, `embedder()`, whose cosines
        its thresholds were set on.
        """
        return self.embedder(self.live_retriever.name or None)

    @cached_property
    def live_retriever(self) -> LiveRetriever:
        """Which trained embedder is live."""
        return LiveRetriever(self.learning.registry, self.settings.home)

    def index(self, workspace: str = "default") -> Index:
        """What is written to, for one workspace."""
        edition = Edition(self.retriever().name, self.limits.fingerprint)
        index = Index(self.client, edition, workspace)
        index.prepare()
        return index

    @cached_property
    def finder(self) -> Finder:
        """What searches."""
        return Finder(self.client, self.embedder, prefer=self._preferred)

    def moved(self, endpoint: Endpoint) -> None:
        """Also what searches asks there from now on."""
        super().moved(endpoint)
        if "finder" in self.__dict__:
            self.finder.client = self.client

    @cached_property
    def inclination(self) -> Inclination:
        """What people's votes say of passages."""
        mine = self.settings.learning
        weight = Weight(mine.votes_in_search, mine.votes_half_life)
        return Inclination(self.learning.book, self.embedder, weight)

    def _preferred(self, text: str, found: Sequence[Passage]) -> Sequence[Passage]:
        try:
            return self.inclination(text, found)
        except BotError:  # the votes are out of reach: what was found stands without them
            log.exception("could not weigh votes")
            return found

    @cached_property
    def dials(self) -> Dials:
        """How it searches."""
        return Dials(self.settings.search.limit, self.settings.search.alpha)

    @cached_property
    def gathering(self) -> Gathering:
        """Which of the passages found are read."""
        mine = self.settings.search
        return Gathering(mine.limit, mine.per_page, mine.half_life, width=3 * mine.limit)

    def search(self, text: str, sources: Sequence[str] | None) -> Sequence[Passage]:
        """The passages for a question; the shipped reranker reads them later (`_focus`)."""
        wide = replace(self.dials, limit=self.gathering.width)
        found = self.patiently(lambda: self.finder.search(text, sources, wide))
        rerank = self.rerank if self.own_reranker else None
        return gather(text, found, self.gathering, datetime.now(UTC), rerank)

    @property
    def own_reranker(self) -> bool:
        """Is a reranker set that is not ours?"""
        return self.settings.search.reranker not in ("shipped", "none")

    @cached_property
    def rerank(self) -> Rerank | None:
        """What puts passages in a better order, as set."""
        name = self.settings.search.reranker
        if name == "none":
            return None
        judge = read_by(self.reader) if name == "shipped" else cross_encoder(name)
        return partial(reordered, judge=judge)

    def reranked(self, text: str, found: Sequence[Passage]) -> Sequence[Passage]:
        """The passages in the reranker's order, where there is one."""
        return found if self.rerank is None else self.rerank(text, found)

    @cached_property
    def reader(self) -> Reader:
        """What reads the passages found for the statements that answer."""
        base = resolve(READER_BASE, self.settings.cache, self.progress, substitutes=False)
        return OnnxReader(base.path, threads=self.settings.embedder.threads)
