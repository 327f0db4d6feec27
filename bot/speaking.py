"""Composes what the bot says by itself, by the kind of note."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from bot.conversation import Interaction, Question
from bot.gaps.digest import ID as DIGEST
from bot.gaps.digest import Digests
from bot.gaps.parts import reporting
from bot.posts import Item
from bot.spaces import readable
from bot.stale.checking import Checking, headed
from bot.stale.finding import ID as STALE
from bot.stale.parts import checking
from bot.unasked import KnownHere, Told

if TYPE_CHECKING:
    from bot.app import App
    from bot.inbox import Inbox


@dataclass(frozen=True)
class Speaking:
    """The `Speaker` of the bot."""

    digests: Digests
    checks: Checking

    def speak(self, item: Item, question: Question, known_here: KnownHere) -> Told | None:
        """What a note says now; None: nothing."""
        if item.post.id.startswith(DIGEST):
            return self.digests.compose(item, question, known_here)
        if item.post.id.startswith(STALE):
            return self.checks.compose(item, question)
        return None

    def shown(self, item: Item, answer: Interaction) -> Interaction:
        """A recorded answer as the note shows it."""
        return headed(answer) if item.post.id.startswith(STALE) else answer


def speaking(app: App, inbox: Inbox) -> Speaking:
    """What composes them, of the app's parts."""
    may_read = partial(readable, settings=app.settings)
    digests = Digests(reporting(app), may_read, app.settings.gaps.shown)
    return Speaking(digests, checking(app, inbox))
