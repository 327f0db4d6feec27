"""The index in Weaviate: documents and their chunks, written in batches, found by hybrid search.

For each embedder and chunking there are two collections, one of chunks (with their vectors) and
one of documents (what is indexed of each, and in which version). An alias names the chunks that
are searched. Changing the embedder fills new collections beside the old ones, and the alias
moves in one step. Each workspace is a tenant.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from knowledge.documents import Document
from knowledge.errors import IndexUnavailable
from knowledge.objects import (
    Entry,
    any_of,
    chunk_objects,
    document_id,
    equal,
    not_equal,
    record,
)
from knowledge.weaviating import asking, insisting

if TYPE_CHECKING:
    from weaviate import WeaviateClient
    from weaviate.collections import Collection
    from weaviate.collections.classes.filters import _Filters

log = logging.getLogger(__name__)
T = TypeVar("T")

SCHEMA = "1"  # raised when the collections' shape changes: then the index is built anew
PAGE = 10_000  # the most that Weaviate gives for one query with its default settings
PENDING = "pending"  # the fingerprint of a document whose chunks are being written
COMPLETE = "\x1fcomplete"  # the key of the record that a source was once synced to its end


@dataclass(frozen=True)
class Edition:
    """Which collections: an index is one edition for each embedder and chunking."""

    embedder: str
    chunking: str

    @property
    def fingerprint(self) -> str:
        """Eight hex digits, part of the collections' names."""
        told = f"{SCHEMA}\n{self.embedder}\n{self.chunking}"
        return hashlib.sha256(told.encode()).hexdigest()[:8]


