"""A tiny language model of random weights, as GGUF stores it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from bench.tiny_models import SPECIAL, TEMPLATE

HIDDEN, HEADS, KV_HEADS, LAYERS, INNER = 64, 4, 2, 2, 128
MERGED = ("ab", "abc")


def tokens() -> list[str]:
    """The 256 bytes in byte-level writing, what is merged of them, then the special tokens."""
    from tokenizers.pre_tokenizers import ByteLevel

    return [*sorted(ByteLevel.alphabet()), *MERGED, *SPECIAL]


def model(kind: str, tied: bool = True) -> Any:
    """A random model of transformers."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    torch.manual_seed(7)
    config = AutoConfig.for_model(
        kind,
        vocab_size=len(tokens()),
        hidden_size=HIDDEN,
        intermediate_size=INNER,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        num_key_value_heads=KV_HEADS,
        max_position_embeddings=512,
        rope_parameters={"rope_type": "default", "rope_theta": 50000.0},
        tie_word_embeddings=tied,
    )
    family: Any = AutoModelForCausalLM
    return family.from_config(config, dtype=torch.float32).eval()


def write_gguf(made: Any, path: Path, twice: bool = False) -> Path:
    """Write a model as llama.cpp's converter does; `twice`: a tied embedding is there twice."""
    from gguf import GGUFWriter, get_tensor_name_map
    from gguf.constants import MODEL_ARCH

    kind = made.config.model_type
    writer = GGUFWriter(path, kind)
    _describe(writer, made.config)
    arch = MODEL_ARCH.LLAMA if kind == "llama" else MODEL_ARCH.QWEN2
    names: Any = get_tensor_name_map(arch, LAYERS)
    for name, tensor in made.state_dict().items():
        if name == "lm_head.weight" and made.config.tie_word_embeddings and not twice:
            continue
        weights = tensor.numpy()
        if kind == "llama" and name.endswith(("q_proj.weight", "k_proj.weight")):
            weights = _permuted(weights, HEADS if "q_proj" in name else KV_HEADS)
        writer.add_tensor(names.get_name(name, (".weight", ".bias")), np.ascontiguousarray(weights))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _permuted(weights: Any, heads: int) -> Any:
    shape = weights.shape
    return weights.reshape(heads, 2, shape[0] // heads // 2, -1).swapaxes(1, 2).reshape(shape)


def _describe(writer: Any, config: Any) -> None:
    known = tokens()
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(HIDDEN)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(50000.0)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(known)
    writer.add_token_types([3 if token in SPECIAL else 1 for token in known])
    writer.add_token_merges(["a b", "ab c"])
    writer.add_bos_token_id(known.index("<|im_start|>"))
    writer.add_eos_token_id(known.index("<|endoftext|>"))  # as in Qwen's files; a turn ends before
    writer.add_chat_template(TEMPLATE)
