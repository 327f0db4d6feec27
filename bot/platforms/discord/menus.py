"""What can be chosen from the menu of a message; Discord gives the message's text along."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import discord
from discord import app_commands
from discord.app_commands import AppCommandContext, AppInstallationType

from bot import wording
from bot.conversation import Mode
from bot.platforms.discord.asking import ask_about
from bot.platforms.discord.parts import Parts

CONTEXTS = AppCommandContext(guild=True, dm_channel=True)  # servers, and the bot's own messages
INSTALLS = AppInstallationType(guild=True)
CHOICES = (  # what the menu says, and what that forces
    (wording.MENU_ASK, Mode.AUTO, None),
    (wording.MENU_SUMMARIZE, Mode.TUNED, "summarize"),
    (wording.MENU_REWRITE, Mode.TUNED, "rewrite"),
)


def menus(parts: Parts) -> Iterator[app_commands.ContextMenu]:
    """The entries of the menu."""
    for name, mode, task in CHOICES:
        yield menu(name, mode, task, parts)


def menu(name: str, mode: Mode, task: str | None, parts: Parts) -> app_commands.ContextMenu:
    """One entry."""

    async def chosen(interaction: discord.Interaction[Any], message: discord.Message) -> None:
        await ask_about(interaction, parts, message, mode, task)

    return app_commands.ContextMenu(
        name=name, callback=chosen, allowed_contexts=CONTEXTS, allowed_installs=INSTALLS
    )
