"""Discord as a source: a pass over its channels, one after the other."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace

from knowledge.documents import Checkpoint, Item, Keyed, Reached, Unchanged, Unreadable
from knowledge.errors import SourceUnreadable
from knowledge.net.asking import Credentials, Limits, Outside, user_agent
from knowledge.net.client import Client
from knowledge.net.errors import NetError
from knowledge.net.guard import Guard
from knowledge.sources import Allowed
from knowledge.sources._services.site import check_base
from knowledge.sources.discord import memory
from knowledge.sources.discord.api import PAGE, Discord, ends
from knowledge.sources.discord.loose import Loose
from knowledge.sources.discord.memory import Followed, Heard, Memory, Remembered, digest
from knowledge.sources.discord.payloads import POSTS, VOICES, Channel
from knowledge.sources.discord.places import Place, Wanted
from knowledge.sources.discord.rooms import Rooms, forgotten
from knowledge.sources.discord.speaking import Hearing
from knowledge.sources.discord.threads import Threads

VERSION = 1  # raise it when messages are written otherwise than before
AGENT = "DiscordBot (https://discord.com, {})"  # Discord refuses what does not begin so
Part = Threads | Loose


def everywhere(platform: str, workspace: str, channel: str) -> bool:
    """Every channel may be read."""
    del platform, workspace, channel
    return True


@dataclass(frozen=True)
class DiscordSource:
    """What people said in some channels: each thread and conversation a document."""

    name: str
    url: str  # of the API
    token: str = field(repr=False)
    wanted: Wanted
    guard: Guard
    allowed: Allowed = everywhere
    limits: Limits = field(default_factory=Limits)
    outside: Outside = field(default_factory=Outside)
    page: int = PAGE

    def within(self, allowed: Allowed) -> DiscordSource:
        """See `OfChannels`."""
        return replace(self, allowed=allowed)

    def expected(self) -> int | None:
        """Not known without asking."""
        return None

    def documents(self, since: Checkpoint | None) -> Iterator[Item]:
        """Every thread and conversation, channel by channel; see `Source.documents`."""
        self.check()
        held = since or Checkpoint({})
        own = Credentials(self.url, {"Authorization": f"Bot {self.token}"})
        agent = {"User-Agent": AGENT.format(user_agent())}
        with Client(self.guard, self.limits, own, agent, self.outside) as client:
            discord = Discord(client, self.url, self.page)
            journey = Journey(self, discord, held, memory.read(held.state, self.form))
            try:
                yield from journey.items()
            except NetError as error:
                raise error.of(self.name) from error
        after = Memory(journey.after, journey.named)
        yield Reached(memory.written(after, self.form))

    @property
    def shape(self) -> str:
        """What documents depend on besides what was said."""
        return digest(VERSION, self.wanted.bots)

    @property
    def form(self) -> str:
        """What the memory depends on."""
        return digest(self.shape, replace(self.wanted, channels=()), self.url)

    def check(self) -> None:
        """Are the settings such that Discord can be asked? Raises `SourceUnreadable`."""
        if problem := self.wanted.problem(self.outside.clock()):
            raise SourceUnreadable(self.name, problem, "See docs/sources.md")
        if not self.token or any(not c.isascii() or c.isspace() for c in self.token):
            problem = "`token` is no bot's token"
            raise SourceUnreadable(self.name, problem, 'Give it as { env = "DISCORD_TOKEN" }')
        check_base(self.name, self.url, "Leave it out: it is for tests")


@dataclass
class Journey:
    """One pass. `after` and `named` are what to remember of it."""

    source: DiscordSource
    discord: Discord
    held: Checkpoint
    before: Memory
    after: dict[int, Remembered] = field(default_factory=dict)
    named: dict[str, int] = field(default_factory=dict)
    errors: list[NetError] = field(default_factory=list)
    read: int = 0  # parts that were read to their end, and channels that need not be read
    seen: set[int] = field(default_factory=set)

    def items(self) -> Iterator[Keyed]:
        """All channels. Raises `NetError` when none could be read, or Discord is not there."""
        own = self.discord.me().id
        self.discord.check_intent()
        rooms = Rooms(self.discord, own, self.source.wanted.private)
        rooms.known = dict(self.before.named)
        for name, found in rooms.found(self.source.wanted.channels):
            if isinstance(found, NetError):
                id = id_of(name, rooms.known)
                if not id or self.is_new(id):
                    yield from self.missed(name, id, found)
            elif self.is_new(found.id) and self.is_allowed(found.guild_id or 0, found.id):
                yield from self.channel(rooms, found)
        self.named = {name: id for name, id in rooms.known.items() if id in self.after}
        if self.errors and not self.read:
            raise self.errors[0]

    def is_new(self, id: int) -> bool:
        """Does it come for the first time? It may be named twice."""
        known = id in self.seen
        self.seen.add(id)
        return not known

    def is_allowed(self, guild: int, id: int) -> bool:
        """Do the settings of the channel allow it? What is not allowed is forgotten."""
        allowed = self.source.allowed("discord", str(guild or "@me"), str(id))
        self.read += not allowed
        return allowed

    def missed(self, name: str, id: int, error: NetError) -> Iterator[Keyed]:
        """A channel that is not read: what is held of it stays, unless it must not be held."""
        known = self.before.channels.get(id)
        if known is not None and not self.is_allowed(known.guild, id):
            return
        yield Unreadable(name, f"({error.where}) {error.reason}")
        if forgotten(error):
            self.read += 1
            return
        self.errors.append(error)
        if known is not None:
            self.after[id] = known
        start = f"{id}/"
        yield from (Unchanged(key) for key in sorted(self.held.held) if key.startswith(start))

    # -- one channel -----------------------------------------------------------------

    def channel(self, rooms: Rooms, channel: Channel) -> Iterator[Keyed]:
        """Its threads, and what is said outside of them; where one fails, the other is read."""
        try:
            place = self.place(rooms, channel)
        except NetError as error:
            if ends(error):
                raise
            yield from self.missed(str(channel.id), channel.id, error)
            return
        known = self.before.channels.get(channel.id, Remembered())
        followed: Followed | None = None
        heard: Heard | None = None
        if channel.type not in VOICES:
            threads = Threads(place, known.threads)
            whole = yield from self.part(place, threads)
            followed = threads.after if whole else known.threads
        if self.source.wanted.loose and channel.type not in POSTS:
            loose = Loose(place, known.loose)
            whole = yield from self.part(place, loose)
            heard = loose.after if whole else known.loose
        self.after[channel.id] = Remembered(place.server.guild.id, followed, heard)

    def place(self, rooms: Rooms, channel: Channel) -> Place:
        """A channel that may be read. Raises `NetError`."""
        source, server = self.source, rooms.check(channel)
        names = server.names(source.wanted.private)
        hearing = Hearing(server.guild.id, channel.id, rooms.bot, source.wanted.bots, names)
        now = source.outside.clock()
        return Place(
            source.name, self.discord, server, channel, hearing, source.wanted, self.held,
            source.shape, now,
        )  # fmt: skip

    def part(self, place: Place, part: Part) -> Generator[Keyed, None, bool]:
        """A part of a channel; did it come to its end? Raises `NetError` as `items` does."""
        seen = set[str]()
        try:
            for item in part.items():
                seen.add(item.key)
                yield item
        except NetError as error:
            if ends(error):
                raise
            self.errors.append(error)
            yield Unreadable(f"{place.channel.id}/{part.kind}", f"({place.name}) {error.reason}")
            rest = place.unchanged(part.kind, place.held_ids(part.kind))
            yield from (item for item in rest if item.key not in seen)
            return False
        self.read += 1
        return True


def id_of(name: str, known: dict[str, int]) -> int:
    """The id of a channel of the settings; 0: it is not known."""
    bare = name.strip().removeprefix("#")
    return int(bare) if bare.isdecimal() else known.get(bare, 0)
