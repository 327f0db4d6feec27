"""The same job done by haystack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.parts import Server
from bench.peers import Cut, Indexer, Search, kept, stored
from knowledge.documents import Chunk
from knowledge.embedding import Embedder

COLLECTION = "BenchHaystack"


def store(server: Server) -> Any:
    """Its store, in a collection with properties for what is filtered by."""
    from haystack.utils.auth import Secret
    from haystack_integrations.document_stores.weaviate import AuthApiKey, WeaviateDocumentStore
    from haystack_integrations.document_stores.weaviate.document_store import (
        DOCUMENT_COLLECTION_PROPERTIES,
    )

    here = server.endpoint
    made = WeaviateDocumentStore(
        url=f"http://{here.host}:{here.http_port}",
        grpc_port=here.grpc_port,
        auth_client_secret=AuthApiKey(Secret.from_token(here.api_key)),
        collection_settings={
            "class": COLLECTION,
            "invertedIndexConfig": {"indexNullState": True},
            "properties": [*DOCUMENT_COLLECTION_PROPERTIES, *kept()],
        },
    )
    assert made.client is not None  # connects, and makes the collection
    return made


def documents_of(chunks: Sequence[Chunk]) -> list[Any]:
    """Our chunks as its documents."""
    from haystack import Document

    return [Document(content=chunk.embedded_text, meta=stored(chunk)) for chunk in chunks]


def cutter(folder: Path, cut: Cut) -> Any:
    """A component that gives the ready chunks of the files that were read."""
    from haystack import Document, component

    @component
    class ReadyChunks:
        def __init__(self) -> None:
            component.set_input_types(self, documents=list[Document])

        @component.output_types(documents=list[Document])
        def run(self, **given: Any) -> dict[str, Any]:
            paths = [Path(read.meta["file_path"]) for read in given["documents"]]
            keys = dict.fromkeys(path.relative_to(folder).as_posix() for path in paths)
            return {"documents": [d for k in keys for d in documents_of(cut.get(k, ()))]}

    return ReadyChunks()


def our_embedder(embedder: Embedder) -> Any:
    """A component around our embedder."""
    from haystack import Document, component

    @component
    class OurEmbedder:
        def __init__(self) -> None:
            component.set_input_types(self, documents=list[Document])

        @component.output_types(documents=list[Document])
        def run(self, **given: Any) -> dict[str, Any]:
            vectors = embedder.embed([document.content for document in given["documents"]])
            pairs = zip(given["documents"], vectors, strict=True)
            return {"documents": [replace(d, embedding=v.tolist()) for d, v in pairs]}

    return OurEmbedder()


def their_embedder(model: Path) -> Any:
    """Their component for sentence-transformers, with its default batch of 32; loaded."""
    from haystack import Document
    from haystack.utils import ComponentDevice
    from haystack_integrations.components.embedders.sentence_transformers import (
        SentenceTransformersDocumentEmbedder,
    )

    made = SentenceTransformersDocumentEmbedder(
        model=str(model),
        device=ComponentDevice.from_str("cpu"),
        trust_remote_code=True,
        progress_bar=False,
    )
    made.warm_up()
    made.run([Document(content="warm")])
    return made


def indexer(name: str, server: Server, folder: Path, cut: Cut, embedder: Any) -> Indexer:
    """Converter, ready chunks, embedder, writer."""
    from haystack import Pipeline
    from haystack.components.converters import TextFileToDocument
    from haystack.components.writers import DocumentWriter
    from haystack.document_stores.types import DuplicatePolicy

    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]

    def run() -> None:
        held, pipeline = store(server), Pipeline()
        pipeline.add_component("read", TextFileToDocument(store_full_path=True))
        pipeline.add_component("cut", cutter(folder, cut))
        pipeline.add_component("embed", embedder)
        writer = DocumentWriter(held, policy=DuplicatePolicy.OVERWRITE)  # the fast one
        pipeline.add_component("write", writer)
        pipeline.connect("read.documents", "cut.documents")
        pipeline.connect("cut.documents", "embed.documents")
        pipeline.connect("embed.documents", "write.documents")
        pipeline.run({"read": {"sources": files}})
        held.close()
        pipeline.remove_component("embed")  # loaded once, and in one pipeline at a time

    return Indexer(name, run, lambda: server.count(COLLECTION), server.empty)


def query_embedder(embedder: Embedder) -> Any:
    """A component that embeds a question with our embedder."""
    from haystack import component

    @component
    class OurQueryEmbedder:
        @component.output_types(embedding=list[float])
        def run(self, **given: Any) -> dict[str, Any]:
            return {"embedding": embedder.embed_queries([given["text"]])[0].tolist()}

        def __init__(self) -> None:
            component.set_input_types(self, text=str)

    return OurQueryEmbedder()


def fill(server: Server, chunks: Sequence[Chunk], embedder: Embedder) -> Any:
    """Write chunks with their vectors; the store."""
    from haystack.document_stores.types import DuplicatePolicy

    held = store(server)
    told = our_embedder(embedder).run(documents=documents_of(chunks))
    held.write_documents(told["documents"], policy=DuplicatePolicy.OVERWRITE)
    return held


def searcher(held: Any, embedder: Embedder, source: str, limit: int, alpha: float) -> Search:
    """Embed, then the hybrid retriever with a filter on the source."""
    from haystack import Pipeline
    from haystack_integrations.components.retrievers.weaviate import WeaviateHybridRetriever

    among = {"field": "meta.source", "operator": "==", "value": source}
    pipeline = Pipeline()
    pipeline.add_component("embed", query_embedder(embedder))
    retriever = WeaviateHybridRetriever(
        document_store=held, filters=among, top_k=limit, alpha=alpha
    )
    pipeline.add_component("find", retriever)
    pipeline.connect("embed.embedding", "find.query_embedding")

    def search(text: str) -> list[str]:
        found = pipeline.run({"embed": {"text": text}, "find": {"query": text}})
        return [str(document.content) for document in found["find"]["documents"]]

    return search
