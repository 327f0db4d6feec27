"""An example: what a model is taught by, where it came from, and its side of the split."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum

ANSWERS = "answers"  # the one task of `What.ANSWERS`
HELD_OUT = 0.2  # of all texts
VALIDATION = 0.1  # of the others


class What(StrEnum):
    """What of the system is taught."""

    STYLE = "style"  # the model that does the stylistic tasks
    ANSWERS = "answers"  # the model that answers from passages
    RETRIEVER = "retriever"  # the embedder


class Origin(StrEnum):
    """Where an example came from."""

    CORRECTION = "correction"  # a person wrote what the answer should have been
    THUMB = "thumb"  # a verdict alone
    IMPORT = "import"  # a file


class Review(StrEnum):
    """May a model be taught by it?"""

    ACCEPTED = "accepted"
    WAITING = "waiting"  # for an operator
    REJECTED = "rejected"


@dataclass(frozen=True)
class Shown:
    """A passage that stood before the model when it answered."""

    title: str
    text: str
    right: bool | None  # it holds the answer; None: nobody knows
    source: str = ""
    key: str = ""
    ordinal: int = 0


@dataclass(frozen=True)
class Example:
    """What should, and what should not, be written to a text.

    Three shapes: `chosen` and `rejected` are a pair (for SFT and DPO); one of them alone is a
    good or a bad answer (for KTO; a good one also for SFT where its origin is a file).
    """

    what: What  # STYLE or ANSWERS
    task: str  # of STYLE; `ANSWERS` otherwise
    text: str  # the material, or the question made standalone
    chosen: str = ""  # empty: nobody said
    rejected: str = ""
    wish: str = ""  # beside the material: "more politely"
    passages: tuple[Shown, ...] = ()  # of ANSWERS
    weight: float = 1.0  # how many people, less those who think otherwise; above 0
    origin: Origin = Origin.IMPORT
    review: Review = Review.ACCEPTED
    doubt: str = ""  # why it waits, or was rejected
    interactions: tuple[int, ...] = ()  # that it was made from, ascending
    came_from: str = ""  # the file and line of an import
    id: int = 0  # 0: not kept yet

    @property
    def group(self) -> str:
        """Marks the text as it is split: the same words in any case and spacing are one."""
        return group_of(self.text)

    @property
    def held_out(self) -> bool:
        """Is it kept from training, to measure with? A text never moves between the two."""
        return held_out(self.group)

    @property
    def validation(self) -> bool:
        """Is it of the part that a training looks at, to end in time?"""
        return validation(self.group)

    @property
    def all_wrong(self) -> bool:
        """Does it have passages, none of which holds the answer? Then the sources do not tell."""
        return bool(self.passages) and all(shown.right is False for shown in self.passages)

    @property
    def digest(self) -> str:
        """Marks what it teaches, whoever said it; 32 hex digits."""
        parts = [self.what, self.task, self.text, self.wish, self.chosen, self.rejected]
        parts += [f"{p.title}\0{p.text}\0{p.right}" for p in self.passages]
        return hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()[:32]


def group_of(text: str) -> str:
    """16 hex digits that stand for the words of a text."""
    words = " ".join(re.findall(r"\w+", text.casefold()))
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()[:16]


def held_out(group: str, share: float = HELD_OUT) -> bool:
    """On which side of the split a group of texts lies, for ever."""
    return int(group, 16) < share * int(16 ** len(group))


def validation(group: str, share: float = VALIDATION) -> bool:
    """Is a group of texts of the validation part, for ever? What is held out never is.

    Half of the digits decide that have no say in what is held out, nor in an order by groups.
    """
    return not held_out(group) and held_out(group[len(group) // 2 :], share)
