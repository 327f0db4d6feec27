"""The real adapter in the local Discord, put together as `connecting.run` does, its parts at hand.

So a test can shorten what takes minutes otherwise: how long a silent gateway is believed, which
rate limits are waited for, when a worker tries again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

from bot.platforms.discord import connecting
from bot.platforms.discord.client import TandemBot, begin_at, intents, point
from bot.platforms.discord.reading import Me
from tests.bots import Made
from tests.discord.bots import arrived, discord_platform
from tests.discord.people import People


@dataclass(frozen=True)
class Pause:
    """How long is waited; seconds."""

    limit_s: float = 30.0  # the longest rate limit that is waited for
    backoff_s: float = 0.2  # of the worker
    away_s: float = 0.5  # before it tries again what nobody could be told
    attempts: int = 5  # of the worker
    silence_s: float = 60.0  # after which a gateway that says nothing is left


@asynccontextmanager
async def at_hand(
    made: Made, people: People, pause: Pause | None = None, **options: Any
) -> AsyncIterator[TandemBot]:
    """As `tests.discord.bots.listening`: gives the client, whose shards and commands are there."""
    mine, pause = discord_platform(people, **options), pause or Pause()
    point(mine.api_url)
    app = await connecting.told_about(mine)
    me = Me(app.user, app.id, connecting.content_of(mine, app))
    begin_at(mine.gateway_url or app.gateway)
    async with TandemBot(intents(me.content), mine.shards or app.shards) as bot:
        bot.http.max_ratelimit_timeout = pause.limit_s
        bot._connection.heartbeat_timeout = pause.silence_s  # as discord.py's own option sets it
        worker = connecting.assemble(mine, made.desk, bot, me)
        worker.pace = replace(
            worker.pace,
            backoff_s=pause.backoff_s,
            away_s=pause.away_s,
            attempts=pause.attempts,
        )
        async with running(connecting.work(mine, made.desk, bot, worker)) as task:
            await until_arrived(task, people, mine.shards or 1)
            yield bot


@asynccontextmanager
async def running(work: Any) -> AsyncIterator[asyncio.Task[None]]:
    """A task that is ended with the block."""
    task = asyncio.ensure_future(work)
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until_arrived(task: asyncio.Task[None], people: People, shards: int) -> None:
    """Wait until the shards and commands are there; raises what ends the bot before that."""
    async with running(arrived(people, shards)) as ready:
        await asyncio.wait([task, ready], return_when=asyncio.FIRST_COMPLETED)
        await (task if task.done() else ready)
