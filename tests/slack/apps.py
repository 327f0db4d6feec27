"""Bolt apps against the local Slack."""

from __future__ import annotations

from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.slack.payloads import Json
from tests.slack.people import People
from tests.slack.world import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET


def bot_client(base_url: str) -> AsyncWebClient:
    """A client with the bot's token; `base_url` as `SlackServer.api`."""
    return AsyncWebClient(BOT_TOKEN, base_url=base_url)


def bolt(base_url: str) -> AsyncApp:
    """An app that listens to nothing yet."""
    return AsyncApp(client=bot_client(base_url), signing_secret=SIGNING_SECRET)


def listening(base_url: str, *names: str) -> tuple[AsyncApp, list[Json]]:
    """An app that notes the events of these types, and the notes."""
    app, heard = bolt(base_url), list[Json]()

    async def note(body: Json) -> None:
        heard.append(body)

    for name in names:
        app.event(name)(note)
    return app, heard


@asynccontextmanager
async def connected(people: People, app: AsyncApp, sockets: int = 1) -> AsyncIterator[None]:
    """The app, listening through sockets."""
    handlers = [AsyncSocketModeHandler(app, APP_TOKEN, ping_interval=0.2) for _ in range(sockets)]
    for handler in handlers:
        await handler.connect_async()  # type: ignore[no-untyped-call]  # Bolt's has no types
    await people.connected(sockets)
    try:
        yield
    finally:
        for handler in handlers:
            await handler.close_async()  # type: ignore[no-untyped-call]  # Bolt's has no types


@asynccontextmanager
async def posted_to(people: People, app: AsyncApp) -> AsyncIterator[None]:
    """The app, listening to signed posts."""
    async with served(app.web_app("/slack/events", port=0)) as base:
        await people.configure(events_url=f"{base}/slack/events")
        yield


@asynccontextmanager
async def served(app: web.Application) -> AsyncIterator[str]:
    """A web application on a free port: its address."""
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield "http://{}:{}".format(*runner.addresses[0][:2])
    finally:
        await runner.cleanup()


async def refusal(call: Coroutine[Any, Any, Any]) -> Json:
    """What Slack answers to a call that it refuses."""
    with pytest.raises(SlackApiError) as caught:
        await call
    told: Json = caught.value.response.data
    return told
