"""The encoder that the reader is trained from, out of its ONNX file; and the reader into one."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from knowledge.errors import EmbeddingFailed
from knowledge.onnx_files import tokenizer_of

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from torch import Tensor
    from torch.nn import ModuleDict

OPSET = 17
OURS = "bert."  # before the names of weights in files that we wrote


def encoder(folder: Path) -> Any:
    """A BERT of transformers with the weights of `folder`'s model.onnx, in float32.

    Sizes are read off the weights; heads are 32 or 64 wide, as in MiniLM and bge-small, and in
    all larger ones. Raises `EmbeddingFailed`, also where the weights are quantised.
    """
    import torch
    from transformers import BertConfig, BertModel

    weights = dict(_weights(folder / "model.onnx"))
    words = weights.get("embeddings.word_embeddings.weight")
    inner = weights.get("encoder.layer.0.intermediate.dense.weight")
    if words is None or inner is None:
        problem = f"{folder / 'model.onnx'} holds no BERT in floating point"
        raise EmbeddingFailed(folder.name, problem, "Take the weights that are not quantised")
    layers = {name.split(".")[2] for name in weights if name.startswith("encoder.layer.")}
    width = 32 if words.shape[1] <= 384 else 64
    config = BertConfig(
        vocab_size=words.shape[0],
        hidden_size=words.shape[1],
        num_hidden_layers=len(layers),
        num_attention_heads=words.shape[1] // width,
        intermediate_size=inner.shape[0],
        max_position_embeddings=weights["embeddings.position_embeddings.weight"].shape[0],
    )
    bert = BertModel(config, add_pooling_layer=False)
    lacking = bert.load_state_dict(
        {n: w.to(torch.float32) for n, w in weights.items()}, strict=False
    )
    if lacking.missing_keys:
        problem = f"its model.onnx lacks {', '.join(lacking.missing_keys[:3])}"
        raise EmbeddingFailed(folder.name, problem, "Delete that folder and it is fetched again")
    return bert


def _weights(file: Path) -> Iterator[tuple[str, Tensor]]:
    """The weights by transformers' names; those of matrix products are named after the product."""
    import numpy as np
    import onnx
    import torch
    from onnx import numpy_helper

    graph = onnx.load(str(file)).graph
    held = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    for whole, array in held.items():
        name = whole.removeprefix(OURS)
        if name.startswith(("embeddings.", "encoder.")):
            yield name, torch.from_numpy(np.array(array))
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in held:
            name = node.name.strip("/").removesuffix("/MatMul").replace("/", ".")
            yield (
                f"{name.removeprefix(OURS)}.weight",
                torch.from_numpy(held[node.input[1]].T.copy()),
            )


def tokenizer(folder: Path) -> Tokenizer:
    """The encoder's tokenizer, cutting nothing and padding nothing. Raises `EmbeddingFailed`."""
    try:
        return tokenizer_of(folder)
    except Exception as error:
        problem = f"its tokenizer.json cannot be read ({error})"
        raise EmbeddingFailed(
            folder.name, problem, "Delete the folder; it is fetched again"
        ) from error


def export(parts: ModuleDict, file: Path) -> None:
    """Write the reader as ONNX in int8, without word vectors, as `OnnxReader` reads it.

    Inputs: `words`, float32 (passages, tokens, dims), and `types`, int64 (passages, tokens);
    outputs: `relevance` and `answers`, (passages, 1), and `evidence`, (passages, tokens).
    """
    import torch

    parts.to("cpu").eval()
    words, types = torch.zeros(1, 8, _bert(parts).config.hidden_size), torch.zeros(1, 8).long()
    axes = {name: {0: "n", 1: "t"} for name in ("words", "types", "evidence")}
    with tempfile.TemporaryDirectory(dir=file.parent) as made:
        whole, half = Path(made) / "whole.onnx", Path(made) / "int8.onnx"
        torch.onnx.export(
            _graph(parts),
            (words, types),
            str(whole),
            input_names=["words", "types"],
            output_names=["relevance", "answers", "evidence"],
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )
        quantized(whole, half, ["MatMul"])
        half.replace(file)


def quantized(whole: Path, file: Path, kinds: Sequence[str]) -> None:
    """Write a model with its operations of these kinds in int8, each column by its own scale."""
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process

    shaped = whole.with_name("shaped.onnx")
    quant_pre_process(str(whole), str(shaped), skip_symbolic_shape=True)
    quantize_dynamic(
        str(shaped),
        str(file),
        weight_type=QuantType.QInt8,
        per_channel=True,
        op_types_to_quantize=list(kinds),
    )


def _bert(parts: ModuleDict) -> Any:
    return parts["bert"]


def _graph(parts: ModuleDict) -> Any:
    """What is traced: from word vectors to the three outputs."""
    import torch

    class Graph(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.parts = parts
            _bert(parts).set_attn_implementation("eager")

        def forward(self, words: Tensor, types: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            mask = torch.ones_like(types)
            states = self.parts["bert"](
                inputs_embeds=words, token_type_ids=types, attention_mask=mask
            ).last_hidden_state
            first, ev = states[:, 0], self.parts["ev"](states).squeeze(-1)
            return self.parts["rel"](first), self.parts["ans"](first), ev

    return Graph().eval()
