"""A local Discord made as a `tests.discord.leaking.House` says, and changed as that changes."""

from __future__ import annotations

from collections.abc import Iterator

from tests.discord.houses import found_guild
from tests.discord.ids import BOT, OWNER
from tests.discord.leaking import GUILDS, House, Room
from tests.discord.payloads import channel_payload, guild_payload
from tests.discord.permissions import VIEW_CHANNEL
from tests.discord.things import Channel, Guild, Member, Overwrite, Role
from tests.discord.world import World


def furnish(world: World, house: House) -> None:
    """Make it so, and tell of it, as far as Discord would."""
    for guild in GUILDS:
        settle(world, house, world.guilds.get(guild) or found_guild(world, guild, f"of-{guild}"))
    for room in house.rooms:
        made = Channel(room.id, room.kind, f"room-{room.id}", room.guild)
        here = world.channels.setdefault(room.id, made)
        here.overwrites = list(overwrites(world, room))
    for guild in house.present:
        tell(world, world.guilds[guild])


def settle(world: World, house: House, guild: Guild) -> None:
    """Its roles, and who is in it."""
    mine = [role for role in house.roles if role.guild == guild.id]
    guild.roles |= {role.id: Role(role.id, role.name, 0) for role in mine}
    guild.features = ["DISCOVERABLE"] if guild.id in house.listed else []
    bot = [BOT] if guild.id in house.present else []
    people = [person for where, person in sorted(house.members) if where == guild.id]
    guild.members = {id: Member(id) for id in (OWNER, *bot, *people)}
    for person in people:
        guild.members[person].roles = [role.id for role in mine if person in role.holders]
        guild.members[person].pending = (guild.id, person) in house.pending
    if bot:
        guild.members[BOT].roles = [tandem(guild)]


def tandem(guild: Guild) -> str:
    """The bot's own role."""
    return next(role.id for role in guild.roles.values() if role.name == "tandem")


def overwrites(world: World, room: Room) -> Iterator[Overwrite]:
    """Who sees a channel; the bot does."""
    if room.hidden:
        yield Overwrite(room.guild, "role", deny=VIEW_CHANNEL)
    yield Overwrite(tandem(world.guilds[room.guild]), "role", allow=VIEW_CHANNEL)
    for role in sorted(room.roles):
        yield Overwrite(role, "role", allow=VIEW_CHANNEL)
    for person in sorted(room.people | room.banned):
        may = person in room.people
        yield Overwrite(person, "member", allow=VIEW_CHANNEL * may, deny=VIEW_CHANNEL * (not may))


def tell(world: World, guild: Guild) -> None:
    """What Discord tells of a guild that changed; of its members it tells nothing."""
    world.tell("GUILD_UPDATE", guild_payload(world, guild), guild.id)
    for channel in [c for c in world.channels.values() if c.guild == guild.id and not c.thread]:
        world.tell("CHANNEL_UPDATE", channel_payload(world, channel), guild.id)
