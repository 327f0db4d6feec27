"""The engine that runs anywhere, GPUs too: transformers, one answer at a time, in order."""

from __future__ import annotations

import warnings
from collections.abc import Generator, Iterable, Sequence
from pathlib import Path
from typing import Any

from model.backends import Sampling
from model.generation import Turns, Writer


class TransformersEngine:
    """Computes each token when it is asked for, and nothing besides."""

    def __init__(self, model: Any, ends: Iterable[int]) -> None:
        self.writer, self._turns = Writer(model, frozenset(ends) | _ends(model)), Turns()

    def write(
        self, ids: Sequence[int], sampling: Sampling, beginning: Sequence[int] = ()
    ) -> Generator[int, None, None]:
        """The tokens; the model is held from the first to the last, or to the closing."""
        with self._turns.turn():
            yield from self.writer.write(ids, sampling, beginning)

    def chances(self, ids: Sequence[int], tokens: Sequence[int]) -> tuple[float, ...]:
        """Exact for every token."""
        with self._turns.turn():
            return self.writer.chances(ids, tokens)

    def close(self) -> None:
        """Let the GPU have its memory again, once the model is collected."""
        import gc

        import torch

        del self.writer
        gc.collect()  # a model refers to itself
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def load(folder: Path, device: str, adapter: Path | None, threads: int | None) -> Any:
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
