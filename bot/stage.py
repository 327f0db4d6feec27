"""The port of a platform that answers from the inbox: how it reads a question and shows an answer.

A worker (`bot.working`) takes an item from the inbox and drives these calls in a line:
`question`, `canvas`, signs while the answer is written, `finish`. A worker may die between any
two of them; the next one takes the item over and drives them again, so each must be safe to
repeat: a canvas that is given the item's replies completes those instead of posting others.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from bot.conversation import Interaction, Place, Question
from bot.errors import BotError
from bot.posts import Item, Reply
from knowledge.documents import Passage

Note = Callable[[Reply], Awaitable[None]]
"""Told of a reply as soon as it is posted, and again when it changes from streaming to whole."""


class PlatformAway(BotError):
    """The platform cannot be reached, or says to come back later; worth another try."""

    def __init__(self, platform: str, problem: str, retry_after_s: float | None = None) -> None:
        self.platform, self.problem, self.retry_after_s = platform, problem, retry_after_s
        super().__init__(f"{platform}: {problem}. Look whether it is up and can be reached.")


class CannotReply(BotError):
    """The platform refuses a reply in this place, now and later."""

    def __init__(self, platform: str, problem: str, remedy: str) -> None:
        self.platform, self.problem, self.remedy = platform, problem, remedy
        super().__init__(f"{platform}: {problem}. {remedy}.")


class Canvas(Protocol):
    """One answer while it is drawn. All calls raise `PlatformAway` and `CannotReply`."""

    async def status(self, text: str) -> None:
        """Say what is being done now; a passing sign, no message."""

    async def found(self, passages: Sequence[Passage]) -> None:
        """Show the pages that are read now, best first."""

    async def piece(self, text: str) -> None:
        """Show the next piece of the answer; several may be shown at once."""

    @property
    def stopped(self) -> bool:
        """Did the platform itself say that the person pressed Stop?"""

    async def finish(self, interaction: Interaction) -> None:
        """Make the whole answer stand: text, sources, footer, thumbs; once, whatever stood."""

    async def say(self, text: str) -> None:
        """Make a notice or an apology stand instead of an answer."""

    async def retract(self) -> None:
        """Take all replies away."""


class Stage(Protocol):
    """A platform's workspace as a worker sees it. Raises as `Canvas` does."""

    @property
    def name(self) -> str:
        """The platform, as in `Place.platform`."""

    async def question(self, item: Item) -> Question:
        """The question with its thread's earlier turns and its audience."""

    async def notice(self, item: Item) -> str:
        """The item's notice, for those who will read it."""

    async def known_in(self, channel: str, place: Place) -> bool:
        """May every member who reads the channel read that place, too? Where unknown: no."""

    async def posted(self, item: Item) -> Sequence[Reply]:
        """The replies to this item that stand there; asked where some may not have been noted."""

    def canvas(self, item: Item, note: Note) -> Canvas:
        """Where its answer is drawn, in the replies that it has already."""
