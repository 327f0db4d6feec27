"""What the bot says by itself, asked by nobody: notes in channels and threads.

A note is an item of the inbox like a question: it is posted once whatever crashes, and drawn in
each platform's manner. What it says is composed when a worker has it in hand, for the audience
that the platform establishes then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bot.conversation import Interaction, Place, Question
from bot.posts import Door, Item
from bot.stage import Stage

LOOK_S = 60.0  # how long a platform may take to say who reads a place

KnownHere = Callable[[Place], bool]
"""May all who read the note read what is said in that place?"""


@dataclass(frozen=True)
class Told:
    """What a note says: words of the bot's own, or an answer that was recorded."""

    text: str = ""
    answer: Interaction | None = None


class Speaker(Protocol):
    """What composes notes. Sync, for any number of threads."""

    def speak(self, item: Item, question: Question, known_here: KnownHere) -> Told | None:
        """What a note says to the audience of `question`; None: there is nothing to say."""

    def shown(self, item: Item, answer: Interaction) -> Interaction:
        """A recorded answer as the note shows it."""


class Speechless:
    """A `Speaker` where nothing is said unasked."""

    def speak(self, item: Item, question: Question, known_here: KnownHere) -> Told | None:  # noqa: ARG002 - as `Speaker` has it
        """Nothing."""
        return None

    def shown(self, item: Item, answer: Interaction) -> Interaction:  # noqa: ARG002 - as `Speaker` has it
        """As it is."""
        return answer


def is_note(item: Item) -> bool:
    """Is it said by the bot itself? One that somebody had answered again is a question."""
    return item.post.door is Door.NOTE and item.quiet


def known_here(stage: Stage, item: Item, loop: asyncio.AbstractEventLoop) -> KnownHere:
    """Asks the platform from a worker's thread. That raises `PlatformAway`, `TimeoutError`."""
    here = item.post.place

    def known(place: Place) -> bool:
        if (place.platform, place.workspace) != (here.platform, here.workspace):
            return False
        asked = stage.known_in(here.channel, place)
        return asyncio.run_coroutine_threadsafe(asked, loop).result(LOOK_S)

    return known
