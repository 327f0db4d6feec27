"""What lies beside an encoder's ONNX file, opened the one way that all of ours are run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tokenizers import Tokenizer


def tokenizer_of(folder: Path) -> Tokenizer:
    """The model's own tokenizer, cutting nothing and padding nothing. Raises what it raises."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def session_of(file: Path) -> Any:
    """ONNX Runtime's session for many one-thread runs at once. Raises what it raises."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
