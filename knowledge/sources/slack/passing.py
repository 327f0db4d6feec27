"""Slack as a source: a pass over the channels that are named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from knowledge.documents import Checkpoint, Item, Reached, Unchanged, Unreadable
from knowledge.errors import SourceUnreadable
from knowledge.net.asking import Credentials, Limits, Outside
from knowledge.net.client import Client
from knowledge.net.errors import NetError
from knowledge.net.guard import Guard
from knowledge.sources import Allowed
from knowledge.sources._services.site import check_base
from knowledge.sources._talk import writing
from knowledge.sources._talk.since import DAY_S, first_s
from knowledge.sources.slack import memory
from knowledge.sources.slack.api import Pace, Slack
from knowledge.sources.slack.listing import Lists
from knowledge.sources.slack.memory import Followed, Memory, digest
from knowledge.sources.slack.people import Names
from knowledge.sources.slack.places import Channel, Places, Refusal
from knowledge.sources.slack.posts import Me
from knowledge.sources.slack.talking import Talk, Taste
from knowledge.sources.slack.trouble import Told

VERSION = 1  # raise it when messages are written otherwise than before


def everywhere(*_: str) -> bool:
    """No channel is switched off."""
    return True


@dataclass(frozen=True)
class Wanted:
    """What is read."""

    channels: tuple[str, ...]  # ids or names
    taste: Taste
    private: bool = False
    days: float = 30.0
    since: str = ""

    @property
    def shape(self) -> str:
        """What documents depend on besides what was said."""
        return digest(VERSION, writing.VERSION, self.taste)


@dataclass(frozen=True)
class Site:
    """Where Slack is, and as whom it is read."""

    base: str
    token: str = field(repr=False)
    limited: bool = False

    @property
    def credentials(self) -> Credentials:
        """The token, for this place alone."""
        return Credentials(self.base, {"Authorization": f"Bearer {self.token}"})


@dataclass(frozen=True)
class SlackSource:
    """Threads of named channels."""

    name: str
    site: Site
    wanted: Wanted
    guard: Guard
    limits: Limits = field(default_factory=Limits)
    outside: Outside = field(default_factory=Outside)
    allowed: Allowed = everywhere

    def within(self, allowed: Allowed) -> SlackSource:
        """See `OfChannels`."""
        return replace(self, allowed=allowed)

    def expected(self) -> int | None:
        """Not known without asking."""
        return None

    def check(self) -> None:
        """Raises `SourceUnreadable` for settings that cannot work."""
        if not self.wanted.channels:
            remedy = "Name the channels that are read, by id or name"
            raise SourceUnreadable(self.name, "`channels` is empty", remedy)
        if not self.site.token.strip():
            remedy = 'Give the bot token: token = { env = "SLACK_BOT_TOKEN" }'
            raise SourceUnreadable(self.name, "`token` is empty", remedy)
        check_base(self.name, self.site.base, "Leave it out: it is for tests")
        try:
            first_s(self.wanted.since, self.outside.clock())
        except ValueError as error:
            raise SourceUnreadable(self.name, str(error), "See docs/sources.md") from error

    def documents(self, since: Checkpoint | None) -> Iterator[Item]:
        """Every thread; see `Source.documents`."""
        self.check()
        held, form = since or Checkpoint({}), digest(self.wanted)
        own = self.site.credentials
        with Client(self.guard, self.limits, own, outside=self.outside) as client:
            slack = Slack(client, self.site.base, Pace(self.site.limited))
            journey = Journey(self, slack, held, memory.read(held.state, form))
            try:
                yield from journey.items()
            except NetError as error:
                raise error.of(self.name) from error
        yield Reached(memory.written(journey.after, form))


@dataclass
class Journey:
    """One pass. `after` is what to remember of it. Its methods raise `NetError`."""

    source: SlackSource
    slack: Slack
    held: Checkpoint
    before: Memory
    channels: dict[str, Followed] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """What it begins with."""
        self.now = self.source.outside.clock()
        fresh = 0 <= self.now - self.before.names_at < DAY_S
        self.names_at = self.before.names_at if fresh else self.now
        self.names = Names(self.slack, dict(self.before.names) if fresh else {})
        self.ids = dict(self.before.ids)

    @property
    def after(self) -> Memory:
        """What to remember, once the pass came to its end."""
        return Memory(self.channels, self.ids, self.names.known, self.names_at)

    def items(self) -> Iterator[Item]:
        """All channels, as they are named in the settings."""
        me, wanted = whoami(self.slack), self.source.wanted
        places = Places(self.slack, me, wanted.private, self.source.allowed, self.ids)
        found = [places.of(given) for given in dict.fromkeys(wanted.channels)]
        refused = {one.key: one for one in found if isinstance(one, Refusal)}
        read = {one.id: one for one in found if isinstance(one, Channel)}
        errors = [one.error for one in refused.values() if one.error is not None]
        if errors and len(errors) == len(found):
            raise errors[0]
        yield from self.kept(list(refused.values()), set(read), places)
        for channel in read.values():
            yield from self.channel(channel, me, alone=len(found) == 1)

    def kept(self, refused: list[Refusal], read: set[str], places: Places) -> Iterator[Item]:
        """Channels that are not read; what is held of them stays, unless they are closed."""
        yield from (Unreadable(one.key, one.reason) for one in refused)
        gone = {one.id for one in refused if one.forget} | read
        staying = {one.id for one in refused if one.id} - gone
        if any(not one.id for one in refused):  # it may be any of those that are held
            staying |= {key.partition("/")[0] for key in self.held.held} - gone
        for id in sorted(staying):
            if places.may(id):
                yield from self.left(id, set())

    def left(self, id: str, seen: set[str]) -> Iterator[Item]:
        """What is held of a channel that cannot be read stays as it is."""
        yield from (Unchanged(key) for key in self.held_of(id) if key not in seen)
        if id in self.before.channels:
            self.channels[id] = self.before.channels[id]

    def held_of(self, id: str) -> list[str]:
        """The keys that the index holds of a channel."""
        return sorted(key for key in self.held.held if key.startswith(f"{id}/"))

    def channel(self, channel: Channel, me: Me, alone: bool) -> Iterator[Item]:
        """One channel; where it cannot be read, the others can, unless it is `alone`."""
        wanted, seen = self.source.wanted, set[str]()
        talk = self.talk(channel, me)
        try:
            for item in talk.items(self.now, first_s(wanted.since, self.now), wanted.days):
                seen.add(item.key)
                yield item
        except Told as error:
            if alone or not error.of_channel:
                raise error.at(channel.name) from error
            yield Unreadable(channel.id, error.reason)
            yield from self.left(channel.id, seen)
        else:
            self.channels[channel.id] = talk.after

    def talk(self, channel: Channel, me: Me) -> Talk:
        """The pass over a channel."""
        wanted = self.source.wanted
        return Talk(
            self.source.name,
            Lists(self.slack, channel.id),
            channel,
            me,
            self.names,
            wanted.taste,
            wanted.shape,
            {key: self.held.held[key] for key in self.held_of(channel.id)},
            self.before.channels.get(channel.id),
        )


def whoami(slack: Slack) -> Me:
    """As whom we read. Raises `NetError`."""
    answer = slack.call("auth.test")
    told = answer.json_object()
    names = ("team_id", "user_id", "bot_id", "url")
    team, user, bot, url = (str(told.get(name) or "") for name in names)
    if not team or not user or not url.startswith("http"):
        raise answer.garbled("does not say whose token this is")
    return Me(team, user, bot, url if url.endswith("/") else f"{url}/")
