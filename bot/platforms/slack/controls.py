"""What Slack's buttons and blocks carry for us, and how it is read back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.conversation import Mode, Verdict

VERDICT, REDO, SHARE, STOP = "verdict", "redo", "share", "stop"  # action ids
LEARN, FORGET = "may_learn", "forget_me"  # action ids of the home tab
MARK = re.compile(r"tandem-(\d{1,18})-(\d{1,9})-(\d{1,9})", re.ASCII)
VOTE = re.compile(r"(up|down):(\d{1,18})", re.ASCII)
AGAIN = re.compile(r"(auto|rag|tuned):([^:\n]{0,80}):(\d{1,18})", re.ASCII)


@dataclass(frozen=True)
class Mark:
    """Which part of which reply a message is."""

    item: int
    revision: int
    part: int  # from 0

    def __str__(self) -> str:
        return f"tandem-{self.item}-{self.revision}-{self.part}"


@dataclass(frozen=True)
class Controls:
    """What stands under an answer beside its sources."""

    item: int
    revision: int = 1
    part: int = 0  # of the message that the block list is for, or the first of several
    private: bool = False  # only the asker sees it: it may be shared


@dataclass(frozen=True)
class Redo:
    """An answer is wished for in another mode."""

    mode: Mode
    task: str | None
    item: int


def mark(item_id: int, revision: int, part: int) -> str:
    """The block id that tells whose reply a message is."""
    return str(Mark(item_id, revision, part))


def marked(block_id: object) -> Mark | None:
    """What a block id says; None: it is no mark."""
    found = MARK.fullmatch(block_id) if isinstance(block_id, str) else None
    return Mark(*map(int, found.groups())) if found else None


def mark_of(blocks: Iterable[Mapping[str, Any]]) -> Mark | None:
    """The mark in a message's blocks, wherever it stands among them."""
    marks = (marked(block.get("block_id")) for block in blocks)
    return next((found for found in marks if found), None)


def vote(verdict: Verdict, interaction_id: int) -> str:
    """The value of a thumb."""
    return f"{verdict}:{interaction_id}"


def read_vote(value: object) -> tuple[Verdict, int] | None:
    """The verdict and the interaction of a thumb's value; None: it is no such value."""
    found = VOTE.fullmatch(value) if isinstance(value, str) else None
    return (Verdict(found[1]), int(found[2])) if found else None


def redo(mode: Mode, task: str | None, item_id: int) -> str:
    """The value of a "Redo as …" button."""
    return f"{mode}:{task or ''}:{item_id}"


def read_redo(value: object) -> Redo | None:
    """What a "Redo as …" button's value asks for; None: it is no such value."""
    found = AGAIN.fullmatch(value) if isinstance(value, str) else None
    return Redo(Mode(found[1]), found[2] or None, int(found[3])) if found else None


def read_item(value: object) -> int | None:
    """The item in the value of "Stop" and "Share in thread"; None: it is no such value."""
    found = re.fullmatch(r"\d{1,18}", value, re.ASCII) if isinstance(value, str) else None
    return int(found[0]) if found else None
