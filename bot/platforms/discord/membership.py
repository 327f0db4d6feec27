"""Who reads what in Discord: asked of Discord, believed for a while.

What Discord does not tell counts as outside: such an audience reads only what is public.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import discord
from discord.abc import GuildChannel

from bot.brief import brief
from bot.conversation import Audience
from bot.memory import Memory
from bot.platforms.discord.calls import NO_ACCESS, Refused, calling
from bot.platforms.discord.reading import DIRECT

log = logging.getLogger(__name__)

SAID_S = 120.0  # how long what Discord said is believed
UNKNOWN_GUILD, UNKNOWN_MEMBER, UNKNOWN_USER = 10004, 10007, 10013
LISTED = "DISCOVERABLE"  # of a server that Discord shows to everybody
NO_NAME = re.compile(r"\d{15,20}(/.*)?", re.DOTALL)  # in the settings that is an id
NOT_TOLD = (Refused, discord.InvalidData)


@dataclass(frozen=True)
class Named:
    """What the settings' spaces name, and so what must be looked up of a person."""

    channels: frozenset[str] = frozenset()
    answered: Callable[[], frozenset[str]] = frozenset  # channels with endorsed answers, now


@dataclass(frozen=True)
class Server:
    """A server of the team's: as the gateway tells of it, else as it was asked for."""

    guild: discord.Guild
    asked: Mapping[int, GuildChannel] = field(default_factory=dict)

    def channel(self, id: str) -> GuildChannel | None:
        """Its channel with that id."""
        return self.asked.get(number(id)) or self.guild.get_channel(number(id))


