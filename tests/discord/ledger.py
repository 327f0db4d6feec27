"""What happened and when: calls of REST, events told."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass

from tests.discord.refusals import Json
from tests.discord.settings import Settings

KEPT = ("message_reference",)  # of the arguments, where the others are not kept


@dataclass(frozen=True)
class Call:
    """One call of REST; times in seconds of the server's `time.monotonic()`."""

    at: float
    took_s: float
    route: str  # "POST /channels/{channel}/messages"
    path: str  # "/channels/6000…/messages"
    status: int
    code: int  # Discord's own, of an error; 0: none
    args: Json  # the body


@dataclass(frozen=True)
class Told:
    """One event told to a session."""

    at: float
    session: str
    shard: int
    seq: int
    name: str
    id: str  # of the message, interaction or whatever it is about
    author: str = ""  # of a message


class Ledger:
    """The latest of each, as many as the settings keep."""

    def __init__(self, settings: Settings) -> None:
        self.keep_arguments = settings.keep_arguments
        self.calls: deque[Call] = deque(maxlen=settings.keep_calls)
        self.told: deque[Told] = deque(maxlen=settings.keep_events)

    def called(
        self,
        route: str,
        path: str,
        began: float,
        status: int,
        code: int = 0,
        args: Json | None = None,
    ) -> None:
        """A call was answered; `began` of `time.monotonic()`."""
        kept = args or {}
        if not self.keep_arguments:
            kept = {name: kept[name] for name in KEPT if name in kept}
        took = time.monotonic() - began
        self.calls.append(Call(began, took, route, path, status, code, kept))
