"""Values that are believed for a while, for platforms that tell who is who only when asked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")
MOST = 4096  # things that are remembered


class Memory(Generic[T]):
    """Values by key for some seconds; many who want one at once ask for it once."""

    def __init__(self, lasts_s: float, clock: Callable[[], float]) -> None:
        self.lasts_s, self.clock = lasts_s, clock
        self._held: dict[str, tuple[float, asyncio.Future[T]]] = {}

    async def get(self, key: str, ask: Callable[[], Awaitable[T]]) -> T:
        """The value; asked for where it is not known. An error is not remembered."""
        made_at, held = self._held.get(key, (0.0, None))
        if held is None or self.clock() - made_at > self.lasts_s or failed(held):
            self._make_room(key)
            held = asyncio.ensure_future(ask())
            held.add_done_callback(failed)  # else an error that nobody waits for is told as lost
            self._held[key] = (self.clock(), held)
        return await asyncio.shield(held)

    def forget(self, key: str) -> None:
        """Ask anew next time."""
        self._held.pop(key, None)

    def forget_all(self) -> None:
        """Ask anew for everything."""
        self._held.clear()

    def _make_room(self, key: str) -> None:
        self._held.pop(key, None)  # else what is asked for anew would stay among the oldest
        while len(self._held) >= MOST:
            self._held.pop(next(iter(self._held)))


def failed(asked: asyncio.Future[Any]) -> bool:
    """Did asking end with no value?"""
    return asked.done() and (asked.cancelled() or asked.exception() is not None)
