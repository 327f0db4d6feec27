"""What Discord's buttons and forms carry for us in their `custom_id` (100 characters at most)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.conversation import Mode, Verdict

PREFIX = "tandem"
VOTE = re.compile(r"tandem:vote:(?P<verdict>up|down):(?P<interaction>\d{1,18})", re.ASCII)
WITHDRAW = re.compile(r"tandem:withdraw:(?P<verdict>up|down):(?P<interaction>\d{1,18})", re.ASCII)
REASON = re.compile(r"tandem:reason:(?P<interaction>\d{1,18})", re.ASCII)
REDO = re.compile(r"tandem:redo:(?P<mode>auto|rag|tuned):(?P<item>\d{1,18})", re.ASCII)
SHARE = re.compile(r"tandem:share:(?P<item>\d{1,18})", re.ASCII)
STOP = re.compile(
    r"tandem:stop:(?P<item>\d{1,18}):(?P<revision>\d{1,9}):(?P<part>\d{1,9})", re.ASCII
)
FORGET = re.compile(r"tandem:forget:(?P<sure>yes|no)", re.ASCII)
LEARN = re.compile(r"tandem:learn:(?P<choice>yes|no)", re.ASCII)


@dataclass(frozen=True)
class Controls:
    """What stands under an answer beside its sources."""

    item: int
    revision: int = 1
    share: str = ""  # the label of the button that shows it to others; empty: they see it


@dataclass(frozen=True)
class Mark:
    """Which part of which reply a message is; carried by its Stop button while it is written."""

    item: int
    revision: int
    part: int  # from 0


def vote(verdict: Verdict, interaction: int) -> str:
    """The id of a thumb."""
    return f"{PREFIX}:vote:{verdict}:{interaction}"


def withdraw(verdict: Verdict, interaction: int) -> str:
    """The id of the button that takes a vote back."""
    return f"{PREFIX}:withdraw:{verdict}:{interaction}"


def reason(interaction: int) -> str:
    """The id of the form that asks what was wrong."""
    return f"{PREFIX}:reason:{interaction}"


def redo(mode: Mode, item: int) -> str:
    """The id of a "Redo as …" button."""
    return f"{PREFIX}:redo:{mode}:{item}"


def share(item: int) -> str:
    """The id of the button that shows a private answer where it was asked."""
    return f"{PREFIX}:share:{item}"


def stop(mark: Mark) -> str:
    """The id of the button that ends the writing; it marks whose part a message is."""
    return f"{PREFIX}:stop:{mark.item}:{mark.revision}:{mark.part}"


def forget(sure: bool) -> str:
    """The id of the buttons under "Forget me?"."""
    return f"{PREFIX}:forget:{'yes' if sure else 'no'}"


def learn(choice: bool) -> str:
    """The id of the button by which a person lets the bot learn from their words, or not."""
    return f"{PREFIX}:learn:{'yes' if choice else 'no'}"


def marked(custom_id: object) -> Mark | None:
    """The mark in a Stop button's id; None: it is no such id."""
    found = STOP.fullmatch(custom_id) if isinstance(custom_id, str) else None
    return Mark(*(int(number) for number in found.groups())) if found else None
