"""The real discord.py, pointed at the local Discord by its own two addresses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import aiohttp
import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.platforms.discord.heartbeats import Ending
from tests.discord.ids import TOKEN
from tests.discord.server import DiscordServer
from tests.patience import PATIENCE_S


@contextmanager
def pointed_at(server: DiscordServer) -> Iterator[None]:
    """As long as this lasts, discord.py speaks to this server."""
    before = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = server.api, yarl.URL(server.gateway)
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = before


@asynccontextmanager
async def logged_in(server: DiscordServer) -> AsyncIterator[discord.Client]:
    """A client that only calls REST."""
    with pointed_at(server):
        async with discord.Client(intents=discord.Intents.none()) as client:
            await client.login(TOKEN)
            yield client


@asynccontextmanager
async def connected(server: DiscordServer, client: Ending) -> AsyncIterator[Ending]:
    """A client that is also told by the gateway; ready."""
    with pointed_at(server):
        async with client:
            running = asyncio.create_task(client.start(TOKEN))
            ready = asyncio.create_task(client.wait_until_ready())
            try:
                await asyncio.wait(
                    {running, ready}, timeout=PATIENCE_S, return_when="FIRST_COMPLETED"
                )
                assert ready.done(), running
                yield client
                assert not running.done(), running
            finally:
                for task in (ready, running):
                    task.cancel()
                    with suppress(asyncio.CancelledError):
                        await task


async def raw(
    server: DiscordServer, method: str, path: str, body: object = None, token: str = TOKEN
) -> tuple[int, Any, dict[str, str]]:
    """A bare call of REST: the status, the body, the headers."""
    headers = {"Authorization": f"Bot {token}"} if token else {}
    async with (
        aiohttp.ClientSession(headers=headers) as http,
        http.request(method, server.api + path, json=body) as answer,
    ):
        told = await answer.json() if answer.content_type == "application/json" else None
        return answer.status, told, dict(answer.headers)
