"""Which ✅ were heard of: one that was given while a platform was away is counted once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from bot.conversation import Place
from bot.endorsed.endorsing import Endorsing
from bot.endorsed.words import Reply
from bot.inbox import Inbox


def unheard(inbox: Inbox, place: Place, message: str, people: Iterable[str]) -> list[str]:
    """The people whose ✅ under a message nobody told of.

    What was heard of once is not counted again by looking: it may have been taken back since, or
    its giver, or whose words it is, forgotten.
    """
    return [one for one in sorted(people) if not inbox.told(place, event_of(message, one))]


def endorse(endorsing: Endorsing, inbox: Inbox, reply: Reply, by: str, same: bool = True) -> None:
    """Keep an endorsement, and that it was heard of; see `Endorsing.endorse`.

    Both in one call, which a thread ends also where who waits for it leaves: of one that is not
    known to be heard of, forgetting is undone by looking.
    """
    endorsing.endorse(reply, by, same)
    inbox.tell(reply.place, event_of(reply.message, by))


def withdraw(endorsing: Endorsing, inbox: Inbox, place: Place, message: str, by: str) -> None:
    """An endorsement was taken back, and that was heard of."""
    endorsing.withdraw(place, message, by)
    inbox.tell(place, event_of(message, by))


def event_of(message: str, person: str) -> str:
    """What stands for it among a workspace's events; it names nobody."""
    return f"check-{hashlib.blake2b(f'{message}:{person}'.encode(), digest_size=16).hexdigest()}"
