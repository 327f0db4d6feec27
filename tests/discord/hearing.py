"""The real discord.py over the local Discord's gateway: it listens, and keeps what it hears."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import discord

from bot.platforms.discord.heartbeats import Ending
from tests.discord.clients import pointed_at
from tests.discord.ids import TOKEN
from tests.discord.server import DiscordServer
from tests.patience import PATIENCE_S


class Hearing(Ending, discord.AutoShardedClient):
    """Keeps what it is told of."""

    def __init__(self, intents: discord.Intents, shards: int = 1, patience_s: float = 60.0) -> None:
        super().__init__(
            intents=intents,
            shard_count=shards,
            guild_ready_timeout=0.05,  # it waits so long for one guild more
            heartbeat_timeout=patience_s,
            max_messages=None,
        )
        self.heard: list[discord.Message] = []
        self.edited: list[discord.RawMessageUpdateEvent] = []
        self.deleted: list[int] = []
        self.reacted: list[str] = []
        self.began: list[discord.Thread] = []
        self.readies = 0
        self.resumes = 0
        self.told = asyncio.Event()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """The local Discord lets shards identify at once."""

    async def on_message(self, message: discord.Message) -> None:
        self.heard.append(message)
        self.told.set()

    async def on_raw_message_edit(self, event: discord.RawMessageUpdateEvent) -> None:
        self.edited.append(event)
        self.told.set()

    async def on_raw_message_delete(self, event: discord.RawMessageDeleteEvent) -> None:
        self.deleted.append(event.message_id)
        self.told.set()

    async def on_raw_reaction_add(self, event: discord.RawReactionActionEvent) -> None:
        self.reacted.append(f"+{event.emoji}")
        self.told.set()

    async def on_raw_reaction_remove(self, event: discord.RawReactionActionEvent) -> None:
        self.reacted.append(f"-{event.emoji}")
        self.told.set()

    async def on_thread_create(self, thread: discord.Thread) -> None:
        self.began.append(thread)
        self.told.set()

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        self.told.set()

    async def on_ready(self) -> None:
        self.readies += 1
        self.told.set()

    async def on_shard_resumed(self, shard_id: int) -> None:
        self.resumes += 1
        self.told.set()

    async def until(self, true: Callable[[], Any]) -> None:
        """Wait until it is so."""
        async with asyncio.timeout(PATIENCE_S):
            while not true():
                self.told.clear()
                await self.told.wait()

    @property
    def texts(self) -> list[str]:
        """The words of what it heard."""
        return [message.content for message in self.heard]


@asynccontextmanager
async def running(client: Ending, server: DiscordServer) -> AsyncIterator[asyncio.Task[None]]:
    """A client that runs; what it runs as. It is not waited for: it may not get in."""
    with pointed_at(server):
        task = asyncio.create_task(client.start(TOKEN))
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await client.close()


@asynccontextmanager
async def hearing(
    server: DiscordServer, intents: discord.Intents | None = None, **more: Any
) -> AsyncIterator[Hearing]:
    """A client that is ready; by default it asks for all that is not privileged, and content."""
    client = Hearing(intents or with_content(), **more)
    async with running(client, server) as task:
        ready = asyncio.create_task(client.until(lambda: client.readies))
        await asyncio.wait([ready, task], return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            await task
        await ready
        yield client


def with_content() -> discord.Intents:
    """All that is not privileged, and what people write."""
    asked = discord.Intents.default()
    asked.message_content = True
    return asked
