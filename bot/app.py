"""The only place where things are constructed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot import plugins
from bot.answer_cache import AnswerCache, Room, code_digest, digest, weights_mark
from bot.assistant import Assistant, Manner
from bot.classifying import Fitted, classifier
from bot.conversation import Question
from bot.database import upgrade
from bot.errors import UnknownSource
from bot.learned_routing import LearnedRouter
from bot.line import Line
from bot.settings import Settings
from bot.spaces import readable
from bot.store import Store, SyncPass
from bot.support import Proof
from knowledge.chunking import ChunkLimits, chunk
from knowledge.documents import Chunk, Document, Passage, Progress, quiet
from knowledge.embedding import Embedder, OnnxEmbedder, SentenceTransformerEmbedder, Vectors
from knowledge.entailment import entailment
from knowledge.errors import KnowledgeError
from knowledge.focus import Focused, focus
from knowledge.gathering import Gathering, Rerank, gather
from knowledge.index import Edition, Index
from knowledge.remembering import Remembering
from knowledge.reranker import Page, Reader
from knowledge.reranker.onnx_reader import BASE as READER_BASE
from knowledge.reranker.onnx_reader import OnnxReader
from knowledge.reranker.ordering import cross_encoder, read_by, reordered
from knowledge.search import Dials, Finder
from knowledge.server import Running, serve
from knowledge.server.locks import Lock
from knowledge.sources import Source
from knowledge.sync import SyncReport, sync
from knowledge.weaviating import connect
from model.adapters import shipped_adapter
from model.backends import Backend
from model.tasks import Task, tasks_from
from model.weights import resolve

if TYPE_CHECKING:
    from weaviate import WeaviateClient

log = logging.getLogger(__name__)

HEAD_START_S = 0.25  # for the imports of the longest part: side by side, imports wait by turns


def build(
    settings: Settings, progress: Progress = quiet, note: Callable[[str], None] = lambda _: None
) -> App:
    """The parts, each made at its first use. `note` is told what a person should know."""
    return App(settings, progress, note)


class App:
    """Everything that is constructed, once; leaving the `with` block ends what was started."""

    def __init__(self, settings: Settings, progress: Progress, note: Callable[[str], None]) -> None:
        self.settings, self.progress, self.note = settings, progress, note
        self._ending = ExitStack()
        self._lock = threading.RLock()
        self._embedders: dict[str, Embedder] = {}

    def __enter__(self) -> App:
        """For `with`."""
        return self

    def __exit__(self, *_: object) -> None:
        """End what was started."""
        self._ending.close()

    # -- parts -----------------------------------------------------------------------

    @cached_property
    def store(self) -> Store:
        """SQL, brought to the newest revision."""
        url = self.settings.database_url().get_secret_value()
        upgrade(url)
        store = Store(url)
        self._ending.callback(store.close)
        return store

    @cached_property
    def server(self) -> Running:
        """The embedded Weaviate, which this process uses from now on."""
        mine = self.settings.weaviate
        running = serve(
            self.settings.home,
            self.settings.cache,
            mine.linger.total_seconds(),
            self.progress,
            mine.port,
        )
        self._ending.enter_context(running)
        return running

    @cached_property
    def client(self) -> WeaviateClient:
        """A connection to Weaviate, wherever it is."""
        theirs = self.settings.weaviate
        if theirs.url is None:
            here = self.server.endpoint
            made = connect("127.0.0.1", here.http_port, here.grpc_port, here.api_key, secure=False)
        else:
            key = theirs.api_key.resolve().get_secret_value() if theirs.api_key else None
            made = remote(theirs.url, theirs.grpc_url, key)
        self._ending.callback(made.close)
        return made

    def embedder(self, name: str | None = None) -> Embedder:
        """An embedder by its exact name; by default the settings' own, or what stands in for it.

        Where the one that is set cannot be had, the next of the catalogue is used and said so;
        its own name goes with its vectors.
        """
        with self._lock:
            held = self._embedders.get(name or "")
            if held is None:
                held = self._load_embedder(name)
                self._embedders |= {name or "": held, held.name: held}
            return held

    def _load_embedder(self, name: str | None) -> Embedder:
        mine = self.settings.embedder
        weights = resolve(
            name or mine.name, self.settings.cache, self.progress, substitutes=name is None
        )
        if weights.note:
            self.note(weights.note)
        if (weights.path / "model.onnx").is_file():
            made = OnnxEmbedder(weights.path, weights.name, threads=mine.threads)
            return Remembering(made, alike=not made.query_prefix)
        device = None if mine.device == "auto" else mine.device
        path = str(weights.path)
        return Remembering(SentenceTransformerEmbedder(path, weights.name, device, mine.batch))

    @cached_property
    def limits(self) -> ChunkLimits:
        """How documents are cut."""
        mine = self.settings.chunking
        return ChunkLimits(max_tokens=mine.max_tokens, min_tokens=mine.min_tokens)

    def index(self, workspace: str = "default") -> Index:
        """What is written to, for one workspace."""
        edition = Edition(self.embedder().name, self.limits.fingerprint)
        index = Index(self.client, edition, workspace)
        index.prepare()
        return index

    @cached_property
    def finder(self) -> Finder:
        """What searches."""
        return Finder(self.client, self.embedder)

    @cached_property
    def dials(self) -> Dials:
        """How it searches."""
        return Dials(self.settings.search.limit, self.settings.search.alpha)

    @cached_property
    def gathering(self) -> Gathering:
        """Which of the passages found are read."""
        mine = self.settings.search
        return Gathering(mine.limit, mine.per_page, mine.half_life, width=3 * mine.limit)

    def search(self, text: str, sources: Sequence[str] | None) -> Sequence[Passage]:
        """The passages for a question; the shipped reranker reads them later (`_focus`)."""
        wide = replace(self.dials, limit=self.gathering.width)
        found = self.finder.search(text, sources, wide)
        rerank = self.rerank if self._own_reranker else None
        return gather(text, found, self.gathering, datetime.now(UTC), rerank)

    @property
    def _own_reranker(self) -> bool:
        return self.settings.search.reranker not in ("shipped", "none")

    @cached_property
    def rerank(self) -> Rerank | None:
        """What puts passages in a better order, as set."""
        name = self.settings.search.reranker
        if name == "none":
            return None
        judge = read_by(self.reader) if name == "shipped" else cross_encoder(name)
        return partial(reordered, judge=judge)

    def reranked(self, text: str, found: Sequence[Passage]) -> Sequence[Passage]:
        """The passages in the reranker's order, where there is one."""
        return found if self.rerank is None else self.rerank(text, found)

    @cached_property
    def reader(self) -> Reader:
        """What reads the passages found for the statements that answer."""
        base = resolve(READER_BASE, self.settings.cache, self.progress, substitutes=False)
        return OnnxReader(base.path, threads=self.settings.embedder.threads)

    @cached_property
    def backend(self) -> Backend:
        """What answers from the documents; our adapter for that is on where it fits the model."""
        mine = self.settings.model
        adapter = shipped_adapter(mine.name) if mine.use == "local" else None
        made = self._backend({"adapter": adapter} if adapter else {})
        note = getattr(made, "note", "")
        if note:
            self.note(note)
        return made

    @cached_property
    def writer(self) -> Backend:
        """What does the stylistic tasks: the model without the adapter for answers."""
        mine = self.settings.model
        adapted = mine.use == "local" and shipped_adapter(mine.name)
        return self._backend({}) if adapted else self.backend

    def _backend(self, more: Mapping[str, object]) -> Backend:
        mine = self.settings.model
        given = {"model": mine.name, "cache": self.settings.cache, "progress": self.progress}
        made: Backend = plugins.load("backend", mine.use, {**given, **more, **mine.options})
        return made

    @cached_property
    def tasks(self) -> dict[str, Task]:
        """The stylistic tasks, built in and set."""
        told = {name: task.model_dump() for name, task in self.settings.tasks.items()}
        return dict(tasks_from(told))

    @cached_property
    def router(self) -> LearnedRouter:
        """What chooses between the documents and the tasks."""
        return LearnedRouter(self._classifier, self.tasks, self.settings.routing.min_confidence)

    def _classifier(self) -> Fitted:
        return classifier(self.tasks, self.embedder(), self.settings.cache)

    @cached_property
    def assistant(self) -> Assistant:
        """The answer service."""
        mine = self.settings.answers
        manner = Manner(mine.max_tokens, mine.quotes, mine.min_confidence)
        return Assistant(
            self.search,
            self._focus,
            self.backend,
            self.store,
            self.tasks,
            self._readable,
            manner,
            Line(mine.at_once),
            self.answer_cache if mine.cache else None,
            self.router,
            lambda: self.writer,
            self.proof,
        )

    @cached_property
    def proof(self) -> Proof | None:
        """What judges whether a quote entails a claim, where it is set."""
        mine = self.settings.answers
        if mine.entailment == "none":
            return None
        return Proof(entailment(mine.entailment), mine.min_entailment)

    @cached_property
    def answer_cache(self) -> AnswerCache:
        """The answers that are given again."""
        room = Room(self.settings.answers.cache_size, self.settings.answers.cache_age)
        return AnswerCache(self.store, self._vectors, self.search, self._edition, room)

    def _vectors(self, texts: Sequence[str]) -> Vectors:
        return self.embedder().embed(texts)

    def _edition(self) -> str:
        """Marks all that an answer follows from, but for the question and the documents."""
        mine = self.settings
        parts = (mine.model, mine.embedder, mine.chunking, mine.search, mine.answers)
        names = (self.backend.name, self.embedder().name)
        adapter = str(mine.model.options.get("adapter") or "")
        set_names = (mine.embedder.name, mine.search.reranker, mine.answers.entailment)
        own = weights_mark((mine.model.name, adapter, *set_names))
        return digest(code_digest(), own, *names, *map(repr, parts))

    def _focus(self, question: str, passages: Sequence[Passage]) -> Focused:
        return focus(question, passages, self.reader, self.settings.answers.words)

    def _readable(self, question: Question) -> list[str]:
        return readable(question, self.settings)

    # -- sources ---------------------------------------------------------------------

    def source(self, name: str) -> Source:
        """A source by its name in the settings. Raises `UnknownSource`."""
        if name not in self.settings.sources:
            raise UnknownSource(name, tuple(self.settings.sources))
        section = self.settings.sources[name]
        made: Source = plugins.load("source", section.use, {"name": name, **section.options})
        return made

    def sync(
        self, names: Sequence[str] = (), full: bool = False
    ) -> Iterator[tuple[str, SyncReport | KnowledgeError]]:
        """Sync sources one after the other, all by default; one that fails gives its error.

        When every source has been read to its end in this edition, it is the one searched.
        """
        index = self.index()
        for name in names or self.settings.sources:
            yield name, self._sync_one(self.source(name), index, full)
        if not index.live and all(index.complete(name) for name in self.settings.sources):
            index.go_live()
            self.note("The new index is complete and searched from now on.")

    def _sync_one(self, source: Source, index: Index, full: bool) -> SyncReport | KnowledgeError:
        started = datetime.now(UTC)
        told: SyncReport | KnowledgeError
        try:
            with self._turn(source.name):
                told = sync(
                    source, index, self.embedder(), self._cut, full=full, progress=self.progress
                )
        except KnowledgeError as error:
            log.warning("%s", error)
            told = error
        self.store.record_sync(sync_pass(source.name, started, told))
        return told

    def _turn(self, name: str) -> AbstractContextManager[None]:
        """One sync of a source at a time: two that read different versions would mix them."""
        self.settings.home.mkdir(parents=True, exist_ok=True)
        step = f"Waiting for another sync of {name}"
        lock = Lock(self.settings.home / f"sync-{name}.lock")
        return lock.held(lambda seconds: self.progress(step, int(seconds), None))

    def _cut(self, document: Document) -> list[Chunk]:
        return chunk(document, self.embedder().count, self.limits)

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

    # -- the first run ---------------------------------------------------------------

    def set_up(self, answering: bool = True) -> None:
        """Have everything that answering needs, fetching, starting and loading side by side."""
        parts: list[Callable[[], object]] = [lambda: self.store, lambda: self.client]
        parts += [partial(warm, self), *([lambda: self.rerank] if self._own_reranker else [])]
        if answering:  # the model takes longest, so it comes first
            parts = [lambda: self.backend.load(), *parts, self.router.prepare]
            parts += [partial(warm_reader, self), lambda: self.proof, code_digest]
        together(parts)

    def first_sync(self) -> None:
        """Sync what was never synced, so that the first question finds something."""
        fresh = self.never_synced()
        for _, told in self.sync(fresh) if fresh else ():
            self.note(str(told))
            if isinstance(told, KnowledgeError):
                raise told


