"""A language model on this machine: by OpenVINO on a CPU, by transformers on a GPU."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from model.adapters import misfit
from model.backends import Prompt, Sampling
from model.engines import Bits, Choice, Dials, Engine
from model.engines.choosing import fitting, room, start
from model.errors import BackendUnavailable, PromptTooLong
from model.generation import Reader, until
from model.progress import Progress, quiet
from model.spelling import read_spelling
from model.weights import DEFAULT_LLM, Weights, resolve
from model.weights.cache import Cache
from model.weights.fetch import FetchFailed


class LocalBackend:
    """Loads what it needs when it is first needed."""

    def __init__(
        self,
        name: str | None,
        model: str,
        find: Callable[[], Weights],
        cache: Cache,
        dials: Dials,
        progress: Progress = quiet,
    ) -> None:
        self._name, self._model, self._find = name, model, find
        self._cache, self._dials, self._progress = cache, dials, progress
        self._finding, self._reading, self._loading = (threading.RLock() for _ in range(3))
        self._weights: Weights | None = None
        self._reader: Reader | None = None
        self._engine: Engine | None = None
        self._context = 0
        self._left_off = ""  # why the adapter is not used
        self._instead = ""  # why another engine than the one to expect was loaded

    @property
    def name(self) -> str:
        """As set, or that of the weights that are used; with the adapter's when there is one."""
        name = self._name or (self._weights.name if self._weights else _called(self._model))
        return f"{name}+{self._dials.adapter.name}" if self._dials.adapter else name

    @property
    def note(self) -> str:
        """What a person should know: which weights or which engine are used instead, and why.

        That an export failed is known, and said, once the engine is loaded.
        """
        weights = self.weights()
        why = self._instead or fitting(self._dials, weights.path)[1]
        return "; ".join(told for told in (weights.note, self._left_off, why) if told)

    @property
    def continues(self) -> bool:
        """With an adapter: the words that it begins with are those that it was trained on."""
        return self._dials.adapter is not None

    @property
    def context(self) -> int:
        """Tokens that prompt and answer may take together."""
        self._read()
        return self._context

    def weights(self) -> Weights:
        """The weights, which are fetched and converted now if they are not here yet."""
        with self._finding:
            if self._weights is None:
                self._weights = self._find()
                self._leave_off_a_misfit(self._weights.name)
            return self._weights

    def _leave_off_a_misfit(self, weights: str) -> None:
        """An adapter for other weights than those that were found is no use, and may do harm."""
        self._left_off = misfit(self._dials.adapter, weights) if self._dials.adapter else ""
        if self._left_off:
            self._dials = replace(self._dials, adapter=None)

    def load(self) -> None:
        """Load everything now instead of at the first question."""
        self.engine()  # OpenVINO's reads the tokenizer while it is built
        self._read()

    def close(self) -> None:
        """Give the memory back; what is asked afterwards loads it again."""
        with self._loading:
            engine, self._engine = self._engine, None
        if engine is not None:
            engine.close()

    def count(self, prompt: Prompt) -> int:
        """Tokens that the prompt takes, exactly."""
        return len(self._read().ids(prompt))

    def complete(self, prompt: Prompt, sampling: Sampling) -> Iterator[str]:
        """Pieces of the answer as the engine writes them; closing the iterator stops it.

        OpenVINO writes several answers at once, transformers one after the other.
        """
        ids = self._fitted(prompt, sampling.max_tokens)
        return self._pieces(ids, self._read().beginning(prompt), sampling)

    def likelihoods(self, prompt: Prompt, choices: Sequence[str]) -> tuple[float, ...] | None:
        """How likely the answer is to begin as each of `choices` does: exact by transformers.

        By OpenVINO exact for the likeliest beginning; the others share the rest, at most as
        likely. None: the likeliest is none of the choices.
        """
        ids, firsts = self._fitted(prompt, 1), [self._read().first(choice) for choice in choices]
        if len(set(firsts)) < len(firsts):
            raise ValueError(f"these begin with the same token: {', '.join(choices)}")
        engine = self.engine()
        with self._told():
            return engine.chances(ids, firsts)

    def engine(self) -> Engine:
        """What writes, loaded now if it is not yet; an export is made at the first time."""
        with self._loading, self._told():
            if self._engine is None:
                folder = self.weights().path
                self._engine, self._instead = start(
                    self._dials, folder, lambda: self._read().ends, self._cache, self._progress
                )
            return self._engine

    def _fitted(self, prompt: Prompt, more: int) -> list[int]:
        """The prompt in tokens. Raises `PromptTooLong` where `more` do not fit behind it."""
        ids = self._read().ids(prompt)
        if len(ids) + more > self._context:
            raise PromptTooLong(len(ids), self._context)
        return ids

    def _pieces(self, ids: list[int], beginning: list[int], sampling: Sampling) -> Iterator[str]:
        reader, engine = self._read(), self.engine()
        with self._told(), closing(engine.write(ids, sampling, beginning)) as tokens:
            yield from until(reader.pieces(tokens), sampling.stop)

    def _read(self) -> Reader:
        """The tokenizer; half a second."""
        with self._reading, self._told():
            if self._reader is None:
                folder = self.weights().path
                reader = Reader(read_spelling(folder))
                self._context = min(_context(folder), room(self._dials, folder))
                self._reader = reader
            return self._reader

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What the libraries raise becomes an error of ours."""
        try:
            yield
        except (
            RuntimeError,
            MemoryError,
            OSError,
            ValueError,
            ImportError,
            KeyError,
            FetchFailed,
        ) as error:
            said = str(error).strip().splitlines() or [""]
            problem = f"{type(error).__name__}: {said[0]}".rstrip(": .")
            remedy = (
                f"Check the model's files ({self._weights.path if self._weights else self._model})"
                " and the free memory, or choose a smaller model (`model.name`)"
            )
            raise BackendUnavailable(self.name, problem, remedy) from error


def _called(model: str) -> str:
    """The name of weights that nobody has looked for yet."""
    return Path(model).name if Path(model).exists() else model


def _context(folder: Path) -> int:
    """Tokens that the model was made for, from its config."""
    config = json.loads((folder / "config.json").read_text("utf-8"))
    return int(config.get("text_config", config)["max_position_embeddings"])


def backend(
    model: str = DEFAULT_LLM,
    device: str = "auto",
    adapter: str | Path | None = None,
    threads: int | None = None,
    cache: str | Path | None = None,
    offline: bool = False,
    progress: Progress = quiet,
    name: str | None = None,
    engine: Choice = "auto",
    bits: Bits = 8,
    room: int | None = None,
) -> LocalBackend:
    """Write with `model`: a name of the catalogue, a hub id, or the path of a folder.

    `adapter` is the folder of a LoRA adapter; `threads` those of the engine (default: its own
    choice); `cache` the folder for downloads and conversions; `name` what an interaction calls it.
    `engine`: `openvino` is the fast one on a CPU (its weights are kept with `bits` bits),
    `transformers` runs anywhere; `auto` takes the fastest that fits. `room`: tokens that all
    answers under way may take together with OpenVINO (default: by the machine's memory).
    """
    import platformdirs

    folder = Path(cache) if cache else platformdirs.user_cache_path("tandem")
    find = partial(resolve, model, folder, progress, offline)
    dials = Dials(device, Path(adapter) if adapter else None, threads, engine, bits, room)
    return LocalBackend(name, model, find, Cache(folder), dials, progress)
