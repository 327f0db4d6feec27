"""A client's sockets, and the threads that keep their sessions alive: none outlives the client.

discord.py tells such a thread to stop and does not wait until it did: one that beats in that
moment calls a loop that may be closed by then. And of a session that broke off while it began,
discord.py closes neither the socket nor the thread.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Collection
from typing import Any

import discord
from discord.gateway import DiscordWebSocket, KeepAliveHandler

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.01
LONGEST_S = 30.0  # a beat that is under way waits for its socket, which is closed by then


class Ending(discord.Client):
    """A client whose sockets and heartbeats have ended when it is closed."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self._opened: set[DiscordWebSocket] = set()  # and perhaps not ended
        self._leaving: set[asyncio.Task[None]] = set()
        self._ending: asyncio.Task[None] | None = None
        on_socket(self, self._begin)

    async def close(self) -> None:
        """Close it whole, also where who closes it is cancelled meanwhile; once."""
        if self._ending is None:
            self._ending = asyncio.create_task(self._end(), name="discord: closing")
        try:
            await asyncio.shield(self._ending)
        except asyncio.CancelledError:
            await asyncio.wait([self._ending])
            raise

    async def _end(self) -> None:
        try:
            await super().close()
        finally:
            await asyncio.gather(*self._leaving, return_exceptions=True)
            await ended(self._opened)

    def _begin(self, socket: DiscordWebSocket) -> None:
        """Another session of a shard begins: none before it is kept."""
        beating = {heartbeat.ws for heartbeat in heartbeats(self._opened)}
        self._opened = {one for one in self._opened if one.open or one in beating} | {socket}
        for one in self._opened - {socket}:
            if one.shard_id == socket.shard_id:
                leaving = asyncio.create_task(one.close(), name="discord: leaving a socket")
                self._leaving.add(leaving)
                leaving.add_done_callback(self._leaving.discard)


def on_socket(client: discord.Client, told: Callable[[DiscordWebSocket], None]) -> None:
    """Have `told` called with each new socket of a client, before anything is read from it."""
    state = client._connection
    before = state._update_references

    def opened(ws: DiscordWebSocket) -> None:
        before(ws)
        told(ws)

    state._update_references = opened  # type: ignore[method-assign]  # it has no hook for that


def heartbeats(sockets: Collection[DiscordWebSocket]) -> list[KeepAliveHandler]:
    """The threads that keep the sessions of these sockets alive."""
    wanted = set(sockets)
    beating = [one for one in threading.enumerate() if isinstance(one, KeepAliveHandler)]
    return [one for one in beating if one.ws in wanted]


async def ended(sockets: Collection[DiscordWebSocket], longest_s: float = LONGEST_S) -> None:
    """Close these and wait until their heartbeats end; those call the loop, so it goes on."""
    try:
        async with asyncio.timeout(longest_s):
            await asyncio.gather(*(one.close() for one in sockets if one.open))
            while beating := heartbeats(sockets):
                for heartbeat in beating:
                    heartbeat.stop()
                await asyncio.sleep(LOOK_EVERY_S)
    except TimeoutError:
        log.error("a heartbeat of a shard did not end within %.0f s", longest_s)
