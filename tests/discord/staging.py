"""The stage of a bot over the local Discord, and a worker that answers what is asked there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import discord

from bot.conversation import Audience, Place
from bot.desk import Ears
from bot.platforms.discord import DiscordPlatform, platform
from bot.platforms.discord.deferrals import Deferrals
from bot.platforms.discord.reading import Me
from bot.platforms.discord.sheets import Tempo
from bot.platforms.discord.stage import DiscordStage
from bot.posts import Door, Heard, Item, Post, Reply
from bot.working import Worker
from tests.bots import Made
from tests.discord import acts, callbacks
from tests.discord.answering import QUICK, Clock, logged_in
from tests.discord.faults import Fault
from tests.discord.ids import BOT, CHANNELS, GUILD, PEOPLE, TOKEN, direct_channel, made_at
from tests.discord.server import DiscordServer
from tests.discord.things import EPHEMERAL, Interaction, Message
from tests.discord.transcript import transcript
from tests.patience import PATIENCE_S

LEAVE = "How many days of leave do I get?"
TEAM, BEN = CHANNELS["team"], PEOPLE["ben"]


@dataclass
class Readers:
    """Who reads what: everybody in a channel is a member; noted is who was asked about."""

    asked: list[str] = field(default_factory=list)

    async def open(self, guild: str, channel: str) -> bool:
        return False

    async def in_channel(self, guild: str, channel: str, asker: str) -> Audience:
        self.asked.append(f"{guild} {channel} {asker}")
        return Audience(channel, outside=False, members=True)

    async def alone(self, guild: str, asker: str) -> Audience:
        self.asked.append(f"{guild} alone {asker}")
        return Audience(outside=False, members=True)


class Staged:
    """A stage, and what people do in front of it. The client has no gateway, and so no cache."""

    def __init__(
        self,
        server: DiscordServer,
        client: discord.Client,
        made: Made,
        content: bool = True,
        **options: Any,
    ) -> None:
        self.server, self.world, self.client, self.made = server, server.world, client, made
        mine = platform("discord", TOKEN, guilds=(GUILD,), **options)
        assert isinstance(mine, DiscordPlatform)
        clock, self.readers, self.deferrals = Clock(), Readers(), Deferrals()
        self.stage = DiscordStage(
            made.desk,
            client,
            Me(BOT, BOT, content),
            self.readers,
            mine,
            self.deferrals,
            Tempo(clock=clock, sleep=clock.sleep),
            QUICK,
        )

    # -- what people do ------------------------------------------------------------------

    def ask(self, text: str = LEAVE, channel: str = TEAM, thread: str = "", **more: Any) -> Post:
        """Ben asks in a channel, or in a thread of it; "@me": in the direct conversation."""
        if channel == "@me":
            direct = direct_channel(BEN)
            message = acts.say(self.world, "dm-ben", "ben", text)
            place = Place("discord", "@me", direct, direct)
            return self.hear(message, text, place, door=Door.DIRECT, **more)
        message = acts.say(self.world, thread or channel, "ben", text)
        return self.hear(message, text, Place("discord", GUILD, channel, thread or message), **more)

    def hear(self, message: str, text: str, place: Place, **more: Any) -> Post:
        """The desk is told of a message."""
        at = datetime.fromtimestamp(made_at(message), UTC)
        usual: dict[str, Any] = {"event": f"m{message}", "author": BEN, "addressed": True}
        post = Post(id=message, place=place, text=text, written_at=at, **(usual | more))
        assert self.made.desk.hear(post, Ears()) in (Heard.ACCEPTED, Heard.REVISED)
        return post

    def command(
        self,
        text: str = LEAVE,
        private: bool = False,
        channel: str = TEAM,
        thread: str = "",
        defer: bool = True,
        **more: Any,
    ) -> tuple[Post, Interaction]:
        """Ben gives a command; by default it is deferred at once."""
        id = self.world.clock.snowflake()
        inside = {"data": {"type": 1, "name": "ask"}}
        where = thread or channel
        began = Interaction(id, f"t{id}", made_at(id), 2, BEN, where, GUILD, inside)
        self.world.interactions[began.token] = began
        if defer:
            self.defer(began, private)
        told: dict[str, Any] = {"event": id, "door": Door.COMMAND, "private": private}
        told |= {"back": f"{BOT}/{began.token}"} | more
        return self.hear(id, text, Place("discord", GUILD, channel, thread), **told), began

    def menu(self, channel: str, about: str = "") -> tuple[Post, Interaction]:
        """Ben asks about a message, from its menu, in a channel or a thread of TEAM."""
        id = self.world.clock.snowflake()
        inside = {"data": {"type": 3, "name": "Ask Tandem about this"}}
        began = Interaction(id, f"t{id}", made_at(id), 2, BEN, channel, GUILD, inside)
        self.world.interactions[began.token] = began
        self.defer(began, private=True)
        told: dict[str, Any] = {"event": id, "door": Door.SHORTCUT, "private": True}
        told |= {"back": f"{BOT}/{began.token}", "about": about}
        return self.hear(id, LEAVE, Place("discord", GUILD, TEAM), **told), began

    def defer(self, began: Interaction, private: bool = False) -> None:
        """The first response: the bot is thinking."""
        flags = EPHEMERAL if private else 0
        callbacks.answer(self.world, began, callbacks.DEFERRED, {"flags": flags})

    # -- what becomes of it --------------------------------------------------------------

    async def answered(self) -> None:
        """Wait until all that was asked is answered, or given up."""
        worker = Worker(self.stage, self.made.inbox, self.made.desk.assistant)
        self.made.desk.heard.append(worker.wake)
        working = asyncio.create_task(worker.run())
        try:
            async with asyncio.timeout(PATIENCE_S):
                while self.made.inbox.waiting("discord"):
                    await asyncio.sleep(0.005)
        finally:
            self.made.desk.heard.remove(worker.wake)
            working.cancel()
            with suppress(asyncio.CancelledError):
                await working

    def item(self) -> Item:
        """The next question, as a worker has it in hand."""
        item = self.made.inbox.claim("discord", "w")
        assert item is not None
        return item

    async def answer(self, item: Item) -> None:
        """Answer an item that is in hand, and have done with it."""

        async def note(reply: Reply) -> None:
            self.made.inbox.note(item, reply)

        question = await self.stage.question(item)
        interaction = await asyncio.to_thread(self.made.desk.assistant.ask, question)
        self.made.inbox.answered(item, interaction.id)
        await self.stage.canvas(item, note).finish(interaction)
        self.made.inbox.done(item)

    def said(self, channel: str) -> list[Message]:
        """What the bot said in a channel or thread, to one person or to all."""
        whispers = [m for m in self.world.whispers.values() if m.channel == channel]
        everything = [*self.world.history(channel), *whispers]
        return [m for m in everything if m.author == BOT and m.type != 21]

    def transcript(self, channel: str) -> str:
        return "\n".join(transcript(self.world, self.world.channel(channel)))

    def fault(self, route: str, **trouble: Any) -> None:
        self.world.faults.coming.append(Fault(route, **trouble))


@asynccontextmanager
async def staged(server: DiscordServer, made: Made, **options: Any) -> AsyncIterator[Staged]:
    """A stage in that Discord."""
    async with logged_in(server) as client:
        yield Staged(server, client, made, **options)


def broken(there: Staged, channel: str) -> Message:
    """A message that discord.py cannot read."""
    id = there.world.clock.snowflake()
    return Message(id, channel, PEOPLE["ana"], "x", embeds=[{"timestamp": "?"}])


def shared(item: int, place: Place) -> Post:
    """The post that has a private answer shown there."""
    now = datetime.now(UTC)
    return Post("", f"share-{item}", place, BEN, LEAVE, now, addressed=True)
