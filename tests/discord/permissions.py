"""Permissions as Discord computes them: roles, then the channel's overwrites."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.discord.things import Channel, Guild, Overwrite

if TYPE_CHECKING:
    from tests.discord.world import World

ADMINISTRATOR = 1 << 3
ADD_REACTIONS = 1 << 6
VIEW_CHANNEL = 1 << 10
SEND_MESSAGES = 1 << 11
MANAGE_MESSAGES = 1 << 13
EMBED_LINKS = 1 << 14
ATTACH_FILES = 1 << 15
READ_MESSAGE_HISTORY = 1 << 16
MENTION_EVERYONE = 1 << 17
USE_EXTERNAL_EMOJIS = 1 << 18
CONNECT = 1 << 20
USE_APPLICATION_COMMANDS = 1 << 31
MANAGE_THREADS = 1 << 34
CREATE_PUBLIC_THREADS = 1 << 35
CREATE_PRIVATE_THREADS = 1 << 36
SEND_MESSAGES_IN_THREADS = 1 << 38
ALL = (1 << 53) - 1

INVITED = (  # what the bot's role is given by its invite
    VIEW_CHANNEL
    | SEND_MESSAGES
    | EMBED_LINKS
    | READ_MESSAGE_HISTORY
    | CREATE_PUBLIC_THREADS
    | SEND_MESSAGES_IN_THREADS
    | CONNECT
)
MEMBERS = INVITED | ADD_REACTIONS | ATTACH_FILES | USE_EXTERNAL_EMOJIS | USE_APPLICATION_COMMANDS
IN_DM = MEMBERS & ~(CREATE_PUBLIC_THREADS | SEND_MESSAGES_IN_THREADS)


def allowed(world: World, user: str, channel: Channel) -> int:
    """What a user may do in a channel; 0 where they are no member. Threads have their parent's."""
    if not channel.guild:
        return IN_DM
    guild = world.guilds[channel.guild]
    if user not in guild.members:
        return 0
    base = by_roles(guild, user)
    if base & ADMINISTRATOR:
        return ALL
    home = world.channels.get(channel.parent, channel) if channel.is_thread else channel
    may = overwritten(base, home.overwrites, guild, user)
    return may if may & VIEW_CHANNEL else 0


def may(world: World, user: str, channel: Channel, permission: int) -> bool:
    """Are all of these allowed?"""
    return allowed(world, user, channel) & permission == permission


def by_roles(guild: Guild, user: str) -> int:
    """What a member may do in the guild, before any channel's overwrites."""
    if guild.owner == user:
        return ALL
    found = guild.roles[guild.id].permissions
    for role in guild.members[user].roles:
        found |= guild.roles[role].permissions if role in guild.roles else 0
    return ALL if found & ADMINISTRATOR else found


def overwritten(base: int, overwrites: list[Overwrite], guild: Guild, user: str) -> int:
    """`base` after a channel's overwrites: of @everyone, then of all roles, then the member's."""
    roles = guild.members[user].roles
    everyone = [o for o in overwrites if o.id == guild.id]
    of_roles = [o for o in overwrites if o.of == "role" and o.id in roles]
    of_member = [o for o in overwrites if o.of == "member" and o.id == user]
    for step in (everyone, of_roles, of_member):
        for one in step:
            base &= ~one.deny
        for one in step:
            base |= one.allow
    return base
