"""The ONNX weights as a module of sentence-transformers, for the peers' own embedder components.

sentence-transformers' `backend="onnx"` needs optimum-onnx, which holds transformers below 4.58
and so cannot be installed beside us. This module does what that backend does: a padded batch
from the fast tokenizer into an `InferenceSession` with its default options (a run uses all
cores), token embeddings out. All else (sorting by length, batches, pooling) is theirs.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sentence_transformers.base.modules import InputModule

MODULES = (
    ("", "bench.onnx_module.OnnxTransformer"),
    ("1_Pooling", "sentence_transformers.sentence_transformer.modules.Pooling"),
    ("2_Normalize", "sentence_transformers.base.modules.Normalize"),
)


class OnnxTransformer(InputModule):
    """Texts to token embeddings by ONNX Runtime."""

    max_seq_length = 512

    def __init__(self, folder: Path) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        import onnxruntime
        from transformers import PreTrainedTokenizerFast

        self.folder = folder
        self.tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
            tokenizer_file=str(folder / "tokenizer.json"),
            model_max_length=self.max_seq_length,
            model_input_names=["input_ids", "token_type_ids", "attention_mask"],
            pad_token="[PAD]",
        )
        self.session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), providers=["CPUExecutionProvider"]
        )
        self.inputs = [given.name for given in self.session.get_inputs()]

    def preprocess(
        self, inputs: Sequence[Any], prompt: str | None = None, **_: Any
    ) -> dict[str, Any]:
        """Token ids, padded to the longest of the batch."""
        texts = [(prompt or "") + text for text in inputs]
        cut = {"padding": True, "truncation": True, "return_tensors": "pt"}
        told = self.tokenizer(texts, **cut)  # type: ignore[operator]
        return dict(told)

    def forward(self, features: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Token embeddings, (batch, tokens, dims)."""
        import torch

        feeds = {name: features[name].numpy() for name in self.inputs}
        states = self.session.run(None, feeds)[0]
        return {**features, "token_embeddings": torch.from_numpy(states)}

    def save(self, output_path: str, *_: Any, **__: Any) -> None:
        """Not needed: the weights lie where they lay."""
        raise NotImplementedError(output_path)

    @classmethod
    def load(cls, model_name_or_path: str, *_: Any, **__: Any) -> OnnxTransformer:
        """From a folder made by `sentence_transformers_folder`."""
        return cls(Path(model_name_or_path))


def sentence_transformers_folder(weights: Path, target: Path, dims: int) -> Path:
    """A folder that `SentenceTransformer(..., trust_remote_code=True)` loads these weights from."""
    for name in ("model.onnx", "tokenizer.json"):
        (target / name).symlink_to(weights / name)
    rows = [
        {"idx": place, "name": str(place), "path": path, "type": kind}
        for place, (path, kind) in enumerate(MODULES)
    ]
    (target / "modules.json").write_text(json.dumps(rows))
    (target / "1_Pooling").mkdir()
    pooling = {"embedding_dimension": dims, "pooling_mode": "cls"}
    (target / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    (target / "2_Normalize").mkdir()
    return target
