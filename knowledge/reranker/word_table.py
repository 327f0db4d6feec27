"""The word vectors within an encoder's ONNX file, read where they lie.

The onnx package would parse the whole file, of which they are a third.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

TABLE = "embeddings.word_embeddings.weight"
GRAPH, INITIALIZER, NAME = 7, 5, 8  # in onnx.proto: of a model, of a graph, of a tensor
VARINT, EIGHT_BYTES, LENGTH, FOUR_BYTES = 0, 1, 2, 5  # protobuf's kinds of fields


@dataclass(frozen=True)
class WordVectors:
    """A table (tokens, dims) as it is stored: a number is (code - zero) * scale."""

    codes: npt.NDArray[Any]
    scale: float = 1.0
    zero: float = 0.0

    def of(self, ids: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """The vectors of tokens, (ids, dims)."""
        return (self.codes[ids].astype(np.float32) - self.zero) * self.scale


def word_vectors(model: Path) -> WordVectors:
    """The word vectors within a BERT's ONNX file, float or quantised.

    Raises `KeyError` where it has none, `ValueError` where it is no such file, and `OSError`.
    """
    held = dict(_tensors(model, TABLE))
    if TABLE in held:
        return WordVectors(held[TABLE])
    codes, scale, zero = (held[f"{TABLE}_{p}"] for p in ("quantized", "scale", "zero_point"))
    return WordVectors(codes, float(scale.item()), float(zero.item()))


def _tensors(file: Path, named: str) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """The tensors of an ONNX file with `named` in their names; no other is looked at."""
    from onnx import TensorProto, numpy_helper

    with file.open("rb") as opened:
        mapped = memoryview(mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ))
    for graph in _parts(mapped, GRAPH):
        for tensor in _parts(graph, INITIALIZER):
            [name] = _parts(tensor, NAME)
            if named in str(name, "utf-8"):
                yield str(name, "utf-8"), numpy_helper.to_array(TensorProto.FromString(tensor))


def _parts(message: memoryview, wanted: int) -> Iterator[memoryview]:
    """The fields with the number `wanted` of a protobuf message, each with a length of its own.

    Raises `ValueError` where it is no such message.
    """
    at = 0
    while at < len(message):
        key, at = _number(message, at)
        kind, size = key & 7, {EIGHT_BYTES: 8, FOUR_BYTES: 4}.get(key & 7, 0)
        if kind in (VARINT, LENGTH):
            number, at = _number(message, at)
            size = number if kind == LENGTH else 0
        elif not size:
            raise ValueError("it is no ONNX file")
        if key >> 3 == wanted and kind == LENGTH:
            yield message[at : at + size]
        at += size


def _number(message: memoryview, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first; and where it ends."""
    number = 0
    for place, byte in enumerate(message[at : at + 10]):
        number |= (byte & 127) << (7 * place)
        if byte < 128:
            return number, at + place + 1
    raise ValueError("it is no ONNX file")