def sync_pass(source: str, started: datetime, told: SyncReport | KnowledgeError) -> SyncPass:
    """A pass over a source as it is kept."""
    ended = datetime.now(UTC)
    if isinstance(told, KnowledgeError):
        return SyncPass(source, started, ended, error=str(told))
    counts = {name: n for name, n in asdict(told).items() if isinstance(n, int)}
    problems = tuple((item.key, item.reason) for item in told.unreadable)
    return SyncPass(source, started, ended, counts, problems)


def warm(app: App) -> None:
    """Load what is slow to load, before it is needed."""
    app.embedder().embed_queries(["warm"])


def warm_reader(app: App) -> None:
    """Load the reader, which every question to the documents needs."""
    app.reader.read("warm", [Page("warm", ("warm",))])


def remote(url: str, grpc_url: str | None, key: str | None) -> WeaviateClient:
    """A connection to a Weaviate that somebody else runs."""
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    grpc = urlsplit(grpc_url) if grpc_url else None
    return connect(
        parts.hostname or "",
        parts.port or (443 if secure else 8080),
        (grpc and grpc.port) or (443 if secure else 50051),
        key,
        secure,
        grpc_host=(grpc and grpc.hostname) or None,
    )


def together(calls: Iterable[Callable[[], object]], head_start_s: float = HEAD_START_S) -> None:
    """Do them at once, the first a little ahead; the first error is raised when all have ended."""
    first, *others = calls
    with ThreadPoolExecutor(8, thread_name_prefix="set-up") as pool:
        begun: list[Future[object]] = [pool.submit(first)]
        wait(begun, head_start_s)
        begun += [pool.submit(call) for call in others]
    for future in begun:
        future.result()
