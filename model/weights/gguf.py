"""GGUF files turned into transformers folders: tensors, config, generation config, tokenizer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.errors import WeightsDamaged
from model.progress import Progress
from model.weights.tokenizer import save_tokenizer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CONVERTER = 1  # counts up when what is made of a GGUF file changes: old conversions are redone
SHARD = 512 << 20  # bytes of a safetensors file, and about the memory that converting takes

_ARCHITECTURES = {"llama": "LlamaForCausalLM", "qwen2": "Qwen2ForCausalLM"}
_TOP = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}
_LAYER = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
_END_TOKENS = ("<|im_end|>", "<|endoftext|>")


@dataclass(frozen=True)
class GgufFile:
    """A GGUF file, opened: its fields by name, its tensors in file order."""

    path: Path
    fields: Mapping[str, Any]
    tensors: tuple[Any, ...]

    @property
    def architecture(self) -> str:
        """Which kind of model it is, as GGUF says it."""
        return str(self.fields.get("general.architecture", ""))

    def number(self, name: str) -> Any:
        """The architecture's own field `name`."""
        return self.fields[f"{self.architecture}.{name}"]


def read_gguf(path: Path) -> GgufFile:
    """Open a GGUF file. Raises `WeightsDamaged` when it is none, or of a kind not known here."""
    import gguf

    try:
        reader = gguf.GGUFReader(path)
        fields = {name: field.contents() for name, field in reader.fields.items()}
    except (ValueError, OSError, IndexError, KeyError) as error:
        problem = f"it is no readable GGUF file ({error})"
        raise WeightsDamaged(str(path), problem, "Fetch it again") from error
    found = GgufFile(path, fields, tuple(reader.tensors))
    if found.architecture not in _ARCHITECTURES:
        problem = f"it is a GGUF file of the kind {found.architecture!r}"
        known = ", ".join(_ARCHITECTURES)
        raise WeightsDamaged(
            str(path), problem, f"Known kinds: {known}. Take a transformers folder instead"
        )
    return found


def convert(path: Path, folder: Path, progress: Progress, name: str = "") -> None:
    """Write what `path` holds into `folder`, as a transformers folder.

    Weights are stored in float16 (finer than bfloat16, half of float32, and far finer than
    the quantisation was); the config asks for float32, which is what CPUs compute fastest.
    """
    source = read_gguf(path)
    folder.mkdir(parents=True, exist_ok=True)
    save_tokenizer(source.fields, folder)
    _save_config(source, folder)
    _save_tensors(source, folder, lambda n, of: progress(f"Converting {name or path.stem}", n, of))


def _save_config(source: GgufFile, folder: Path) -> None:
    """config.json and generation_config.json."""
    from transformers import AutoConfig, GenerationConfig

    config = AutoConfig.for_model(source.architecture, **_shape(source))
    config.architectures = [_ARCHITECTURES[source.architecture]]
    config.dtype = "float32"
    config.save_pretrained(folder)
    ends = [token for token in map(_token_ids(source).get, _END_TOKENS) if token is not None]
    GenerationConfig(  # type: ignore[no-untyped-call]
        do_sample=False, eos_token_id=ends, bos_token_id=config.bos_token_id, pad_token_id=ends[-1]
    ).save_pretrained(folder)


def _shape(source: GgufFile) -> dict[str, Any]:
    """The model's dimensions in transformers' words."""
    heads, width = source.number("attention.head_count"), source.number("embedding_length")
    return {
        "vocab_size": len(source.fields["tokenizer.ggml.tokens"]),
        "hidden_size": width,
        "intermediate_size": source.number("feed_forward_length"),
        "num_hidden_layers": source.number("block_count"),
        "num_attention_heads": heads,
        "num_key_value_heads": source.number("attention.head_count_kv"),
        "max_position_embeddings": source.number("context_length"),
        "rms_norm_eps": source.number("attention.layer_norm_rms_epsilon"),
        "rope_parameters": {
            "rope_type": "default",
            "rope_theta": float(source.fields.get(f"{source.architecture}.rope.freq_base", 1e4)),
        },
        "tie_word_embeddings": _is_tied(source),
        "bos_token_id": source.fields.get("tokenizer.ggml.bos_token_id"),
        "eos_token_id": _token_ids(source).get("<|im_end|>"),
        "pad_token_id": source.fields.get("tokenizer.ggml.padding_token_id"),
    }


