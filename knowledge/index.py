"""The index in Weaviate: documents and their chunks, written in batches, found by hybrid search.

For each embedder and chunking there are two collections, one of chunks (with their vectors) and
one of documents (what is indexed of each, and in which version). An alias names the chunks that
are searched. Changing the embedder fills new collections beside the old ones, and the alias
moves in one step. Each workspace is a tenant.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from knowledge.batches import PAGE, batched, delete, write
from knowledge.documents import Chunk, Document
from knowledge.objects import (
    SHOWN,
    Entry,
    any_of,
    document_id,
    equal,
    passage,
    record,
    with_id,
)
from knowledge.putting import PENDING, put
from knowledge.weaviating import asking, insisting

if TYPE_CHECKING:
    from weaviate import WeaviateClient
    from weaviate.collections import Collection as Objects
    from weaviate.collections.classes.filters import _Filters

SCHEMA = "3"  # raised when the collections' shape changes: then the index is built anew
CURSOR = 1000  # records at a time where a page is not enough
VECTORS = 1000  # at a time
COMPLETE = "\x1fcomplete"  # the key of the record that a source was once synced to its end

Vector = npt.NDArray[np.float32]


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
        from knowledge.schema import chunk_properties, create, create_alias, document_properties

        for name, properties in (
            (self._chunks_name, chunk_properties()),
            (self._documents_name, document_properties()),
        ):
            insisting(partial(create, self.client, name, properties, self._about))
            insisting(partial(add_tenant, self.client, name, self.tenant))
        insisting(partial(create_alias, self.client, self.alias, self._chunks_name))

    @property
    def _about(self) -> str:
        """Kept as the collections' description, for whoever searches them later."""
        edition = self.edition
        told = {"embedder": edition.embedder, "chunking": edition.chunking, "schema": SCHEMA}
        return json.dumps(told)

    @property
    def _chunks_name(self) -> str:
        return f"{self.prefix}Chunks_{self.edition.fingerprint}"

    @property
    def _documents_name(self) -> str:
        return f"{self.prefix}Documents_{self.edition.fingerprint}"

    @property
    def _chunks(self) -> Objects[Any, Any]:
        return self.client.collections.use(self._chunks_name).with_tenant(self.tenant)

    @property
    def _documents(self) -> Objects[Any, Any]:
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
        fetch = partial(self._documents.query.fetch_objects, return_properties=properties)
        rows = insisting(partial(fetch, filters=equal("source", source), limit=PAGE)).objects
        every = rows if len(rows) < PAGE else self._all_records(fetch)
        yield from (row for row in every if row.properties["source"] == source)

    def _all_records(self, fetch: Callable[..., Any]) -> Iterator[Any]:
        after = None
        while rows := insisting(partial(fetch, limit=CURSOR, after=after)).objects:
            yield from rows
            after = rows[-1].uuid

    def vectors(self, digests: Iterable[str]) -> dict[str, Vector]:
        """The vectors held for chunks with these digests, by digest."""
        found: dict[str, Vector] = {}
        for batch in batched(dict.fromkeys(digests), 500):
            wanted: Sequence[str] = batch
            while wanted:  # again only when the chunks of some digests fill all that is given
                rows = self._with_vectors(wanted)
                found |= {
                    str(row.properties["digest"]): np.asarray(row.vector["default"], np.float32)
                    for row in rows
                }
                left = [digest for digest in wanted if digest not in found]
                wanted = left if len(rows) == VECTORS else ()
        return found

    def _with_vectors(self, digests: Sequence[str]) -> Sequence[Any]:
        fetch = partial(
            self._chunks.query.fetch_objects,
            filters=any_of("digest", digests),
            limit=VECTORS,
            include_vector=True,
            return_properties=["digest"],
        )
        return list(insisting(fetch).objects)

    def count(self, source: str | None = None) -> tuple[int, int]:
        """Documents and chunks, of one source or in all."""
        some = None if source is None else equal("source", source)
        # The markers are counted and taken off, because Weaviate counts what was deleted
        # among all that a property is not equal to.
        marker = equal("fingerprint", COMPLETE)
        markers = number(self._documents, marker if some is None else some & marker)
        return number(self._documents, some) - markers, number(self._chunks, some)

    def complete(self, source: str) -> bool:
        """Was the source once synced to its end in this edition?"""
        return self._marker(source) is not None

    def state(self, source: str) -> str:
        """What the source remembered of its last complete pass; "" when nothing."""
        marker = self._marker(source)
        return "" if marker is None else str(marker.properties["title"] or "")

    def _marker(self, source: str) -> Any:
        """The record that the source was once synced to its end; its title is the state."""
        marker = document_id(source, COMPLETE)
        return asking(lambda: self._documents.query.fetch_object_by_id(marker))

    def sources(self) -> list[str]:
        """The sources of which something is held, sorted."""
        from weaviate.classes.aggregate import GroupByAggregate

        by_source = GroupByAggregate(prop="source", limit=PAGE)
        told = asking(lambda: self._documents.aggregate.over_all(group_by=by_source))
        return sorted(str(group.grouped_by.value) for group in told.groups)

    # -- writing ---------------------------------------------------------------------

    def put(self, entries: Sequence[Entry]) -> Mapping[str, str]:
        """Write documents with their chunks; what else was held of them goes.

        Gives the keys of documents that Weaviate refused, with its reasons.
        """
        return put(lambda: self._documents, lambda: self._chunks, entries)

    def drop(self, source: str, keys: Sequence[str]) -> None:
        """Forget documents, their chunks first.

        They are noted as pending before, so that one that comes back after a death in between
        is written again.
        """
        for batch in batched(keys, 200):
            ids = [document_id(source, key) for key in batch]
            going = [Document(source, key, "", "", "", "") for key in batch]
            write(self._documents, [record(document, PENDING, 0) for document in going])
            delete(self._chunks, any_of("document", ids))
            delete(self._documents, with_id(ids))

    def forget(self, source: str) -> None:
        """Forget all of a source."""
        self.drop(source, list(self.fingerprints(source)))
        delete(self._documents, with_id([document_id(source, COMPLETE)]))

    def mark_complete(self, source: str, state: str = "") -> None:
        """Note that the source was synced to its end, and what it remembers of that."""
        done = Document(source, COMPLETE, state, "", "", "")
        write(self._documents, [record(done, COMPLETE, 0)])

    # -- editions --------------------------------------------------------------------

    @property
    def live(self) -> bool:
        """Is this edition the one that is searched?"""
        target = asking(lambda: self.client.alias.get(alias_name=self.alias))
        return target is not None and target.collection == self._chunks_name

    def go_live(self, spared: Collection[str] = ()) -> None:
        """Search this edition from now on, and drop the others, but for those of some embedders.

        What is spared can go live again after a sync that finds nearly all of it there.
        """
        insisting(
            lambda: self.client.alias.update(
                alias_name=self.alias, new_target_collection=self._chunks_name
            )
        )
        kept = {self._chunks_name, self._documents_name}
        for name, config in insisting(lambda: dict(self.client.collections.list_all())).items():
            ours = re.fullmatch(f"{re.escape(self.prefix)}(Chunks|Documents)_[0-9a-f]{{8}}", name)
            if ours and name not in kept and not self._is_spared(config.description, spared):
                insisting(partial(self.client.collections.delete, name))

    def _is_spared(self, description: str | None, spared: Collection[str]) -> bool:
        """Is it of this chunking and shape, and of one of these embedders?"""
        told = json.loads(description or "{}")
        mine = {"embedder": told.get("embedder"), "chunking": self.edition.chunking}
        return told == mine | {"schema": SCHEMA} and told["embedder"] in spared

    def chunks(self, most: int) -> Iterator[Chunk]:
        """Chunks of all sources, `most` at most: those with the first ids, which is by chance."""
        after: Any = None
        fetch = partial(self._chunks.query.fetch_objects, return_properties=list(SHOWN))
        while most > 0:
            rows = insisting(partial(fetch, limit=min(most, CURSOR), after=after)).objects
            yield from (passage(row).chunk for row in rows)
            if len(rows) < CURSOR:
                return
            after, most = rows[-1].uuid, most - len(rows)


def number(collection: Objects[Any, Any], where: _Filters | None) -> int:
    """How many objects match."""
    told = asking(partial(collection.aggregate.over_all, filters=where, total_count=True))
    return told.total_count or 0


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
