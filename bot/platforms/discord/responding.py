"""The first response to a press or a command, in under a second, whatever the desk is doing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Coroutine
from dataclasses import dataclass
from typing import Any

import discord

from bot import wording
from bot.conversation import Verdict
from bot.errors import BotError, UnknownInteraction, apology, failure_code
from bot.platforms.discord import controls, drawn
from bot.platforms.discord.calls import calling
from bot.platforms.discord.drawn import Button, Drawn
from bot.platforms.discord.guarding import failure
from bot.platforms.discord.reasons import reason_form

log = logging.getLogger(__name__)

FIRST_RESPONSE_S = 0.8  # then "thinking…" is shown; Discord itself waits 3 s
LONGEST = 2000  # characters of a message
NOBODY = discord.AllowedMentions.none()


@dataclass(frozen=True)
class Said:
    """What one person is told, alone."""

    text: str
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True)
class Form:
    """Asks what was wrong with an answer; where it cannot be opened, `instead` is said."""

    interaction: int
    instead: Said


class Unreadable(BotError):
    """What Discord tells makes no sense; said without people's words."""

    def __init__(self, what: str, error: Exception) -> None:
        self.what, self.error = what, error
        super().__init__(f"{what} cannot be read: {failure(error)}")


def check_who(interaction: discord.Interaction[Any]) -> None:
    """Raises `ValueError` where Discord does not tell who it was."""
    if interaction.user is discord.utils.MISSING:
        raise ValueError(f"interaction {interaction.id} is nobody's")


Result = Said | Form | None
"""What becomes of a press; None: nothing is said."""


async def respond(
    interaction: discord.Interaction[Any],
    deed: Coroutine[Any, Any, Result],
    *,
    replaces: bool = False,
) -> None:
    """Do something and tell its result, to who pressed alone.

    `replaces`: it stands in place of the message whose button was pressed. Nothing is raised.
    """
    doing = asyncio.create_task(attempted(interaction, deed))
    await asyncio.wait({doing}, timeout=FIRST_RESPONSE_S)
    if doing.done():
        await told(interaction, _first(interaction, doing.result(), replaces))
        return
    await told(interaction, interaction.response.defer(ephemeral=True, thinking=not replaces))
    await told(interaction, _later(interaction, await doing, replaces))


async def attempted(
    interaction: discord.Interaction[Any], deed: Coroutine[Any, Any, Result]
) -> Result:
    """The deed's result; where it failed, an apology whose code is in the log."""
    try:
        return await deed
    except UnknownInteraction as error:
        log.warning("%s", error)
        return Said(wording.NO_ANSWER_HERE)
    except Exception as error:
        return sorry(interaction, error)


def sorry(interaction: discord.Interaction[Any], error: Exception) -> Said:
    """An apology; its code is in the log, with where a bug came up, but nobody's words."""
    code = failure_code()
    why = str(error) if isinstance(error, BotError) else failure(error)
    log.error("%s: interaction %d: %s", code, interaction.id, why)
    return Said(apology(error, code))


async def told(interaction: discord.Interaction[Any], call: Awaitable[object]) -> bool:
    """Was it told? Where Discord refuses, it is logged."""
    try:
        await calling("a response", call)
    except BotError as error:
        log.warning("interaction %d: %s", interaction.id, error)
        return False
    return True


async def _first(interaction: discord.Interaction[Any], result: Result, replaces: bool) -> None:
    response = interaction.response
    if result is None:
        await response.defer()
    elif isinstance(result, Form):
        await response.send_modal(reason_form(result.interaction))
    elif replaces:
        await response.edit_message(
            content=shown(result), view=view(result) or None, allowed_mentions=NOBODY
        )
    else:
        under = view(result) or discord.utils.MISSING
        await response.send_message(
            shown(result), view=under, ephemeral=True, allowed_mentions=NOBODY
        )


async def _later(interaction: discord.Interaction[Any], result: Result, replaces: bool) -> None:
    """The same, once it was deferred; a form cannot be opened any more."""
    said = result.instead if isinstance(result, Form) else result
    if said is not None:
        await interaction.edit_original_response(
            content=shown(said), view=view(said), allowed_mentions=NOBODY
        )
    elif not replaces:
        await interaction.delete_original_response()


def shown(said: Said) -> str:
    """The text, in as many characters as a message takes."""
    return said.text if len(said.text) <= LONGEST else f"{said.text[: LONGEST - 1]}…"


def view(said: Said) -> discord.ui.View | None:
    """The buttons under it, if any."""
    return drawn.view(Drawn(said.text, buttons=said.buttons))


def voted(text: str, verdict: Verdict, interaction: int) -> Said:
    """What is said after a vote, with the button that takes it back."""
    return Said(text, (Button(wording.TAKE_BACK, controls.withdraw(verdict, interaction)),))
