"""Bots on the local Discord, which die where a test says: `python -m tests.discord.dying`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.nursery import Life, serve

if TYPE_CHECKING:
    from bot.platforms import Platform


def platform(life: Life) -> Platform:
    """Discord as the settings of a life would build it."""
    from bot.plugins import load
    from tests.discord.ids import GUILD, TOKEN

    usual = {"name": "discord", "token": TOKEN, "guilds": (GUILD,), "api_url": life.api}
    made: Platform = load("platform", "discord", {**usual, **life.options})
    return made


if __name__ == "__main__":
    serve(platform, "bot.platforms.discord.connecting", "tests.discord.ids")
