"""The people, the roles and the channels that a local Discord begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.discord.ids import BOT, CHANNELS, GUILD, OWNER, PEOPLE, ROLES
from tests.discord.permissions import INVITED, MEMBERS, VIEW_CHANNEL
from tests.discord.things import Channel, Guild, Kind, Member, Overwrite, Role, User

if TYPE_CHECKING:
    from tests.discord.world import World


def people() -> list[User]:
    """All who are there from the first."""
    spoken = [User(id, name, bot=name == "robo") for name, id in PEOPLE.items()]
    return [User(BOT, "tandem", bot=True), User(OWNER, "olga"), *spoken]


def found_guild(world: World, id: str, name: str) -> Guild:
    """A guild of these people; GUILD has the channels of `ids`, others one "general"."""
    home = id == GUILD
    tandem = ROLES["tandem"] if home else world.clock.snowflake()
    guild = world.guilds[id] = Guild(id, name, OWNER, roles(id, tandem, home))
    for person in (BOT, OWNER, *PEOPLE.values()):
        guild.members[person] = Member(person, [tandem] if person == BOT else [])
    if home:
        guild.members[PEOPLE["pia"]].roles.append(ROLES["payroll"])
    channels = CHANNELS if home else {"general": world.clock.snowflake()}
    for position, (called, channel) in enumerate(channels.items()):
        world.channels[channel] = begun(channel, called, id, position)
    return guild


def roles(guild: str, tandem: str, home: bool) -> dict[str, Role]:
    """The roles of a new guild, by id."""
    made = [Role(guild, "@everyone", MEMBERS), Role(tandem, "tandem", INVITED, 1)]
    if home:
        made.append(Role(ROLES["payroll"], "payroll", 0, 2))
    return {role.id: role for role in made}


def begun(id: str, name: str, guild: str, position: int) -> Channel:
    """A channel as it is at first; "pay" is seen by payroll, Ben and the bot alone."""
    kind = Kind.FORUM if name == "forum" else Kind.TEXT
    made = Channel(id, kind, name, guild, position=position)
    if id == CHANNELS["pay"]:
        made.overwrites = [
            Overwrite(guild, "role", deny=VIEW_CHANNEL),
            Overwrite(ROLES["tandem"], "role", allow=VIEW_CHANNEL),
            Overwrite(ROLES["payroll"], "role", allow=VIEW_CHANNEL),
            Overwrite(PEOPLE["ben"], "member", allow=VIEW_CHANNEL),
        ]
    return made
