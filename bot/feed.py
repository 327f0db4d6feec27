"""From the assistant's thread to the platform's event loop: the signs of an answer, in order."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from knowledge.documents import Passage


@dataclass(frozen=True)
class Doing:
    """What is being done now."""

    text: str


@dataclass(frozen=True)
class Found:
    """The pages that are read now."""

    passages: tuple[Passage, ...]


@dataclass(frozen=True)
class Written:
    """The next of the answer's text."""

    text: str


Sign = Doing | Found | Written


class Feed:
    """A `Watcher` for one answer; made in the event loop that reads its signs.

    The assistant's thread never waits for the platform: what piles up is joined.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._signs: list[Sign] = []
        self._more = asyncio.Event()
        self._ended = False
        self._stop = threading.Event()

    def status(self, text: str) -> None:
        """Say what is being done."""
        self._put(Doing(text))

    def found(self, passages: Sequence[Passage]) -> None:
        """Show the pages that are read."""
        self._put(Found(tuple(passages)))

    def piece(self, text: str) -> None:
        """Show the next piece."""
        self._put(Written(text))

    @property
    def stopped(self) -> bool:
        """Was the answer stopped?"""
        return self._stop.is_set()

    def stop(self) -> None:
        """End the writing; safe from any thread."""
        self._stop.set()

    def end(self) -> None:
        """Nothing more comes; called in the event loop."""
        self._ended = True
        self._more.set()

    async def signs(self) -> AsyncIterator[Sign]:
        """The signs until the end; pieces that came meanwhile are one."""
        while True:
            await self._more.wait()
            self._more.clear()
            waiting, self._signs = self._signs, []
            for sign in joined(waiting):
                yield sign
            if self._ended and not self._signs:
                return

    def _put(self, sign: Sign) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody looks any more
            self._loop.call_soon_threadsafe(self._take, sign)

    def _take(self, sign: Sign) -> None:
        self._signs.append(sign)
        self._more.set()


def joined(signs: Sequence[Sign]) -> list[Sign]:
    """The signs with pieces in a row as one, and only the last of statuses in a row."""
    kept = list[Sign]()
    for sign in signs:
        match kept[-1] if kept else None, sign:
            case Written(before), Written(text):
                kept[-1] = Written(before + text)
            case Doing(), Doing():
                kept[-1] = sign
            case _:
                kept.append(sign)
    return kept
