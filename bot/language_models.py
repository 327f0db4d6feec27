"""The language models that the settings name: as they come, and with adapters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path

from bot import plugins
from bot.learning.lora_endpoints import LoraServer
from bot.learning.soundness import sound
from bot.learning.words import ModelVersion
from bot.settings import Settings
from knowledge.documents import Progress
from model.adapters import shipped_adapter
from model.backends import Backend
from model.errors import VersionUnusable
from model.examples import What

HERE, THERE = "local", "openai"  # the backends that take adapters


class LanguageModels:
    """Makes them; each of the base models once. It loads trained versions for `Loaded`."""

    def __init__(
        self, settings: Settings, progress: Progress, note: Callable[[str], None] = lambda _: None
    ) -> None:
        self._settings, self._progress, self._note = settings, progress, note

    @cached_property
    def answers(self) -> Backend:
        """What answers from the documents; our adapter for that is on where it fits the model."""
        adapter = self._shipped
        made = self._made({"adapter": adapter} if adapter else {})
        note = getattr(made, "note", "")
        if note:
            self._note(note)
        return made

    @cached_property
    def style(self) -> Backend:
        """What does the stylistic tasks: the model without the adapter for answers."""
        return self._made({}) if self._shipped else self.answers

    @cached_property
    def server(self) -> LoraServer | None:
        """Where adapters are loaded by their endpoints; None: they are loaded here."""
        if self._settings.model.use != THERE:
            return None
        options = plugins.resolved("backend", THERE, self._given)
        url = options.get("url")
        return LoraServer(str(url), str(options.get("api_key") or "")) if url else None

    def check(self, version: ModelVersion) -> Path:
        """The version's folder. Raises `VersionUnusable` where it cannot be served."""
        mine = self._settings.model
        if mine.use != HERE and self.server is None and version.what is not What.RETRIEVER:
            told = f"adapters are not known for `model.use` = {mine.use!r} as it is set"
            remedy = 'Set use = "local", or use = "openai" with the `url` of a vLLM server'
            raise VersionUnusable(version.name, told, remedy)
        return sound(self._settings.home, version, self._base_of(version.what))

    def _base_of(self, what: What) -> str:
        """The base model's name; here it may be another's that stands in for the one set."""
        from model.backends.local import LocalBackend

        name = self._settings.model.name
        if what is What.RETRIEVER or self._settings.model.use != HERE:
            return name
        base = self.style
        return base.weights().name if isinstance(base, LocalBackend) else name

    def load(self, version: ModelVersion) -> Backend:
        """The version, ready to write. Raises `ModelError`."""
        folder = self.check(version)
        return self._here(version, folder) if self.server is None else self._there(version, folder)

    def retire(self, name: str, backend: Backend) -> None:
        """Nobody is served by it any more: a server need not hold it either."""
        self.end(backend)
        if self.server is not None:
            self.server.unload(name)

    def end(self, backend: Backend) -> None:
        """Let it give back what it holds in this process."""
        close = getattr(backend, "close", None)
        if close is not None:
            close()

    def _here(self, version: ModelVersion, folder: Path) -> Backend:
        from model.backends.local import LocalBackend

        made = self._made({"adapter": folder})
        assert isinstance(made, LocalBackend)
        made.weights()  # only now is it known which they are
        if not made.continues:
            raise VersionUnusable(version.name, made.note)
        made.load()
        return made

    def _there(self, version: ModelVersion, folder: Path) -> Backend:
        from model.backends.openai import OpenAIBackend

        server, base = self.server, self.style
        assert server is not None
        assert isinstance(base, OpenAIBackend)
        path = base.adapter_path(folder)
        server.load(version.name, path)
        return base.adapted(version.name, lambda: server.load(version.name, path))

    @property
    def _shipped(self) -> Path | None:
        mine = self._settings.model
        return shipped_adapter(mine.name) if mine.use == HERE else None

    @property
    def _given(self) -> dict[str, object]:
        """What a backend is made of."""
        mine = self._settings
        own = {"model": mine.model.name, "cache": mine.cache, "progress": self._progress}
        return {**own, **mine.model.options}

    def _made(self, more: Mapping[str, object]) -> Backend:
        made: Backend = plugins.load("backend", self._settings.model.use, {**self._given, **more})
        return made
