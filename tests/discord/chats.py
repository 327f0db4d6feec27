"""Passes of the Discord source over what is said in the local Discord."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from typing import Any

from knowledge.documents import Item
from knowledge.net.asking import Outside
from knowledge.sources.discord import source as discord
from tests.discord import acts
from tests.discord.ids import BOT, CHANNELS, TOKEN
from tests.discord.server import DiscordServer
from tests.discord.things import Message
from tests.discord.world import World
from tests.faults import limits_for
from tests.passes import Passes, read

NOON_S = 1_795_003_200.0  # in November 2026
DAY_S = 24 * 3600.0
TEAM, PAY = CHANNELS["team"], CHANNELS["pay"]
MESSAGES = "GET /channels/{channel}/messages"


@dataclass
class Chat:
    """The local Discord, and passes of the source over it."""

    world: World
    passes: Passes
    slept: list[float]

    async def next(self) -> list[Item]:
        return await asyncio.to_thread(self.passes.next)

    async def texts(self) -> list[str]:
        """The documents of the next pass, without what the index has."""
        return list(read(await self.next()).values())

    def later(self, days: float = 0.0, minutes: float = 0.0) -> None:
        self.world.clock.ahead_s += days * DAY_S + minutes * 60

    def say(self, person: str, text: str, to: str = "", where: str = "team") -> str:
        return acts.say(self.world, where, person, text, reply_to=to)

    def by_bot(self, text: str, where: str = TEAM) -> str:
        made = Message(self.world.clock.snowflake(), where, BOT, text)
        return acts.posted(self.world, made).id

    def asked(self, route: str = MESSAGES) -> int:
        """How often a route was asked for."""
        return sum(call.route == route for call in self.world.ledger.calls)


def chat_at(server: DiscordServer, *channels: str, **options: Any) -> Chat:
    world, slept = server.world, list[float]()
    world.clock.ahead_s = NOON_S - time.time()
    given = {"channels": channels or [TEAM], "token": TOKEN, **options}
    made = discord("chat", base_url=server.api, allow_private=True, **given)
    outside = Outside(clock=world.clock.now, sleep=slept.append, chance=lambda: 0.5)
    made = replace(made, limits=limits_for(tries=3), outside=outside, page=2)
    return Chat(world, Passes(made), slept)
