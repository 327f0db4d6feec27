"""The index in step with the sources: all that are set, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot import plugins
from bot.conversation import Place
from bot.errors import PluginOptionsWrong, SecretMissing, SourceNotMade, UnknownSource
from bot.jobs.slices import Polite, Sliced, asking, guarded
from bot.jobs.words import Turn
from bot.settings import Settings
from bot.store import Store, SyncPass
from knowledge.chunking import ChunkLimits, chunk
from knowledge.documents import Chunk, Document, Progress
from knowledge.embedding import Embedder
from knowledge.errors import KnowledgeError
from knowledge.index import Index
from knowledge.sources import OfChannels, Source
from knowledge.sync import SyncReport, sync

if TYPE_CHECKING:
    from bot.endorsed.indexing import OwnSources

Failure = KnowledgeError | SourceNotMade
Alone = Callable[[str, Callable[[float], None]], AbstractContextManager[Turn]]


@dataclass(frozen=True)
class Syncing:
    """Reads the sources into the index; its parts are made when they are first needed."""

    settings: Settings
    limits: ChunkLimits
    index: Callable[[], Index]
    embedder: Callable[[], Embedder]
    store: Callable[[], Store]
    progress: Progress
    note: Callable[[str], None]
    alone: Alone  # holds the lease of a job; who waits for it is told the seconds so far
    yields: Callable[[], None] = lambda: None  # lets questions go first
    spared: Callable[[], Collection[str]] = tuple  # embedders whose older editions are kept
    own: OwnSources | None = None  # those that no setting names
    synced: Callable[[str, Index], None] = lambda _source, _index: None  # told of what is searched
    learns_in: Callable[[Place], bool] = lambda _: True  # may what is said there be read?

    def source(self, name: str) -> Source:
        """A source by its name in the settings. Raises `UnknownSource`, `SourceNotMade`."""
        own = self.own.source(name) if self.own is not None else None
        if own is not None:
            return own
        if name not in self.settings.sources:
            raise UnknownSource(name, tuple(self.settings.sources))
        section = self.settings.sources[name]
        given = {"name": name, "cache": self.settings.cache}
        try:
            made: Source = plugins.load("source", section.use, {**section.options, **given})
        except (SecretMissing, PluginOptionsWrong) as error:
            raise SourceNotMade(name, error) from error
        return made.within(self._may_read) if isinstance(made, OfChannels) else made

    def _may_read(self, platform: str, workspace: str, channel: str) -> bool:
        """A channel that was switched off is not read; what was read of it is forgotten."""
        return self.learns_in(Place(platform, workspace, channel))

    def sync(
        self, names: Sequence[str] = (), full: bool = False, turn: Turn | None = None
    ) -> Iterator[tuple[str, SyncReport | Failure]]:
        """Sync sources one after the other, all by default; one that fails gives its error.

        Whoever takes an error tells it: here it is only kept. When every source has been read to
        its end in this edition, it is the one searched.
        `turn`: that of a job which holds the source's lease already; it is asked between slices.
        """
        index = self.index()
        for name in names or (*self.settings.sources, *self._own(index)):
            yield name, self._named(name, index, full, turn)
        if turn is not None:
            turn.check()
        every = (*self.settings.sources, *self._own())
        if not index.live and all(index.complete(name) for name in every):
            index.go_live(self.spared())
            self.note("The new index is complete and searched from now on.")
            for name in self.settings.sources:
                self.synced(name, index)

    def _named(
        self, name: str, index: Index, full: bool, turn: Turn | None
    ) -> SyncReport | Failure:
        """Sync one source by its name, or say why there is none. Raises `UnknownSource`."""
        try:
            source = self.source(name)
        except SourceNotMade as error:
            self.store().record_sync(sync_pass(name, datetime.now(UTC), error))
            return error
        return self.one(source, index, full, turn)

    def one(
        self, source: Source, index: Index, full: bool, turn: Turn | None = None
    ) -> SyncReport | KnowledgeError:
        """Sync one source, when no other sync of it is under way; an expected error is given."""
        started = datetime.now(UTC)
        told: SyncReport | KnowledgeError
        try:
            with nullcontext(turn) if turn else self._turn(source.name) as mine:
                told = self._synced_in(Polite(mine, self.yields), source, index, full)
        except KnowledgeError as error:
            told = error
        self.store().record_sync(sync_pass(source.name, started, told))
        if index.live and isinstance(told, SyncReport):
            self.synced(source.name, index)
        return told

    def _synced_in(self, turn: Turn, source: Source, index: Index, full: bool) -> SyncReport:
        """Sync in slices, before each of which the turn is asked."""
        embedder = Sliced(self.embedder(), turn.check)

        def cut(document: Document) -> list[Chunk]:
            return chunk(document, embedder.count, self.limits)

        shelf, progress = guarded(index, turn), asking(self.progress, turn)
        return sync(source, shelf, embedder, cut, full=full, progress=progress)

    def _turn(self, name: str) -> AbstractContextManager[Turn]:
        """One sync of a source at a time: two that read different versions would mix them."""
        step = f"Waiting for another sync of {name}"
        return self.alone(job_of(name), lambda seconds: self.progress(step, int(seconds), None))

    def removed(self) -> list[str]:
        """Sources that the index holds and the settings name no more."""
        index = self.index()
        known = {*self.settings.sources, *self._own(index)}
        return [name for name in index.sources() if name not in known]

    def _own(self, index: Index | None = None) -> list[str]:
        """The sources that no setting names; also those that the index holds still."""
        held = index.sources() if index is not None and self.own is not None else ()
        return [] if self.own is None else self.own.names(held)

    def prune(self) -> list[str]:
        """Forget all that the index holds of sources that the settings name no more."""
        gone = self.removed()
        for name in gone:
            with self._turn(name):
                self.index().forget(name)
        return gone

    def never_synced(self) -> list[str]:
        """Sources that were not once read to their end.

        While an older edition is searched nothing counts as that: it answers until `tandem sync`
        has filled the new one, and that is said.
        """
        index = self.index()
        if not index.live:
            self.note("The settings changed the index: `tandem sync` builds the new one.")
            return []
        return [name for name in self.settings.sources if not index.complete(name)]

    def first_sync(self) -> None:
        """Sync what was never synced, so that the first question finds something.

        Raises an error where no source at all could be read.
        """
        fresh, failed = self.never_synced(), list[Failure]()
        for _, told in self.sync(fresh) if fresh else ():
            if isinstance(told, SyncReport):
                self.note(str(told))
            else:
                failed.append(told)
        left = len(self.settings.sources) - len(failed)
        for error in failed if left else failed[:-1]:
            self.note(str(error))
        if failed and not left:
            raise failed[-1]


def job_of(source: str) -> str:
    """The job that syncs a source, whose lease every sync of it holds."""
    return f"sync-{source}"


def sync_pass(source: str, started: datetime, told: SyncReport | Failure) -> SyncPass:
    """A pass over a source as it is kept."""
    ended = datetime.now(UTC)
    if not isinstance(told, SyncReport):
        return SyncPass(source, started, ended, error=str(told))
    counts = {name: n for name, n in asdict(told).items() if isinstance(n, int)}
    problems = tuple((item.key, item.reason) for item in told.unreadable)
    return SyncPass(source, started, ended, counts, problems)
