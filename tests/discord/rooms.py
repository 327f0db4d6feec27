"""Who is there and what they may: people, roles, channels and guilds, added and changed."""

from __future__ import annotations

from tests.discord.acts import archive
from tests.discord.events import thread_gone_payload
from tests.discord.houses import found_guild
from tests.discord.ids import BOT, GUILD
from tests.discord.payloads import (
    channel_payload,
    guild_payload,
    member_payload,
    role_payload,
    user_payload,
)
from tests.discord.things import Channel, Guild, Kind, Member, Overwrite, Role, User
from tests.discord.world import World


def add_person(
    world: World, name: str, guild: str = GUILD, bot: bool = False, takes_dms: bool = True
) -> str:
    """Somebody new in a guild ("": in none), or changed; their id."""
    known = [user for user in world.users.values() if user.name == name]
    id = known[0].id if known else world.clock.snowflake()
    world.users[id] = User(id, name, bot, takes_dms)
    if guild:
        join(world, name, guild)
    return id


def join(world: World, person: str, guild: str) -> None:
    """Come into a guild."""
    user, home = world.user(person), world.guild(guild)
    if user.id not in home.members:
        member = home.members[user.id] = Member(user.id)
        told = member_payload(world, member) | {"guild_id": home.id}
        world.tell("GUILD_MEMBER_ADD", told, home.id)


def leave(world: World, person: str, guild: str) -> None:
    """Leave a guild. The bot: it is thrown out."""
    user, home = world.user(person), world.guild(guild)
    home.members.pop(user.id, None)
    if user.id == BOT:
        world.tell("GUILD_DELETE", {"id": home.id}, home.id)
    else:
        told = {"guild_id": home.id, "user": user_payload(user)}
        world.tell("GUILD_MEMBER_REMOVE", told, home.id)


def add_role(world: World, name: str, guild: str = GUILD, permissions: int = 0) -> str:
    """A role of a guild, new or with other permissions; its id. "@everyone" is one."""
    home = world.guild(guild)
    known = [role for role in home.roles.values() if role.name == name]
    role = known[0] if known else Role(world.clock.snowflake(), name, 0, len(home.roles))
    role.permissions = permissions
    home.roles[role.id] = role
    event = "GUILD_ROLE_UPDATE" if known else "GUILD_ROLE_CREATE"
    world.tell(event, {"guild_id": home.id, "role": role_payload(role)}, home.id)
    return role.id


def delete_role(world: World, role: str, guild: str = GUILD) -> None:
    """Take a role away, from all who have it."""
    home, found = world.guild(guild), world.role(guild, role)
    for member in home.members.values():
        if found.id in member.roles:
            revoke(world, member.user, found.id, guild)
    del home.roles[found.id]
    world.tell("GUILD_ROLE_DELETE", {"guild_id": home.id, "role_id": found.id}, home.id)


def grant(world: World, person: str, role: str, guild: str = GUILD) -> None:
    """Give somebody a role."""
    member, found = world.member(guild, world.user(person).id), world.role(guild, role)
    if found.id not in member.roles:
        member.roles.append(found.id)
    _tell_member(world, guild, member)


def revoke(world: World, person: str, role: str, guild: str = GUILD) -> None:
    """Take a role from somebody."""
    member, found = world.member(guild, world.user(person).id), world.role(guild, role)
    member.roles = [other for other in member.roles if other != found.id]
    _tell_member(world, guild, member)


def _tell_member(world: World, guild: str, member: Member) -> None:
    home = world.guild(guild).id
    told = member_payload(world, member) | {"guild_id": home}
    world.tell("GUILD_MEMBER_UPDATE", told, home)


def add_channel(world: World, name: str, guild: str = GUILD, kind: str = "text") -> str:
    """A channel ("text", "forum", "news", "voice", "category") of a guild; its id."""
    home, id = world.guild(guild), world.clock.snowflake()
    made = Channel(id, Kind[kind.upper()], name, home.id, position=len(world.channels))
    world.channels[id] = made
    world.tell("CHANNEL_CREATE", channel_payload(world, made), home.id)
    return id


def delete_channel(world: World, channel: str) -> None:
    """Take a channel away, or a thread, with all that was said there."""
    found = world.channel(channel)
    world.channels.pop(found.id)
    world.messages.pop(found.id, None)
    if found.is_thread:
        world.tell("THREAD_DELETE", thread_gone_payload(found), found.guild)
    else:
        world.tell("CHANNEL_DELETE", channel_payload(world, found), found.guild)


def overwrite(world: World, channel: str, whom: str, allow: int = 0, deny: int = 0) -> None:
    """Say what a role or a person may in a channel: "@everyone", "payroll", "ben"."""
    found = world.channel(channel)
    roles = world.guild(found.guild).roles.values()
    role = next((role.id for role in roles if whom in (role.id, role.name)), "")
    id = role or world.user(whom).id
    found.overwrites = [o for o in found.overwrites if o.id != id]
    if allow or deny:
        made = Overwrite(id, "role" if role else "member", allow, deny)
        found.overwrites.append(made)
    world.tell("CHANNEL_UPDATE", channel_payload(world, found), found.guild)


def add_guild(world: World, id: str, name: str = "") -> Guild:
    """A guild of all people, with a channel "general" and the bot; the gateway has yet to tell."""
    if id not in world.guilds:
        found_guild(world, id, name or f"guild-{id[-4:]}")
    return world.guilds[id]


def rename_guild(world: World, guild: str, name: str) -> None:
    """Give a guild another name."""
    found = world.guild(guild)
    found.name = name
    world.tell("GUILD_UPDATE", guild_payload(world, found), found.id)


def archive_thread(world: World, thread: str, archived: bool = True, locked: bool = False) -> None:
    """Archive a thread, lock it, or open it again."""
    archive(world, world.channel(thread), archived, locked)