def _token_ids(source: GgufFile) -> dict[str, int]:
    return {token: number for number, token in enumerate(source.fields["tokenizer.ggml.tokens"])}


def _is_tied(source: GgufFile) -> bool:
    """Are the input and the output embedding one matrix?

    Some GGUF files hold that one matrix twice, quantised differently: then the rows differ by
    a few percent, where those of two trained matrices have nothing in common.
    """
    import numpy as np

    named = {tensor.name: tensor for tensor in source.tensors}
    if "output.weight" not in named:
        return True
    first, second = (_rows(named[n], 512) for n in ("token_embd.weight", "output.weight"))
    return float(np.linalg.norm(first - second) / np.linalg.norm(second)) < 0.2


def _rows(tensor: Any, count: int) -> NDArray[np.float32]:
    import gguf

    rows: NDArray[np.float32] = gguf.dequantize(tensor.data[:count], tensor.tensor_type)
    return rows


def _save_tensors(source: GgufFile, folder: Path, progress: Callable[[int, int], None]) -> None:
    """The weights in several safetensors files with their index, as float16."""
    held: dict[str, NDArray[np.float16]] = {}
    home: dict[str, str] = {}
    done, total = 0, sum(int(t.n_elements) for t in source.tensors)
    for name, weights in _tensors(source):
        held[name] = weights
        done += weights.size
        progress(done, total)
        if sum(w.nbytes for w in held.values()) >= SHARD:
            _save_shard(held, home, folder)
    _save_shard(held, home, folder)
    progress(total, total)
    index = {"metadata": {"total_size": 2 * done}, "weight_map": home}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), "utf-8")


def _save_shard(held: dict[str, Any], home: dict[str, str], folder: Path) -> None:
    """Write `held` to the next file, note it in `home`, and forget it."""
    from safetensors.numpy import save_file

    file = f"model-{len(set(home.values())) + 1:05d}.safetensors"
    save_file(held, folder / file, metadata={"format": "pt"})
    home.update(dict.fromkeys(held, file))
    held.clear()


def _tensors(source: GgufFile) -> Iterator[tuple[str, NDArray[np.float16]]]:
    """Each tensor under its transformers name; of a matrix held twice, the finer one."""
    import gguf
    import numpy as np

    skipped = _coarser_twin(source) if _is_tied(source) else None
    for tensor in source.tensors:
        if tensor.name in (skipped, "rope_freqs.weight"):
            continue
        weights = gguf.dequantize(tensor.data, tensor.tensor_type)
        name = _name(tensor.name)
        if skipped and name == "lm_head.weight":
            name = "model.embed_tokens.weight"
        if source.architecture == "llama":
            weights = _unpermuted(tensor.name, weights, source)
        half = np.ascontiguousarray(weights, dtype=np.float16)
        if not np.isfinite(half).all():
            raise WeightsDamaged(
                str(source.path), f"{tensor.name} has numbers beyond float16", "Fetch it again"
            )
        yield name, half


def _coarser_twin(source: GgufFile) -> str | None:
    """Which of the two copies of the embedding has fewer bits; None: there is one copy."""
    twins = [t for t in source.tensors if t.name in ("token_embd.weight", "output.weight")]
    return min(twins, key=lambda t: t.n_bytes).name if len(twins) == 2 else None


def _name(gguf_name: str) -> str:
    """`blk.3.attn_q.weight` -> `model.layers.3.self_attn.q_proj.weight`."""
    stem, _, kind = gguf_name.rpartition(".")
    if not stem.startswith("blk."):
        return f"{_TOP[stem]}.{kind}"
    _, layer, part = stem.split(".", 2)
    return f"model.layers.{layer}.{_LAYER[part]}.{kind}"


def _unpermuted(name: str, weights: NDArray[Any], source: GgufFile) -> NDArray[Any]:
    """GGUF keeps llama's query and key rows in the order of the original rotary code."""
    part = name.split(".")[-2]
    if part not in ("attn_q", "attn_k"):
        return weights
    heads = source.number("attention.head_count" + ("_kv" if part == "attn_k" else ""))
    halves = weights.reshape(heads, weights.shape[0] // heads // 2, 2, *weights.shape[1:])
    return halves.swapaxes(1, 2).reshape(weights.shape)
