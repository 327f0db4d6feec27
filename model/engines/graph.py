"""Language models of the llama kind as OpenVINO graphs, drawn operation by operation.

OpenVINO's own way from torch holds the model in float32 several times over; this way holds one
matrix at a time, already compressed, and needs neither torch nor an exporter.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.engines.packing import Packed, nibbles

if TYPE_CHECKING:
    from numpy.typing import NDArray

KINDS = ("llama", "qwen2")


@dataclass(frozen=True)
class Shape:
    """The dimensions of a model, from its config.json."""

    kind: str
    layers: int
    width: int
    heads: int
    kv_heads: int
    head: int  # numbers of one head
    theta: float  # base of the rotary embedding
    epsilon: float  # of the norms
    tied: bool  # one matrix reads and writes tokens


@dataclass(frozen=True)
class Store:
    """Gives weights by name: a matrix, mostly compressed; a vector (None: there is none)."""

    matrix: Callable[[str], Packed | NDArray[Any]]
    vector: Callable[[str], Any]


def read_shape(folder: Path) -> Shape | None:
    """The shape of the model in `folder`; None: it is of a kind that this drawing does not know."""
    config = json.loads((folder / "config.json").read_text("utf-8"))
    rope = config.get("rope_parameters") or {"rope_theta": config.get("rope_theta", 1e4)}
    scaled = rope.get("rope_type", "default") != "default" or config.get("rope_scaling")
    window = config.get("use_sliding_window") or config.get("mlp_bias")
    activation = config.get("hidden_act", "silu")
    if config.get("model_type") not in KINDS or scaled or window or activation != "silu":
        return None
    heads = config["num_attention_heads"]
    return Shape(
        config["model_type"],
        config["num_hidden_layers"],
        config["hidden_size"],
        heads,
        config.get("num_key_value_heads") or heads,
        config.get("head_dim") or config["hidden_size"] // heads,
        float(rope["rope_theta"]),
        float(config["rms_norm_eps"]),
        bool(config.get("tie_word_embeddings")),
    )


def draw(shape: Shape, store: Store, told: Callable[[int], None]) -> Any:
    """The stateful model, as OpenVINO GenAI wants it; `told` hears of each finished layer.

    Takes `input_ids`, `attention_mask` and `position_ids` (batch, tokens) without padding
    and `beam_idx` (batch,); gives `logits` (batch, tokens, vocabulary).
    """
    import openvino as ov
    from openvino import opset13 as op

    ids, mask, places = (_input(name) for name in ("input_ids", "attention_mask", "position_ids"))
    beams = op.parameter([-1], ov.Type.i32, name="beam_idx")
    beams.output(0).tensor.set_names({"beam_idx"})
    drawing = _Drawing(shape, store, beams, op.gather(op.shape_of(ids), [0], 0))
    table = _dense(store.matrix("model.embed_tokens.weight"))
    state = op.gather(table, op.convert(ids, "i32"), 0)
    turn, seen = drawing.turn(places), drawing.seen(mask, places)
    for layer in range(shape.layers):
        state = drawing.layer(layer, state, turn, seen)
        told(layer + 1)
    state = drawing.norm(state, "model.norm")
    last = table if shape.tied else _dense(store.matrix("lm_head.weight"))
    logits = op.result(op.matmul(state, last, False, True), name="logits")
    logits.output(0).tensor.set_names({"logits"})
    return ov.Model([logits], drawing.sinks, [ids, mask, places, beams], shape.kind)


def _input(name: str) -> Any:
    """An input of token-like numbers (batch, tokens)."""
    import openvino as ov
    from openvino import opset13 as op

    made = op.parameter([-1, -1], ov.Type.i64, name=name)
    made.output(0).tensor.set_names({name})
    return made


def _dense(weights: Packed | NDArray[Any]) -> Any:
    """A float32 matrix; compressed weights in the pattern that the CPU multiplies compressed."""
    import openvino as ov
    from openvino import opset13 as op

    if not isinstance(weights, Packed):
        return op.convert(op.constant(weights), "f32")
    numbers = op.convert(_whole(weights.codes, weights.bits), "f16")
    if weights.zeros is not None:
        numbers = op.subtract(numbers, op.convert(_whole(weights.zeros, weights.bits), "f16"))
    numbers = op.multiply(numbers, op.constant(weights.scales, ov.Type.f16))
    if weights.codes.ndim == 3:
        numbers = op.reshape(numbers, list(weights.shape), False)
    return op.convert(numbers, "f32")


def _whole(codes: Any, bits: int) -> Any:
    """Whole numbers as a constant of `bits` bits, signed where the codes are."""
    import openvino as ov
    from openvino import opset13 as op

    if bits == 8:
        return op.constant(codes)
    tensor = ov.Tensor(ov.Type.u4, list(codes.shape))
    tensor.data.reshape(-1)[:] = nibbles(codes)
    return op.constant(tensor, shared_memory=True)


class _Drawing:
    """The parts of one graph."""

    def __init__(self, shape: Shape, store: Store, beams: Any, batch: Any) -> None:
        self.shape, self.store, self.beams, self.batch = shape, store, beams, batch
        self.sinks: list[Any] = []

    def turn(self, places: Any) -> tuple[Any, Any]:
        """Cosine and sine of the rotary embedding, (batch, 1, tokens, head)."""
        import numpy as np
        from openvino import opset13 as op

        half = np.arange(0, self.shape.head, 2, dtype=np.float32) / self.shape.head
        speeds = (1.0 / self.shape.theta**half).astype(np.float32)[None, None, None]
        angles = op.multiply(op.unsqueeze(op.convert(places, "f32"), [1, 3]), speeds)
        both = op.concat([angles, angles], -1)
        return op.cos(both), op.sin(both)

    def seen(self, mask: Any, places: Any) -> Any:
        """What may be looked at: 0, and what lies ahead: minus infinity, nearly."""
        import numpy as np
        from openvino import opset13 as op

        count = op.squeeze(op.gather(op.shape_of(mask), [1], 0), [0])
        ahead = op.range(np.int64(0), count, np.int64(1), "i64")
        allowed = op.less_equal(ahead, op.unsqueeze(places, [1, 3]))
        return op.select(allowed, np.float32(0), np.float32(-65504))

    def norm(self, state: Any, name: str) -> Any:
        """Root mean square norm."""
        import numpy as np
        from openvino import opset13 as op

        gain = self.store.vector(f"{name}.weight")
        mean = op.reduce_mean(op.power(state, np.float32(2)), [-1], True)
        root = op.sqrt(op.add(mean, np.float32(self.shape.epsilon)))
        return op.multiply(op.multiply(state, op.divide(np.float32(1), root)), gain)

    def linear(self, state: Any, name: str) -> Any:
        """A matrix, and what is added after it where the model has that."""
        from openvino import opset13 as op

        made = op.matmul(state, _dense(self.store.matrix(f"{name}.weight")), False, True)
        bias = self.store.vector(f"{name}.bias")
        return made if bias is None else op.add(made, bias)

    def layer(self, number: int, state: Any, turn: tuple[Any, Any], seen: Any) -> Any:
        """Attention, then the feed-forward part."""
        from openvino import opset13 as op

        name = f"model.layers.{number}"
        normed = self.norm(state, f"{name}.input_layernorm")
        state = op.add(state, self.attention(normed, f"{name}.self_attn", number, turn, seen))
        normed = self.norm(state, f"{name}.post_attention_layernorm")
        gate = op.swish(self.linear(normed, f"{name}.mlp.gate_proj"))
        inner = op.multiply(gate, self.linear(normed, f"{name}.mlp.up_proj"))
        return op.add(state, self.linear(inner, f"{name}.mlp.down_proj"))

    def attention(
        self, state: Any, name: str, number: int, turn: tuple[Any, Any], seen: Any
    ) -> Any:
        """Each token looks at those before it, kept in the model's state."""
        from openvino import opset13 as op

        heads, kv_heads = self.shape.heads, self.shape.kv_heads
        query = self.turned(self.split(self.linear(state, f"{name}.q_proj"), heads), turn)
        key = self.turned(self.split(self.linear(state, f"{name}.k_proj"), kv_heads), turn)
        value = self.split(self.linear(state, f"{name}.v_proj"), kv_heads)
        keys = self.spread(self.kept(key, f"past_key_values.{number}.keypresent.{number}.key"))
        values = self.spread(
            self.kept(value, f"past_key_values.{number}.valuepresent.{number}.value")
        )
        seen_by = op.scaled_dot_product_attention(query, keys, values, seen)
        joined = op.reshape(op.transpose(seen_by, [0, 2, 1, 3]), [0, 0, -1], True)
        return self.linear(joined, f"{name}.o_proj")

    def split(self, state: Any, heads: int) -> Any:
        """(batch, tokens, width) -> (batch, heads, tokens, head)."""
        from openvino import opset13 as op

        parted = op.reshape(state, [0, 0, heads, self.shape.head], True)
        return op.transpose(parted, [0, 2, 1, 3])

    def turned(self, state: Any, turn: tuple[Any, Any]) -> Any:
        """With the rotary embedding applied."""
        import numpy as np
        from openvino import opset13 as op

        half = self.shape.head // 2
        parts = op.variadic_split(state, -1, [half, half])
        swapped = op.concat([op.multiply(parts.output(1), np.float32(-1)), parts.output(0)], -1)
        return op.add(op.multiply(state, turn[0]), op.multiply(swapped, turn[1]))

    def kept(self, new: Any, variable: str) -> Any:
        """The state so far with `new` behind it, which becomes the state."""
        import numpy as np
        import openvino as ov
        from openvino import opset13 as op

        kv_heads, head = self.shape.kv_heads, self.shape.head
        nothing = op.concat([self.batch, np.array([kv_heads, 0, head], np.int64)], 0)
        start = op.broadcast(np.float32(0), nothing)
        held = op.read_value(
            start, variable, ov.Type.f32, ov.PartialShape([-1, kv_heads, -1, head])
        )
        whole = op.concat([op.gather(held, self.beams, 0), new], 2)
        self.sinks.append(op.assign(whole, variable))
        return whole

    def spread(self, state: Any) -> Any:
        """Each key-value head repeated for the query heads that share it."""
        import numpy as np
        from openvino import opset13 as op

        heads, kv_heads, head = self.shape.heads, self.shape.kv_heads, self.shape.head
        if heads == kv_heads:
            return state
        times = heads // kv_heads
        wide = op.broadcast(
            op.unsqueeze(state, [2]),
            np.array([1, 1, times, 1, 1], np.int64),
            broadcast_spec="BIDIRECTIONAL",
        )
        return op.reshape(wide, [0, heads, -1, head], True)
