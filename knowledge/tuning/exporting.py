"""A trained embedder in a folder that `OnnxEmbedder` serves: its ONNX file and its tokenizer."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from knowledge.reranker.base import OPSET, quantized

if TYPE_CHECKING:
    from torch import Tensor

INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def export(bert: Any, tokenizer: Path, folder: Path, int8: bool = True) -> None:
    """Write the encoder, its settings and its tokenizer; the folder has its name once it is whole.

    Inputs are `INPUTS`, int64 (texts, tokens); the output is the last layer, (texts, tokens, dims).
    """
    with tempfile.TemporaryDirectory(dir=folder.parent) as made:
        whole, half = Path(made) / "whole.onnx", Path(made) / "embedder"
        half.mkdir()
        _traced(bert, whole)
        if int8:
            quantized(whole, half / "model.onnx", ["MatMul", "Gather"])
        else:
            whole.replace(half / "model.onnx")
        shutil.copyfile(tokenizer, half / "tokenizer.json")
        bert.config.to_json_file(half / "config.json")
        if folder.exists():
            shutil.rmtree(folder)
        half.rename(folder)


def _traced(bert: Any, file: Path) -> None:
    import torch

    class Graph(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = bert
            bert.set_attn_implementation("eager")

        def forward(self, ids: Tensor, mask: Tensor, types: Tensor) -> Tensor:
            told = self.bert(input_ids=ids, attention_mask=mask, token_type_ids=types)
            states: Tensor = told.last_hidden_state
            return states

    row = torch.ones(1, 8, dtype=torch.long)
    axes = {name: {0: "n", 1: "t"} for name in (*INPUTS, "last_hidden_state")}
    with warnings.catch_warnings():  # the tracer that is called legacy keeps the names of weights
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Graph().to("cpu").eval(),
            (row, row, torch.zeros_like(row)),
            str(file),
            input_names=list(INPUTS),
            output_names=["last_hidden_state"],
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )
