"""Word vectors are found in an ONNX file without reading the rest of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from knowledge.reranker.word_table import TABLE, word_vectors

CODES = np.array([[0, 128, 255], [130, 126, 1]], np.uint8)
SCALE, ZERO = np.float32(0.01), 128
ASKED = np.array([1, 0, 1])


def saved(file: Path, tensors: list[Any]) -> Path:
    """A model that has these tensors among others."""
    other = numpy_helper.from_array(np.ones((40, 40), np.float32), "encoder.weight")
    shape = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    node = helper.make_node("Identity", ["x"], ["y"], name=TABLE)  # no tensor, but called so
    result = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
    graph = helper.make_graph([node], "g", [shape], [result], [other, *tensors, other])
    onnx.save(helper.make_model(graph), str(file))
    return file


def test_a_float_table_is_as_it_is(tmp_path: Path) -> None:
    table = np.arange(6, dtype=np.float32).reshape(2, 3)
    file = saved(tmp_path / "m.onnx", [numpy_helper.from_array(table, TABLE)])
    assert np.array_equal(word_vectors(file).of(ASKED), table[ASKED])


@pytest.mark.parametrize("raw", [True, False])
def test_a_quantised_table_is_scaled(tmp_path: Path, raw: bool) -> None:
    if raw:
        scale = numpy_helper.from_array(np.array(SCALE), f"{TABLE}_scale")
        zero = numpy_helper.from_array(np.array(ZERO, np.uint8), f"{TABLE}_zero_point")
    else:
        scale = helper.make_tensor(f"{TABLE}_scale", TensorProto.FLOAT, [], [float(SCALE)])
        zero = helper.make_tensor(f"{TABLE}_zero_point", TensorProto.UINT8, [], [ZERO])
    codes = numpy_helper.from_array(CODES, f"{TABLE}_quantized")
    found = word_vectors(saved(tmp_path / "m.onnx", [codes, scale, zero])).of(ASKED)
    assert found.dtype == np.float32
    assert np.array_equal(found, ((CODES.astype(np.float32) - np.float32(ZERO)) * SCALE)[ASKED])


def test_a_model_without_one_is_told(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        word_vectors(saved(tmp_path / "m.onnx", []))


@pytest.mark.parametrize("data", [b"\xff" * 40, b"no weights", b"\x3a\x80", b"<html>", b"\x0b"])
def test_a_file_of_something_else_is_told(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "m.onnx").write_bytes(data)
    with pytest.raises((ValueError, KeyError)):
        word_vectors(tmp_path / "m.onnx")


def test_an_empty_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "m.onnx").touch()
    with pytest.raises(ValueError, match="empty"):
        word_vectors(tmp_path / "m.onnx")
