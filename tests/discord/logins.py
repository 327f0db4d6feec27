"""discord.py's own client against the local Discord, before it has a session at the gateway."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import discord

from tests.discord.clients import pointed_at
from tests.discord.ids import TOKEN
from tests.discord.server import DiscordServer


@asynccontextmanager
async def logged_in(server: DiscordServer) -> AsyncIterator[discord.Client]:
    """A client that may call REST, and hears nothing. It waits half a minute for a limit."""
    intents = discord.Intents(guilds=True)
    with pointed_at(server):
        async with discord.Client(intents=intents, max_ratelimit_timeout=30.0) as client:
            await client.login(TOKEN)
            yield client
