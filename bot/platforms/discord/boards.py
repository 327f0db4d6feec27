"""Where the messages of one answer stand: in a channel, a thread or a direct conversation."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from typing import Protocol

import discord

from bot.platforms.discord import posting
from bot.platforms.discord.calls import (
    NAME,
    NO_ACCESS,
    NO_PERMISSION,
    UNKNOWN_CHANNEL,
    UNKNOWN_MESSAGE,
    Refused,
    calling,
)
from bot.platforms.discord.controls import Mark
from bot.platforms.discord.drawn import Drawn
from bot.platforms.discord.posting import Tries, Where
from bot.posts import Item, Reply
from bot.stage import CannotReply, PlatformAway

log = logging.getLogger(__name__)

Find = Callable[[], Awaitable[Where]]

CLOSED = frozenset({NO_ACCESS, NO_PERMISSION})  # the bot may not go there
FIXED = frozenset({UNKNOWN_MESSAGE, UNKNOWN_CHANNEL})  # no message there that could be changed
MOST_NONCES = 20  # of a part: so often it is posted anew
TYPING_WAIT_S = 2.0  # a sign that takes longer is not worth it


class Board(Protocol):
    """The messages of one answer, by part. Calls raise `PlatformAway` and `CannotReply`."""

    async def post(self, part: int, drawn: Drawn, besides: Collection[str] = ()) -> Reply:
        """Make a part stand, once; the messages in `besides` are other parts."""

    async def edit(self, reply: Reply, drawn: Drawn) -> bool:
        """Change a message; False: it is there no more, or cannot be changed."""

    async def delete(self, reply: Reply) -> None:
        """Take a message away."""

    async def holds(self, reply: Reply) -> bool:
        """May the answer stand in this message? Else who reads it there may not."""

    async def sign(self) -> None:
        """Show that the bot is at work; where it cannot be shown, that is no failure."""


class ChannelBoard:
    """Messages that are posted by the bot's token. `find` is asked once, at the first post."""

    def __init__(
        self, client: discord.Client, item: Item, find: Find, tries: Tries | None = None
    ) -> None:
        self.client, self.item, self.tries = client, item, tries or Tries()
        self._find = find
        self._where: Where | None = None

    async def post(self, part: int, drawn: Drawn, besides: Collection[str] = ()) -> Reply:
        """Post it under the part's first nonce that is free, or names this very message.

        Under the others stood what was deleted meanwhile, or stands what is another part now.
        """
        where = await self.where()
        try:
            return await self._stand(where, part, drawn, besides)
        except Refused as refused:
            if refused.code not in CLOSED or besides or not where.else_in:
                raise
            log.info("%s; answered by a reply", refused)
        self._where = Where(where.else_in, where.channel)  # a thread has the id of its message
        return await self._stand(self._where, part, drawn, besides)

    async def edit(self, reply: Reply, drawn: Drawn) -> bool:
        """Change it where it stands."""
        try:
            await posting.edit(self.client, reply.channel, reply.message, drawn, self.tries)
        except Refused as refused:
            if refused.code not in FIXED:
                raise
            return False
        return True

    async def delete(self, reply: Reply) -> None:
        """Take it away; what Discord keeps is told in the log."""
        try:
            await posting.delete(self.client, reply.channel, reply.message, self.tries)
        except Refused as refused:
            if refused.code != UNKNOWN_CHANNEL:
                log.warning("%s", refused)

    async def holds(self, reply: Reply) -> bool:
        """Is it where the answer is to stand now?"""
        return reply.channel == (await self.where()).channel

    async def sign(self) -> None:
        """Type, where the answer will stand.

        A call that takes long is left to itself: one that is cancelled while all calls wait for
        a global limit would have discord.py hold them back for ever.
        """
        where = await self.where()
        typing = asyncio.create_task(self._type(where.channel))
        await asyncio.wait([typing], timeout=TYPING_WAIT_S)

    async def _type(self, channel: str) -> None:
        try:
            await calling("POST typing", self.client.http.send_typing(channel))
        except (PlatformAway, Refused) as error:
            log.info("%s", error)

    async def where(self) -> Where:
        """Where the answer stands; a thread is begun for it if need be."""
        if self._where is None:
            self._where = await self._find()
        return self._where

    async def _stand(
        self, where: Where, part: int, drawn: Drawn, besides: Collection[str]
    ) -> Reply:
        mark = Mark(self.item.id, self.item.revision, part)
        if part and where.channel == self.item.post.place.thread:
            where = Where(where.channel)  # nobody else's answer stands there in between
        for turn in range(MOST_NONCES):
            nonce = posting.nonce(self.item.post.id, mark, turn)
            message = await self._post(where, drawn, nonce, besides)
            if message and message not in besides:
                return Reply(where.channel, message, part)
        raise CannotReply(NAME, "what is posted is deleted again and again", "Ask who does that")

    async def _post(self, where: Where, drawn: Drawn, nonce: str, besides: Collection[str]) -> str:
        """The message of that nonce; empty: it was deleted."""
        try:
            return await posting.post(self.client, where, drawn, nonce, self.tries, besides)
        except Refused as refused:
            if refused.code != UNKNOWN_MESSAGE:
                raise
            return ""
