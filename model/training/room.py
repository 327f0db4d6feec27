"""How much memory and disk a training takes, estimated before it begins."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from model.training.recipe import Recipe
from model.training.scoring import AT_ONCE

FLOAT = 4  # bytes: a training on a CPU is in float32
LIBRARIES = 900_000_000  # bytes that torch, transformers and TRL take by themselves
KEPT, DROPPED = (8, 4), (9, 1)  # numbers kept of a token in a layer, by width and inner width:
# always, and by dropout besides; counted by PyTorch's hooks for saved tensors (model/LOG.md)
LOOSE = (15, 6)  # of what was freed in between and is still the process's (measured)
PROJECTIONS = 7  # of a layer, each of which keeps what its adapter's narrow half gave
COPIES = 4  # of the scores of a token: logits, softmax, gradients
STORED = 11  # adapters' sizes on the disk: two checkpoints with their moments, and the results
SMALL_FILES = 60_000_000


@dataclass(frozen=True)
class Shape:
    """What of a base decides how much room its training takes."""

    width: int
    inner: int
    layers: int
    shared: int  # width of the keys and values
    words: int  # of the vocabulary
    tied: bool

    @property
    def parameters(self) -> int:
        """About how many."""
        attention = 2 * self.width * (self.width + self.shared)
        layer = attention + 3 * self.width * self.inner
        return self.layers * layer + self.words * self.width * (1 if self.tied else 2)

    def adapter(self, rank: int) -> int:
        """Numbers of a LoRA adapter on all its linear layers."""
        attention = 4 * self.width + 2 * (self.width + self.shared)
        return rank * self.layers * (attention + 3 * (self.width + self.inner))


@dataclass(frozen=True)
class Lengths:
    """The longest example that is taught, in tokens."""

    whole: int
    answer: int


@dataclass(frozen=True)
class Needed:
    """Bytes."""

    memory: int
    disk: int


def shape_of(weights: Path) -> Shape:
    """The shape of a base, from its config. Raises `OSError`, `ValueError` or `KeyError`."""
    told = json.loads((weights / "config.json").read_text("utf-8"))
    told = told.get("text_config", told)
    width, heads = int(told["hidden_size"]), int(told["num_attention_heads"])
    head = int(told.get("head_dim") or width // heads)
    return Shape(
        width,
        int(told["intermediate_size"]),
        int(told["num_hidden_layers"]),
        head * int(told.get("num_key_value_heads") or heads),
        int(told["vocab_size"]),
        bool(told.get("tie_word_embeddings", True)),
    )


def taken(shape: Shape, how: Recipe, whole: int) -> int:
    """The numbers that a token takes until its gradient is known, in rows of that length."""
    parts = [KEPT, LOOSE, DROPPED] if how.dropout else [KEPT, LOOSE]
    width, inner = sum(each[0] for each in parts), sum(each[1] for each in parts)
    adapter, mask = PROJECTIONS * how.rank, whole
    return shape.layers * (width * shape.width + inner * shape.inner + adapter + mask)


def needed(shape: Shape, how: Recipe, longest: Lengths, gpu: bool = False) -> Needed:
    """What a training takes at most; on a GPU its memory holds what grows with the batch."""
    weights = shape.parameters * FLOAT + 4 * shape.adapter(how.rank) * FLOAT
    rows = how.batch * (2 if how.method == "dpo" else 1)  # the chosen and the rejected one
    whole = min(longest.whole, how.longest)
    states = rows * whole * taken(shape, how, whole) * FLOAT
    scores = rows * min(longest.answer, how.longest) * shape.words * COPIES * FLOAT
    scores = min(scores, AT_ONCE * shape.words * COPIES * FLOAT)
    disk = STORED * shape.adapter(how.rank) * FLOAT + SMALL_FILES
    return Needed(LIBRARIES + weights + (0 if gpu else states + scores), disk)
