"""LoRA adapters as PEFT stores them, added to the weights that they were trained for."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.engines import Unfit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SETTINGS, TENSORS = "adapter_config.json", "adapter_model.safetensors"
_BEFORE = "base_model.model."
_OTHERS = ("use_dora", "modules_to_save", "alpha_pattern", "layer_replication", "fan_in_fan_out")


@dataclass(frozen=True)
class Adapter:
    """What an adapter adds to matrices: `share` times B times A."""

    share: float
    pairs: dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]]  # by the matrix's name

    def added(self, name: str, weights: NDArray[Any]) -> NDArray[Any]:
        """The matrix `name` with what the adapter adds, in float32."""
        import numpy as np

        if name not in self.pairs:
            return weights
        first, second = self.pairs[name]
        return np.asarray(weights, np.float32) + self.share * (second @ first)


def digest_of(folder: Path) -> str:
    """One digest that stands for an adapter. Raises `OSError` when there is none."""
    summed = hashlib.sha256()
    for name in (SETTINGS, TENSORS):
        summed.update((folder / name).read_bytes())
    return summed.hexdigest()


def read_adapter(folder: Path) -> Adapter:
    """The adapter in `folder`. Raises `Unfit` when it is more than plain LoRA."""
    from safetensors.numpy import load_file

    told = json.loads((folder / SETTINGS).read_text("utf-8"))
    odd = [name for name in _OTHERS if told.get(name)]
    if told.get("peft_type") != "LORA" or odd or told.get("bias", "none") != "none":
        raise Unfit(f"the adapter is not plain LoRA ({', '.join(odd) or 'another kind'})")
    pairs = _pairs(load_file(folder / TENSORS))
    ranks = {first.shape[0] for first, _ in pairs.values()}
    if len(ranks) > 1:
        raise Unfit("the adapter has matrices of several ranks")
    rank = ranks.pop() if ranks else 1
    root = math.sqrt(rank) if told.get("use_rslora") else rank
    return Adapter(float(told["lora_alpha"]) / root, pairs)


def _pairs(tensors: dict[str, Any]) -> dict[str, Any]:
    """The A and B of each matrix that is adapted."""
    import numpy as np

    pairs = {}
    for key, first in tensors.items():
        name, _, kind = key.rpartition(".lora_")
        if kind == "A.weight":
            other = tensors[f"{name}.lora_B.weight"]
            matrix = f"{name.removeprefix(_BEFORE)}.weight"
            pairs[matrix] = (np.asarray(first, np.float32), np.asarray(other, np.float32))
    if 2 * len(pairs) != len(tensors):
        raise Unfit("the adapter holds more than pairs of matrices")
    return pairs
