"""Fixtures of the parity suite: every platform that is under test, and a chat on each."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.database import upgrade
from tests.bots import made
from tests.discord.under_test import discord
from tests.platforms import Chat, Chatting, Knowing, Opening
from tests.slack.under_test import slack

PLATFORMS: dict[str, Opening] = {"slack": slack, "discord": discord}


@pytest.fixture(scope="session")
def no_rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with all tables and nothing in them."""
    file = tmp_path_factory.mktemp("empty") / "tandem.db"
    upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture(params=PLATFORMS)
def chatting(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    no_rows: Path,
    record_property: Callable[[str, object], None],
) -> Chatting:
    """The same bot, on each platform."""
    record_property("platform", request.param)  # for `tests.parity`
    opening = PLATFORMS[request.param]
    shutil.copy(no_rows, tmp_path / "tandem.db")

    @asynccontextmanager
    async def open_(**given: Any) -> AsyncIterator[Chat]:
        with made(tmp_path, **({"backend": Knowing()} | given)) as bot:
            async with opening(bot) as chat:
                yield chat

    return open_


@pytest.fixture
async def chat(chatting: Chatting) -> AsyncIterator[Chat]:
    """People and a bot that knows the pages of `tests.bots`."""
    async with chatting() as chat:
        yield chat
