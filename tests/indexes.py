"""Real indexes for the tests: made, looked into, compared, dropped."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from knowledge.documents import Chunk, Document
from knowledge.index import Edition, Index
from knowledge.objects import Entry
from knowledge.search import Finder
from knowledge.server import status
from knowledge.weaviating import connect
from tests.fakes import FakeEmbedder, FakeIndex, paragraphs

if TYPE_CHECKING:
    from weaviate import WeaviateClient

Contents = Mapping[str, tuple[Mapping[str, Any], list[float]]]


def connected(home: Path) -> WeaviateClient:
    """A client of the server that runs for `home`."""
    here = status(home).endpoint
    assert here is not None, "it runs"
    return connect("127.0.0.1", here.http_port, here.grpc_port, here.api_key, secure=False)


def drop_all(client: WeaviateClient, prefix: str) -> None:
    for name in client.collections.list_all():
        if name.startswith(prefix):
            client.collections.delete(name)
    client.alias.delete(alias_name=f"{prefix}Chunks")


def prepared(
    client: WeaviateClient, prefix: str, embedder: str = "fake", tenant: str = "default"
) -> Index:
    index = Index(client, Edition(embedder, "paragraphs"), tenant, prefix)
    index.prepare()
    return index


def finder(
    client: WeaviateClient,
    prefix: str,
    tenant: str = "default",
    embedders: Callable[[str], FakeEmbedder] = FakeEmbedder,
) -> Finder:
    return Finder(client, embedders, tenant, prefix)


def entry(
    source: str, key: str, text: str, fingerprint: str = "1", embedder: str = "fake"
) -> Entry:
    """A document with a chunk for each paragraph."""
    document = Document(source, key, f"On {key}", text, f"https://docs/{key}", fingerprint)
    return embedded(document, paragraphs(document), embedder)


def embedded(document: Document, chunks: Sequence[Chunk], embedder: str = "fake") -> Entry:
    vectors = FakeEmbedder(embedder).embed([chunk.embedded_text for chunk in chunks])
    return Entry(document, chunks, vectors)


def contents(index: Index | FakeIndex) -> Contents:
    """All that an index holds: properties and vector of each object by its id."""
    if isinstance(index, FakeIndex):
        chunks = {id: (row, index.held[id].tolist()) for id, row in index.chunks.items()}
        return chunks | {id: (row, []) for id, row in index.records.items()}
    held: dict[str, tuple[Mapping[str, Any], list[float]]] = {}
    for collection in (index._chunks, index._documents):
        for row in collection.iterator(include_vector=True):
            assert str(row.uuid) not in held
            vector: Any = row.vector.get("default", [])
            held[str(row.uuid)] = dict(row.properties), list(vector)
    return held
