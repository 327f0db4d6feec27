"""Fixtures: a Discord in the test's own event loop, and the people in it."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.discord.people import People, people_at
from tests.discord.server import DiscordServer, serving


@pytest.fixture
async def discord_server() -> AsyncIterator[DiscordServer]:
    """A server of this test's own."""
    async with serving() as server:
        yield server


@pytest.fixture
async def discord_people(discord_server: DiscordServer) -> AsyncIterator[People]:
    """Those who use it."""
    async with people_at(discord_server.base) as client:
        yield client


@pytest.fixture(autouse=True)
def heartbeats_end() -> Iterator[None]:
    """No thread that keeps a session alive outlives its test, or it would trouble another."""
    yield
    running = [one.name for one in threading.enumerate()]
    assert not [name for name in running if name.startswith("keep-alive-handler")]
