"""Find passages: keywords and vectors together, filtered by source inside the query."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from knowledge.documents import Chunk, Passage
from knowledge.embedding import Embedder
from knowledge.errors import IndexUnavailable
from knowledge.index import add_tenant, alias_name, tenant_name
from knowledge.objects import SHOWN, any_of, document_id, equal, passage, since
from knowledge.terms import query_terms
from knowledge.unicode import well_formed
from knowledge.weaviating import asking, away, insisting
from knowledge.words import stems

if TYPE_CHECKING:
    from weaviate import WeaviateClient

Prefer = Callable[[str, Sequence[Passage]], Sequence[Passage]]
"""The passages for a question, best first, with what people said of them in their scores."""

LOOK_EVERY_S = 2.0  # at the alias: an older edition may stay for a way back
AGAIN_S = 5.0  # for the second try of a question, as the collections may still be loading


POINTS = 11.0  # of BM25 for each word of the question are worth a cosine of 1
LEAST_WIDTH = 40  # passages that are fused
MOST_PIECES = 1000  # of a page
TERMS = ("stems", "pairs^0.3")  # see knowledge.terms
WORDS = ("title^2", "headings^2", "text")  # of editions older than the terms


@dataclass(frozen=True)
class Dials:
    """How to search.

    The fusion `sum` adds the cosine and the keyword score as they are, weighed; `relative` and
    `ranked` are Weaviate's own, which see only how the scores or ranks of one question differ.
    """

    limit: int = 10  # passages
    alpha: float = 0.7  # the weight of the vector half: 0 keywords only, 1 vectors only
    fusion: str = "sum"  # or "relative", "ranked"
    modified_since: datetime | None = None  # only documents changed since then (aware)


@dataclass(frozen=True)
class Searched:
    """The collection behind the alias, the embedder whose vectors it holds, what words match."""

    collection: str
    embedder: str
    fields: tuple[str, ...] = TERMS


class Finder:
    """Searches one tenant of the edition that the alias names, which may be an older one.

    `embedders` gives an embedder by its name, so that questions meet the vectors of the same
    embedder while a new edition is being filled. `prefer` sees more than is given back, so that
    it can bring a passage in. Methods may raise `IndexUnavailable` and
    `EmbeddingFailed`.
    """

    def __init__(
        self,
        client: WeaviateClient,
        embedders: Callable[[str], Embedder],
        tenant: str = "default",
        prefix: str = "Tandem",
        prefer: Prefer | None = None,
    ) -> None:
        self.client, self.embedders, self.prefer = client, embedders, prefer
        self.tenant, self.alias = tenant_name(tenant), alias_name(prefix)
        self._searched: Searched | None = None
        self._looked_at = 0.0

    def search(
        self, text: str, sources: Sequence[str] | None = None, dials: Dials | None = None
    ) -> list[Passage]:
        """The best chunks for a question, best first; `sources` None searches all."""
        if sources is not None and not sources:
            return []
        text, dials = well_formed(text), dials or Dials()
        known = self._searched is not None
        try:
            return self._search(text, sources, dials)
        except IndexUnavailable as error:
            self._searched = None  # another edition may have gone live since: look again, once
            if not known or away(error.__cause__):
                raise
            return self._search(text, sources, dials, partial(insisting, patience_s=AGAIN_S))

    def documents(
        self, text: str, sources: Sequence[str] | None, limit: int, dials: Dials
    ) -> list[Passage]:
        """The best passage of each of the best documents, best first."""
        width, passages = 3 * limit, list[Passage]()
        while True:
            passages = self.search(text, sources, replace(dials, limit=width))
            best: dict[tuple[str, str], Passage] = {}
            for found in passages:
                best.setdefault(found.chunk.page, found)
            if len(best) >= limit or len(passages) < width or width >= 2000:
                return list(best.values())[:limit]
            width *= 2

    def searched(self) -> Searched:
        """The edition that the alias points at, looked up every few seconds."""
        known = self._searched
        if known is None or time.monotonic() - self._looked_at > LOOK_EVERY_S:
            target = asking(lambda: self.client.alias.get(alias_name=self.alias))
            if target is None:
                raise IndexUnavailable("it is empty", "Run `tandem sync`")
            if known is None or known.collection != target.collection:
                known = self._about(target.collection)
            self._searched, self._looked_at = known, time.monotonic()
        return known

    def _about(self, name: str) -> Searched:
        """What a collection tells of itself."""
        about = json.loads(asking(self.client.collections.use(name).config.get).description or "{}")
        asking(partial(add_tenant, self.client, name, self.tenant))
        fields = TERMS if "schema" in about else WORDS
        return Searched(name, str(about.get("embedder", "")), fields)

    def _search(
        self,
        text: str,
        sources: Sequence[str] | None,
        dials: Dials,
        trying: Callable[[Callable[[], Any]], Any] = asking,
    ) -> list[Passage]:
        searched = self.searched()
        chunks = self.client.collections.use(searched.collection).with_tenant(self.tenant)
        found = trying(partial(chunks.query.hybrid, **self._query(text, searched, sources, dials)))
        passages = [passage(row) for row in found.objects]
        if sums(dials):
            passages = summed(passages, dials.alpha, len({*stems(text)}))
        liked = passages if self.prefer is None else self.prefer(text, passages)
        return list(liked[: dials.limit])

    def pieces(self, source: str, key: str) -> list[Chunk]:
        """All chunks of a page as it is indexed, in their order; none: there is no such page."""
        chunks = self.client.collections.use(self.searched().collection).with_tenant(self.tenant)
        fetch: Any = partial(
            chunks.query.fetch_objects,
            filters=equal("document", document_id(source, key)),
            limit=MOST_PIECES,
            return_properties=list(SHOWN),
        )
        found = [passage(row).chunk for row in asking(fetch).objects]
        return sorted(found, key=lambda chunk: chunk.ordinal)

    def _query(
        self, text: str, searched: Searched, sources: Sequence[str] | None, dials: Dials
    ) -> dict[str, Any]:
        from weaviate.classes.query import HybridFusion, MetadataQuery

        vector = None
        if dials.alpha > 0:
            vector = self.embedders(searched.embedder).embed_queries([text])[0].tolist()
        ranked = dials.fusion == "ranked"
        return {
            "query": query_terms(text) if searched.fields == TERMS else text,
            "vector": vector,
            "alpha": dials.alpha,
            "query_properties": list(searched.fields),
            "fusion_type": HybridFusion.RANKED if ranked else HybridFusion.RELATIVE_SCORE,
            "filters": allowed(sources, dials.modified_since),
            "limit": max(LEAST_WIDTH, dials.limit) if sums(dials) else dials.limit,
            "return_properties": list(SHOWN),
            "return_metadata": MetadataQuery(score=True, explain_score=True),
        }


def sums(dials: Dials) -> bool:
    """Are both halves there to be added?"""
    return dials.fusion == "sum" and 0 < dials.alpha < 1


def summed(passages: Sequence[Passage], alpha: float, words: int) -> list[Passage]:
    """The passages with the cosine and the keyword score of each word added, best first.

    A passage outside the first hundred of one half counts there as the least that was found, for
    the cosine, or as nothing. BM25's points say how much of a question was matched, and a cosine
    says how near the text is: scaling them to 0 and 1 for each question throws that away, and
    costs nDCG@10 (model/LOG.md).
    """
    least = min((p.scores["vector"] for p in passages if "vector" in p.scores), default=0.0)
    worth = (1 - alpha) / (POINTS * max(words, 1))

    def score(found: Passage) -> float:
        near = found.scores.get("vector", least)
        return alpha * near + worth * found.scores.get("keyword", 0.0)

    scored = [replace(found, score=score(found)) for found in passages]
    return sorted(scored, key=lambda found: -found.score)


def allowed(sources: Sequence[str] | None, modified_since: datetime | None) -> Any:
    """The filter of a query; None: all may be found."""
    among = None if sources is None else any_of("source", sources)
    if modified_since is None:
        return among
    fresh = since("modified_at", modified_since)
    return fresh if among is None else among & fresh
