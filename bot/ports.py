"""What the answer service stands on: search, reading, memory, and how to answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.conversation import Answer, Feedback, Interaction, Question, Route, Timings
from knowledge.documents import Passage
from knowledge.focus import Focused

Search = Callable[[str, Sequence[str] | None], Sequence[Passage]]
"""The passages for a standalone question, in these sources (None: all), best first."""

Curator = Callable[[Question, Sequence[str] | None], Answer | None]
"""What a person wrote to the same question, for who may read these sources (None: all)."""


class Memory(Protocol):
    """What the assistant keeps."""

    def interaction(self, id: int) -> Interaction:
        """A question and its answer. Raises `UnknownInteraction`."""

    def record(
        self,
        question: Question,
        route: Route,
        answer: Answer,
        timings: Timings,
        asked_at: datetime,
        error_detail: str = "",
    ) -> Interaction:
        """Keep a question and its answer."""

    def rate(self, feedback: Feedback) -> None:
        """Keep a verdict; a later one of the same person replaces it."""

    def withdraw(self, interaction: int, author: str) -> bool:
        """Take a person's verdict back; was there one?"""


Focus = Callable[[str, Sequence[Passage]], Focused]
"""The statements of the passages that answer the question, and the signs that any does."""


@dataclass(frozen=True)
class Manner:
    """How to answer."""

    max_tokens: int = 80
    quotes: int = 3  # of the deciding statements at most, beside what the model wrote
    min_confidence: float = 0.4  # that the answer is right (`bot.confidence`); below it: unknown
