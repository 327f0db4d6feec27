"""What `tandem check` finds of the channels, servers and roles that the settings name."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from difflib import get_close_matches

import discord

from bot.health import Finding, word
from bot.platforms.discord.calls import NO_ACCESS, UNKNOWN_CHANNEL
from bot.platforms.discord.inviting import ID
from bot.platforms.discord.permissions import Kind
from bot.platforms.discord.probing import DiscordRefused, Setup, ask
from bot.platforms.discord.surveying import Room, Server
from bot.posts import Speaking
from bot.settings import Settings
from bot.spaces import channels_named

EVERYBODY = "For all members of a server, use `discord_guilds`, or the space `everyone`"
COPY = "Copy it by a right click on it, with developer mode on"


async def channels(
    client: discord.Client, setup: Setup, settings: Settings, there: Sequence[Server]
) -> AsyncIterator[Finding]:
    """Each channel that the settings name: is it there, and may the bot do its work in it?"""
    for id in sorted({*setup.channels, *channels_named(settings, "discord")}):
        yield await channel(client, setup, id, there)


async def channel(
    client: discord.Client, setup: Setup, id: str, there: Sequence[Server]
) -> Finding:
    """One of them."""
    name = f"{setup.name} channel {word(id)}"
    if not ID.fullmatch(id):
        return Finding(name, False, f"this is not the id of a channel. {COPY}.")
    rooms = [room for server in there for room in server.channels if room.id == id]
    if rooms:
        return inside(name, setup.channels.get(id, setup.speaks), rooms[0])
    return await elsewhere(client, name, id)


def inside(name: str, speaks: str, room: Room) -> Finding:
    """A channel of a server that is the team's."""
    called = f"#{word(room.name)}"
    if room.kind is None:
        told = f"{called} is a {room.type}, in which nobody writes. Name its channels."
        return Finding(name, False, told)
    if speaks == Speaking.OFF:
        return Finding(name, True, f"{called}: off, it is silent there")
    if room.lacking:
        told = "; ".join(f"{one.label} ({one.without})" for one in room.lacking)
        remedy = "Allow it for the bot in the channel's settings, Permissions"
        return Finding(name, False, f"{called}: not allowed: {told}. {remedy}.")
    return Finding(name, True, f"{called}, {when(room.kind, speaks)}")


def when(kind: Kind, speaks: str) -> str:
    """When the bot speaks up in a channel of that kind."""
    if kind is not Kind.FORUM:
        return f"set to {speaks}"
    if speaks == Speaking.AUTO:
        return "set to auto: new posts are answered without a mention"
    return f"set to {speaks}: a post is answered where it mentions the bot"


async def elsewhere(client: discord.Client, name: str, id: str) -> Finding:
    """A channel that none of the team's servers lists."""
    try:
        other = await ask(client.fetch_channel(int(id)), "a channel")
    except DiscordRefused as refused:
        if refused.code == UNKNOWN_CHANNEL:
            return Finding(name, False, f"there is no such channel. {COPY}.")
        if refused.code == NO_ACCESS:
            remedy = "Let the bot's role see it, or take it out of the settings"
            return Finding(name, False, f"the bot may not see it. {remedy}.")
        return Finding(name, False, str(refused))
    if isinstance(other, discord.Thread):
        told = f"this is a thread; what holds for it is set for its channel: {other.parent_id}."
        return Finding(name, False, told)
    if not isinstance(other, discord.abc.GuildChannel):
        return Finding(name, True, "a direct message")
    told = f"it is in the server {other.guild.id}, which is none of the team's. Add it to `guilds`"
    return Finding(name, False, f"{told}, or take the channel out of the settings.")


def guilds(setup: Setup, settings: Settings, there: Sequence[Server]) -> Iterator[Finding]:
    """Each server that the spaces name: is it one of the team's?"""
    served = {server.id: server for server in there} | dict.fromkeys(setup.guilds)
    wanted = {guild for space in settings.spaces.values() for guild in space.discord_guilds}
    for id in sorted(wanted - served.keys()):
        told = f"a space names it, and it is none of the team's. Add it to `guilds`. {COPY}."
        yield Finding(f"{setup.name} server {word(id)}", False, told)


def roles(setup: Setup, settings: Settings, there: Sequence[Server]) -> Iterator[Finding]:
    """Each role that the spaces name: is it there, and is it clear which one is meant?"""
    wanted = {role for space in settings.spaces.values() for role in space.discord_roles}
    for entry in sorted(wanted):
        found = role(entry, there)
        yield Finding(f"{setup.name} role {word(entry)}", *found)


def role(entry: str, there: Sequence[Server]) -> tuple[bool, str]:
    """How a role is: an id, a name, or "<id of a server>/<name>"."""
    guild, slash, called = entry.partition("/")
    if slash and ID.fullmatch(guild):
        within = [server for server in there if server.id == guild]
        if not within:
            return (
                False,
                f"{guild} is none of the team's servers. Correct it, or add it to `guilds`.",
            )
        return by_name(called, within[0])
    if ID.fullmatch(entry):
        return by_id(entry, there)
    if len(there) == 1:
        return by_name(entry, there[0])
    remedy = f'Write "{there[0].id}/{word(entry)}", or the role\'s id'
    return False, f"with several servers, a name alone names no role. {remedy}."


def by_id(id: str, there: Sequence[Server]) -> tuple[bool, str]:
    """A role by its id."""
    for server in there:
        if server.id == id:  # the role of all has the server's own
            return False, f"this is @everyone of {word(server.name)}. {EVERYBODY}."
        for one in server.roles:
            if one.id == id:
                return True, f"@{word(one.name)} in {word(server.name)}"
    return False, f"there is no such role. {COPY}: Server Settings, Roles."


def by_name(name: str, server: Server) -> tuple[bool, str]:
    """A role by its name, which several may have."""
    same = [one for one in server.roles if one.name == name]
    where = word(server.name)
    if name == "@everyone":
        return False, f"that is everybody in {where}. {EVERYBODY}."
    if len(same) == 1:
        return True, f"@{word(name)} in {where} ({same[0].id})"
    if same:
        ids = ", ".join(one.id for one in same)
        return False, f"{len(same)} roles in {where} are called that. Write the id of one: {ids}."
    near = get_close_matches(name.lstrip("@"), [one.name for one in server.roles], n=1)
    remedy = f"Did you mean {word(near[0])!r}?" if near else "Write a role's name or id."
    return False, f"there is no such role in {where}. {remedy}"
