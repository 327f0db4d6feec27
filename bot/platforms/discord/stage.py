"""Discord as a worker sees it: questions with what was said before, and where answers go."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Protocol

import discord

from bot import wording
from bot.conversation import Audience, Place, Question
from bot.desk import Desk
from bot.platforms.discord import DiscordPlatform
from bot.platforms.discord.boards import ChannelBoard
from bot.platforms.discord.canvas import AnswerCanvas, Easel, Look, PrivateCanvas, ThreadCanvas
from bot.platforms.discord.drawing import opening
from bot.platforms.discord.ephemeral import CommandBoard, Deferred
from bot.platforms.discord.history import History
from bot.platforms.discord.looking import Looking
from bot.platforms.discord.places import Places, raw_channel
from bot.platforms.discord.posting import Tries, Where
from bot.platforms.discord.reading import DIRECT, PLATFORM, Me
from bot.platforms.discord.sheets import Tempo
from bot.platforms.discord.writing import Late
from bot.posts import Door, Item, Post, Reply
from bot.stage import Canvas, Note

log = logging.getLogger(__name__)

COMMANDS = (Door.COMMAND, Door.SHORTCUT)


class Audiences(Protocol):
    """Who will read an answer."""

    async def in_channel(self, guild: str, channel: str, asker: str) -> Audience:
        """Of a channel of a server."""

    async def alone(self, guild: str, asker: str) -> Audience:
        """Of one who reads alone; "@me": in a direct conversation."""

    async def open(self, guild: str, channel: str) -> bool:
        """May every member of the server read the channel, and nobody else?"""


class DiscordStage:
    """All servers that the bot is in."""

    name = PLATFORM

    def __init__(
        self,
        desk: Desk,
        client: discord.Client,
        me: Me,
        membership: Audiences,
        mine: DiscordPlatform,
        deferrals: Deferred,
        tempo: Tempo | None = None,
        tries: Tries | None = None,
    ) -> None:
        self.desk, self.client, self.membership, self.mine = desk, client, membership, mine
        self.deferrals, self.tries = deferrals, tries or Tries()
        self.places = Places(client, mine.answers, self.tries)
        self.history = History(client, desk, me, self.places)
        self._looking = Looking(client, me, desk.answered, self.tries)
        self._easel = Easel(Late(), tempo or Tempo())

    async def question(self, item: Item) -> Question:
        """The question, with the turns before it and the audience that Discord establishes."""
        post, audience = item.post, await self.audience(item)
        turns = await self.history.turns(item, audience)
        return Question(
            post.text, post.author, post.place, turns, post.mode, post.task, audience=audience
        )

    async def audience(self, item: Item) -> Audience:
        """Who will read the answer."""
        post, guild = item.post, item.post.place.workspace
        if is_private(item) or guild == DIRECT:
            return await self.membership.alone(guild, post.author)
        return await self.membership.in_channel(guild, post.place.channel, post.author)

    async def notice(self, item: Item) -> str:
        """The notice, with what those may read who will read it."""
        if wording.READS not in item.notice:
            return item.notice
        post, audience = item.post, await self.audience(item)
        return self.desk.noticed(item.notice, post.author, post.place, audience)

    async def known_in(self, channel: str, place: Place) -> bool:
        """May every member of the server who reads the channel read that place, too?"""
        thread = await self.places.thread(place)
        if thread is not None and thread.is_private():
            return False
        return channel == place.channel or await self.membership.open(
            place.workspace, place.channel
        )

    async def posted(self, item: Item) -> Sequence[Reply]:
        """Our messages that answer the item, whatever revision they are of."""
        return await self._looking.posted(item, await self._channels(item))

    def canvas(self, item: Item, note: Note) -> Canvas:
        """The thread or channel; for who asked in private, the response or a direct message."""
        post, private = item.post, is_private(item)
        share = sharing(post) if private and post.place.workspace != DIRECT else ""
        if post.door in COMMANDS:
            quoted = opening(post.text) if post.door is Door.COMMAND else ""
            look = Look(quoted, share, single=private, stream=self.mine.stream)
            instead = self._board(item, self._direct if private else self.places.of)
            response = CommandBoard(item, private, instead, self.deferrals)
            return AnswerCanvas(self._easel, item, response, note, look)
        look = Look(opening(post.text) if share else "", share, stream=self.mine.stream)
        if not share:
            board, rename = self._board(item, self.places.of), partial(self.places.rename, post)
            return ThreadCanvas(self._easel, item, board, note, look, rename)
        beside = self._board(item, self.places.beside)
        board = self._board(item, self._direct)
        return PrivateCanvas(self._easel, item, board, note, look, beside)

    def _board(self, item: Item, find: Callable[[Item], Awaitable[Where]]) -> ChannelBoard:
        return ChannelBoard(self.client, item, partial(find, item), self.tries)

    async def _direct(self, item: Item) -> Where:
        return await self.places.direct(item.post.author)

    async def _channels(self, item: Item) -> list[str]:
        """The channels in which replies to an item may stand."""
        held = [reply.channel for reply in item.replies]
        place = item.post.place
        if is_private(item):
            return [*held, (await self._direct(item)).channel]
        if item.post.door in COMMANDS or place.workspace == DIRECT:
            return [*held, raw_channel(place)]
        return [*held, *([place.thread] if place.thread.isdecimal() else []), place.channel]


def sharing(post: Post) -> str:
    """What the button says that shows a private answer to others, by where they will see it."""
    return wording.SHARE if post.about or post.place.thread else wording.SHARE_IN_CHANNEL


def is_private(item: Item) -> bool:
    """Does the asker alone read the answer?"""
    return item.post.private or item.post.door is Door.SHORTCUT
