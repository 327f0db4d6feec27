"""What is pressed under an answer, kept before anything is said to it."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import discord

from bot import wording
from bot.brief import brief
from bot.conversation import Audience, Mode, Place, Verdict
from bot.desk import Ballot, Desk
from bot.errors import UnknownInteraction
from bot.noted import noted
from bot.platforms.discord.calls import Refused
from bot.platforms.discord.membership import number
from bot.platforms.discord.parts import Parts
from bot.platforms.discord.reading import DIRECT, PLATFORM, raw_place
from bot.platforms.discord.responding import Form, Said, voted
from bot.posts import Answered, Door, shared

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pressed:
    """A button of ours was pressed."""

    event: str  # the interaction's id
    place: Place  # its channel is the very channel or thread that the message stands in
    message: str
    author: str
    pressed_at: datetime  # aware UTC, by our clock, as all votes are


def read_press(interaction: discord.Interaction[Any]) -> Pressed:
    """Who pressed, and where."""
    message = interaction.message
    channel = message.channel.id if message else interaction.channel_id
    return Pressed(
        event=str(interaction.id),
        place=raw_place(interaction.guild_id, channel or 0),
        message=str(message.id if message else ""),
        author=str(interaction.user.id),
        pressed_at=datetime.now(UTC),
    )


# -- votes ---------------------------------------------------------------------------------


async def thumb(parts: Parts, pressed: Pressed, verdict: Verdict, answer: int) -> Said | Form:
    """Keep the vote; then ask what was wrong, where it is down. Raises `UnknownInteraction`."""
    await check_own(parts, pressed, answer)
    await brief(parts.desk.vote, ballot(pressed, verdict, answer), pressed.place)
    if verdict is Verdict.UP:
        return voted(wording.VOTED, verdict, answer)
    return Form(answer, instead=voted(wording.VOTED_DOWN, verdict, answer))


async def withdraw(parts: Parts, pressed: Pressed, verdict: Verdict, answer: int) -> Said:
    """Take a vote back, if it is the one that stands."""
    taken = await brief(parts.desk.withdraw, ballot(pressed, verdict, answer), pressed.place)
    return Said(wording.TAKEN_BACK if taken else wording.NOT_TAKEN_BACK)


async def check_own(parts: Parts, pressed: Pressed, answer: int) -> None:
    """Direct messages are one workspace, but each is one person's. Raises `UnknownInteraction`."""
    if pressed.place.workspace != DIRECT:
        return
    recorded = await brief(parts.desk.assistant.recorded, answer)
    if recorded.question.asker != pressed.author:
        raise UnknownInteraction(answer)


def ballot(pressed: Pressed, verdict: Verdict, answer: int) -> Ballot:
    """The vote as the desk takes it."""
    return Ballot(pressed.event, answer, pressed.author, verdict, pressed.pressed_at)


# -- answers -------------------------------------------------------------------------------


async def stop(parts: Parts, pressed: Pressed, item: int) -> None:
    """End the writing; here at once, in other processes as soon as they look."""
    answered = await brief(parts.desk.answer_to, item)
    if answered is None or not may_stop(answered, pressed):
        log.warning("item %d is not written where %s would stop it", item, pressed.author)
        return
    parts.worker.stop({item})
    stands = await brief(last_reply, parts.desk, item)
    place, message = stands or (pressed.place, pressed.message)
    parts.worker.stop(await brief(parts.desk.stop, place, message))


def may_stop(answered: Answered, pressed: Pressed) -> bool:
    """Everybody may who sees it written; a number alone might be that of another server."""
    here = pressed.place.workspace
    return answered.author == pressed.author or here == answered.place.workspace != DIRECT


async def redo(parts: Parts, pressed: Pressed, mode: Mode, item: int) -> Said | None:
    """Answer in another mode, in place; only for who asked."""
    answered = await brief(parts.desk.answer_to, item)
    stands = await noted(parts.desk, PLATFORM, partial(last_reply, parts.desk, item))
    if answered is None or stands is None:
        return Said(wording.NO_ANSWER_HERE)
    if answered.author != pressed.author:
        return Said(wording.NOT_YOURS)
    if await brief(parts.desk.inbox.tell, pressed.place, pressed.event):  # no other process has
        await brief(parts.desk.redo, *stands, answered.place, mode, None)
    return None


def last_reply(desk: Desk, item: int) -> tuple[Place, str] | None:
    """The last reply to an item, and the very channel that it is looked up by.

    That is not always where the button was pressed: an answer may stand in a direct message.
    """
    answered, replies = desk.answer_to(item), desk.inbox.replies(item)
    if answered is None or not replies:
        return None
    last = replies[-1]
    return Place(PLATFORM, answered.place.workspace, last.channel), last.message


async def share(parts: Parts, pressed: Pressed, item: int) -> Said:
    """Show a private answer where it was asked, or at the message that it is about."""
    answered = await brief(parts.desk.answer_to, item)
    if answered is None or answered.interaction is None:
        return Said(wording.NO_ANSWER_HERE)
    if answered.author != pressed.author:
        return Said(wording.NOT_YOURS)
    interaction = await brief(parts.desk.assistant.recorded, answered.interaction)
    place = replace(answered.place, thread=answered.about or answered.place.thread)
    if not may_write(parts.membership.client, place):
        return Said(wording.MAY_NOT_WRITE)
    there = await readers(parts, place, answered.author)
    if hidden := await brief(parts.desk.withheld, interaction, there):
        return Said(wording.kept_back(hidden))
    # Of what a command asked nothing stands there yet: it is shown as a command's answer is.
    door = Door.COMMAND if answered.door is Door.COMMAND else Door.CHANNEL
    await brief(parts.desk.share, shared(answered, interaction, place, door), interaction.id)
    return Said(wording.POSTED if place.thread else wording.POSTED_TO_CHANNEL)


def may_write(client: discord.Client, place: Place) -> bool:
    """May the bot answer there, as far as the gateway tells? Where it does not, posting will."""
    ids = (number(id) for id in (place.thread, place.channel))
    found = next(filter(None, map(client.get_channel, ids)), None)
    if isinstance(found, discord.Thread) and found.parent is not None:
        allowed = found.permissions_for(found.guild.me)
        return allowed.send_messages_in_threads and not found.locked
    if not isinstance(found, discord.abc.GuildChannel):
        return True
    allowed = found.permissions_for(found.guild.me)
    threads = allowed.create_public_threads and allowed.send_messages_in_threads
    return allowed.send_messages or threads


async def readers(parts: Parts, place: Place, author: str) -> Audience:
    """Who will read what is shared there; where Discord does not tell, anybody may."""
    try:
        if place.workspace == DIRECT:
            return await parts.membership.alone(place.workspace, author)
        return await parts.membership.in_channel(place.workspace, place.channel, author)
    except Refused as error:
        log.warning("who reads %s is not known: %s", place.channel, error)
        return Audience(place.channel)
