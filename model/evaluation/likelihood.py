"""How likely a model finds answers that were written before: read, not written, a few at a time."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.backends import Prompt
from model.engines.transformers import load
from model.errors import BackendUnavailable, TrainingFailed
from model.training.rows import Speller, speller
from model.training.scoring import AT_ONCE

LONGEST = 4096  # tokens of prompt and answer; longer ones are left out, to bound the memory
BATCH = 2048  # tokens that are read at once, padding included


@dataclass(frozen=True)
class Asked:
    """A prompt, and an answer that was given to it."""

    prompt: Prompt
    answer: str


@dataclass(frozen=True)
class _Row:
    """One of those asked, in tokens."""

    number: int
    prompt: list[int]
    answer: list[int]  # with the token that ends it: when to stop is part of an answer

    @property
    def size(self) -> int:
        return len(self.prompt) + len(self.answer)


def log_probs(
    weights: Path, adapter: Path | None, asked: Sequence[Asked], device: str = "auto"
) -> Iterator[tuple[int, float | None]]:
    """The mean log-probability of the tokens of each answer, with its place in `asked`.

    Short ones come first. None: prompt and answer are too long. `weights` is the folder of a
    transformers model, `adapter` one of PEFT's; the model is in memory until the iterator ends.
    Raises `BackendUnavailable`, also where the template ends no answer.
    """
    with _told(weights):
        spell = speller(weights)
        model = load(weights, device, adapter, None)
        try:
            most = min(LONGEST, int(model.config.max_position_embeddings))
            rows = sorted(_rows(spell, asked), key=lambda row: row.size)
            yield from ((row.number, None) for row in rows if row.size > most)
            for batch in _batches([row for row in rows if row.size <= most]):
                yield from zip((row.number for row in batch), _read(model, batch), strict=True)
        finally:
            del model
            _free()


LOADING = (
    *(RuntimeError, MemoryError, OSError, ValueError, ImportError, KeyError),
    TrainingFailed,  # the tokenizer, or its template, will not do
)


@contextmanager
def _told(weights: Path) -> Iterator[None]:
    """What the libraries raise becomes an error of ours."""
    try:
        yield
    except LOADING as error:
        problem = f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}".rstrip(": .")
        remedy = f"Check the model's files ({weights}) and the free memory"
        raise BackendUnavailable(weights.name, problem, remedy) from error


def _rows(spell: Speller, asked: Sequence[Asked]) -> Iterator[_Row]:
    for number, each in enumerate(asked):
        answer = spell.answer(each.prompt, each.answer)
        yield _Row(number, spell.prompt(each.prompt), answer)


def _batches(rows: Sequence[_Row]) -> Iterator[list[_Row]]:
    """As many of like length as make `BATCH` tokens, at least one."""
    batch: list[_Row] = []
    for row in rows:
        if batch and (len(batch) + 1) * row.size > BATCH:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def _read(model: Any, batch: Sequence[_Row]) -> list[float]:
    """The mean log-probabilities of a batch: the vocabulary is scored for answers only."""
    import torch

    longest = max(row.size for row in batch)
    ids, mask = torch.zeros(2, len(batch), longest, dtype=torch.long)
    wanted = torch.zeros(len(batch), longest, dtype=torch.bool)
    for at, row in enumerate(batch):
        ids[at, : row.size] = torch.tensor([*row.prompt, *row.answer])
        mask[at, : row.size] = 1
        wanted[at, len(row.prompt) : row.size] = True
    place = model.device
    with torch.inference_mode():
        hidden = model.base_model(
            input_ids=ids.to(place), attention_mask=mask.to(place), use_cache=False
        ).last_hidden_state[:, :-1]
        said = _scored(model.get_output_embeddings(), hidden[wanted[:, 1:]], ids[wanted].to(place))
        parts = said.cpu().split([len(row.answer) for row in batch])
    return [float(part.mean()) for part in parts]


def _scored(head: Any, hidden: Any, ids: Any) -> Any:
    """How likely each of `ids` (n,) is after `hidden` (n, width); logarithms, float32."""
    import torch

    parts = zip(hidden.split(AT_ONCE), ids.split(AT_ONCE), strict=True)
    return torch.cat(
        [-torch.nn.functional.cross_entropy(head(a).float(), b, reduction="none") for a, b in parts]
    )


def _free() -> None:
    """Give the memory back: a model refers to itself."""
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
