"""Weights with fewer bits: whole numbers, with a scale for each group of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

GROUP = 64  # numbers that share a scale
ROWS = 4096  # packed at once, so that the memory needed besides is bounded


@dataclass(frozen=True)
class Packed:
    """A matrix `shape` (rows, columns) whose numbers are (code - zero) * scale.

    Codes are (rows, groups, columns of a group), or (rows, columns) where a row is one group;
    scales and zeros have 1 for their last dimension. No zeros: they are 0, and codes signed.
    """

    codes: NDArray[np.uint8] | NDArray[np.int8]
    scales: NDArray[np.float16]
    zeros: NDArray[np.uint8] | None
    bits: Literal[4, 8]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.codes.shape[0], self.codes[0].size


def pack(weights: NDArray[Any], bits: Literal[4, 8]) -> Packed:
    """The matrix `(rows, columns)` with a scale for each group of 64 columns.

    A matrix whose rows are no whole number of groups gets 8 bits and a scale for each row.
    """
    import numpy as np

    rows, columns = weights.shape
    bits = 8 if columns % GROUP else bits
    form = (rows, columns) if columns % GROUP else (rows, columns // GROUP, GROUP)
    whole = weights.reshape(form)
    codes = np.empty(form, np.int8 if bits == 8 else np.uint8)
    scales = np.empty((*form[:-1], 1), np.float16)
    zeros = np.zeros((*form[:-1], 1), np.uint8)
    for start in range(0, rows, ROWS):
        part = slice(start, start + ROWS)
        if bits == 8:
            codes[part], scales[part] = _signed(whole[part])
        else:
            codes[part], scales[part], zeros[part] = _shifted(whole[part])
    return Packed(codes, scales, None if bits == 8 else zeros, bits)


def _signed(weights: NDArray[Any]) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    """Codes -127 to 127 and scales along the last axis."""
    import numpy as np

    weights = np.asarray(weights, np.float32)
    scales = np.maximum(np.abs(weights).max(-1, keepdims=True) / 127, 1e-7).astype(np.float16)
    codes = np.rint(weights / scales.astype(np.float32))
    return np.clip(codes, -127, 127).astype(np.int8), scales


def _shifted(
    weights: NDArray[Any],
) -> tuple[NDArray[np.uint8], NDArray[np.float16], NDArray[np.uint8]]:
    """Codes 0 to 15, scales and zeros along the last axis; 0.0 has a code of its own."""
    import numpy as np

    weights = np.asarray(weights, np.float32)
    low = np.minimum(weights.min(-1, keepdims=True), 0)
    high = np.maximum(weights.max(-1, keepdims=True), 0)
    scales = np.maximum((high - low) / 15, 1e-7).astype(np.float16)
    steps = scales.astype(np.float32)
    zeros = np.clip(np.rint(-low / steps), 0, 15)
    codes = np.clip(np.rint(weights / steps) + zeros, 0, 15)
    return codes.astype(np.uint8), scales, zeros.astype(np.uint8)


def nibbles(codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Codes below 16, two in a byte, the first in the lower half."""
    pairs = codes.reshape(-1, 2)
    joined: NDArray[np.uint8] = pairs[:, 0] + 16 * pairs[:, 1]
    return joined
