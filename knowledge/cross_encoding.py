"""A sentence-transformers `CrossEncoder` by a name from the settings: pairs of texts to logits."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from knowledge.errors import JudgeUnavailable
from knowledge.unicode import well_formed

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

Logits = npt.NDArray[np.float32]
CLASSIFIES = "ForSequenceClassification"  # ends the architecture of weights that judge pairs


class PairJudge:
    """Judges pairs of texts. Safe to use from several threads, one of which works at a time."""

    def __init__(self, setting: str, name: str, device: str | None = None) -> None:
        """Load the weights: a folder or a hub id. Raises `JudgeUnavailable`.

        `setting` is told where they cannot be had: "[search] reranker".
        """
        self.setting, self.name = setting, name
        self._model = self._load(device)
        self._lock = threading.Lock()  # a tokenizer that cuts serves one thread at a time

    @property
    def labels(self) -> tuple[str, ...]:
        """What the outputs stand for, in their order, as the weights' own config says."""
        config: Any = self._model.config
        return tuple(str(config.id2label[at]) for at in range(self.outputs))

    @property
    def outputs(self) -> int:
        """How many logits a pair has."""
        return self._model.num_labels

    def logits(self, pairs: Sequence[tuple[str, str]]) -> Logits:
        """float32, (pairs, outputs). Raises `JudgeUnavailable`."""
        import torch

        if not pairs:
            return np.zeros((0, self.outputs), np.float32)
        told = [(well_formed(one), well_formed(other)) for one, other in pairs]
        try:
            with self._lock:
                said = self._model.predict(
                    told, activation_fn=torch.nn.Identity(), show_progress_bar=False
                )
        except Exception as error:
            raise self.unusable("it could not judge", error) from error
        return np.asarray(said, np.float32).reshape(len(pairs), -1)

    def unusable(self, problem: str, error: Exception | None = None) -> JudgeUnavailable:
        """The error that tells the setting, the weights and what is wrong with them."""
        why = f" ({str(error).strip().splitlines()[0][:200]})" if error and str(error) else ""
        return JudgeUnavailable(self.setting, self.name, f"{problem}{why}")

    def _load(self, device: str | None) -> CrossEncoder:
        from sentence_transformers import CrossEncoder
        from transformers.utils import logging as theirs

        theirs.disable_progress_bar()  # type: ignore[no-untyped-call]  # we have our own
        try:
            made: CrossEncoder = CrossEncoder(self.name, device=device)
        except Exception as error:
            raise self.unusable("it cannot be loaded", error) from error
        if len(made) == 1 and not judges(made.config):  # its head was drawn by chance just now
            raise self.unusable("its weights were not trained to judge pairs of texts")
        return made


def judges(config: Any) -> bool:
    """Do the weights have a trained head that classifies?"""
    return any(name.endswith(CLASSIFIES) for name in config.architectures or ())
