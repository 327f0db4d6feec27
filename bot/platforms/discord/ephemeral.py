"""The answer to a command: it stands in the interaction's own response while its token lives.

Discord lets that be changed for 15 minutes by a token, without a look at what the bot may do in
that channel. A response that one person alone sees can be changed by that token only.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import discord
from discord.http import Route

from bot.platforms.discord.boards import CLOSED, ChannelBoard
from bot.platforms.discord.calls import (
    TOKEN_EXPIRED,
    UNKNOWN_INTERACTION,
    UNKNOWN_MESSAGE,
    UNKNOWN_WEBHOOK,
    Refused,
)
from bot.platforms.discord.drawn import Drawn
from bot.platforms.discord.places import raw_channel
from bot.platforms.discord.posting import Tries, again, message_of, parameters
from bot.posts import Item, Reply

log = logging.getLogger(__name__)

LIFE = timedelta(minutes=15)
FIRST = timedelta(seconds=3)  # within which Discord takes a deferral, from whichever process
AGAIN_S = 0.2
MARGIN = timedelta(seconds=10)  # for the clocks, and for the call itself
DEAD = frozenset({UNKNOWN_WEBHOOK, UNKNOWN_INTERACTION, TOKEN_EXPIRED})
ORIGINAL = "@original"


class Deferred(Protocol):
    """Who knows whether an interaction was deferred already."""

    async def settled(self, interaction: str) -> None:
        """Wait until it was, or until that is of no use."""


@dataclass(frozen=True)
class Token:
    """What an interaction is answered with."""

    application: str
    secret: str
    deferred_by: datetime  # aware UTC; what is not deferred then will never be
    until: datetime  # aware UTC; then Discord takes it no more


def token_of(item: Item) -> Token | None:
    """The token that came with a command; None: there is none that could be used."""
    application, _, secret = item.post.back.partition("/")
    if not (application.isdecimal() and secret and item.post.id.isdecimal()):
        return None
    made = discord.utils.snowflake_time(int(item.post.id))
    return Token(application, secret, made + FIRST, made + LIFE - MARGIN)


class CommandBoard:
    """The messages that answer a command; `instead` is where they stand without its token.

    What goes on behind the first message is posted by the bot's token, if the bot may post there:
    Discord keeps a nonce of that, and so never posts it twice.
    """

    def __init__(
        self,
        item: Item,
        private: bool,
        instead: ChannelBoard,
        deferred: Deferred,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.item, self.private, self.instead = item, private, instead
        self._deferred, self._now = deferred, now
        self._token = token_of(item)
        self._fixed = False  # Discord refused to change the response
        self._channel = raw_channel(item.post.place)

    async def post(self, part: int, drawn: Drawn, besides: Collection[str] = ()) -> Reply:
        """The response itself; what follows it, or comes too late for it, is posted."""
        if (
            part == 0
            and not self._fixed
            and (told := await self._by_token("PATCH", ORIGINAL, drawn))
        ):
            return self._reply(told, part)
        try:
            return await self.instead.post(part, drawn, besides)
        except Refused as refused:
            if self.private or refused.code not in CLOSED:
                raise
            told = await self._by_token("POST", "", drawn)
            if not told:
                raise
        return self._reply(told, part)

    async def edit(self, reply: Reply, drawn: Drawn) -> bool:
        """Change it by the token, else as the bot."""
        try:
            return await self._edit(reply, drawn)
        except Refused:
            self._fixed = True
            raise

    async def _edit(self, reply: Reply, drawn: Drawn) -> bool:
        if reply.part == 0 and await self._by_token("PATCH", reply.message, drawn):
            return True
        if self._stays(reply):
            return True
        try:
            return await self.instead.edit(reply, drawn)
        except Refused as refused:
            if refused.code not in CLOSED:
                raise
        return bool(await self._by_token("PATCH", reply.message, drawn))

    async def delete(self, reply: Reply) -> None:
        """Take it away; what only one person sees goes by itself when the token is gone."""
        if not (reply.part == 0 and await self._by_token("DELETE", reply.message)):
            await self.instead.delete(reply)

    async def holds(self, reply: Reply) -> bool:  # noqa: ARG002 - as `Board` has it
        """A command stays as public or private as it was given."""
        return True

    async def sign(self) -> None:
        """Discord itself shows that the bot is thinking."""

    def _stays(self, reply: Reply) -> bool:
        """Did one person see it whole, by a token that is gone? Else it would be told twice.

        One that was answered anew since may show the answer before.
        """
        whole = not reply.streaming and self.item.revision == 1
        return self.private and whole and not self._lives()

    def _lives(self) -> bool:
        """Does Discord still take the token, as far as we know?"""
        return self._token is not None and self._now() < self._token.until

    def _reply(self, told: Mapping[str, Any], part: int) -> Reply:
        """A message, where Discord says that it stands: what a menu asks names no thread."""
        return Reply(str(told.get("channel_id") or self._channel), str(told["id"]), part)

    async def _by_token(
        self, method: str, message: str, drawn: Drawn | None = None
    ) -> Mapping[str, Any]:
        """What Discord tells of the message; empty: the token, or the message, is gone."""
        token = self._token
        if token is None or not self._lives():
            return {}
        await self._deferred.settled(self.item.post.id)
        tries = (
            Tries(times=1) if method == "POST" else self.instead.tries
        )  # posts have no nonce here
        call = self._call(token, method, message, drawn)
        try:
            told = await self._once_deferred(f"{method} response", call, tries, token)
        except Refused as refused:
            self._gone(refused)
            return {}
        return told or {"id": message}  # a deletion tells nothing

    async def _once_deferred(
        self, name: str, call: Callable[[], Awaitable[Any]], tries: Tries | None, token: Token
    ) -> Any:
        """Call, again where another process, which heard the command, may still defer it."""
        while True:
            try:
                return await again(name, call, tries)
            except Refused as refused:
                if refused.code != UNKNOWN_WEBHOOK or self._now() >= token.deferred_by:
                    raise
            await asyncio.sleep(AGAIN_S)

    def _call(
        self, token: Token, method: str, message: str, drawn: Drawn | None
    ) -> Callable[[], Awaitable[Any]]:
        path = "/webhooks/{webhook_id}/{webhook_token}" + (f"/messages/{message}" * bool(message))
        route = Route(method, path, webhook_id=int(token.application), webhook_token=token.secret)
        if drawn is None:
            return lambda: self.instead.client.http.request(route)
        told = parameters(drawn).payload
        return lambda: message_of(self.instead.client.http.request(route, json=told))

    def _gone(self, refused: Refused) -> None:
        """Remember a token that Discord takes no more. Raises what is another refusal."""
        if refused.code in DEAD or (refused.status == 404 and refused.code != UNKNOWN_MESSAGE):
            self._token = None
        elif refused.code != UNKNOWN_MESSAGE:
            raise refused
        log.info("item %d: %s", self.item.id, refused)