class Index:
    """One tenant of the index in one edition. Every method may raise `IndexUnavailable`."""

    def __init__(
        self,
        client: WeaviateClient,
        edition: Edition,
        tenant: str = "default",
        prefix: str = "Tandem",
    ) -> None:
        self.client, self.edition, self.prefix = client, edition, prefix
        self.tenant = tenant_name(tenant)
        self.alias = alias_name(prefix)

    # -- collections -----------------------------------------------------------------

    def prepare(self) -> None:
        """Make what is missing: collections, tenant, and the alias when there is none."""
        from knowledge.schema import chunk_properties, create, document_properties

        for name, properties in (
            (self._chunks_name, chunk_properties()),
            (self._documents_name, document_properties()),
        ):
            insisting(partial(create, self.client, name, properties, self._about))
            insisting(partial(add_tenant, self.client, name, self.tenant))
        if insisting(lambda: self.client.alias.get(alias_name=self.alias)) is None:
            insisting(
                lambda: self.client.alias.create(
                    alias_name=self.alias, target_collection=self._chunks_name
                )
            )

    @property
    def _about(self) -> str:
        """Kept as the collections' description, for whoever searches them later."""
        return json.dumps({"embedder": self.edition.embedder, "chunking": self.edition.chunking})

    @property
    def _chunks_name(self) -> str:
        return f"{self.prefix}Chunks_{self.edition.fingerprint}"

    @property
    def _documents_name(self) -> str:
        return f"{self.prefix}Documents_{self.edition.fingerprint}"

    @property
    def _chunks(self) -> Collection[Any, Any]:
        return self.client.collections.use(self._chunks_name).with_tenant(self.tenant)

    @property
    def _documents(self) -> Collection[Any, Any]:
        return self.client.collections.use(self._documents_name).with_tenant(self.tenant)

    # -- what is held ----------------------------------------------------------------

    def fingerprints(self, source: str) -> dict[str, str]:
        """The fingerprint of each document of a source, by key.

        A document whose writing was cut short is there with another fingerprint than any
        source gives, so that it is written again or, when gone, dropped.
        """
        held = {
            str(row.properties["key"]): str(row.properties["fingerprint"])
            for row in self._records(source, ["source", "key", "fingerprint"])
        }
        held.pop(COMPLETE, None)
        return held

    def _records(self, source: str, properties: list[str]) -> Iterator[Any]:
        """The records of a source; beyond a page Weaviate pages only without a filter."""
        of_source = equal("source", source)
        rows = asking(
            lambda: self._documents.query.fetch_objects(
                filters=of_source, limit=PAGE, return_properties=properties
            )
        ).objects
        if len(rows) < PAGE:
            yield from rows
            return
        for row in self._documents.iterator(return_properties=properties, cache_size=1000):
            if row.properties["source"] == source:
                yield row

    def vectors(self, digests: Iterable[str]) -> dict[str, np.ndarray[Any, np.dtype[np.float32]]]:
        """The vectors held for chunks with these digests, by digest."""
        found: dict[str, Any] = {}
        for batch in batched(dict.fromkeys(digests), 500):
            fetch = partial(
                self._chunks.query.fetch_objects,
                filters=any_of("digest", batch),
                limit=PAGE,
                include_vector=True,
                return_properties=["digest"],
            )
            for row in asking(fetch).objects:
                digest = str(row.properties["digest"])
                found[digest] = np.asarray(row.vector["default"], np.float32)
        return found

    def count(self, source: str | None = None) -> tuple[int, int]:
        """Documents and chunks, of one source or in all."""
        some = None if source is None else equal("source", source)
        real = not_equal("key", COMPLETE)
        documents = asking(
            lambda: self._documents.aggregate.over_all(
                filters=real if some is None else some & real
            )
        )
        chunks = asking(lambda: self._chunks.aggregate.over_all(filters=some))
        return documents.total_count or 0, chunks.total_count or 0

    def complete(self, source: str) -> bool:
        """Was the source once synced to its end in this edition?"""
        marker = document_id(source, COMPLETE)
        return asking(lambda: self._documents.query.fetch_object_by_id(marker)) is not None

    # -- writing ---------------------------------------------------------------------

    def put(self, entries: Sequence[Entry]) -> None:
        """Write documents with their chunks; what else was held of them goes.

        A document is first noted as pending and gets its fingerprint last, so that a death in
        between is seen by the next sync. New chunks come before old ones go: no gap.
        """
        self._write(self._documents, [record(e.document, PENDING, len(e.chunks)) for e in entries])
        self._write(self._chunks, [o for entry in entries for o in chunk_objects(entry)])
        for entry in entries:
            if entry.replaces:
                self._drop_stale(entry.document)
        self._write(
            self._documents,
            [record(e.document, e.document.fingerprint, len(e.chunks)) for e in entries],
        )

    def _drop_stale(self, document: Document) -> None:
        stale = (
            equal("source", document.source)
            & equal("key", document.key)
            & not_equal("fingerprint", document.fingerprint)
        )
        insisting(lambda: self._chunks.data.delete_many(where=stale))

    def drop(self, source: str, keys: Sequence[str]) -> None:
        """Forget documents, their chunks first."""
        for batch in batched(keys, 200):
            gone = equal("source", source) & any_of("key", batch)
            self._delete(self._chunks, gone)
            self._delete(self._documents, gone)

    def forget(self, source: str) -> None:
        """Forget all of a source."""
        self._delete(self._chunks, equal("source", source))
        self._delete(self._documents, equal("source", source))

    def _delete(self, collection: Collection[Any, Any], where: _Filters) -> None:
        """Delete all that match; Weaviate deletes at most a page in one request."""
        while True:
            told = insisting(lambda: collection.data.delete_many(where=where))
            if told.failed:
                raise IndexUnavailable(
                    f"{told.failed} objects could not be deleted", "See Weaviate's log"
                )
            if told.matches < PAGE:
                return

    def mark_complete(self, source: str) -> None:
        """Note that the source was synced to its end."""
        done = Document(source, COMPLETE, "", "", "", "")
        self._write(self._documents, [record(done, COMPLETE, 0)])

    def _write(self, collection: Collection[Any, Any], objects: Sequence[Any]) -> None:
        """Insert or replace; what fails is tried again, and what still fails is an error."""
        for batch in batched(objects, 500):
            left = list(batch)
            for last in (False, False, True):
                told = insisting(partial(collection.data.insert_many, left))
                if not told.has_errors:
                    break
                first = next(iter(told.errors.values())).message
                log.warning("%d objects were refused: %s", len(told.errors), first)
                if last:
                    raise IndexUnavailable(
                        f"{len(told.errors)} of {len(left)} objects were refused three times "
                        f"({first[:200]})",
                        "Nothing else of this batch was noted as indexed; run the sync again",
                    )
                left = [left[i] for i in sorted(told.errors)]

    # -- editions --------------------------------------------------------------------

    @property
    def live(self) -> bool:
        """Is this edition the one that is searched?"""
        target = asking(lambda: self.client.alias.get(alias_name=self.alias))
        return target is not None and target.collection == self._chunks_name

    def go_live(self) -> None:
        """Search this edition from now on, and drop the others."""
        insisting(
            lambda: self.client.alias.update(
                alias_name=self.alias, new_target_collection=self._chunks_name
            )
        )
        kept = {self._chunks_name, self._documents_name}
        for name in insisting(lambda: list(self.client.collections.list_all())):
            ours = re.fullmatch(f"{self.prefix}(Chunks|Documents)_[0-9a-f]{{8}}", name)
            if ours and name not in kept:
                insisting(partial(self.client.collections.delete, name))


def alias_name(prefix: str) -> str:
    """The alias of the chunks that are searched."""
    return f"{prefix}Chunks"


def add_tenant(client: WeaviateClient, collection: str, tenant: str) -> None:
    """Make the tenant if there is none."""
    tenants = client.collections.use(collection).tenants
    if not tenants.exists(tenant):
        tenants.create(tenant)


def tenant_name(workspace: str) -> str:
    """A name that Weaviate takes for a tenant; other workspaces never share it."""
    if re.fullmatch(r"[A-Za-z0-9_-]{1,60}", workspace):
        return workspace
    return "w_" + hashlib.sha256(workspace.encode()).hexdigest()[:32]


def batched(things: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of up to `size`, in order."""
    rest = iter(things)
    while batch := list(islice(rest, size)):
        yield batch
