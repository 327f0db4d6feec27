"""What `/tandem` is told to do, and what it says."""

from __future__ import annotations

from typing import Any

import discord

from bot import wording
from bot.brief import brief
from bot.conversation import Place
from bot.doors import Order
from bot.platforms.discord import controls
from bot.platforms.discord.drawn import Button
from bot.platforms.discord.parts import Parts
from bot.platforms.discord.reading import place_of
from bot.platforms.discord.responding import Said


async def order(interaction: discord.Interaction[Any], parts: Parts, given: Order) -> Said:
    """Do it; to be forgotten is asked for twice."""
    place, author = place_of(interaction.channel), str(interaction.user.id)
    if place is None:
        return Said(wording.NOWHERE)
    if given is Order.FORGET_ME:
        return sure()
    if given is Order.PRIVACY:
        return await asked(parts, author, place)
    audience = None
    if given is Order.STATUS:
        audience = await parts.membership.alone(place.workspace, author)
    return Said(await brief(parts.desk.obey, given, author, place, audience=audience))


def sure() -> Said:
    """Is the person to be forgotten?"""
    yes = Button(wording.FORGET_ME, controls.forget(True), discord.ButtonStyle.danger)
    no = Button(wording.KEEP, controls.forget(False))
    return Said(f"{wording.FORGET_SURE}\n{wording.FORGET_WHAT}", (yes, no))


async def asked(parts: Parts, author: str, place: Place) -> Said:
    """How it is with a person's words, there."""
    may_learn = await brief(parts.desk.may_learn, author, place)
    return privacy(may_learn, await brief(parts.desk.learns_in, place))


def privacy(may_learn: bool, here: bool) -> Said:
    """What is kept, and the button that changes what is learnt from; `here`: in this channel."""
    label = wording.LEARN_LESS if may_learn else wording.LEARN_MORE
    button = Button(label, controls.learn(not may_learn))
    return Said(f"{wording.KEPT}\n{wording.learns(may_learn, here)}", (button,))


async def choose(parts: Parts, author: str, place: Place, may_learn: bool) -> Said:
    """Keep whether the person's words may be learned from."""
    await brief(parts.desk.choose, author, place, may_learn)
    return await asked(parts, author, place)


async def forget(parts: Parts, author: str, place: Place, really: bool) -> Said:
    """Forget a person, who was asked whether that is meant."""
    if not really:
        return Said(wording.NOT_FORGOTTEN)
    gone = await brief(parts.desk.forget, author, place)
    return Said(wording.forgotten(gone.interactions, gone.votes, gone.examples))
