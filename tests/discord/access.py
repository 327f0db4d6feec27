"""Where the bot may do what: what it cannot see, or may not, is refused as Discord does."""

from __future__ import annotations

from tests.discord import refusals
from tests.discord.ids import BOT
from tests.discord.permissions import (
    CONNECT,
    EMBED_LINKS,
    MANAGE_THREADS,
    SEND_MESSAGES,
    SEND_MESSAGES_IN_THREADS,
    VIEW_CHANNEL,
    may,
)
from tests.discord.refusals import Json, Refused
from tests.discord.things import Channel, Guild, Kind, Message
from tests.discord.world import World

WITH_TEXT = {
    Kind.TEXT,
    Kind.DM,
    Kind.VOICE,
    Kind.STAGE,
    Kind.NEWS,
    Kind.NEWS_THREAD,
    Kind.PUBLIC_THREAD,
    Kind.PRIVATE_THREAD,
}


def seen_channel(world: World, id: str) -> Channel:
    """A channel that the bot sees; else Unknown Channel, or Missing Access."""
    if id not in world.channels:
        raise Refused(refusals.UNKNOWN_CHANNEL)
    channel = world.channels[id]
    need(world, channel, VIEW_CHANNEL, refusals.NO_ACCESS)
    return channel


def need(
    world: World, channel: Channel, permission: int, otherwise: int = refusals.NO_PERMISSION
) -> None:
    """Refuse the bot what it may not do there."""
    if channel.guild and not may(world, BOT, channel, permission):
        raise Refused(otherwise)


def heard_channel(world: World, id: str) -> Channel:
    """A channel whose messages the bot may ask for; of a voice channel, who may connect to it."""
    channel = seen_channel(world, id)
    if channel.kind in (Kind.VOICE, Kind.STAGE):
        need(world, channel, CONNECT, refusals.NO_ACCESS)
    return channel


def seen_guild(world: World, id: str) -> Guild:
    """A guild that the bot is in; else Unknown Guild, or Missing Access."""
    if id not in world.guilds:
        raise Refused(refusals.UNKNOWN_GUILD)
    if not world.bot_in(id):
        raise Refused(refusals.NO_ACCESS)
    return world.guilds[id]


def seen_message(world: World, channel: Channel, id: str) -> Message:
    """A message that all in the channel see; an ephemeral one is unknown to REST."""
    message = world.message(channel.id, id)
    if message.ephemeral_for:
        raise Refused(refusals.UNKNOWN_MESSAGE)
    return message


def check_speakable(world: World, channel: Channel, given: Json) -> None:
    """Refuse a post where the bot may not speak; a DM where nobody takes it."""
    if channel.kind not in WITH_TEXT:
        raise Refused(refusals.NOT_TEXT)
    if channel.is_dm and not all(world.user(user).takes_dms for user in channel.recipients):
        raise Refused(refusals.CANNOT_DM)
    speak = SEND_MESSAGES_IN_THREADS if channel.is_thread else SEND_MESSAGES
    need(world, channel, speak | (EMBED_LINKS if given.get("embeds") else 0))
    check_open(world, channel)


def check_open(world: World, channel: Channel) -> None:
    """Refuse a post in a thread that is locked, but for who may manage threads."""
    thread = channel.thread
    if thread is not None and thread.locked and not may(world, BOT, channel, MANAGE_THREADS):
        raise Refused(refusals.ARCHIVED if thread.archived else refusals.LOCKED)
