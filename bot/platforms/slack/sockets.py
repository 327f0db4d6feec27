"""Sockets that Slack's events come through, kept open whatever happens to Slack."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient

from bot.platforms.slack.calls import Tries, calling, plain

BEGIN = Tries(times=6, pause_s=1.0)  # Slack may be away for a while when the bot starts


@asynccontextmanager
async def kept_open(
    sockets: Sequence[SocketModeClient], web: AsyncWebClient
) -> AsyncIterator[None]:
    """Open them, and keep them so until the block ends. Raises `Refused`, `PlatformAway`.

    The SDK would try a refused token for ever, so the first addresses are asked for here.
    """
    looking = [asyncio.create_task(fresh(socket)) for socket in sockets]
    try:
        for socket in sockets:
            socket.wss_uri = await address(web, socket.app_token)
            await socket.connect()  # type: ignore[no-untyped-call]  # the SDK's has no types
        yield
    finally:
        for task in looking:
            task.cancel()
        for socket in sockets:
            await socket.close()  # type: ignore[no-untyped-call]  # the SDK's has no types


async def address(web: AsyncWebClient, app_token: str) -> str:
    """Where to open a socket; good once, and not for long."""
    client = plain(web)
    told = await calling(
        "apps.connections.open", lambda: client.apps_connections_open(app_token=app_token), BEGIN
    )
    return str(told["url"])


async def fresh(socket: SocketModeClient) -> None:
    """Drop the address of a socket that does not open; the SDK would try that one for ever."""
    while True:
        await asyncio.sleep(socket.ping_interval)
        if not await socket.is_connected():
            socket.wss_uri = None
