"""The embedders by their names, each loaded once."""

from __future__ import annotations

import threading
from collections.abc import Callable

from bot.learning.live_retriever import embedder_folder
from bot.settings import Settings
from knowledge.documents import Progress
from knowledge.embedding import Embedder, OnnxEmbedder, SentenceTransformerEmbedder
from knowledge.remembering import Remembering
from model.weights import resolve


class Embedders:
    """Those of the settings, of the catalogue, and trained ones; for any number of threads."""

    def __init__(self, settings: Settings, progress: Progress, note: Callable[[str], None]) -> None:
        self._settings, self._progress, self._note = settings, progress, note
        self._lock = threading.RLock()
        self._held: dict[str, Embedder] = {}

    def named(self, name: str | None = None) -> Embedder:
        """One by its exact name; by default the settings' own, or what stands in for it."""
        with self._lock:
            held = self._held.get(name or "")
            if held is None:
                held = self._loaded(name)
                self._held |= {name or "": held, held.name: held}
            return held

    def _loaded(self, name: str | None) -> Embedder:
        mine = self._settings.embedder
        trained = embedder_folder(self._settings.home, name or "")
        if name and trained:
            return Remembering(OnnxEmbedder(trained, name, threads=mine.threads), alike=True)
        weights = resolve(
            name or mine.name, self._settings.cache, self._progress, substitutes=name is None
        )
        if weights.note:
            self._note(weights.note)
        if (weights.path / "model.onnx").is_file():
            made = OnnxEmbedder(weights.path, weights.name, threads=mine.threads)
            return Remembering(made, alike=not made.query_prefix)
        device = None if mine.device == "auto" else mine.device
        path = str(weights.path)
        return Remembering(SentenceTransformerEmbedder(path, weights.name, device, mine.batch))
