"""A trusted person's ✅ on a reply in a Discord thread, or in a chain of replies."""

from __future__ import annotations

import logging
from functools import partial

import discord

from bot.conversation import Place
from bot.desk import Desk
from bot.endorsed.endorsing import is_mark
from bot.endorsed.looking_back import endorse, unheard, withdraw
from bot.endorsed.words import Reply
from bot.platforms.discord.calls import Refused, calling
from bot.platforms.discord.keeping import insist, keep
from bot.platforms.discord.looking import spot
from bot.platforms.discord.membership import Membership
from bot.platforms.discord.posting import again
from bot.platforms.discord.reading import DIRECT, PLATFORM, SPOKEN, Me, spoken, titled, who_gave

log = logging.getLogger(__name__)


class Endorsements:
    """Reads what was endorsed, and hands it in. Called in the order of a channel's events."""

    def __init__(self, client: discord.Client, desk: Desk, me: Me, membership: Membership) -> None:
        self.client, self.desk, self.me, self.membership = client, desk, me, membership

    async def reacted(
        self, payload: discord.RawReactionActionEvent, place: Place, added: bool
    ) -> None:
        """A ✅ was given in a place, or taken back."""
        endorsing, by = self.desk.endorsing, str(payload.user_id)
        if endorsing is None or not endorsing.awake or place.workspace == DIRECT:
            return
        message = str(payload.message_id)
        if not added:
            await keep(withdraw, endorsing, self.desk.inbox, place, message, by)
        elif await self._trusts(place.workspace, by):
            reply = await insist(partial(self._reply, place, payload.channel_id, message))
            if reply is not None:
                await keep(endorse, endorsing, self.desk.inbox, reply, by)

    async def cleared(self, place: Place, channel: int, id: int, all_signs: bool) -> None:
        """All reactions to a message were taken away, or all of one sign that endorses.

        Who endorsed it by another such sign still does; so Discord is asked what stands there.
        """
        endorsing, message = self.desk.endorsing, str(id)
        if endorsing is None or not await keep(endorsing.store.endorsers, place, message):
            return
        if all_signs:
            await keep(endorsing.stand, place, message, ())
            return
        try:
            await insist(partial(self.look, place, channel, message, new=False))
        except Refused as refused:
            log.warning("who endorses %s is not known: %s", message, refused)

    async def look(self, place: Place, channel: int, id: str, new: bool) -> None:
        """Bring what is kept of a message in step with the ✅ that stand under it now.

        `new`: those that were never heard of count; else they are only taken back. Called in the
        order of a channel's events. Raises `PlatformAway`, `Refused`.
        """
        endorsing, inbox = self.desk.endorsing, self.desk.inbox
        if endorsing is None or place.workspace == DIRECT:
            return
        said = await self._message(place, str(channel), id)
        given = await givers(said)
        await keep(endorsing.stand, place, id, given)
        for by in await keep(unheard, inbox, place, id, given) if new else ():
            if by == self.me.user or not await self._trusts(place.workspace, by):
                continue
            reply = await self._reply(place, channel, id)
            if reply is not None:
                await keep(endorse, endorsing, inbox, reply, by, same=said.edited_at is None)

    async def _trusts(self, guild: str, person: str) -> bool:
        endorsing = self.desk.endorsing
        if endorsing is None or endorsing.named(PLATFORM, person):
            return endorsing is not None
        if not endorsing.trusted.discord_roles:
            return False
        alone = await insist(partial(self.membership.alone, guild, person))
        return endorsing.trusts(PLATFORM, alone)

    async def _reply(self, place: Place, channel: int, id: str) -> Reply | None:
        """What a person answered to another; None: it is no such reply, or not for all to read."""
        try:
            said = await self._message(place, str(channel), id)
            thread = self.client.get_channel(channel) or await self.client.fetch_channel(channel)
            if isinstance(thread, discord.Thread) and thread.is_private():
                return None
            asked = await self._asked(place, said, thread)
        except (Refused, discord.HTTPException) as error:
            log.warning("what was endorsed cannot be read: %s", error)
            return None
        if asked is None or not (self._human(said) and self._human(asked)):
            return None
        where = Place(PLATFORM, place.workspace, place.channel, str(asked.id))
        question, answer = titled(asked, spoken(asked, self.me).text), spoken(said, self.me).text
        people = (str(asked.author.id), str(said.author.id))
        return Reply(
            where, id, question, people[0], answer, people[1], said.jump_url, said.created_at
        )

    async def _asked(
        self, place: Place, said: discord.Message, thread: object
    ) -> discord.Message | None:
        """What it answers: what it replies to, else what its thread began with."""
        reference = said.reference
        if said.type is discord.MessageType.reply and reference and reference.message_id:
            return await self._message(place, str(said.channel.id), str(reference.message_id))
        if not isinstance(thread, discord.Thread) or said.id == thread.id:
            return None
        within = isinstance(thread.parent, discord.ForumChannel)
        there = str(thread.id if within else thread.parent_id)
        return await self._message(place, there, str(thread.id))

    async def _message(self, place: Place, channel: str, id: str) -> discord.Message:
        there = spot(self.client, place, channel)
        return await again("GET message", lambda: there.fetch_message(int(id)))

    def _human(self, message: discord.Message) -> bool:
        ours = message.author.bot or message.webhook_id is not None
        return message.type in SPOKEN and not ours


async def givers(message: discord.Message) -> frozenset[str]:
    """Whose ✅ stands under a message. Raises `PlatformAway`, `Refused`."""
    marks = [one for one in message.reactions if is_mark(str(one.emoji))]
    named = [await calling("GET reactions", who_gave(one)) for one in marks]
    return frozenset(person for people in named for person in people)
