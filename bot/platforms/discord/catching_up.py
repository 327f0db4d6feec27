"""What was said while the bot was away is read and heard, as if Discord had told it.

Discord's gateway takes no acknowledgement. What a process had been told and not kept when it
died, and what came while no session could be resumed, is found in the channels themselves. It
goes through the same ears as what is told: whatever was heard before changes nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime

import discord
from discord.ext import commands

from bot.desk import Desk
from bot.inbox.looking_back import Asked
from bot.platforms.discord.away import MARGIN, REACH, Away, utc_now
from bot.platforms.discord.calls import Refused, calling
from bot.platforms.discord.counting import count
from bot.platforms.discord.guarding import failure
from bot.platforms.discord.keeping import keep
from bot.platforms.discord.reading import DIRECT, PLATFORM, Me
from bot.platforms.discord.stretches import MOST, Stretch, direct_stretches, past, stretches_of
from bot.stage import PlatformAway

log = logging.getLogger(__name__)

Hear = Callable[[discord.Message], Awaitable[None]]
Recall = Callable[[datetime, Sequence[discord.Guild]], Awaitable[None]]

AT_ONCE = 2  # channels that are read at a time: what is said now needs Discord as well
PAUSES_S = (30.0, 120.0, 600.0)  # before what could not be read is tried again
QUESTIONS = 100  # of the last day: are they still there, and as they were?
DIRECTS = 100  # conversations, those with the newest questions


class CatchingUp:
    """Reads, for each shard whose session is new, what it was not told."""

    def __init__(
        self,
        client: commands.AutoShardedBot,
        desk: Desk,
        me: Me,
        hear: Hear,
        pauses_s: Sequence[float] = PAUSES_S,
        now: Callable[[], datetime] = utc_now,
        away: Away | None = None,
        recall: Recall | None = None,
    ) -> None:
        """`recall` looks at the ✅ of some servers; None: nobody does."""
        self.recall = recall
        self.client, self.desk, self.me, self.hear = client, desk, me, hear
        self.pauses_s, self.now = pauses_s, now
        self.away = away or Away(desk.inbox, now)
        self._absent: dict[int, datetime] = {}  # since when servers were not told of
        self._late: set[int] = set()  # shards that were cut before their servers were known
        self._hands = asyncio.Semaphore(AT_ONCE)
        client.add_listener(self.away.left, "on_shard_disconnect")
        client.add_listener(self.resumed, "on_shard_resumed")
        client.add_listener(self._began, "on_shard_connect")
        client.add_listener(self._lost, "on_guild_unavailable")
        client.add_listener(self._found, "on_guild_available")

    async def shard(self, shard_id: int) -> None:
        """Read what a shard was not told; its session is new, and its servers are known.

        discord.py says that two seconds late: a shard that was cut meanwhile does not know where
        something was said since, and reads when it is back.
        """
        if await self.away.is_away(shard_id):
            self._late.add(shard_id)
            return
        self._late.discard(shard_id)
        gap = await self.away.returned(shard_id, self.client.shard_count or 1)
        if gap is None:
            return
        guilds = [guild for guild in self.client.guilds if guild.shard_id == shard_id]
        there = [guild for guild in guilds if not guild.unavailable]
        absent = [guild for guild in guilds if guild.unavailable]
        self._absent |= {guild.id: gap.since for guild in absent}
        whole = await self._catch_up(gap.since, there, direct=shard_id == 0)
        if whole and not absent:
            await self.away.read(gap)

    async def resumed(self, shard_id: int) -> None:
        """A shard has its connection again, and was told what it missed since it was cut."""
        await self.away.resumed(shard_id)
        if shard_id in self._late:
            await self.shard(shard_id)

    async def _began(self, shard_id: int) -> None:
        """A session is new: keep that, before anything is heard in it."""
        await self.away.returned(shard_id, self.client.shard_count or 1)

    async def _lost(self, guild: discord.Guild) -> None:
        """Discord itself cannot reach a server for a while."""
        self._absent.setdefault(guild.id, self.now() - MARGIN)

    async def _found(self, guild: discord.Guild) -> None:
        """A server is there again."""
        if (since := self._absent.pop(guild.id, None)) is not None:
            await self._catch_up(since, [guild], direct=False)

    # -- reading -------------------------------------------------------------------------

    async def _catch_up(
        self, since: datetime, guilds: Sequence[discord.Guild], direct: bool
    ) -> bool:
        """Hear what was said since then; could all of it be read?"""
        asked = await keep(self.desk.inbox.questions, PLATFORM, self.now() - REACH, QUESTIONS)
        here = {str(guild.id) for guild in guilds} | ({DIRECT} if direct else set())
        asked = [one for one in asked if one.place.workspace in here and is_message(one)]
        seen = set[int]()
        stretches = await self._stretches(since, guilds, asked, direct)
        left = await self._read_all(stretches, seen)
        for one in asked:
            if int(one.id) not in seen and not self.client.is_closed():
                await self._look_for(one)
        if self.recall is not None:
            await self.recall(since, guilds)
        log.info("caught up since %s: %d channels were read", since, len(stretches) - len(left))
        return not left and not self.client.is_closed()

    async def _stretches(
        self,
        since: datetime,
        guilds: Iterable[discord.Guild],
        asked: Sequence[Asked],
        direct: bool,
    ) -> list[Stretch]:
        after, found = discord.utils.time_snowflake(since), list[Stretch]()
        for guild in guilds:
            mine = [one for one in asked if one.place.workspace == str(guild.id)]
            found += stretches_of(guild, after, mine)
        if direct:
            known = await keep(self.desk.inbox.channels, PLATFORM, DIRECT, DIRECTS)
            mine = [one for one in asked if one.place.workspace == DIRECT]
            found += direct_stretches(known, after, mine)
        return found

    async def _read_all(self, stretches: Sequence[Stretch], seen: set[int]) -> list[Stretch]:
        """Read them, those that fail again after a while; gives what could not be read."""
        left = list(stretches)
        for pause_s in (0.0, *self.pauses_s):
            await asyncio.sleep(pause_s)
            told = await asyncio.gather(*(self._read(stretch, seen) for stretch in left))
            left = [stretch for stretch, done in zip(left, told, strict=True) if not done]
            if not left or self.client.is_closed():
                return left
        for stretch in left:
            log.error("channel %d: what was said while away is not read yet", stretch.channel)
        return left

    async def _read(self, stretch: Stretch, seen: set[int]) -> bool:
        """Hear what was said in one channel; False: it is worth another try."""
        async with self._hands:
            try:
                await self._hear(stretch, seen)
            except PlatformAway as error:
                log.warning("channel %d: cannot be read now: %s", stretch.channel, error)
                return False
            except Refused as error:
                log.warning("channel %d: cannot be read: %s", stretch.channel, error)
            except Exception as error:
                if self.client.is_closed():
                    return False
                log.error("channel %d: cannot be read: %s", stretch.channel, failure(error))
            return True

    async def _hear(self, stretch: Stretch, seen: set[int]) -> None:
        channel: object = self.client.get_channel(stretch.channel)
        if channel is None:
            channel = await calling("GET channel", self.client.fetch_channel(stretch.channel))
        if not isinstance(channel, discord.abc.Messageable):
            return
        told = await calling("GET messages", past(channel, stretch.bottom))
        if not told.whole:
            log.warning("channel %d: only the last %d messages were read", stretch.channel, MOST)
        for message in told.messages:
            seen.add(message.id)
            await self._hear_one(message, stretch)

    async def _hear_one(self, message: discord.Message, stretch: Stretch) -> None:
        """One message; an earlier question only where it was changed."""
        try:
            if message.author.id == int(self.me.user):
                await count(message, self.desk, self.me)
            elif message.id > stretch.after or (message.id in stretch.asked and message.edited_at):
                await self.hear(message)
        except PlatformAway:
            raise
        except Exception as error:
            log.error("message %d: was not heard: %s", message.id, failure(error))

    # -- what is gone --------------------------------------------------------------------

    async def _look_for(self, asked: Asked) -> None:
        """Hear a question that was not come by; one that is nowhere any more is taken back."""
        try:
            message = await self._message(asked)
        except (PlatformAway, Refused) as error:
            log.warning("message %s: is it still there? %s", asked.id, error)
            return
        if message is None:
            await keep(self.desk.remove, f"d{asked.id}", asked.place, asked.id)
        elif message.edited_at:
            await self.hear(message)

    async def _message(self, asked: Asked) -> discord.Message | None:
        """A question's message, in its thread or its channel; None: it is in neither."""
        workspace = asked.place.workspace
        guild = None if workspace == DIRECT else int(workspace)
        for channel in filter(None, dict.fromkeys((asked.place.thread, asked.place.channel))):
            there = self.client.get_partial_messageable(int(channel), guild_id=guild)
            try:
                return await calling("GET message", there.fetch_message(int(asked.id)))
            except Refused as error:
                if error.status != 404:
                    raise
        return None


def is_message(asked: Asked) -> bool:
    """Was it asked by a message? An answer that is shared has none."""
    return asked.id.isdecimal()