class Membership:
    """Establishes audiences. Methods raise `PlatformAway` where Discord cannot be asked now.

    `guilds` are the team's own servers; none: see `home`. Who has which role is asked for, as no
    event tells of it without the members intent: a role that is taken away counts for two minutes
    at most.
    """

    def __init__(
        self,
        client: discord.Client,
        guilds: Collection[str],
        named: Named,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.client, self.guilds, self.named, self.clock = client, guilds, named, clock
        self._only = frozenset[str]()  # the server that was the only one, where none is named
        self._present = Memory[frozenset[str]](SAID_S, clock)
        self._servers = Memory[Server | None](SAID_S, clock)
        self._people: dict[str, Memory[discord.Member | None]] = {}

    async def in_channel(self, guild: str, channel: str, asker: str) -> Audience:
        """Everybody who reads a channel of a server and its threads, where somebody asks.

        They are members of the server. But people who have not joined read what @everyone may
        where Discord lists the server, and guests are let into voice channels.
        """
        try:
            server = await self._server(guild) if guild in await self._served() else None
        except NOT_TOLD as error:
            log.warning("who reads %s, where %s asks, is not known: %s", channel, asker, error)
            return Audience(channel)
        found = server.channel(channel) if server else None
        if found is None or read_by_strangers(found):
            return Audience(channel)
        if isinstance(found, discord.VoiceChannel | discord.StageChannel):
            return Audience(channel, outside=False)
        return Audience(channel, outside=False, members=True, guilds=frozenset({guild}))

    async def open(self, guild: str, channel: str) -> bool:
        """May every member of one of the team's servers read the channel, and nobody else?"""
        try:
            server = await self._server(guild) if guild in await self._served() else None
        except NOT_TOLD as error:
            log.warning("whether all may read %s is not known, so not: %s", channel, error)
            return False
        found = server.channel(channel) if server else None
        if found is None or read_by_strangers(found):
            return False
        return found.permissions_for(found.guild.default_role).view_channel

    async def alone(self, guild: str, asker: str) -> Audience:
        """A person who reads alone what was asked in a server; "@me": in a direct message.

        In a server it counts what they are there, in a direct message what they are anywhere.
        """
        served = await self._served()
        where = served if guild == DIRECT else served & {guild}
        by_name = len(served) == 1
        found = await asyncio.gather(*(self._in(id, asker, by_name) for id in sorted(where)))
        return together(found)

    def served(self, guild: str) -> bool:
        """Is it one of the team's own servers, as far as the gateway told of them?"""
        return guild in self._home(self._told() or frozenset())

    def changed(self, guild: str) -> None:
        """Its roles, channels or members changed, or the bot came or went."""
        self._present.forget("")
        self._servers.forget(guild)
        self._people.pop(guild, None)

    # -- servers -------------------------------------------------------------------------

    async def _served(self) -> frozenset[str]:
        told = frozenset[str]() if self.guilds else self._told()
        if told is None:
            told = await self._present.get("", self._ask_present)
        return self._home(told)

    def _home(self, present: frozenset[str]) -> frozenset[str]:
        """As `home`; but the only server left is not the one that was the only one before."""
        found = home(self.guilds, present)
        if not self.guilds:
            self._only = self._only or found
            return found & self._only
        return found

    def _told(self) -> frozenset[str] | None:
        """The servers that the bot is in; None: the gateway did not tell of all of them yet."""
        if not self.client.is_ready():
            return None
        return frozenset(str(guild.id) for guild in self.client.guilds)

    async def _ask_present(self) -> frozenset[str]:
        """Two of the servers that the bot is in are enough to know that it is not in one alone."""

        async def listed() -> frozenset[str]:
            told = self.client.fetch_guilds(limit=2, with_counts=False)
            return frozenset([str(guild.id) async for guild in told])

        try:
            return await calling("GET guilds", listed())
        except Refused as error:
            log.warning("which servers the bot is in is not known, so none is ours: %s", error)
            return frozenset()

    async def _server(self, guild: str) -> Server | None:
        """A server; None: the bot is not in it."""
        live = self.client.get_guild(number(guild))
        if live is not None and not live.unavailable:
            return Server(live)
        return await self._servers.get(guild, partial(self._ask_server, number(guild)))

    async def _ask_server(self, id: int) -> Server | None:
        try:
            guild = await calling("GET guild", self.client.fetch_guild(id, with_counts=False))
            channels = await calling("GET channels", guild.fetch_channels())
        except Refused as error:
            if error.code not in (UNKNOWN_GUILD, NO_ACCESS):
                raise
            log.warning("the bot is not in the server %s: %s", id, error)
            return None
        return Server(guild, {channel.id: channel for channel in channels})

    # -- people --------------------------------------------------------------------------

    async def _in(self, guild: str, asker: str, by_name: bool) -> Audience:
        """What a person is in one server. Who was not let in fully yet is outside."""
        try:
            server = await self._server(guild)
            member = await self._member(server.guild, asker) if server else None
        except NOT_TOLD as error:
            log.warning("what %s is in %s is not known, so nothing: %s", asker, guild, error)
            return Audience()
        if server is None or member is None or member.pending or member.flags.guest:
            return Audience()
        looked_up = self.named.channels | await brief(self.named.answered)
        return Audience(
            outside=False,
            members=True,
            guilds=frozenset({guild}),
            roles=frozenset(roles_of(server.guild, member, by_name)),
            channels=frozenset(id for id in looked_up if sees(server, id, member)),
        )

    async def _member(self, guild: discord.Guild, person: str) -> discord.Member | None:
        memory = self._people.setdefault(str(guild.id), Memory(SAID_S, self.clock))
        return await memory.get(person, partial(ask_member, guild, person))


async def ask_member(guild: discord.Guild, person: str) -> discord.Member | None:
    """A member of a server; None: the person is none."""
    try:
        return await calling("GET member", guild.fetch_member(number(person)))
    except Refused as error:
        if error.code in (UNKNOWN_MEMBER, UNKNOWN_USER):
            return None
        raise


def number(id: str) -> int:
    """An id as discord.py wants it; 0, which nothing has: it is none."""
    return int(id) if id.isascii() and id.isdigit() else 0


def home(named: Collection[str], present: Collection[str]) -> frozenset[str]:
    """The team's own servers: those that are named, else the only one that the bot is in.

    In several, and none named, nobody knows whose they are: none.
    """
    if named:
        return frozenset(named)
    return frozenset(present) if len(set(present)) == 1 else frozenset()


def roles_of(guild: discord.Guild, member: discord.Member, by_name: bool) -> Iterator[str]:
    """The roles of a member as the settings name them: id, "<server>/<name>", perhaps the name.

    All have @everyone: it says nothing. Who may name a role may not make it look like another's id.
    """
    for role in (guild.get_role(role.id) for role in member.roles):
        if role is None or role.is_default():
            continue
        yield from (str(role.id), f"{guild.id}/{role.name}")
        if by_name and not NO_NAME.fullmatch(role.name):
            yield role.name


def sees(server: Server, id: str, member: discord.Member) -> bool:
    """Is it a channel of the server that the member may see?"""
    channel = server.channel(id)
    return channel is not None and channel.permissions_for(member).view_channel


def read_by_strangers(channel: GuildChannel) -> bool:
    """May people look into it who have not joined the server?"""
    guild = channel.guild
    listed = isinstance(guild.features, list) and LISTED in guild.features
    return listed and channel.permissions_for(guild.default_role).view_channel


def together(found: Sequence[Audience]) -> Audience:
    """What one person is in several servers at once."""
    return Audience(
        outside=all(one.outside for one in found),
        members=any(one.members for one in found),
        guilds=frozenset().union(*(one.guilds for one in found)),
        roles=frozenset().union(*(one.roles for one in found)),
        channels=frozenset().union(*(one.channels for one in found)),
    )
