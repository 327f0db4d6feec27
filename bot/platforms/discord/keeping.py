"""What Discord told is kept, one event of a channel after the other.

Discord's gateway takes no acknowledgement: an event that could not be kept is not told again. So
it is tried until the database takes it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import ParamSpec, TypeVar
from weakref import WeakValueDictionary

from bot.errors import DatabaseUnavailable
from bot.stage import PlatformAway

log = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 10.0


class Turns:
    """Lets who comes first go first, channel by channel."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def at(self, channel: int | str) -> AsyncIterator[None]:
        """Alone with that channel; nothing may be awaited before that, or the order is lost."""
        lock = self._locks.get(str(channel))
        if lock is None:
            lock = self._locks[str(channel)] = asyncio.Lock()
        async with lock:
            yield


async def keep(call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Have the desk keep something, out of the event loop, as often as it takes."""
    return await insist(partial(asyncio.to_thread, call, *args, **kwargs))


async def insist(call: Callable[[], Awaitable[R]]) -> R:
    """Do what an event needs, again while the database or Discord is away."""
    pause_s = FIRST_PAUSE_S
    while True:
        try:
            return await call()
        except (DatabaseUnavailable, PlatformAway) as error:
            log.error("what Discord told is not kept yet; again in %.1f s: %s", pause_s, error)
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
