"""Which ✅ were heard of: one that was given while a platform was away is counted once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from bot.conversation import Place
from bot.inbox import Inbox


def unheard(inbox: Inbox, place: Place, message: str, people: Iterable[str]) -> list[str]:
    """The people whose ✅ under a message nobody told of.

    What was heard of once is not counted again by looking: it may have been taken back since, or
    its giver, or whose words it is, forgotten.
    """
    return [one for one in sorted(people) if not inbox.told(place, event_of(message, one))]


def hear(inbox: Inbox, place: Place, message: str, person: str) -> None:
    """A ✅ was heard of: given, or taken back."""
    inbox.tell(place, event_of(message, person))


def event_of(message: str, person: str) -> str:
    """What stands for it among a workspace's events; it names nobody."""
    return f"check-{hashlib.blake2b(f'{message}:{person}'.encode(), digest_size=16).hexdigest()}"
