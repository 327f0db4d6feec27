"""An embedder that remembers the last questions: one question is embedded once, not three times."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence

from knowledge.embedding import Embedder, Vectors

MOST = 32  # texts; an answer needs the vectors of one to three


class Remembering:
    """Gives single texts their vectors again; what comes in several goes through unremembered.

    The router, the answer cache and the search each embed the question. `alike` says that the
    embedder treats questions as passages (no prefix), so that all three share one vector. Safe
    to use from several threads; two that ask for the same new text at once may both embed it.
    """

    def __init__(self, embedder: Embedder, alike: bool = False, most: int = MOST) -> None:
        self.embedder, self.alike, self.most = embedder, alike, most
        self._held: OrderedDict[tuple[str, str], Vectors] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """The embedder's."""
        return self.embedder.name

    @property
    def dims(self) -> int:
        """The length of a vector."""
        return self.embedder.dims

    @property
    def max_tokens(self) -> int:
        """Tokens of a text that it sees."""
        return self.embedder.max_tokens

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages; a remembered one cannot be written to."""
        return self._remembered("passage", texts, self.embedder.embed)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of questions; a remembered one cannot be written to."""
        kind = "passage" if self.alike else "question"
        return self._remembered(kind, texts, self.embedder.embed_queries)

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, special tokens included, uncut."""
        return self.embedder.count(texts)

    def _remembered(
        self, kind: str, texts: Sequence[str], embed: Callable[[Sequence[str]], Vectors]
    ) -> Vectors:
        if len(texts) != 1:
            return embed(texts)
        place = (kind, texts[0])
        with self._lock:
            held = self._held.get(place)
            if held is not None:
                self._held.move_to_end(place)
                return held
        made = embed(texts)
        made.flags.writeable = False
        self._keep(place, made)
        return made

    def _keep(self, place: tuple[str, str], made: Vectors) -> None:
        with self._lock:
            self._held[place] = made
            while len(self._held) > self.most:
                self._held.popitem(last=False)
