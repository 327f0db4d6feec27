"""Fixtures: a bot in which people choose and press, in a Discord of its own."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.bots import Made, made
from tests.discord.people import People
from tests.discord.server import DiscordServer
from tests.patience import PATIENCE_S

if TYPE_CHECKING:
    from tests.discord.choosing import Choosing


@pytest.fixture
def house_settings() -> dict[str, object]:
    """The bot's settings, where they are not the usual."""
    return {}


@pytest.fixture
def chooser(tmp_path: Path, no_rows: Path, house_settings: dict[str, object]) -> Iterator[Made]:
    """A bot with a database of its own, whose tables are there already."""
    shutil.copy(no_rows, tmp_path / "tandem.db")
    with made(tmp_path, given=house_settings) as built:
        yield built


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bot says what it has to say at once, however long that takes.

    On a busy machine it would say "thinking…" to anything, and the rest later.
    """
    from bot.platforms.discord import asking, responding

    for module in (asking, responding):
        monkeypatch.setattr(module, "FIRST_RESPONSE_S", PATIENCE_S)


@pytest.fixture
async def there(
    discord_server: DiscordServer, discord_people: People, chooser: Made, unhurried: None
) -> AsyncIterator[Choosing]:
    """A Discord with that bot in it, which is not hurried."""
    from tests.discord.choosing import choosing  # discord.py costs every other test its start

    async with choosing(discord_server, discord_people, chooser) as there:
        yield there
