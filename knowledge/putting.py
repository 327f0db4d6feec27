"""Documents with their chunks written to Weaviate; what it refuses is told, document by document.

A document is first noted as pending and gets its fingerprint last, so that a death in between is
seen by the next sync. New chunks come before old ones go: no gap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from knowledge.batches import batched, delete, write_most
from knowledge.documents import Document
from knowledge.errors import IndexUnavailable
from knowledge.objects import Entry, any_of, chunk_objects, document_id, record, without_id

if TYPE_CHECKING:
    from weaviate.collections import Collection

    Objects = Callable[[], Collection[Any, Any]]  # asked for at each request

PENDING = "pending"  # the fingerprint of a document whose chunks are being written
Refused = dict[str, str]  # why documents were refused, by key


def put(documents: Objects, chunks: Objects, entries: Sequence[Entry]) -> Refused:
    """Write documents; what else was held of them goes.

    A document that was refused is left noted as pending, or as it was. A batch of which nothing
    is taken is the fault of no document, and raises `IndexUnavailable`.
    """
    refused = _note(documents, entries, {})
    refused |= _put_chunks(chunks, [e for e in entries if e.document.key not in refused])
    if len(refused) == len(entries) > 1:
        raise _none_taken(refused)
    done = [entry for entry in entries if entry.document.key not in refused]
    return refused | _note(documents, done, {e.document.key: e.document.fingerprint for e in done})


def _note(documents: Objects, entries: Sequence[Entry], fingerprints: Mapping[str, str]) -> Refused:
    """Write the documents' records, as pending where they have no fingerprint."""
    records = [
        record(e.document, fingerprints.get(e.document.key, PENDING), len(e.chunks))
        for e in entries
    ]
    told = write_most(documents(), records)
    refused = {entries[place].document.key: reason for place, reason in told.items()}
    if refused and len(refused) == len(entries):
        raise _none_taken(refused)
    return refused


def _put_chunks(chunks: Objects, entries: Sequence[Entry]) -> Refused:
    """Write the chunks; of documents that had one taken, those of older versions go."""
    made = [(entry, chunk) for entry in entries for chunk in chunk_objects(entry)]
    told = write_most(chunks(), [chunk for _, chunk in made])
    taken = {entry.document.key for at, (entry, _) in enumerate(made) if at not in told}
    current = (e for e in entries if e.document.key in taken or not len(e.chunks))
    _drop_stale(
        chunks, (e.document for e in current if e.replaces), [chunk.uuid for _, chunk in made]
    )
    return {made[place][0].document.key: reason for place, reason in told.items()}


def _drop_stale(chunks: Objects, documents: Iterable[Document], written: Sequence[str]) -> None:
    """Forget what the documents' chunks were before those that were `written` now."""
    for some in batched(documents, 200):
        stale = any_of("document", [document_id(d.source, d.key) for d in some])
        delete(chunks(), stale & without_id(written) if written else stale)


def _none_taken(refused: Mapping[str, str]) -> IndexUnavailable:
    reason = next(iter(refused.values()))[:300]
    remedy = "None was noted as indexed; see Weaviate's log, then run `tandem sync` again"
    return IndexUnavailable(f"all of {len(refused)} documents were refused ({reason})", remedy)
