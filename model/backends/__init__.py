"""The port of a backend, all that it is told, and how to add one.

A backend is a file of this folder. Its file name is its name; its function `backend(...)`
builds it, and that function's signature is the schema of its settings (`[model]` with
`use = "<file name>"`). Nothing else is edited to add one; `tests/contracts.py` has the
`BackendContract` that every backend inherits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True)
class Message:
    """One turn of what a backend is told."""

    role: Role
    text: str


@dataclass(frozen=True)
class Prompt:
    """All that a backend is told, and the words that its answer begins with already."""

    messages: tuple[Message, ...]
    begun: str = ""  # the backend goes on after it, where it can (`Backend.continues`)


@dataclass(frozen=True)
class Sampling:
    """How to write: temperature 0 is greedy; `max_tokens` bounds the answer."""

    max_tokens: int = 256
    temperature: float = 0.0
    top_p: float = 1.0
    repetition_penalty: float = 1.0
    seed: int | None = None
    stop: tuple[str, ...] = ()


class Backend(Protocol):
    """Something that writes text."""

    @property
    def name(self) -> str:
        """Which model writes, as an interaction records it."""

    def load(self) -> None:
        """Have ready what takes time, before the first question. Raises `ModelError`."""

    def complete(self, prompt: Prompt, sampling: Sampling) -> Iterator[str]:
        """Pieces of the answer as they are written; joined they are the answer.

        Closing the iterator stops the writing. Raises `PromptTooLong` when prompt and
        `sampling.max_tokens` exceed the context (nothing is ever cut in silence) and
        `BackendUnavailable` when the model cannot answer.
        """

    def likelihoods(self, prompt: Prompt, choices: Sequence[str]) -> tuple[float, ...] | None:
        """How likely the answer is to begin with the first token of each of `choices`.

        The choices begin with different tokens (`ValueError` otherwise). Some backends know the
        likeliest beginning only: then the other choices share what it leaves of 1 (none has more
        than the likeliest). None: the backend cannot tell, or the likeliest is no choice.
        Raises what `complete` raises.
        """

    def count(self, prompt: Prompt) -> int:
        """Tokens that the prompt takes, chat template included (an estimate never below it)."""

    @property
    def continues(self) -> bool:
        """Whether it goes on after `Prompt.begun`, and was trained to; else begin nothing for it.

        A small model that was not points at some note with as straight a face.
        """

    @property
    def context(self) -> int:
        """Tokens that prompt and answer may take together."""
