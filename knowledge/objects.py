"""Documents and chunks as Weaviate's objects, and back: ids, properties, filters, scores."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from knowledge.documents import Chunk, Document, Passage
from knowledge.embedding import Vectors
from knowledge.terms import chunk_terms

if TYPE_CHECKING:
    from weaviate.collections.classes.filters import _Filters

SHOWN = ("source", "key", "title", "url", "headings", "text", "ordinal", "modified_at")
IDS = uuid.UUID("6f1c0a5e-6f0b-5e0e-9d53-7a4de1f0c8aa")


@dataclass(frozen=True)
class Entry:
    """A document ready to be written: its chunks and their vectors, in the same order."""

    document: Document
    chunks: Sequence[Chunk]
    vectors: Vectors
    replaces: bool = True  # may something be held under the document's key?


def document_id(source: str, key: str) -> str:
    """The id of a document's record."""
    return str(uuid.uuid5(IDS, f"{source}\0{key}"))


def record(document: Document, fingerprint: str, chunks: int) -> Any:
    """A document's record: what is indexed of it, and in which version."""
    from weaviate.classes.data import DataObject

    return DataObject(
        uuid=document_id(document.source, document.key),
        properties={
            "source": document.source,
            "key": document.key,
            "title": document.title,
            "url": document.url,
            "fingerprint": fingerprint,
            "chunks": chunks,
            "modified_at": document.modified_at,
        },
    )


def chunk_objects(entry: Entry) -> Iterator[Any]:
    """Chunks with ids of their own text, so that an unchanged one is written over itself."""
    from weaviate.classes.data import DataObject

    seen: dict[str, int] = {}
    document = document_id(entry.document.source, entry.document.key)
    for chunk, vector in zip(entry.chunks, entry.vectors, strict=True):
        twin = seen[chunk.digest] = seen.get(chunk.digest, -1) + 1
        yield DataObject(
            uuid=str(uuid.uuid5(IDS, f"{chunk.source}\0{chunk.key}\0{chunk.digest}\0{twin}")),
            properties={
                "source": chunk.source,
                "document": document,
                "key": chunk.key,
                "title": chunk.title,
                "url": chunk.url,
                "headings": "\n".join(chunk.headings),
                "text": chunk.text,
                **chunk_terms(chunk),
                "ordinal": chunk.ordinal,
                "digest": chunk.digest,
                "fingerprint": entry.document.fingerprint,
                "modified_at": chunk.modified_at,
            },
            vector=vector.tolist(),
        )


def passage(row: Any) -> Passage:
    """What was found, as a value."""
    told: Mapping[str, Any] = row.properties
    chunk = Chunk(
        source=str(told["source"]),
        key=str(told["key"]),
        title=str(told["title"]),
        url=str(told["url"]),
        headings=tuple(h for h in str(told["headings"] or "").split("\n") if h),
        ordinal=int(told["ordinal"]),
        text=str(told["text"]),
        modified_at=told["modified_at"] if isinstance(told["modified_at"], datetime) else None,
    )
    scores = explained(str(row.metadata.explain_score or ""))
    return Passage(chunk, float(row.metadata.score or 0.0), scores)


PART = re.compile(
    r"Result Set (?P<part>keyword|vector|nearVector)\b.*?original score (?P<score>[-+.\deE]+)"
)


def explained(explanation: str) -> dict[str, float]:
    """The parts of a hybrid score as Weaviate explains them: BM25, and 1 - cosine distance."""
    found = PART.finditer(explanation)
    return {m["part"].removeprefix("near").lower(): float(m["score"]) for m in found}


def equal(name: str, value: str) -> _Filters:
    """Only objects whose property is this."""
    from weaviate.classes.query import Filter

    return Filter.by_property(name).equal(value)


def any_of(name: str, values: Sequence[str]) -> _Filters:
    """Only objects whose property is one of these."""
    from weaviate.classes.query import Filter

    return Filter.by_property(name).contains_any(list(values))


def since(name: str, moment: datetime) -> _Filters:
    """Only objects whose date is this (aware) or later."""
    from weaviate.classes.query import Filter

    return Filter.by_property(name).greater_or_equal(moment)


def with_id(ids: Sequence[str]) -> _Filters:
    """Only objects with one of these ids."""
    from weaviate.classes.query import Filter

    return Filter.by_id().contains_any(ids)


def without_id(ids: Sequence[str]) -> _Filters:
    """Only objects with none of these ids."""
    from weaviate.classes.query import Filter

    return Filter.by_id().contains_none(ids)
