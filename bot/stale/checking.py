"""Checks an answer whose source changed: it is asked again, and told where it no longer holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from bot import wording
from bot.conversation import Interaction, Outcome, Question
from bot.errors import BotError, UnknownInteraction
from bot.posts import Item
from bot.stale.comparing import Pieces, holds, lost
from bot.stale.finding import ID
from bot.unasked import Told


class NotChecked(BotError):
    """An answer could not be asked for again; worth another try."""

    def __init__(self, interaction: int, code: str) -> None:
        self.interaction, self.code = interaction, code
        super().__init__(f"Answer {interaction} was not checked: asking again failed ({code}).")


class Asking(Protocol):
    """What answers."""

    def ask(self, question: Question) -> Interaction:
        """Answer and record."""

    def recorded(self, id: int) -> Interaction:
        """An answer that was recorded before. Raises `UnknownInteraction`."""


@dataclass(frozen=True)
class Checking:
    """Checks answers."""

    assistant: Asking
    discard: Callable[[int], None]
    pieces: Pieces
    muted: Callable[[Item], bool]  # did somebody silence the thread, or the channel?

    def compose(self, item: Item, question: Question) -> Told | None:
        """The new answer, for the audience of `question`; None: the old one still holds.

        Raises `NotChecked`, `IndexUnavailable`.
        """
        try:
            first = self.assistant.recorded(int(item.post.id.removeprefix(ID)))
        except UnknownInteraction:  # deleted, or its asker forgotten
            return None
        gone = [] if self.muted(item) else lost(first.answer.citations, self.pieces)
        if not gone:
            return None
        now = self.assistant.ask(replace(first.question, audience=question.audience))
        if now.answer.outcome in (Outcome.FAILED, Outcome.STOPPED):
            self.discard(now.id)
            raise NotChecked(first.id, now.answer.code)
        if holds(first, gone, now):
            self.discard(now.id)
            return None
        return Told(answer=now)


def headed(answer: Interaction) -> Interaction:
    """The new answer as it is shown: with a line before it that says why it stands there."""
    unknown = answer.answer.outcome is Outcome.UNKNOWN
    line = wording.STALE_UNKNOWN if unknown else wording.STALE
    return replace(answer, answer=replace(answer.answer, text=f"{line}\n\n{answer.answer.text}"))
