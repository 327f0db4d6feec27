"""What ✅ were given, or taken back, in Discord while the bot was away: nobody tells of them later.

The channels and threads in which something was said lately are looked through for them, and what
is kept for ✅ that stand there no more.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

import discord

from bot.desk import Desk
from bot.endorsed.endorsing import is_mark
from bot.endorsed.words import Reply
from bot.platforms.discord.calls import Refused, calling
from bot.platforms.discord.keeping import keep
from bot.platforms.discord.reading import PLATFORM
from bot.platforms.discord.stretches import Channel, channels_of, may_read, past
from bot.stage import PlatformAway

log = logging.getLogger(__name__)

BEFORE = timedelta(days=1)  # a reply may be that much older than the time away
CHANNELS, KEPT = 50, 50  # that are looked at, the newest
AGAIN_S, TIMES = 10.0, 3  # before something is looked at again; how often


class Look(Protocol):
    """Brings what is kept in step with what stands under a message: `Listening.look`."""

    def __call__(self, guild: int, channel: int, message: int, new: bool, /) -> Awaitable[None]:
        """With `new`, ✅ that were never heard of count. Raises `PlatformAway`, `Refused`."""


class Recalling:
    """Looks at the ✅ of servers after the bot was away."""

    def __init__(self, client: discord.Client, desk: Desk, look: Look) -> None:
        self.client, self.desk, self.look = client, desk, look

    async def __call__(self, since: datetime, guilds: Sequence[discord.Guild]) -> None:
        """Since when the bot was away; what cannot be looked at is told in the log."""
        endorsing = self.desk.endorsing
        if endorsing is None or not endorsing.awake:
            return
        bottom = discord.utils.time_snowflake(since - BEFORE)
        for channel in newest(guilds, bottom):
            await self._patiently(partial(self._channel, channel, bottom), channel.id)
        here = {str(guild.id) for guild in guilds}
        for one in await keep(endorsing.store.newest, PLATFORM, KEPT):
            if one.reply.place.workspace in here:
                await self._patiently(
                    partial(self._kept, one.reply, bottom), int(one.reply.message)
                )

    async def _channel(self, channel: Channel, bottom: int) -> None:
        told = await calling("GET messages", past(channel, bottom))
        for message in told.messages:
            if any(is_mark(str(reaction.emoji)) for reaction in message.reactions):
                look = partial(self.look, channel.guild.id, channel.id, message.id, True)
                await self._patiently(look, message.id)

    async def _kept(self, reply: Reply, bottom: int) -> None:
        channel, message = int(reply.link.split("/")[-2]), int(reply.message)
        await self.look(int(reply.place.workspace), channel, message, message > bottom)

    async def _patiently(self, look: Callable[[], Awaitable[None]], where: int) -> None:
        """Look, and again where Discord is away; what is refused is let go, and all at the end."""
        for _ in range(TIMES):
            if self.client.is_closed():
                return
            try:
                await look()
            except PlatformAway as away:
                log.info("%d is looked at for ✅ later: %s", where, away)
                await asyncio.sleep(AGAIN_S)
                continue
            except Refused as error:
                log.warning("%d cannot be looked at for ✅: %s", where, error)
            except Exception:  # a bug; what was said is caught up with all the same
                if not self.client.is_closed():
                    log.exception("%d was not looked at for ✅", where)
            return
        log.error("%d was not looked at for ✅: Discord is away", where)


def newest(guilds: Sequence[discord.Guild], bottom: int) -> list[Channel]:
    """The channels and threads in which something was said since then, and that may be read."""
    found = [
        (channel.last_message_id or 0, channel, guild.me)
        for guild in guilds
        for channel in channels_of(guild)
    ]
    lively = sorted((one for one in found if one[0] > bottom), key=lambda one: -one[0])
    return [channel for _, channel, me in lively if may_read(channel, me)][:CHANNELS]
