"""The plain hybrid that Tandem's search is measured against: what a tutorial sets up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench import parts
from knowledge.batches import write
from knowledge.documents import Document
from knowledge.embedding import Embedder

if TYPE_CHECKING:
    from weaviate.collections import Collection

NAME = "Plain"
ALPHA = 0.7  # of the vectors
LONG = 100  # documents that each half gives, at least: Weaviate's own number


@dataclass(frozen=True)
class Plain:
    """Whole documents by vector and by BM25, their scores scaled to 0 and 1 and weighed."""

    held: Collection[Any, Any]
    embedder: Embedder

    def search(self, text: str, limit: int) -> list[str]:
        """The keys of the best documents, best first."""
        from weaviate.classes.query import HybridFusion

        found = self.held.query.hybrid(
            query=text,
            vector=self.embedder.embed_queries([text])[0].tolist(),
            alpha=ALPHA,
            query_properties=["text"],
            fusion_type=HybridFusion.RELATIVE_SCORE,
            limit=limit,
            return_properties=["key"],
        )
        return [str(row.properties["key"]) for row in found.objects]


def fill(server: parts.Server, documents: Sequence[Document], embedder: Embedder) -> Plain:
    """The documents, each with its title before its text, in a collection of its own."""
    from weaviate.classes.config import Configure, DataType, Property, Tokenization
    from weaviate.classes.data import DataObject

    held = server.client.collections.create(
        NAME,
        properties=[
            Property(name="key", data_type=DataType.TEXT, index_searchable=False),
            Property(name="text", data_type=DataType.TEXT, tokenization=Tokenization.WORD),
        ],
        vector_config=Configure.Vectors.self_provided(),
    )
    texts = [f"{document.title}\n{document.text}".strip() for document in documents]
    rows = zip(documents, texts, embedder.embed(texts), strict=True)
    write(
        held,
        (
            DataObject({"key": document.key, "text": text}, vector=vector.tolist())
            for document, text, vector in rows
        ),
    )
    return Plain(held, embedder)
