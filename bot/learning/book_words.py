"""What the book of learning is asked for, and what it tells."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from bot.conversation import Feedback, Interaction
from model.examples import Origin, Review, What


@dataclass(frozen=True)
class Wanted:
    """Which examples are wanted; None: any."""

    what: What | None = None
    task: str | None = None
    review: Review | None = None
    origin: Origin | None = None
    held_out: bool | None = None
    words: str | None = None  # in the text or an answer, upper or lower case
    ids: Collection[int] | None = None
    limit: int | None = None
    before_id: int | None = None  # to page on
    doubted: bool = False  # those whose answer was given again, and waits for a person since


@dataclass(frozen=True)
class Kept:
    """What keeping examples did."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0  # of an interaction: no longer made from it


@dataclass(frozen=True)
class Voted:
    """An interaction whose verdicts changed, with those that stand now."""

    id: int
    mark: int  # of the latest change: all up to here are seen when this one is learned from
    interaction: Interaction | None  # None: it was deleted, and all made from it with it
    verdicts: tuple[Feedback, ...]  # oldest first; each author is one of the place's platform

    def person(self, author: str) -> str:
        """How `people` are named: "slack:U1"."""
        return f"{self.interaction.question.place.platform if self.interaction else ''}:{author}"


@dataclass(frozen=True)
class Expired:
    """How much was too old."""

    examples: int = 0
    judged: int = 0
    curated: int = 0
    changes: int = 0  # of verdicts
