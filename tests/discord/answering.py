"""A question in the local Discord, and what the real discord.py writes in answer to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import discord

from bot.conversation import Place
from bot.platforms.discord.boards import ChannelBoard
from bot.platforms.discord.controls import marked
from bot.platforms.discord.cutting import Flow
from bot.platforms.discord.posting import Tries, Where
from bot.platforms.discord.sheets import Sheets, Tempo
from bot.platforms.discord.writing import Late, Writing
from bot.posts import Item, Post, Reply
from tests.discord import acts
from tests.discord.clients import pointed_at
from tests.discord.faults import Fault
from tests.discord.ids import BOT, CHANNELS, GUILD, PEOPLE, TOKEN
from tests.discord.server import DiscordServer, serving
from tests.discord.settings import Settings
from tests.discord.things import Message

QUICK = Tries(times=3, pause_s=0.0)
HERE = CHANNELS["team"]
POST = "POST /channels/{channel}/messages"
PATCH = "PATCH /channels/{channel}/messages/{message}"
DELETE = "DELETE /channels/{channel}/messages/{message}"


class Clock:
    """A clock that is turned by hand; seconds. Who sleeps by it turns it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


class Asked:
    """Ben's question in a channel, and the replies to it there."""

    def __init__(self, server: DiscordServer, client: discord.Client) -> None:
        self.server, self.world, self.client = server, server.world, client
        self.clock, self.late, self.noted = Clock(), Late(), list[Reply]()
        self.patience_s, self.place = 3.0, HERE
        self.question = acts.say(self.world, "team", "ben", "How many days of leave?")
        self.item = item_of(self.question, Place("discord", GUILD, HERE, self.question))

    @property
    def tempo(self) -> Tempo:
        return Tempo(patience_s=self.patience_s, clock=self.clock, sleep=self.clock.sleep)

    def board(self) -> ChannelBoard:
        return ChannelBoard(self.client, self.item, self.where, QUICK)

    async def where(self) -> Where:
        return Where(self.place, self.question)

    def sheets(self, standing: Sequence[Reply] = ()) -> Sheets:
        return Sheets(self.board(), self.note, standing, self.tempo)

    def writing(self, sheets: Sheets | None = None, **more: Any) -> Writing:
        return Writing(
            self.sheets() if sheets is None else sheets, self.item, Flow(), self.late, **more
        )

    async def note(self, reply: Reply) -> None:
        self.noted.append(reply)

    @property
    def replies(self) -> list[Reply]:
        """What was noted last of each part."""
        return list({reply.part: reply for reply in self.noted}.values())

    @property
    def messages(self) -> list[Message]:
        """The bot's messages in the channel."""
        return [m for m in self.world.history(self.place) if m.author == BOT]

    @property
    def texts(self) -> list[str]:
        return [message.content for message in self.messages]

    def fault(self, route: str, **trouble: Any) -> None:
        self.world.faults.coming.append(Fault(route, **trouble))

    def calls(self, route: str) -> int:
        """How often it was called."""
        return sum(call.route == route for call in self.world.ledger.calls)


def item_of(message: str, place: Place, **more: Any) -> Item:
    """A question as a worker holds it."""
    now = datetime.now(UTC)
    post = Post(f"m{message}", message, place, PEOPLE["ben"], "How many days of leave?", now)
    post = replace(post, **{k: v for k, v in more.items() if k in Post.__dataclass_fields__})
    held = {k: v for k, v in more.items() if k not in Post.__dataclass_fields__}
    return replace(Item(7, post, False, "", False, 1, 1, "t", False, None, accepted_at=now), **held)


def button_ids(message: Message) -> list[str]:
    return [part["custom_id"] for row in message.components for part in row["components"]]


def stops(message: Message) -> bool:
    """Does it have a Stop button?"""
    return any(marked(id) for id in button_ids(message))


@asynccontextmanager
async def logged_in(server: DiscordServer) -> AsyncIterator[discord.Client]:
    """discord.py without a gateway: it knows nothing but what REST tells."""
    with pointed_at(server):
        async with discord.Client(
            intents=discord.Intents.none(), max_ratelimit_timeout=30.0
        ) as client:
            await client.login(TOKEN)
            yield client


@asynccontextmanager
async def asking(settings: Settings | None = None) -> AsyncIterator[Asked]:
    """Ask in a Discord of its own."""
    async with serving(settings) as server, logged_in(server) as client:
        yield Asked(server, client)
