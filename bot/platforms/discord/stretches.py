"""Which channels have to be read after the bot was away, and how far back."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

import discord

from bot.inbox.looking_back import Asked

log = logging.getLogger(__name__)

Channel = discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.Thread
MOST = 500  # messages of a channel that are read; the newest, if there are more


@dataclass(frozen=True)
class Stretch:
    """What is to be read of a channel, a thread or a direct conversation."""

    channel: int
    after: int  # what has a higher id was said since the bot was away
    asked: frozenset[int] = frozenset()  # earlier questions there that are looked at again

    @property
    def bottom(self) -> int:
        """Whatever has this id or a lower one is not looked at."""
        return min((self.after, *(id - 1 for id in self.asked)))


@dataclass(frozen=True)
class Past:
    """What stands there."""

    messages: tuple[discord.Message, ...]  # oldest first
    whole: bool  # else there is more than was read


async def past(channel: discord.abc.Messageable, bottom: int) -> Past:
    """What stands in a channel beyond that id; at most `MOST`."""
    found = list[discord.Message]()
    async with aclosing(newest_first(channel)) as history:
        async for message in history:
            if message.id <= bottom:
                return Past(tuple(reversed(found)), whole=True)
            found.append(message)
    return Past(tuple(reversed(found)), whole=len(found) < MOST)


async def newest_first(
    channel: discord.abc.Messageable,
) -> AsyncGenerator[discord.Message, None]:
    """The messages of a channel, by pages of 100."""
    async for message in channel.history(limit=MOST, oldest_first=False):
        yield message


def stretches_of(guild: discord.Guild, after: int, asked: Sequence[Asked]) -> list[Stretch]:
    """What is to be read in a server, with the questions that were asked there lately."""
    stands: dict[int, set[int]] = {}
    for one in asked:
        stands.setdefault(stands_in(one, guild), set()).add(int(one.id))
    return [
        Stretch(channel.id, after, frozenset(stands.get(channel.id, ())))
        for channel in channels_of(guild)
        if (channel.id in stands or (channel.last_message_id or 0) > after)
        and may_read(channel, guild.me)
    ]


def channels_of(guild: discord.Guild) -> Iterator[Channel]:
    """Where messages may stand: also in the active threads, of forums too."""
    yield from guild.text_channels
    yield from guild.voice_channels
    yield from guild.stage_channels
    yield from guild.threads


def may_read(channel: Channel, me: discord.Member) -> bool:
    """May the bot read what was said there before?"""
    if isinstance(channel, discord.Thread) and channel.parent is None:
        return False
    allowed = channel.permissions_for(me)
    if allowed.view_channel and not allowed.read_message_history:
        log.warning("channel %d: what was said while the bot was away may not be read", channel.id)
    return allowed.view_channel and allowed.read_message_history


def stands_in(asked: Asked, guild: discord.Guild) -> int:
    """The channel or thread that a question's message most likely stands in."""
    channel, thread = int(asked.place.channel), int(asked.place.thread or 0)
    begun_on_it = asked.id == asked.place.thread
    if isinstance(guild.get_channel(channel), discord.ForumChannel):
        return thread
    return channel if begun_on_it or guild.get_thread(thread) is None else thread


def direct_stretches(channels: Iterable[str], after: int, asked: Sequence[Asked]) -> list[Stretch]:
    """What is to be read of the direct conversations that are known."""
    stands: dict[int, set[int]] = {}
    for one in asked:
        stands.setdefault(int(one.place.channel), set()).add(int(one.id))
    every = dict.fromkeys((*map(int, channels), *stands))
    return [Stretch(channel, after, frozenset(stands.get(channel, ()))) for channel in every]
