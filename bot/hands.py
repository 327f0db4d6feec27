"""What a worker holds: how much at a time, each item with its signs, and why it lets go."""

from __future__ import annotations

from dataclasses import dataclass

from bot.feed import Feed
from bot.posts import Item


@dataclass(frozen=True)
class Pace:
    """How much at a time, how often, how long; times in seconds."""

    at_once: int = 16  # items in hand; the assistant's line lets fewer be written at a time
    beat_s: float = 0.7  # between looks whether Stop was pressed; keeps the lease, too
    poll_s: float = 1.0  # between looks for items that another process accepted
    release_s: float = 2.0  # between looks for items in the hands of processes that have ended
    attempts: int = 5  # after which an apology is all that is left
    backoff_s: float = 2.0  # before the second attempt; doubled before each further one
    away_s: float = 30.0  # before the next try, where no apology could be posted, either
    patience_s: float = 3600.0  # so long after it was asked such a question is not given up
    grace_s: float = 6.0  # at the end, for what is in hand to be finished; then it is put back


class Interrupted(Exception):
    """The item in hand is to be put back: it was edited, deleted, or the process ends."""


class Deadly(Exception):
    """All who had the item in hand ended before they were done with it."""


@dataclass
class Hand:
    """An item that is being answered."""

    item: Item
    feed: Feed
    interrupted: bool = False

    def __post_init__(self) -> None:
        """Where Stop was pressed, and the worker that had it died then, nothing more is written."""
        if self.item.stopped:
            self.feed.stop()

    def interrupt(self) -> None:
        """Let go of it as soon as possible."""
        self.interrupted = True
        self.feed.stop()
