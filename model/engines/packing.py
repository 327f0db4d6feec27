"""Weights with fewer bits: whole numbers, with a scale and a zero for each row or group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from model.engines import Bits

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

GROUP = 32  # numbers that share a scale at 4 bits; the Q4_K files have the same groups
ROWS = 4096  # packed at once, so that the memory needed besides is bounded


@dataclass(frozen=True)
class Packed:
    """A matrix `shape` (rows, columns) whose numbers are (code - zero) * scale.

    Codes are (rows, columns), or (rows, groups, columns of a group); scales and zeros have 1
    for their last dimension.
    """

    codes: NDArray[np.uint8]
    scales: NDArray[np.float16]
    zeros: NDArray[np.uint8]
    bits: Bits

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.codes.shape[0], self.codes[0].size


def pack(weights: NDArray[Any], bits: Bits) -> Packed:
    """The matrix `(rows, columns)` with 8 bits by row, or with 4 bits by group of 32 columns.

    A matrix whose rows are no whole number of groups keeps 8 bits.
    """
    import numpy as np

    rows, columns = weights.shape
    bits = 8 if columns % GROUP else bits
    form = (rows, columns) if bits == 8 else (rows, columns // GROUP, GROUP)
    whole = weights.reshape(form)
    codes = np.empty(form, np.uint8)
    scales = np.empty((*form[:-1], 1), np.float16)
    zeros = np.empty((*form[:-1], 1), np.uint8)
    for start in range(0, rows, ROWS):
        part = slice(start, start + ROWS)
        codes[part], scales[part], zeros[part] = _codes(whole[part], 2**bits - 1)
    return Packed(codes, scales, zeros, bits)


def _codes(
    weights: NDArray[Any], most: int
) -> tuple[NDArray[np.uint8], NDArray[np.float16], NDArray[np.uint8]]:
    """Codes 0 to `most`, scales and zeros along the last axis; 0.0 has a code of its own."""
    import numpy as np

    weights = np.asarray(weights, np.float32)
    low = np.minimum(weights.min(-1, keepdims=True), 0)
    high = np.maximum(weights.max(-1, keepdims=True), 0)
    scales = np.maximum((high - low) / most, 1e-7).astype(np.float16)
    steps = scales.astype(np.float32)
    zeros = np.clip(np.rint(-low / steps), 0, most)
    codes = np.clip(np.rint(weights / steps) + zeros, 0, most)
    return codes.astype(np.uint8), scales, zeros.astype(np.uint8)


def nibbles(codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Codes below 16, two in a byte, the first in the lower half."""
    pairs = codes.reshape(-1, 2)
    joined: NDArray[np.uint8] = pairs[:, 0] + 16 * pairs[:, 1]
    return joined
