"""The engines that a local model writes with: transformers anywhere, OpenVINO fast on a CPU."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from model.backends import Sampling

Choice = Literal["auto", "openvino", "transformers"]
Bits = Literal[4, 8, 16]  # 16: as fine as they come, for comparing


@dataclass(frozen=True)
class Dials:
    """How a local model is run, as `local.backend` explains it."""

    device: str = "auto"
    adapter: Path | None = None
    threads: int | None = None
    engine: Choice = "auto"
    bits: Bits = 8
    room: int | None = None


class Engine(Protocol):
    """A loaded model: token ids in, token ids out. Any thread may ask at any time."""

    def write(
        self, ids: Sequence[int], sampling: Sampling, beginning: Sequence[int] = (), /
    ) -> Generator[int, None, None]:
        """The tokens of the answer without the one that ends it; closing stops the writing.

        `ids` start with `beginning`, which other prompts share.
        """

    def chances(self, ids: Sequence[int], tokens: Sequence[int]) -> tuple[float, ...] | None:
        """How likely each of `tokens` is to come next; None: the engine cannot tell."""

    def close(self) -> None:
        """Give back what it holds; nothing is being written."""


class Unfit(Exception):
    """An engine cannot run a model or an adapter; another one may."""
