"""Bring the index in step with a source: what is new, changed, moved, gone."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from knowledge.ahead import ahead
from knowledge.documents import (
    Checkpoint,
    Chunk,
    Document,
    Keyed,
    Progress,
    Reached,
    Unchanged,
    Unreadable,
    quiet,
)
from knowledge.embedding import Embedder, Vectors
from knowledge.objects import Entry
from knowledge.sources import Source
from knowledge.unicode import well_formed

BATCH = 64  # chunks embedded together: enough to keep every core busy, little to lose
Cut = Callable[[Document], Sequence[Chunk]]
Refuse = Callable[[Sequence[Entry], Mapping[str, str]], None]


class Shelf(Protocol):
    """What syncing needs of an index."""

    def fingerprints(self, source: str) -> Mapping[str, str]:
        """The fingerprint of each document held of a source, by key."""

    def vectors(self, digests: Iterable[str]) -> Mapping[str, Any]:
        """The vectors held for chunks with these digests."""

    def put(self, entries: Sequence[Entry]) -> Mapping[str, str]:
        """Write documents with their chunks; why some were refused, by key."""

    def drop(self, source: str, keys: Sequence[str]) -> None:
        """Forget documents."""

    def state(self, source: str) -> str:
        """What the source remembered of its last complete pass; "" when nothing."""

    def mark_complete(self, source: str, state: str = "") -> None:
        """Note that the source was synced to its end, and what it remembers of that."""


@dataclass(frozen=True)
class SyncReport:
    """What one pass over a source changed."""

    source: str
    seen: int = 0  # documents that the source has, unreadable ones included
    new: int = 0
    changed: int = 0
    moved: int = 0  # new under this key, and gone with the same content under another
    gone: int = 0  # moved ones not counted
    unchanged: int = 0
    chunks: int = 0  # written
    embedded: int = 0  # of these, newly embedded; the others' vectors were held already
    unreadable: tuple[Unreadable, ...] = ()
    seconds: float = 0.0

    def __str__(self) -> str:
        """One line for people."""
        told = [
            f"{getattr(self, name)} {name}"
            for name in ("new", "changed", "moved", "gone", "unchanged")
            if getattr(self, name)
        ]
        if self.unreadable:
            told.append(f"{len(self.unreadable)} could not be read")
        work = f"{self.chunks} chunks written, {self.embedded} embedded, {self.seconds:.1f} s"
        return f"{self.source}: {', '.join(told) or 'empty'} ({work})"


def sync(
    source: Source,
    index: Shelf,
    embedder: Embedder,
    cut: Cut,
    *,
    full: bool = False,
    progress: Progress = quiet,
) -> SyncReport:
    """Index what changed at `source`, then forget what is gone.

    Reading, embedding and writing overlap. `full` reads and embeds everything again. A source
    that fails half way forgets nothing: what was read is written, dropping waits until all
    was read, and the error is raised. Done twice, the second pass changes nothing. A document
    that the index refuses is told as unreadable, and the rest goes on.
    """
    started, held = time.monotonic(), dict(index.fingerprints(source.name))
    before = "" if full else index.state(source.name)
    tally, since = Tally(held), None if full else Checkpoint(held, before)

    def waiting() -> None:  # so that a sync can be stopped whose source says nothing
        progress(f"Syncing {source.name}", len(tally.seen), tally.total)

    with (
        ahead(_read(source, since, cut, tally, progress), waiting=waiting) as prepared,
        Writer(index, tally.refuse) as writer,
    ):
        for batch in _batches(prepared):
            writer.put(_embed(batch, index, embedder, full, tally))
    gone = [key for key in held if key not in tally.seen]
    index.drop(source.name, gone)
    index.mark_complete(source.name, before if tally.lost else tally.reached or before)
    return tally.report(source.name, gone, time.monotonic() - started)


class Tally:
    """Counts of one pass."""

    def __init__(self, held: Mapping[str, str]) -> None:
        self.held = held
        self.seen: set[str] = set()
        self.total: int | None = None  # documents that the source expects to give
        self.fresh: list[str] = []  # fingerprints of documents under new keys
        self.unreadable: list[Unreadable] = []
        self.refused: dict[str, Entry] = {}  # by the index
        self.lost = False  # was a document given that the index did not get?
        self.reached = ""  # the last state that the source told
        self.counts: Counter[str] = Counter()

    def note(self, item: Keyed) -> None:
        """Count an item."""
        self.seen.add(item.key)
        if isinstance(item, Unreadable):
            self.unreadable.append(item)
        elif isinstance(item, Unchanged):
            self.counts["unchanged"] += 1
        elif item.key in self.held:
            self.counts["changed"] += 1
        else:
            self.fresh.append(item.fingerprint)

    def refuse(self, entries: Sequence[Entry], refused: Mapping[str, str]) -> None:
        """Count documents as unreadable that the index did not take; the reasons are by key."""
        for entry in entries:
            if (key := entry.document.key) in refused:
                self.lost = True
                self.refused[key] = entry
                self.unreadable.append(Unreadable(key, refused[key]))

    def report(self, source: str, gone: Sequence[str], seconds: float) -> SyncReport:
        """The counts as a value; a document gone here and new there with one content moved."""
        refused = [e for key, e in self.refused.items() if key not in self.held]
        fresh = Counter(self.fresh) - Counter(e.document.fingerprint for e in refused)
        moved = sum((fresh & Counter(self.held[key] for key in gone)).values())
        return SyncReport(
            source,
            seen=len(self.seen),
            new=fresh.total() - moved,
            changed=self.counts["changed"] - (len(self.refused) - len(refused)),
            moved=moved,
            gone=len(gone) - moved,
            unchanged=self.counts["unchanged"],
            chunks=self.counts["chunks"] - sum(len(e.chunks) for e in self.refused.values()),
            embedded=self.counts["embedded"],
            unreadable=tuple(self.unreadable),
            seconds=seconds,
        )


Prepared = tuple[Document, Sequence[Chunk]]


def _read(
    source: Source,
    since: Checkpoint | None,
    cut: Cut,
    tally: Tally,
    progress: Progress,
) -> Iterator[Prepared]:
    """Documents that need writing, cut into chunks."""
    checkpoint = since or Checkpoint({})
    tally.total = source.expected()
    for given in source.documents(since):
        if isinstance(given, Reached):
            tally.reached = given.state
            continue
        item = _sound(given, checkpoint, tally.seen)
        if isinstance(given, Document) and isinstance(item, Unreadable):
            tally.lost = True
        tally.note(item)
        if isinstance(item, Document):
            yield item, cut(item)
        progress(f"Syncing {source.name}", len(tally.seen), tally.total)


def _sound(item: Keyed, checkpoint: Checkpoint, seen: Container[str]) -> Keyed:
    """The item, held to what a source promises, as one that breaks it must not cost documents."""
    item = replace(item, key=well_formed(item.key))
    if item.key in seen:
        return Unreadable(item.key, "is the key of two documents; rename one")
    if not isinstance(item, Document):
        return item
    if checkpoint.has(item.key, well_formed(item.fingerprint)):
        return Unchanged(item.key)
    return replace(
        item,
        title=well_formed(item.title),
        text=well_formed(item.text),
        url=well_formed(item.url),
        fingerprint=well_formed(item.fingerprint),
    )


def _batches(prepared: Iterable[Prepared]) -> Iterator[list[Prepared]]:
    """Documents together until they make a batch of chunks, also those before a failure."""
    batch: list[Prepared] = []
    try:
        for document, chunks in prepared:
            batch.append((document, chunks))
            if sum(len(chunks) for _, chunks in batch) >= BATCH or len(batch) >= 4 * BATCH:
                yield batch
                batch = []
    except Exception:
        if batch:
            yield batch
        raise
    if batch:
        yield batch


def _embed(
    batch: Sequence[Prepared], index: Shelf, embedder: Embedder, full: bool, tally: Tally
) -> list[Entry]:
    """The documents with their chunks' vectors; those that the index holds are taken from it."""
    texts = {chunk.digest: chunk.embedded_text for _, chunks in batch for chunk in chunks}
    reusable = bool(tally.held) and not full
    vectors = dict(index.vectors(texts)) if reusable else {}
    missing = [digest for digest in texts if digest not in vectors]
    vectors |= zip(missing, embedder.embed([texts[d] for d in missing]), strict=True)
    tally.counts["embedded"] += len(missing)
    tally.counts["chunks"] += sum(len(chunks) for _, chunks in batch)
    return [
        Entry(d, chunks, _stacked(chunks, vectors), replaces=d.key in tally.held)
        for d, chunks in batch
    ]


