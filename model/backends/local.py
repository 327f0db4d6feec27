"""A language model on this machine, by transformers: on the CPU, or on a GPU where there is one."""

from __future__ import annotations

import json
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from model.backends import Prompt, Sampling
from model.errors import BackendUnavailable, PromptTooLong
from model.generation import Reader, Turns, Writer, until
from model.progress import Progress, quiet
from model.weights import DEFAULT_LLM, Weights, resolve


class LocalBackend:
    """Loads what it needs when it is first needed; writes one answer at a time, in order."""

    def __init__(
        self,
        name: str | None,
        model: str,
        find: Callable[[], Weights],
        device: str = "auto",
        adapter: Path | None = None,
        threads: int | None = None,
    ) -> None:
        self._name, self._model, self._find, self._device = name, model, find, device
        self._adapter, self._threads = adapter, threads
        self._turns, self._loading = Turns(), threading.RLock()
        self._weights: Weights | None = None
        self._reader: Reader | None = None
        self._writer: Writer | None = None
        self._context = 0

    @property
    def name(self) -> str:
        """As set, or that of the weights that are used; with the adapter's when there is one."""
        name = self._name or (self._weights.name if self._weights else _called(self._model))
        return f"{name}+{self._adapter.name}" if self._adapter else name

    @property
    def note(self) -> str:
        """What a person should know of the weights: which are used instead, and why."""
        return self.weights().note

    @property
    def context(self) -> int:
        """Tokens that prompt and answer may take together."""
        self._read()
        return self._context

    def weights(self) -> Weights:
        """The weights, which are fetched and converted now if they are not here yet."""
        with self._loading:
            self._weights = self._weights or self._find()
            return self._weights

    def load(self) -> None:
        """Load everything now instead of at the first question."""
        self._read()
        self._write()

    def count(self, prompt: Prompt) -> int:
        """Tokens that the prompt takes, exactly."""
        return len(self._read().ids(prompt))

    def complete(self, prompt: Prompt, sampling: Sampling) -> Iterator[str]:
        """Pieces of the answer; each is computed when it is asked for, and nothing besides.

        The model is held from the first piece to the last, or to the closing of the iterator.
        """
        reader = self._read()
        ids = reader.ids(prompt)
        if len(ids) + sampling.max_tokens > self._context:
            raise PromptTooLong(len(ids), self._context)
        return self._pieces(ids, reader.beginning(prompt), sampling)

    def _pieces(self, ids: list[int], beginning: list[int], sampling: Sampling) -> Iterator[str]:
        reader, writer = self._read(), self._write()
        with self._turns.turn(), self._told():
            tokens = writer.write(ids, sampling, beginning)
            yield from until(reader.pieces(tokens), sampling.stop)

    def _read(self) -> Reader:
        """The tokenizer, which needs no torch and is there in a moment."""
        with self._loading, self._told():
            if self._reader is None:
                folder = self.weights().path
                reader = _reader(folder)
                self._context = _context(folder)
                self._reader = reader
            return self._reader

    def _write(self) -> Writer:
        with self._loading, self._told():
            if self._writer is None:
                ends = self._read().ends
                model = _load(self.weights().path, self._device, self._adapter, self._threads)
                self._writer = Writer(model, ends | _ends(model))
            return self._writer

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What the libraries raise becomes an error of ours."""
        try:
            yield
        except (RuntimeError, MemoryError, OSError, ValueError, ImportError, KeyError) as error:
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


def _reader(folder: Path) -> Reader:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    if not tokenizer.chat_template:
        raise ValueError("the model has no chat template; it is no instruct model")
    return Reader(tokenizer)


def _context(folder: Path) -> int:
    """Tokens that the model was made for, from its config."""
    config = json.loads((folder / "config.json").read_text("utf-8"))
    return int(config.get("text_config", config)["max_position_embeddings"])


def _load(folder: Path, device: str, adapter: Path | None, threads: int | None) -> Any:
    """The model on its device; an adapter is merged into it, which costs nothing afterwards."""
    import torch
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    if threads:
        torch.set_num_threads(threads)
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # the progress that people see is ours
    place = _place(device)
    model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=_precision(place))
    if adapter:
        model = _merged(model, adapter)
    return model.to(place).eval()


def _merged(model: Any, adapter: Path) -> Any:
    from peft import PeftModel

    with warnings.catch_warnings():
        # peft 0.21 asks what transformers 5.23 calls otherwise by now.
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
        return PeftModel.from_pretrained(model, str(adapter)).merge_and_unload()


def _place(device: str) -> str:
    import torch

    if device != "auto":
        return device
    return "cuda" if torch.cuda.is_available() else "cpu"


def _precision(place: str) -> Any:
    """bfloat16 on a GPU that has it; float32 on a CPU, where it is quickest (model/LOG.md)."""
    import torch

    if not place.startswith("cuda"):
        return torch.float32
    return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16


def _ends(model: Any) -> frozenset[int]:
    """The tokens at which the model's makers say that an answer ends."""
    said = model.generation_config.eos_token_id
    return frozenset([said] if isinstance(said, int) else said or [])


def backend(
    model: str = DEFAULT_LLM,
    device: str = "auto",
    adapter: str | Path | None = None,
    threads: int | None = None,
    cache: str | Path | None = None,
    offline: bool = False,
    progress: Progress = quiet,
    name: str | None = None,
) -> LocalBackend:
    """Write with `model`: a name of the catalogue, a hub id, or the path of a folder.

    `adapter` is the folder of a LoRA adapter; `threads` those of torch (default: its own
    choice); `cache` the folder for downloads and conversions; `name` what an interaction calls it.
    """
    import platformdirs

    folder = Path(cache) if cache else platformdirs.user_cache_path("tandem")
    find = partial(resolve, model, folder, progress, offline)
    return LocalBackend(name, model, find, device, Path(adapter) if adapter else None, threads)
