"""Which channels are read: those that are named, where everyone of the server may read along."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from knowledge.net.errors import Denied, NetError, Refused
from knowledge.sources.discord.api import INVITE, Discord, Gone, ends
from knowledge.sources.discord.markup import Names
from knowledge.sources.discord.payloads import (
    DIRECT,
    NEWS,
    POSTS,
    PRIVATE_THREAD,
    TEXT,
    THREADS,
    VOICES,
    Channel,
    Guild,
    Overwrite,
)

READ = POSTS | VOICES | {TEXT, NEWS}
ADMINISTRATOR, READING = 1 << 3, 1 << 10 | 1 << 16  # the latter: to see, and to read what was
NAMED = "Take its id (in Discord: Copy Channel ID, with the developer mode on)"


@dataclass(frozen=True)
class Server:
    """A server, with its channels, the threads that are not archived, and the bot's roles."""

    guild: Guild
    channels: tuple[Channel, ...]
    active: tuple[Channel, ...]
    roles: frozenset[int]
    bot: int  # its user's id

    def may_all(self, channel: Channel) -> bool:
        """May each member see the channel and read its history?"""
        return self.reads(channel, frozenset(), 0)

    def may_bot(self, channel: Channel) -> bool:
        """May the bot? Where it may not, Discord gives it an empty history."""
        return self.reads(channel, self.roles, self.bot)

    def reads(self, channel: Channel, roles: frozenset[int], user: int) -> bool:
        """May somebody with these roles? What the server does not tell is not allowed."""
        base = 0
        for role in self.guild.roles:
            base |= role.permissions if role.id in roles or role.id == self.guild.id else 0
        may, own = base, self.guild.id
        for ids, kind in ((frozenset({own}), 0), (roles - {own}, 0), (frozenset({user}), 1)):
            may = overwritten(may, channel.permission_overwrites, ids, kind)
        return bool(base & ADMINISTRATOR) or may & READING == READING

    def names(self, private: bool) -> Names:
        """What roles and channels are called; hidden channels keep theirs, unless `private`."""
        seen = [c for c in self.channels if private or self.may_all(c)]
        open_ids = {channel.id for channel in seen}
        threads = [t for t in self.active if t.parent_id in open_ids and t.type != PRIVATE_THREAD]
        called = {channel.id: channel.name or "" for channel in (*seen, *threads)}
        return Names({}, {role.id: role.name for role in self.guild.roles}, called)


def overwritten(may: int, overwrites: Sequence[Overwrite], ids: frozenset[int], kind: int) -> int:
    """What is allowed after a channel's overwrites for these roles (kind 0), or member (1)."""
    meant = [one for one in overwrites if one.id in ids and one.type == kind]
    for one in meant:
        may &= ~one.deny
    for one in meant:
        may |= one.allow
    return may


@dataclass
class Rooms:
    """Finds channels; each server is asked for once."""

    discord: Discord
    bot: int
    private: bool
    servers: dict[int, Server | NetError] = field(default_factory=dict)
    known: dict[str, int] = field(default_factory=dict)  # ids by the names of the settings

    def found(self, wanted: Sequence[str]) -> Iterator[tuple[str, Channel | NetError]]:
        """The channels as the settings have them, or why one was not found. Raises `NetError`."""
        for name in dict.fromkeys(wanted):
            try:
                yield name, self.one(name.strip())
            except NetError as error:
                if ends(error):
                    raise
                yield name, error

    def one(self, named: str) -> Channel:
        """A channel by its id or name; by its name also when it has another by now."""
        if named.isdecimal():
            return self.discord.channel(int(named))
        name = named.removeprefix("#")
        found = [c for c in self.everywhere() if c.name == name and c.type in READ]
        if len(found) > 1:
            raise Refused(named, "is the name of several channels", NAMED)
        if not found and name not in self.known:
            raise Refused(named, "is the name of no channel that the bot knows of", NAMED)
        id = self.known[name] = found[0].id if found else self.known[name]
        return self.discord.channel(id)

    def everywhere(self) -> Iterator[Channel]:
        """The channels of all servers that the bot is in."""
        if not self.servers:
            for guild in self.discord.guilds():
                self.server(guild.id)
        for server in self.servers.values():
            if isinstance(server, NetError):
                raise server
            yield from server.channels

    def server(self, id: int) -> Server:
        """A server; where it could not be read, it is not asked for again. Raises `NetError`."""
        if id not in self.servers:
            try:
                self.servers[id] = self.asked(id)
            except NetError as error:
                self.servers[id] = error
        found = self.servers[id]
        if isinstance(found, NetError):
            raise found
        return found

    def asked(self, id: int) -> Server:
        """A server. Raises `NetError`."""
        guild, channels = self.discord.guild(id), tuple(self.discord.channels(id))
        roles = frozenset(self.discord.member(id, self.bot).roles)
        return Server(guild, channels, self.discord.active(id), roles, self.bot)

    def check(self, channel: Channel) -> Server:
        """The channel's server, where it may be read. Raises `Closed` and other `NetError`s."""
        where = f"#{channel.name or channel.id}"
        if channel.type in DIRECT or channel.guild_id is None:
            raise Closed(where, "is a direct conversation", "Those are never read; take it out")
        if channel.type in THREADS:
            remedy = "Name its channel instead, and all of its threads are read"
            raise Closed(where, "is a thread", remedy)
        if channel.type not in READ:
            raise Closed(where, "is no channel in which people write", "Name those within it")
        server = self.server(channel.guild_id)
        if not self.private and not server.may_all(channel):
            problem = "is not open to everyone of its server"
            remedy = "Take it out, or set `private = true` and give the source `spaces` that fit"
            raise Closed(where, problem, remedy)
        if not server.may_bot(channel):
            raise Denied(where, "does not let the bot read its history", INVITE)
        return server


class Closed(Refused):
    """A channel that must not be read: nothing of it stays in the index."""


def forgotten(error: NetError) -> bool:
    """Is it no failure but a fact, after which nothing of the channel is kept?"""
    return isinstance(error, Closed | Gone)