def _stacked(chunks: Sequence[Chunk], vectors: Mapping[str, Any]) -> Vectors:
    if not chunks:
        return np.zeros((0, 0), np.float32)
    return np.stack([vectors[chunk.digest] for chunk in chunks])


class Writer:
    """Writes entries in the background, one batch behind the embedding.

    `refuse` is told of entries that were written and of those among them that were refused.
    """

    def __init__(self, index: Shelf, refuse: Refuse) -> None:
        self.index, self.refuse = index, refuse
        self.pool = ThreadPoolExecutor(1, thread_name_prefix="write")
        self.before: Future[None] | None = None

    def put(self, entries: Sequence[Entry]) -> None:
        """Start to write; first wait for the batch before, and raise what it raised."""
        self._settle()
        self.before = self.pool.submit(self._put, entries)

    def _put(self, entries: Sequence[Entry]) -> None:
        if refused := self.index.put(entries):
            self.refuse(entries, refused)

    def _settle(self) -> None:
        before, self.before = self.before, None
        if before is not None:
            before.result()

    def __enter__(self) -> Writer:
        """For `with`."""
        return self

    def __exit__(self, *_: object) -> None:
        """Finish what was begun, also after an error, so that what was embedded is kept."""
        try:
            self._settle()
        finally:
            self.pool.shutdown()
