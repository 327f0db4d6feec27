"""What `tandem check` finds in the team's servers: is the bot in them, and may it do its work?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import discord

from bot.health import Finding, word
from bot.platforms.discord.calls import NO_ACCESS
from bot.platforms.discord.inviting import ID
from bot.platforms.discord.membership import LISTED
from bot.platforms.discord.permissions import ADMINISTRATOR, VIEW, Kind, Permission, missing
from bot.platforms.discord.probing import DiscordRefused, Setup, ask

INVITE = "Open the address that `tandem discord invite` prints"


@dataclass(frozen=True)
class Named:
    """A server or a role."""

    id: str
    name: str

    def __str__(self) -> str:
        return f"{word(self.name)} ({self.id})"


@dataclass(frozen=True)
class Joined:
    """The servers that the bot is in, as far as they count as the team's."""

    served: tuple[Named, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Room:
    """A channel as the bot has it."""

    id: str
    name: str
    kind: Kind | None  # None: people write nothing in it itself
    type: str  # in Discord's word
    granted: int  # the bits of the bot's permissions there

    @property
    def lacking(self) -> tuple[Permission, ...]:
        """The permissions that the bot needs there and does not have."""
        return missing(self.granted, self.kind)


@dataclass(frozen=True)
class Server(Named):
    """A server of the team's, with all that the check looks at."""

    listed: bool  # Discord shows it to everybody
    granted: int  # the bits of the bot's permissions in the server as a whole
    roles: tuple[Named, ...]  # without @everyone
    channels: tuple[Room, ...]

    @property
    def spoken(self) -> list[Room]:
        """The channels that people write in."""
        return [room for room in self.channels if room.kind]

    @property
    def seen(self) -> list[Room]:
        """Those that the bot sees."""
        return [room for room in self.spoken if VIEW not in room.lacking]


@dataclass(frozen=True)
class Unread(Named):
    """A server that could not be read, and why."""

    refused: DiscordRefused


def kind_of(channel: object) -> Kind | None:
    """What kind of channel it is; None: people write nothing in it itself."""
    match channel:
        case discord.ForumChannel():
            return Kind.FORUM
        case discord.VoiceChannel() | discord.StageChannel():
            return Kind.VOICE
        case discord.TextChannel():
            return Kind.TEXT
    return None


async def servers(client: discord.Client, setup: Setup) -> Joined:
    """Which servers is the bot in, and which are the team's?"""
    name = f"{setup.name} servers"

    async def all_() -> list[Named]:
        told = client.fetch_guilds(limit=None, with_counts=False)
        return [Named(str(guild.id), str(guild.name)) async for guild in told]

    try:
        joined = await ask(all_(), "the servers that it is in")
    except DiscordRefused as refused:
        return Joined((), (Finding(name, False, str(refused)),))
    if not setup.guilds:
        return home(name, joined)
    served = tuple(guild for guild in joined if guild.id in setup.guilds)
    others = ", ".join(map(str, (guild for guild in joined if guild not in served)))
    more = f"; only public sources are told in: {others}" if others else ""
    counted = f"in {len(served)} of the {len(set(setup.guilds))} that `guilds` names{more}"
    ids = {guild.id for guild in served}
    away = [absent(setup, id) for id in setup.guilds if id not in ids]
    return Joined(served, (Finding(name, True, counted), *away))


def home(name: str, joined: Sequence[Named]) -> Joined:
    """The team's server where the settings name none."""
    if not joined:
        return Joined((), (Finding(name, False, f"the bot is in none yet. {INVITE}."),))
    if len(joined) == 1:
        counted = f"only in {joined[0]}, which counts as the team's"
        return Joined(tuple(joined), (Finding(name, True, counted),))
    listed = ", ".join(map(str, joined[:5])) + ("…" if len(joined) > 5 else "")
    why = f"in {len(joined)} ({listed}), and none counts as the team's: public sources alone"
    remedy = f'Set guilds = ["{joined[0].id}"], with the ids of those that are the team\'s'
    return Joined((), (Finding(name, False, f"{why} are told. {remedy}."),))


def absent(setup: Setup, id: str) -> Finding:
    """A server that the settings name, and that the bot is not in."""
    name = f"{setup.name} server {word(id)}"
    if not ID.fullmatch(id):
        remedy = "Copy it by a right click on the server, with developer mode on"
        return Finding(name, False, f"this is not the id of a server. {remedy}.")
    remedy = f"Open the address that `tandem discord invite --guild {id}` prints"
    return Finding(name, False, f"the bot is not in it. {remedy}.")


async def survey(client: discord.Client, guild: Named) -> Server | Unread:
    """Read a server's roles and channels, and what the bot may do there."""
    try:
        return await ask(read(client, int(guild.id)), "a server")
    except DiscordRefused as refused:
        return Unread(guild.id, guild.name, refused)


async def read(client: discord.Client, id: int) -> Server:
    """Ask for a server. Raises what discord.py raises, also where an answer is odd."""
    whole = await client.fetch_guild(id, with_counts=False)
    me = await whole.fetch_member(client.user.id if client.user else 0)
    rooms = [
        Room(
            str(channel.id),
            str(channel.name),
            kind_of(channel),
            channel.type.name,
            channel.permissions_for(me).value,
        )
        for channel in await whole.fetch_channels()
    ]
    roles = [Named(str(role.id), str(role.name)) for role in whole.roles if not role.is_default()]
    return Server(
        str(whole.id),
        str(whole.name),
        listed=LISTED in whole.features,
        granted=me.guild_permissions.value,
        roles=tuple(roles),
        channels=tuple(rooms),
    )


def surveyed(setup: Setup, server: Server | Unread) -> Iterator[Finding]:
    """What is missing in a server, or that nothing is."""
    name, called = f"{setup.name} server {server.id}", word(server.name)
    if isinstance(server, Unread):
        yield Finding(name, False, f"{called}: {server.refused}")
        return
    gone = [*lost(server)]
    for permission in gone:
        why = f"{permission.label} is missing: {permission.without}"
        remedy = "Allow it under Server Settings, Roles, or in the permissions of its channels"
        yield Finding(name, False, f"{called}: {why}. {remedy}.")
    if VIEW not in gone:
        yield Finding(name, True, f"{called}: {reach(server)}")


def lost(server: Server) -> Iterator[Permission]:
    """The permissions that are missing in every channel that needs them."""
    if not server.seen:
        yield from (missing(server.granted) or (VIEW,))
        return
    lacking = Counter(one for room in server.seen for one in room.lacking)
    for permission, count in lacking.items():
        if count == sum(room.kind in permission.kinds for room in server.seen):
            yield permission


def reach(server: Server) -> str:
    """How many channels it sees and may answer in."""
    limited = [f"#{word(room.name)}" for room in server.seen if room.lacking]
    rest = f" and {len(limited) - 5} more" if len(limited) > 5 else ""
    told = f"sees {len(server.seen)} of {len(server.spoken)} channels"
    if limited:
        told += f"; not everything is allowed in {', '.join(limited[:5])}{rest}"
    if server.granted & ADMINISTRATOR:
        told += "; it is an administrator, which it need not be"
    if server.listed:
        told += "; Discord lists the server, so only public sources are told where everybody reads"
    return told


async def commands(client: discord.Client, setup: Setup, server: Server) -> Finding:
    """Are the slash commands there, and may they be?"""
    name = f"{setup.name} commands in {server.id}"
    http, application = client.http, client.application_id or 0

    async def names() -> list[str]:
        known = await http.get_guild_commands(application, int(server.id))
        if setup.commands == "global":
            known = await http.get_global_commands(application)
        return sorted(word(command["name"]) for command in known)

    try:
        listed = ", ".join(await ask(names(), "its commands"))
    except DiscordRefused as refused:
        if refused.code == NO_ACCESS:
            why = "the server did not allow them (the scope applications.commands is missing)"
            return Finding(name, False, f"{why}. {INVITE}.")
        return Finding(name, False, str(refused))
    return Finding(name, True, listed or "none yet: `tandem run` registers them")
