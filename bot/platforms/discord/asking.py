"""What is asked by a command or from a message's menu: kept first, deferred at once after."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, cast

import discord

from bot import wording
from bot.brief import brief
from bot.conversation import Mode, Place
from bot.doors import Order, read
from bot.errors import BotError
from bot.platforms.discord.calls import Unsure, calling
from bot.platforms.discord.parts import Parts
from bot.platforms.discord.reading import DIRECT, Me, place_of, spoken, unmarked
from bot.platforms.discord.responding import (
    FIRST_RESPONSE_S,
    NOBODY,
    Said,
    respond,
    shown,
    sorry,
    told,
)
from bot.posts import Door, Heard, Post

log = logging.getLogger(__name__)

Interaction = discord.Interaction[Any]


# -- what is asked -------------------------------------------------------------------------


async def ask(
    interaction: Interaction, parts: Parts, text: str, mode: Mode, task: str | None, private: bool
) -> None:
    """What a slash command asks."""
    post = read_command(interaction, parts.me, text, mode, task)
    if post is None:
        await respond(interaction, say(wording.NOWHERE))
    elif not post.text:
        await respond(interaction, say(wording.NOTHING_ASKED))
    else:
        alone = private or for_one(post, parts.desk.tasks)
        await keep(interaction, parts, replace(post, private=alone))


async def ask_about(
    interaction: Interaction,
    parts: Parts,
    message: discord.Message,
    mode: Mode,
    task: str | None,
) -> None:
    """What is asked of a message from its menu; the answer is for who chose it."""
    post = read_menu(interaction, parts.me, message, mode, task)
    if post is None:
        await respond(interaction, say(wording.NOWHERE))
    elif not post.text:
        await respond(interaction, say(wording.NO_TEXT))
    else:
        await keep(interaction, parts, post)


async def say(text: str) -> Said:
    """Something that is known already."""
    return Said(text)


def read_command(
    interaction: Interaction, me: Me, text: str, mode: Mode, task: str | None
) -> Post | None:
    """The question of a slash command; None: it came from no place that we know."""
    place = place_of(interaction.channel)
    if place is None:
        return None
    names = names_in(interaction) if "<" in text else {}
    text = unmarked(text, names, {me.user})
    return _post(interaction, place, text, Door.COMMAND, mode, task)


def read_menu(
    interaction: Interaction, me: Me, message: discord.Message, mode: Mode, task: str | None
) -> Post | None:
    """The question in a message that was chosen; its answer may be shared in `about`.

    It takes no part in its thread: nobody else is to see that anything was asked.
    """
    place = place_of(interaction.channel)
    if place is None:
        return None
    text = words_of(interaction, me, message)
    post = _post(interaction, place, text, Door.SHORTCUT, mode, task)
    if place.workspace == DIRECT:
        return replace(post, private=True)
    about = place.thread or str(message.id)
    return replace(post, place=replace(place, thread=""), about=about, private=True)


def words_of(interaction: Interaction, me: Me, message: discord.Message) -> str:
    """What a message says, and what it forwards: Discord tells that apart, with no text beside."""
    names, own = names_in(interaction), {me.user}
    forwarded = (unmarked(one.content, names, own) for one in message.message_snapshots)
    return "\n\n".join(filter(None, (spoken(message, me).text, *forwarded)))


def _post(
    interaction: Interaction, place: Place, text: str, door: Door, mode: Mode, task: str | None
) -> Post:
    return Post(
        event=str(interaction.id),
        id=str(interaction.id),
        place=place,
        author=str(interaction.user.id),
        text=text.strip(),
        written_at=interaction.created_at,
        door=door,
        addressed=True,
        by_bot=interaction.user.bot,
        mode=mode,
        task=task,
        back=f"{interaction.application_id}/{interaction.token}",
    )


def for_one(post: Post, tasks: Collection[str]) -> bool:
    """Do its first words ask for an answer that nobody else sees: `private:`, or an order?"""
    if post.mode is not Mode.AUTO:
        return False
    said = read(post.text, tasks)
    return said.private or (said.order not in (None, Order.AUTO) and not said.asks)


def names_in(interaction: Interaction) -> dict[str, str]:
    """The names of what a command's text may mention, by id: the server's things, and people."""
    guild, given = interaction.guild, cast(object, interaction.data)
    things = (*guild.roles, *guild.channels, *guild.threads) if guild else ()
    resolved = given.get("resolved") if isinstance(given, Mapping) else None
    people = resolved.get("users") if isinstance(resolved, Mapping) else None
    names = {str(thing.id): thing.name for thing in things}
    for id, one in people.items() if isinstance(people, Mapping) else ():
        if isinstance(one, Mapping):
            names[str(id)] = str(one.get("global_name") or one.get("username") or id)
    return names


# -- kept, and deferred --------------------------------------------------------------------


async def keep(interaction: Interaction, parts: Parts, post: Post) -> None:
    """Have the desk keep it, then show that it is being answered; within a second.

    Where keeping takes longer, "thinking…" is shown meanwhile. Nothing is raised.
    """
    if not parts.deferrals.begin(post.event):
        log.info("interaction %s was told again", post.event)
        return
    keeping = asyncio.create_task(brief(parts.desk.hear, post, parts.ears))
    try:
        await asyncio.wait({keeping}, timeout=FIRST_RESPONSE_S)
        if not keeping.done():
            await _defer(interaction, post)
            await _late(interaction, parts, post, keeping)
        else:
            await _at_once(interaction, post, keeping)
    finally:
        parts.deferrals.settle(post.event)


async def _at_once(interaction: Interaction, post: Post, keeping: asyncio.Task[Heard]) -> None:
    instead = refusal(interaction, keeping)
    if instead is not None:
        await respond(interaction, say(instead.text))
    elif keeping.result() is not Heard.REPEATED:
        await _defer(interaction, post)


async def _late(
    interaction: Interaction, parts: Parts, post: Post, keeping: asyncio.Task[Heard]
) -> None:
    """It is deferred, and may be answered as soon as it is kept.

    What was told before was kept by another process, whose worker answers in what we deferred.
    """
    parts.deferrals.settle(post.event)
    with suppress(Exception):  # told of in `refusal`
        await keeping
    instead = refusal(interaction, keeping)
    if instead is not None:
        await told(interaction, _take_back(interaction, post, instead))


def refusal(interaction: Interaction, keeping: asyncio.Task[Heard]) -> Said | None:
    """What is said where nothing will be answered; None: it will."""
    error = keeping.exception()
    if isinstance(error, Exception):
        return sorry(interaction, error)
    return Said(wording.LIMITED) if keeping.result() is Heard.SILENT else None


async def _defer(interaction: Interaction, post: Post) -> None:
    """Show "thinking…"; where the connection broke, once more at once: Discord waits 3 s."""

    def defer() -> Awaitable[object]:
        return interaction.response.defer(thinking=True, ephemeral=post.private)

    try:
        await calling("a response", defer())
    except Unsure as error:
        log.warning("interaction %d: %s", interaction.id, error)
        await told(interaction, defer())  # refused where the first one took effect
    except BotError as error:
        log.warning("interaction %d: %s", interaction.id, error)


async def _take_back(interaction: Interaction, post: Post, instead: Said) -> None:
    """Say something to the asker alone, in place of "thinking…" that all may see.

    What is said first after a deferral takes its place, and is seen by whom that is.
    """
    text = shown(instead) if post.private else wording.WORKING
    await interaction.edit_original_response(content=text, allowed_mentions=NOBODY)
    if not post.private:
        await interaction.followup.send(shown(instead), ephemeral=True, allowed_mentions=NOBODY)
        await interaction.delete_original_response()
