"""What all parts stand on: SQL, Weaviate, the embedders, and what was said in the settings."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from functools import cached_property
from typing import TYPE_CHECKING, Self, TypeVar

from bot.attention import Attention
from bot.database import upgrade
from bot.embedders import Embedders
from bot.jobs.leases import Leases
from bot.sessions import Sessions
from bot.settings import Settings
from bot.store import Store
from knowledge.chunking import ChunkLimits
from knowledge.documents import Progress
from knowledge.embedding import Embedder
from knowledge.errors import IndexUnavailable
from knowledge.server import Endpoint, Running, serve
from knowledge.weaviating import away, connect, elsewhere

if TYPE_CHECKING:
    from weaviate import WeaviateClient

T = TypeVar("T")
BACK_S = 30.0  # that somebody who asks waits for a Weaviate that is started again


class Foundation:
    """Each part is made at its first use; leaving the `with` block ends what was started."""

    def __init__(self, settings: Settings, progress: Progress, note: Callable[[str], None]) -> None:
        self.settings, self.progress, self.note = settings, progress, note
        self._ending = ExitStack()
        self._lock = threading.RLock()
        self._embedders = Embedders(settings, progress, note)

    def __enter__(self) -> Self:
        """For `with`."""
        return self

    def __exit__(self, *_: object) -> None:
        """End what was started."""
        self._ending.close()

    @cached_property
    def sessions(self) -> Sessions:
        """SQL, brought to the newest revision."""
        with self._lock:  # what is set up at once needs it in several threads
            return self.__dict__.get("sessions") or self._opened()

    def _opened(self) -> Sessions:
        url = self.settings.database_url().get_secret_value()
        upgrade(url)
        sessions = self.__dict__["sessions"] = Sessions(url)
        self._ending.callback(sessions.close)
        return sessions

    @cached_property
    def store(self) -> Store:
        """What was asked, answered and judged."""
        return Store(self.sessions)

    @cached_property
    def leases(self) -> Leases:
        """Which process runs what the schedule does."""
        return Leases(self.sessions)

    @cached_property
    def attention(self) -> Attention:
        """Which questions are in hand, here and in other processes of this home."""
        return Attention(self.settings.home / "questions.lock")

    @cached_property
    def limits(self) -> ChunkLimits:
        """How documents are cut."""
        mine = self.settings.chunking
        return ChunkLimits(max_tokens=mine.max_tokens, min_tokens=mine.min_tokens)

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
        running.keep(self.moved)
        return running

    def moved(self, _: Endpoint) -> None:
        """Our Weaviate came back at other ports: who asks from now on is connected there."""
        self.__dict__.pop("client", None)

    def patiently(self, search: Callable[[], T]) -> T:
        """Search; where our own Weaviate is away, once more when it is back."""
        try:
            return search()
        except IndexUnavailable as error:
            ours = self.settings.weaviate.url is None
            if not (ours and away(error.__cause__) and self.server.back(BACK_S)):
                raise
            return search()

    @cached_property
    def client(self) -> WeaviateClient:
        """A connection to Weaviate, wherever it is."""
        theirs = self.settings.weaviate
        if theirs.url is None:
            here = self.server.endpoint
            made = connect("127.0.0.1", here.http_port, here.grpc_port, here.api_key, secure=False)
        else:
            key = theirs.api_key.resolve().get_secret_value() if theirs.api_key else None
            made = elsewhere(theirs.url, theirs.grpc_url, key)
        self._ending.callback(made.close)
        return made

    def embedder(self, name: str | None = None) -> Embedder:
        """An embedder by its exact name; by default the settings' own, or what stands in for it.

        Where the one that is set cannot be had, the next of the catalogue is used and said so;
        its own name goes with its vectors.
        """
        return self._embedders.named(name)
