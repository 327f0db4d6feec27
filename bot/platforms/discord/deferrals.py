"""Which interactions were deferred already: an answer waits for that, since it stands in there."""

from __future__ import annotations

import asyncio

MOST = 4096  # interactions that are remembered; more than come in 15 minutes
PATIENCE_S = 3.0  # after which Discord takes no first response any more


class Deferrals:
    """The interactions that this process heard, by id. Used in the event loop only."""

    def __init__(self) -> None:
        self._settled: dict[str, asyncio.Event] = {}

    def begin(self, interaction: str) -> bool:
        """An interaction came; False: it came before, and is somebody's already."""
        if interaction in self._settled:
            return False
        while len(self._settled) >= MOST:
            self._settled.pop(next(iter(self._settled))).set()
        self._settled[interaction] = asyncio.Event()
        return True

    def settle(self, interaction: str) -> None:
        """It was deferred, or will never be: who waits for that need not any more."""
        if interaction in self._settled:
            self._settled[interaction].set()

    async def settled(self, interaction: str, within_s: float = PATIENCE_S) -> None:
        """Wait until it was deferred; not at all for one that another process heard."""
        event = self._settled.get(interaction)
        if event is None:
            return
        try:
            async with asyncio.timeout(within_s):
                await event.wait()
        except TimeoutError:
            return
