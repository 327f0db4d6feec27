"""A bot in which people choose and press: its desk is real, and nothing is answered by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

import discord
from discord import ui
from discord.ext import commands
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

from bot.conversation import Interaction, Place, Question
from bot.desk import Desk, Ears
from bot.platforms.discord import API_URL, DiscordPlatform
from bot.platforms.discord.buttons import add_buttons
from bot.platforms.discord.commands import add_commands
from bot.platforms.discord.deferrals import Deferrals
from bot.platforms.discord.forms import submitted
from bot.platforms.discord.heartbeats import Ending
from bot.platforms.discord.membership import Membership, Named
from bot.platforms.discord.parts import Parts
from bot.platforms.discord.reading import PLATFORM, Me
from bot.platforms.discord.registering import register
from bot.posts import Item, Reply, Speaking
from bot.stage import Canvas, Note
from bot.working import Worker
from tests.bots import Made
from tests.discord.ids import BOT, GUILD, TOKEN
from tests.discord.interactions import Outcome
from tests.discord.people import People
from tests.discord.server import DiscordServer
from tests.fakes import kept
from tests.patience import PATIENCE_S

HERE = "general"
SET = DiscordPlatform(
    name="discord",
    token=TOKEN,
    guilds=(GUILD,),
    commands="guild",
    answers="thread",
    speaks=Speaking.THREAD,
    channels={},
    allowed_bots=frozenset(),
    message_content=None,
    stream=True,
    shards=None,
    api_url=API_URL,
    gateway_url=None,
)


class Bare(Ending, commands.AutoShardedBot):
    """discord.py's own bot; forms that are sent are given to `parts`."""

    parts: Parts

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        if interaction.type is discord.InteractionType.modal_submit:
            await submitted(interaction, self.parts)


@dataclass
class NoStage:
    """Nothing is answered here."""

    name: str = PLATFORM

    async def question(self, item: Item) -> Question:
        raise NotImplementedError

    async def notice(self, item: Item) -> str:
        raise NotImplementedError

    async def known_in(self, channel: str, place: Place) -> bool:
        raise NotImplementedError

    async def posted(self, item: Item) -> Sequence[Reply]:
        raise NotImplementedError

    def canvas(self, item: Item, note: Note) -> Canvas:
        raise NotImplementedError


@dataclass
class Choosing:
    """A test's bot, and what it does by hand."""

    bot: Bare
    parts: Parts
    made: Made
    people: People
    server: DiscordServer

    async def said(self, told: Outcome) -> str:
        """What somebody is told at once; it must be for nobody else."""
        assert (told.kind, told.ephemeral) == ("answered", True)
        return (await self.people.look()).message(told.message).content

    async def taken(self) -> Item:
        """The next question of the inbox; it may be deferred before it is kept."""
        limit = time.monotonic() + PATIENCE_S
        while (item := self.made.inbox.claim(PLATFORM, "w")) is None:
            assert time.monotonic() < limit, "nothing was asked"
            await asyncio.sleep(0.005)
        return item

    async def asked(self, person: str, text: str, channel: str = HERE) -> Item:
        """Somebody asked something by a command."""
        await self.people.command(person, channel, "ask", {"question": text})
        return await self.taken()

    def idle(self) -> bool:
        """Is there no question?"""
        return self.made.inbox.claim(PLATFORM, "w") is None

    def place(self, channel: str) -> Place:
        """A channel of the team's server."""
        return Place(PLATFORM, GUILD, self.server.world.channel(channel).id)

    def answer(self, item: Item) -> Interaction:
        """Record an answer to an item."""
        post = item.post
        where = (post.place.platform, post.place.workspace, post.place.channel, post.place.thread)
        interaction = kept(self.made.store, post.text, post.author, where)
        assert self.made.inbox.answered(item, interaction.id)
        return interaction

    async def finish(self, item: Item, *custom_ids: str, channel: str = HERE) -> str:
        """Answer an item by a message with these buttons; its id."""
        self.answer(item)
        message = await self.show(item, *custom_ids, channel=channel)
        assert self.made.inbox.done(item)
        return message

    async def show(self, item: Item, *custom_ids: str, channel: str = HERE) -> str:
        """Post a reply to an item, with these buttons; its id."""
        message = await self.post(*custom_ids, channel=channel)
        self.made.inbox.note(item, Reply(self.server.world.channel(channel).id, message))
        return message

    async def post(self, *custom_ids: str, channel: str = HERE) -> str:
        """Post a message with these buttons; its id."""
        view = ui.View(timeout=None)
        for custom_id in custom_ids:
            kind = custom_id.split(":")[1]  # "redo", as a test presses it
            view.add_item(ui.Button(label=kind, custom_id=custom_id))
        view.stop()
        where = self.bot.get_partial_messageable(int(self.server.world.channel(channel).id))
        return str((await where.send("An answer.", view=view)).id)


def parts_of(bot: Bare, made: Made, desk: Desk | None = None, **options: Any) -> Parts:
    """The parts that presses work with."""
    mine = replace(SET, **options)
    return Parts(
        desk=desk or made.desk,
        me=Me(BOT, BOT, True),
        ears=Ears(),
        worker=Worker(NoStage(), made.inbox, made.desk.assistant),
        membership=Membership(bot, mine.guilds, Named()),
        deferrals=Deferrals(),
        mine=mine,
    )


def bare(server: DiscordServer, shards: int | None = None) -> Bare:
    """A bot that finds that server."""
    Route.BASE = server.api
    DiscordWebSocket.DEFAULT_GATEWAY = URL(server.gateway)
    wanted = discord.Intents(guilds=True)
    return Bare(
        command_prefix=(),
        help_command=None,
        intents=wanted,
        max_messages=None,
        shard_count=shards,
        guild_ready_timeout=0.05,
    )


@asynccontextmanager
async def choosing(
    server: DiscordServer, people: People, made: Made, desk: Desk | None = None, **options: Any
) -> AsyncIterator[Choosing]:
    """A bot that is connected, with its commands registered."""
    bot = bare(server)
    async with bot:
        bot.parts = parts_of(bot, made, desk, **options)
        add_commands(bot.tree, bot.parts)
        add_buttons(bot, bot.parts)
        await bot.login(TOKEN)
        connecting = asyncio.create_task(bot.connect())
        try:
            await asyncio.wait_for(bot.wait_until_ready(), PATIENCE_S)
            await register(bot, bot.parts)
            yield Choosing(bot, bot.parts, made, people, server)
        finally:
            connecting.cancel()
            with suppress(asyncio.CancelledError):
                await connecting
