"""The real adapter in the local Discord, over a bot of `tests.bots`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from bot.platforms.discord import DiscordPlatform
from bot.plugins import load
from tests.bots import Made
from tests.discord.ids import GUILD, TOKEN
from tests.discord.people import People
from tests.patience import PATIENCE_S


def discord_platform(people: People, **options: Any) -> DiscordPlatform:
    """The platform as the settings would build it."""
    given = {"name": "discord", "token": TOKEN, "guilds": (GUILD,)}
    where = {"api_url": people.api, "gateway_url": people.gateway}
    mine: DiscordPlatform = load("platform", "discord", {**given, **where, **options})
    return mine


@asynccontextmanager
async def listening(made: Made, people: People, **options: Any) -> AsyncIterator[None]:
    """The platform runs, and its shards and commands are there, until the block ends."""
    mine = discord_platform(people, **options)
    task = asyncio.create_task(mine.run(made.desk))
    ready = asyncio.create_task(arrived(people, mine.shards or 1))
    try:
        await asyncio.wait([task, ready], return_when=asyncio.FIRST_COMPLETED)
        await (task if task.done() else ready)
        yield
    finally:
        ready.cancel()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def arrived(people: People, shards: int) -> None:
    """Wait until all shards are ready and the commands are registered."""
    await people.connected(shards)
    while not (await people.registered())["commands"]:
        await asyncio.sleep(0.01)
    await quiet(people)


async def quiet(people: People) -> None:
    """Wait until the bot got all that it was told, and no listener of its is at work."""
    await people.drained()
    async with asyncio.timeout(PATIENCE_S):
        while any(is_listener(task) for task in asyncio.all_tasks()):
            await asyncio.sleep(0.005)


def is_listener(task: asyncio.Task[Any]) -> bool:
    """Is it one of discord.py's, that has an event of Discord's in hand?"""
    return task.get_name().startswith(("discord.py: on_", "CommandTree", "discord-ui"))
