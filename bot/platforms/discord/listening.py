"""Discord's messages and reactions, handed to the desk in the order in which they came."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from functools import partial

import discord

from bot.conversation import Place, Verdict
from bot.desk import Ballot, Desk, Ears
from bot.endorsed.endorsing import is_mark
from bot.errors import UnknownInteraction
from bot.noted import noted
from bot.platforms.discord.away import Away
from bot.platforms.discord.calls import Refused, calling
from bot.platforms.discord.client import Cleared
from bot.platforms.discord.endorsing import Endorsements
from bot.platforms.discord.guarding import event_id
from bot.platforms.discord.keeping import Turns, insist, keep
from bot.platforms.discord.reading import (
    DIRECT,
    PLATFORM,
    Hung,
    Me,
    guild_of,
    hung_on,
    is_said,
    place_of,
    raw_place,
    read_message,
)
from bot.posts import Answered

log = logging.getLogger(__name__)

THUMBS = {"👍": Verdict.UP, "👎": Verdict.DOWN}


class Listening:
    """What Discord tells of messages and reactions; what is pressed has files of its own."""

    def __init__(
        self,
        client: discord.Client,
        desk: Desk,
        me: Me,
        ears: Ears,
        endorsements: Endorsements | None = None,
        away: Away | None = None,
    ) -> None:
        self.client, self.desk, self.me, self.ears = client, desk, me, ears
        self.endorsements, self.away = endorsements, away
        self._turns = Turns()

    async def hear(self, message: discord.Message) -> None:
        """Somebody wrote or edited something, now or while the bot was away."""
        if not is_said(message, self.me):
            return
        async with self._turns.at(message.channel.id):
            await self._begun(guild_of(message))
            place = await self._place(message)
            hung = await self._hung(message)
            await keep(self.desk.hear, read_message(message, self.me, place, hung), self.ears)

    async def edited(self, payload: discord.RawMessageUpdateEvent) -> None:
        """A message was changed; Discord also says so when it only adds a link's preview."""
        if "content" in payload.data and "author" in payload.data:
            await self.hear(payload.message)

    async def removed(self, guild: int | None, channel: int, message: int) -> None:
        """A message was deleted."""
        async with self._turns.at(channel):
            place = await self._place_of(guild, channel, message)
            await keep(self.desk.remove, f"d{message}", place, str(message))

    async def thread_removed(self, payload: discord.RawThreadDeleteEvent) -> None:
        """A thread was deleted: what was asked in it goes; in a forum also what began it."""
        thread = str(payload.thread_id)
        place = Place(PLATFORM, str(payload.guild_id), str(payload.parent_id), thread)
        forum = isinstance(self.client.get_channel(payload.parent_id), discord.ForumChannel)
        async with self._turns.at(payload.thread_id):
            for message in await keep(self.desk.inbox.asked_in, place):
                if forum or message != thread:
                    await keep(self.desk.remove, f"d{message}", place, message)

    async def reacted(self, payload: discord.RawReactionActionEvent, added: bool) -> None:
        """A thumb on one of our replies was given, or taken back; or a ✅ on somebody's."""
        verdict = THUMBS.get((payload.emoji.name or "")[:1])  # of any colour
        if str(payload.user_id) == self.me.user:
            return
        if verdict is None:
            await self._endorsed(payload, added)
            return
        async with self._turns.at(payload.channel_id):
            await self._count(payload, verdict, added)

    async def cleared(self, payload: Cleared) -> None:
        """Somebody who manages messages took all reactions away, or all of one sign."""
        emoji = getattr(payload, "emoji", None)
        sign = None if emoji is None else emoji.name or ""
        async with self._turns.at(payload.channel_id):
            if sign is None or sign[:1] in THUMBS:
                await self._uncount(payload, sign or "")
            if self.endorsements is not None and (sign is None or is_mark(sign)):
                there = (payload.channel_id, payload.message_id)
                place = await self._place_of(payload.guild_id, *there)
                await self.endorsements.cleared(place, *there, all_signs=sign is None)

    async def look(self, guild: int, channel: int, message: int, new: bool) -> None:
        """Bring what is kept of a message in step with the ✅ under it: see `Endorsements.look`.

        Raises `PlatformAway`, `Refused`.
        """
        if self.endorsements is not None:
            async with self._turns.at(channel):
                place = await self._place_of(guild, channel, message)
                await self.endorsements.look(place, channel, str(message), new)

    async def _endorsed(self, payload: discord.RawReactionActionEvent, added: bool) -> None:
        if self.endorsements is None or not is_mark(payload.emoji.name or ""):
            return
        async with self._turns.at(payload.channel_id):
            place = await self._place_of(payload.guild_id, payload.channel_id, payload.message_id)
            await self.endorsements.reacted(payload, place, added)

    async def _count(
        self, payload: discord.RawReactionActionEvent, verdict: Verdict, added: bool
    ) -> None:
        place = raw_place(payload.guild_id, payload.channel_id)
        ours = str(payload.message_author_id) == self.me.user
        answered = await self._answered(place, str(payload.message_id), ours)
        if answered is None or answered.interaction is None:
            return
        author, now = str(payload.user_id), datetime.now(UTC)
        sign = payload.emoji.name or ""
        ballot = Ballot(event_id(), answered.interaction, author, verdict, now, sign)
        try:
            await keep(self.desk.vote if added else self.desk.withdraw, ballot, place)
        except UnknownInteraction as error:  # forgotten meanwhile
            log.warning("%s", error)

    async def _uncount(self, payload: Cleared, sign: str) -> None:
        place = raw_place(payload.guild_id, payload.channel_id)
        answered = await self._answered(place, str(payload.message_id), ours=False)
        if answered is not None and answered.interaction is not None:
            told = (event_id(), answered.interaction, place, datetime.now(UTC), sign)
            await keep(self.desk.cleared, *told)

    async def _answered(self, place: Place, message: str, ours: bool) -> Answered | None:
        """What a message answers; one of ours may have been posted this very moment."""
        look = partial(self.desk.answered, place, message)
        return await insist(partial(noted, self.desk, PLATFORM, look)) if ours else await keep(look)

    async def _begun(self, guild: int | None) -> None:
        """What is heard at once when a process begins is heard after that beginning is kept."""
        if self.away is not None:
            shards = getattr(self.client, "shard_count", None) or 1
            await self.away.begun(((guild or 0) >> 22) % shards, shards)

    # -- where ---------------------------------------------------------------------------

    async def _hung(self, message: discord.Message) -> Hung:
        """What the message replies to, with the thread of the question that that one answers."""
        hung = hung_on(message)
        if hung.author != self.me.user:
            return hung
        place = raw_place(guild_of(message), message.channel.id)
        answered = await self._answered(place, hung.message, ours=True)
        return Hung(hung.message, hung.author, answered.place.thread if answered else "")

    async def _place(self, message: discord.Message) -> Place:
        known = place_of(message.channel, message.id)
        return known or await self._place_of(guild_of(message), message.channel.id, message.id)

    async def _place_of(self, guild: int | None, channel: int, message: int) -> Place:
        """The place of a message in a channel that may have to be asked for."""
        if guild is None:
            return Place(PLATFORM, DIRECT, str(channel), str(channel))
        found: object = self.client.get_channel(channel)
        if found is None:
            try:
                found = await insist(partial(self._fetch, channel))
            except Refused as refused:
                log.warning("a channel is not known: %s", refused)
        raw = Place(PLATFORM, str(guild), str(channel), str(message))
        return place_of(found, message) or raw

    async def _fetch(self, channel: int) -> object:
        return await calling("GET channel", self.client.fetch_channel(channel))
