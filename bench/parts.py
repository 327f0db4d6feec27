"""The parts of Tandem that are measured, made as `bot/app.py` makes them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from platformdirs import user_cache_path

from knowledge.chunking import ChunkLimits, chunk
from knowledge.documents import Chunk, Document
from knowledge.embedding import Embedder, OnnxEmbedder, Vectors
from knowledge.index import Edition, Index, alias_name
from knowledge.server import Endpoint, serve
from knowledge.sources.folder import source
from knowledge.sync import SyncReport, sync
from knowledge.weaviating import connect
from model.weights import resolve

if TYPE_CHECKING:
    from weaviate import WeaviateClient

EMBEDDER = "bge-small-en-v1.5-int8"
LANGUAGE_MODEL = "Qwen2.5-Coder-0.5B-Instruct"
LIMITS = ChunkLimits()


def cache() -> Path:
    """Where downloads, builds and conversions lie."""
    return Path(os.environ.get("TANDEM_CACHE") or user_cache_path("tandem"))


def weights(name: str = EMBEDDER) -> Path:
    """The folder of the weights of that name; they are fetched if they must be."""
    return resolve(name, cache(), substitutes=False).path


def embedder() -> OnnxEmbedder:
    """The default embedder, loaded."""
    made = OnnxEmbedder(weights(), EMBEDDER)
    made.embed(["warm", "warm"])
    return made


@dataclass(frozen=True)
class Server:
    """A Weaviate that only this bench uses, and a connection to it."""

    endpoint: Endpoint
    client: WeaviateClient

    def empty(self) -> None:
        """Drop all that it holds."""
        for name in self.client.alias.list_all():
            self.client.alias.delete(alias_name=name)
        self.client.collections.delete_all()

    def count(self, collection: str, tenant: str | None = None) -> int:
        """The objects of a collection."""
        held = self.client.collections.use(collection)
        held = held if tenant is None else held.with_tenant(tenant)
        return held.aggregate.over_all(total_count=True).total_count or 0


@contextmanager
def weaviate(home: Path) -> Iterator[Server]:
    """A Weaviate of its own in `home`, ended afterwards."""
    with serve(home, cache(), linger_s=0) as endpoint:
        client = connect(
            endpoint.host, endpoint.http_port, endpoint.grpc_port, endpoint.api_key, secure=False
        )
        try:
            yield Server(endpoint, client)
        finally:
            client.close()


def index(server: Server, embedder: Embedder, prefix: str = "Tandem") -> Index:
    """An index of the default edition, prepared."""
    made = Index(server.client, Edition(embedder.name, LIMITS.fingerprint), prefix=prefix)
    made.prepare()
    return made


def sync_folder(name: str, folder: Path, held: Index, embedder: Embedder) -> SyncReport:
    """Tandem's own way from files to a searchable index."""
    return sync(source(name, str(folder)), held, embedder, lambda d: cut(d, embedder))


def cut(document: Document, embedder: Embedder) -> Sequence[Chunk]:
    """The chunks of a document."""
    return chunk(document, embedder.count, LIMITS)


def chunks_of(name: str, folder: Path, embedder: Embedder) -> list[Chunk]:
    """All chunks of a folder's files."""
    found = source(name, str(folder)).documents(None)
    return [c for item in found if isinstance(item, Document) for c in cut(item, embedder)]


def searched(prefix: str = "Tandem") -> str:
    """The name under which an index is searched."""
    return alias_name(prefix)


class Remembering:
    """An embedder that keeps the vectors of texts in a file, for the next run to reuse."""

    def __init__(self, inner: Embedder, file: Path) -> None:
        self.inner, self.file = inner, file
        self.name, self.dims, self.max_tokens = inner.name, inner.dims, inner.max_tokens
        self.held: dict[str, Vectors] = {}
        if file.is_file():
            with np.load(file) as kept:
                self.held = dict(zip(kept["digests"].tolist(), kept["vectors"], strict=True))

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages, those held before taken from the file."""
        digests = [digest(text) for text in texts]
        new = {d: text for d, text in zip(digests, texts, strict=True) if d not in self.held}
        if new:
            self.held |= zip(new, self.inner.embed(list(new.values())), strict=True)
        rows = [self.held[d] for d in digests]
        return np.stack(rows) if rows else np.zeros((0, self.dims), np.float32)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of questions: never remembered, for they are what is measured."""
        return self.inner.embed_queries(texts)

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text."""
        return self.inner.count(texts)

    def keep(self) -> None:
        """Write the file."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        half = self.file.with_suffix(".half.npz")
        np.savez(half, digests=np.array(list(self.held)), vectors=np.stack([*self.held.values()]))
        half.replace(self.file)


def digest(text: str) -> str:
    """Marks a text."""
    import hashlib

    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
