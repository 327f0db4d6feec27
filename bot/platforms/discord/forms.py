"""The form after a thumbs-down, when it is sent."""

from __future__ import annotations

import logging
from typing import Any

import discord

from bot import wording
from bot.brief import brief
from bot.conversation import Verdict
from bot.platforms.discord.parts import Parts
from bot.platforms.discord.pressing import Pressed, check_own, read_press
from bot.platforms.discord.reasons import Reasoned, read_reason
from bot.platforms.discord.responding import Said, check_who, respond, voted

log = logging.getLogger(__name__)

SENT = discord.InteractionType.modal_submit


async def submitted(interaction: discord.Interaction[Any], parts: Parts) -> bool:
    """Keep what a form of ours says; False: it is none. Raises `ValueError`."""
    if interaction.type is not SENT:
        return False
    check_who(interaction)
    reasoned = read_reason(interaction.data)
    if reasoned is None:
        log.warning("interaction %d is a form that is none of ours", interaction.id)
        return False
    await respond(interaction, corrected(parts, reasoned, read_press(interaction)))
    return True


async def corrected(parts: Parts, reasoned: Reasoned, by: Pressed) -> Said:
    """Keep what was wrong; the vote itself is kept already. Raises `UnknownInteraction`."""
    await check_own(parts, by, reasoned.interaction)
    told = (reasoned.interaction, by.author, reasoned.reason, reasoned.correction, by.place)
    await brief(parts.desk.correct, *told)
    return voted(wording.CORRECTED, Verdict.DOWN, reasoned.interaction)
