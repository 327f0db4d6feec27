"""Discords with several servers, and who may read which secret there, by the plain rule.

The rule is written from the issue's words, not from `bot.spaces`: it knows people, roles and
channels, and nothing of audiences.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from tests.discord.ids import GUILD, OTHER_GUILD
from tests.discord.ids import PEOPLE as IDS
from tests.discord.things import Kind
from tests.leaking import SECRETS

FOREIGN = "900000000000000003"
GUILDS = (GUILD, OTHER_GUILD, FOREIGN)
PEOPLE = (IDS["ben"], IDS["ana"], IDS["pia"])
EVERYWHERE = frozenset((guild, person) for guild in GUILDS for person in PEOPLE)
DIRECT = "@me"
ROOMS = {  # by id: the guild, the kind
    "600000000000000101": (GUILD, Kind.TEXT),
    "600000000000000102": (GUILD, Kind.FORUM),
    "600000000000000103": (GUILD, Kind.VOICE),
    "600000000000000201": (OTHER_GUILD, Kind.TEXT),
    "600000000000000202": (OTHER_GUILD, Kind.TEXT),
    "600000000000000301": (FOREIGN, Kind.TEXT),
}
BOARD, CREW = "board", "crew"  # roles that each guild has, with an id of its own
ROLE_IDS = {
    (guild, name): str(910000000000000100 + 10 * n + m)
    for n, guild in enumerate(GUILDS)
    for m, name in enumerate((BOARD, CREW, "mimic"))
}
MIMICS = (ROLE_IDS[GUILD, BOARD], f"{GUILD}/{BOARD}")  # names that look like what stands for others
ENTRIES = tuple(  # as `discord_roles` may name a role
    dict.fromkeys(
        entry
        for (guild, name), id in ROLE_IDS.items()
        if name != "mimic"
        for entry in (id, f"{guild}/{name}", name)
    )
)


@dataclass(frozen=True)
class Role:
    """A role of a guild, and who has it."""

    guild: str
    id: str
    name: str
    holders: frozenset[str]


@dataclass(frozen=True)
class Room:
    """A channel of a guild. Hidden: @everyone does not see it."""

    id: str
    hidden: bool = False
    roles: frozenset[str] = frozenset()  # ids, that see it all the same
    people: frozenset[str] = frozenset()  # who see it all the same
    banned: frozenset[str] = frozenset()  # who do not see it

    @property
    def guild(self) -> str:
        """The guild that it is in."""
        return ROOMS[self.id][0]

    @property
    def kind(self) -> Kind:
        """What kind of channel it is."""
        return ROOMS[self.id][1]


@dataclass(frozen=True)
class Space:
    """A space of the settings, with one source of its own."""

    source: str
    guilds: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()  # of `ENTRIES`
    people: frozenset[str] = frozenset()

    @property
    def settings(self) -> dict[str, Any]:
        """As it stands in the settings."""
        return {
            "discord_guilds": sorted(self.guilds),
            "discord_channels": sorted(self.channels),
            "discord_roles": sorted(self.roles),
            "people": sorted(self.people),
        }


@dataclass(frozen=True)
class House:
    """All servers that the bot knows, with the settings."""

    rooms: tuple[Room, ...]
    roles: tuple[Role, ...]
    members: frozenset[tuple[str, str]] = EVERYWHERE  # guild and person
    pending: frozenset[tuple[str, str]] = frozenset()  # those of them who were not let in yet
    listed: frozenset[str] = frozenset()  # guilds that Discord shows to everybody
    present: tuple[str, ...] = GUILDS  # guilds that the bot is in
    named: tuple[str, ...] = (GUILD, OTHER_GUILD)  # that the settings name as the team's own
    spaces: tuple[Space, ...] = ()

    # -- the rule ------------------------------------------------------------------------

    @property
    def ours(self) -> frozenset[str]:
        """The team's own guilds."""
        if self.named:
            return frozenset(self.named)
        return frozenset(self.present) if len(self.present) == 1 else frozenset()

    def told_in(self, id: str) -> set[str]:
        """The secrets that may be told in a channel: all who read it may read them."""
        room = self.room(id)
        strangers = room.guild in self.listed and not room.hidden
        if room.guild not in self.ours or room.guild not in self.present or strangers:
            return {SECRETS["website"]}
        guests = room.kind is Kind.VOICE
        mine = {
            space.source
            for space in self.spaces
            if id in space.channels or (room.guild in space.guilds and not guests)
        }
        all_members = set() if guests else {"handbook"}
        return {SECRETS[source] for source in {"website"} | mine | all_members}

    def told_to(self, person: str, asked_in: str) -> set[str]:
        """The secrets that may be told to one person alone, who asks in a guild or a DM."""
        where = self.ours if asked_in == DIRECT else self.ours & {asked_in}
        inside = {g for g in where if self.let_in(g, person)}
        if not inside:
            return {SECRETS["website"]}
        mine = {space.source for space in self.spaces if self.belongs(person, inside, space)}
        return {SECRETS[source] for source in {"website", "handbook"} | mine}

    def belongs(self, person: str, inside: set[str], space: Space) -> bool:
        """Is a person, who counts as a member of these guilds, of the space?"""
        held = [r for r in self.roles if r.guild in inside and person in r.holders]
        rooms = [room for room in self.rooms if room.guild in inside]
        return (
            person in space.people
            or bool(space.guilds & inside)
            or any(self.means(entry, role) for entry in space.roles for role in held)
            or any(room.id in space.channels and self.sees(person, room) for room in rooms)
        )

    def means(self, entry: str, role: Role) -> bool:
        """Does an entry of the settings mean that role? A bare name only where one guild is ours.

        What looks like an id is one, whatever roles are called.
        """
        if entry in (BOARD, CREW):
            return len(self.ours) == 1 and role.name == entry
        guild, _, name = entry.rpartition("/")
        return (role.guild, role.name) == (guild, name) if guild else role.id == entry

    def sees(self, person: str, room: Room) -> bool:
        """Does a member see a channel?"""
        mine = {r.id for r in self.roles if r.guild == room.guild and person in r.holders}
        if person in room.people:
            return True
        return person not in room.banned and (not room.hidden or bool(mine & room.roles))

    def speaks(self, person: str, room: Room) -> bool:
        """May a person write in a channel?"""
        return (room.guild, person) in self.members and self.sees(person, room)

    def speakers(self, room: Room) -> list[str]:
        """Those who may write in a channel."""
        return [person for person in PEOPLE if self.speaks(person, room)]

    def let_in(self, guild: str, person: str) -> bool:
        """Is a person a full member, of a guild that the bot is in?"""
        at = (guild, person)
        return guild in self.present and at in self.members and at not in self.pending

    def room(self, id: str) -> Room:
        """The channel with this id."""
        return next(room for room in self.rooms if room.id == id)

    # -- what happens --------------------------------------------------------------------

    def toggled(self, change: Change) -> House:
        """The same after a change; done twice, it is as before."""
        guild, person = change.guild, change.person
        if change.what == "role":
            roles = tuple(
                replace(r, holders=r.holders ^ {person})
                if (r.guild, r.name) == (guild, CREW)
                else r
                for r in self.roles
            )
            return replace(self, roles=roles)
        if change.what == "hide":
            rooms = (replace(r, hidden=not r.hidden) if r.guild == guild else r for r in self.rooms)
            return replace(self, rooms=tuple(rooms))
        if change.what == "list":
            return replace(self, listed=self.listed ^ {guild})
        return replace(self, members=self.members ^ {(guild, person)})


@dataclass(frozen=True)
class Change:
    """Something that happens in a guild: see `House.toggled`."""

    what: str  # "role", "hide", "list", "join"
    guild: str
    person: str


# -- what people do --------------------------------------------------------------------------

ACTS = (
    "mention",
    "follow",
    "private",
    "command",
    "whisper",
    "dm",
    "menu",
    "edit",
    "redo",
    "share",
    "change",
)


@dataclass(frozen=True)
class Step:
    """What somebody does."""

    act: str  # of `ACTS`
    room: str
    who: int  # which of those who may speak there
    change: Change  # of "change"
