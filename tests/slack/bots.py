"""The real Slack platform over a bot of `tests.bots`, against the local Slack."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from bot.platforms.slack import SlackPlatform
from bot.plugins import load
from tests.bots import Made
from tests.slack.people import People
from tests.slack.world import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET


def slack_platform(api: str, **options: Any) -> SlackPlatform:
    """The platform as its settings would build it."""
    given = {"name": "slack", "bot_token": BOT_TOKEN, "app_token": APP_TOKEN, "base_url": api}
    mine: SlackPlatform = load(
        "platform", "slack", {**given, "signing_secret": SIGNING_SECRET, **options}
    )
    return mine


@asynccontextmanager
async def listening(made: Made, people: People, **options: Any) -> AsyncIterator[None]:
    """The platform runs and its sockets are open until the block ends."""
    mine = slack_platform(people.api, **options)
    task = asyncio.create_task(mine.run(made.desk))
    ready = asyncio.create_task(people.connected(mine.sockets))
    try:
        await asyncio.wait([task, ready], return_when=asyncio.FIRST_COMPLETED)
        await (task if task.done() else ready)
        yield
    finally:
        ready.cancel()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
