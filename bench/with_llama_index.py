"""The same job done by LlamaIndex."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.parts import Server
from bench.peers import Cut, Indexer, Search, kept, stored
from knowledge.documents import Chunk
from knowledge.embedding import Embedder

COLLECTION = "BenchLlamaIndex"


def store(server: Server) -> Any:
    """Its store, in its own layout."""
    from llama_index.vector_stores.weaviate import WeaviateVectorStore
    from llama_index.vector_stores.weaviate.utils import NODE_SCHEMA

    own = [
        {"name": name, "dataType": ["text"], "indexSearchable": False}
        for name in ("_node_content", "_node_type", "document_id", "doc_id")
    ]
    if not server.client.collections.exists(COLLECTION):
        server.client.collections.create_from_dict(
            {"class": COLLECTION, "properties": [*NODE_SCHEMA, *own, *kept()]}
        )
    return WeaviateVectorStore(weaviate_client=server.client, index_name=COLLECTION)


def nodes_of(chunks: Sequence[Chunk]) -> list[Any]:
    """Our chunks as nodes; what is kept beside the text is not embedded with it."""
    from llama_index.core.schema import TextNode

    return [
        TextNode(
            text=chunk.embedded_text,
            metadata=stored(chunk),
            excluded_embed_metadata_keys=[*stored(chunk)],
        )
        for chunk in chunks
    ]


def cutter(folder: Path, cut: Cut) -> Any:
    """A transformation that gives the ready chunks of the files that were read."""
    from llama_index.core.schema import BaseNode, TransformComponent

    class ReadyChunks(TransformComponent):
        def __call__(self, nodes: Sequence[BaseNode], **_: Any) -> list[BaseNode]:
            paths = [Path(node.metadata["file_path"]) for node in nodes]
            keys = [path.relative_to(folder).as_posix() for path in paths]
            return [made for key in dict.fromkeys(keys) for made in nodes_of(cut.get(key, ()))]

    return ReadyChunks()


def our_embedder(embedder: Embedder) -> Any:
    """An embedding model around our embedder; it is given all texts at once."""
    from llama_index.core.embeddings import BaseEmbedding

    class OurEmbedder(BaseEmbedding):
        def _get_text_embedding(self, text: str) -> list[float]:
            return self._get_text_embeddings([text])[0]

        def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
            return [vector.tolist() for vector in embedder.embed(texts)]

        def _get_query_embedding(self, query: str) -> list[float]:
            vector: list[float] = embedder.embed_queries([query])[0].tolist()
            return vector

        async def _aget_query_embedding(self, query: str) -> list[float]:
            return self._get_query_embedding(query)

    return OurEmbedder(embed_batch_size=2048)  # the most that it takes


def their_embedder(model: Path) -> Any:
    """Their class for sentence-transformers, with its default batch of 10; loaded."""
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding

    made = HuggingFaceEmbedding(model_name=str(model), device="cpu", trust_remote_code=True)
    made.get_text_embedding("warm")
    return made


def indexer(name: str, server: Server, folder: Path, cut: Cut, embedder: Any) -> Indexer:
    """Reader, ready chunks, embedder, vector store."""
    from llama_index.core import SimpleDirectoryReader
    from llama_index.core.ingestion import IngestionPipeline

    def run() -> None:
        read = SimpleDirectoryReader(str(folder), recursive=True).load_data()
        pipeline = IngestionPipeline(
            transformations=[cutter(folder, cut), embedder],
            vector_store=store(server),
            disable_cache=True,
        )
        pipeline.run(documents=read)

    return Indexer(name, run, lambda: server.count(COLLECTION), server.empty)


def fill(server: Server, chunks: Sequence[Chunk], embedder: Embedder) -> Any:
    """Write chunks with their vectors; the store."""
    held, nodes = store(server), nodes_of(chunks)
    vectors = embedder.embed([chunk.embedded_text for chunk in chunks])
    for node, vector in zip(nodes, vectors, strict=True):
        node.embedding = vector.tolist()
    held.add(nodes)
    if (count := server.count(COLLECTION)) != len(nodes):  # what fails, it drops in silence
        raise SystemExit(f"LlamaIndex has written {count} of {len(nodes)} objects")
    return held


def searcher(held: Any, embedder: Embedder, source: str, limit: int, alpha: float) -> Search:
    """The index's retriever in its hybrid mode with a filter on the source."""
    from llama_index.core import VectorStoreIndex
    from llama_index.core.vector_stores import MetadataFilter, MetadataFilters
    from llama_index.core.vector_stores.types import VectorStoreQueryMode

    index = VectorStoreIndex.from_vector_store(held, embed_model=our_embedder(embedder))
    retriever = index.as_retriever(
        vector_store_query_mode=VectorStoreQueryMode.HYBRID,
        similarity_top_k=limit,
        alpha=alpha,
        filters=MetadataFilters(filters=[MetadataFilter(key="source", value=source)]),
    )

    def search(text: str) -> list[str]:
        return [str(found.node.get_content()) for found in retriever.retrieve(text)]

    return search
