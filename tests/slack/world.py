"""A workspace: its people, channels, groups and messages."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Literal

from tests.slack.payloads import Json, Refused

TEAM, OTHER_TEAM = "T0TANDEM", "T0OTHER"
APP, BOT, BOT_USER = "A0TANDEM", "B0TANDEM", "U0TANDEM"
BOT_TOKEN, APP_TOKEN = "xoxb-0-tandem-tests", "xapp-1-A0TANDEM-tests"
SIGNING_SECRET = "a-secret-of-the-tests"
Kind = Literal["channel", "group", "im", "mpim"]


@dataclass(frozen=True)
class Person:
    """Somebody who speaks, or a bot."""

    id: str
    name: str
    team_id: str = TEAM
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_bot: bool = False
    deleted: bool = False
    enterprise_id: str = ""
    tz: str = "Europe/Berlin"
    locale: str = "en-US"


@dataclass(frozen=True)
class Channel:
    """A place where people speak; `kind` as in the event's `channel_type`."""

    id: str
    name: str
    kind: Kind = "channel"
    members: tuple[str, ...] = ()
    is_ext_shared: bool = False
    is_pending_ext_shared: bool = False  # another organisation is invited
    is_org_shared: bool = False  # with workspaces of the same enterprise
    is_archived: bool = False


@dataclass(frozen=True)
class Group:
    """A user group."""

    id: str
    handle: str
    members: tuple[str, ...] = ()


@dataclass
class Stream:
    """What is streamed into a message; `blocks` in the order in which they came."""

    started_at: float  # of time.monotonic()
    mode: Literal["", "text", "chunks"] = ""  # fixed by what comes first
    state: Literal["in_progress", "completed", "expired", "stopped_by_user"] = "in_progress"
    blocks: list[Json] = field(default_factory=list)
    plan: str = ""


@dataclass
class Message:
    """A message as it stands."""

    channel: str
    ts: str
    user: str
    text: str
    thread_ts: str = ""  # of the thread that it answers in; empty: it stands in the channel
    bot_id: str = ""
    blocks: list[Json] = field(default_factory=list)
    metadata: Json | None = None
    edited_by: str = ""
    reactions: dict[str, list[str]] = field(default_factory=dict)
    stream: Stream | None = None
    only_for: str = ""  # ephemeral: the one who sees it
    more: Json = field(default_factory=dict)  # files, attachments, a subtype

    @property
    def thread(self) -> str:
        """The root of the thread that it stands in: itself, if it began none."""
        return self.thread_ts or self.ts


class Clock:
    """Slack's `ts`: Unix seconds with six digits, unique and rising."""

    def __init__(self) -> None:
        self._last = 0

    def ts(self) -> str:
        """The next one."""
        self._last = max(self._last + 1, time.time_ns() // 1000)
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"


class Changes:
    """Counts what changed, so that others can wait for the next."""

    def __init__(self) -> None:
        self.count = 0
        self._next = asyncio.Event()

    def tell(self) -> None:
        """Something changed."""
        self.count += 1
        self._next.set()
        self._next = asyncio.Event()

    async def beyond(self, seen: int, timeout_s: float) -> int:
        """Wait until more changed than `seen`, or the time is over; the count now."""
        limit = time.monotonic() + timeout_s
        while self.count <= seen and (left := limit - time.monotonic()) > 0:
            try:
                await asyncio.wait_for(self._next.wait(), left)
            except TimeoutError:
                break
        return self.count


class World:
    """The workspace as it stands."""

    def __init__(self, keep: int) -> None:
        self.keep = keep
        self.clock, self.changes = Clock(), Changes()
        self.people = {person.id: person for person in PEOPLE}
        self.channels = {channel.id: channel for channel in CHANNELS}
        self.groups = {group.id: group for group in GROUPS}
        self.messages: OrderedDict[tuple[str, str], Message] = OrderedDict()
        self.threads: dict[tuple[str, str], list[str]] = {}  # the answers in a thread, in order
        self.whispers: list[Message] = []  # what only one person sees
        for person in PEOPLE:
            if not person.is_bot and person.team_id == TEAM:
                self.direct(person.id)

    def person(self, id_or_name: str) -> Person:
        """Who is meant, or `user_not_found`."""
        for person in self.people.values():
            if id_or_name in (person.id, person.name):
                return person
        raise Refused("user_not_found")

    def channel(self, id_or_name: str) -> Channel:
        """Which is meant, or `channel_not_found`."""
        for channel in self.channels.values():
            if id_or_name in (channel.id, channel.name):
                return channel
        raise Refused("channel_not_found")

    def direct(self, user: str) -> Channel:
        """The channel of the bot with this person, made when first used."""
        person = self.person(user)
        id = f"D{person.id[1:]}"
        made = Channel(id, f"dm-{person.name}", "im", (person.id, BOT_USER))
        return self.channels.setdefault(id, made)

    def message(self, channel: str, ts: str) -> Message:
        """The one with this ts, or `message_not_found`."""
        found = self.messages.get((channel, ts))
        if found is None:
            raise Refused("message_not_found")
        return found

    def post(self, message: Message) -> Message:
        """Make a message stand; the oldest goes where too many are kept."""
        self.messages[message.channel, message.ts] = message
        if message.thread_ts:
            self.threads.setdefault((message.channel, message.thread_ts), []).append(message.ts)
        while len(self.messages) > self.keep:
            self.remove(next(iter(self.messages.values())))
        self.changes.tell()
        return message

    def remove(self, message: Message) -> None:
        """Take a message away; its thread stays."""
        self.messages.pop((message.channel, message.ts), None)
        answers = self.threads.get((message.channel, message.thread_ts), [])
        if message.ts in answers:
            answers.remove(message.ts)
        if not answers:
            self.threads.pop((message.channel, message.thread_ts), None)
        self.changes.tell()

    def whisper(self, message: Message) -> None:
        """Show a message to one person only; it is in no history."""
        self.whispers = [*self.whispers[-999:], message]
        self.changes.tell()

    def roots(self, channel: str) -> list[Message]:
        """What stands in the channel itself, oldest first."""
        return [m for m in self.messages.values() if m.channel == channel and not m.thread_ts]

    def thread(self, channel: str, root: str) -> list[Message]:
        """A thread's root, where it still stands, and its answers, oldest first."""
        wanted = [root, *self.threads.get((channel, root), [])]
        return [self.messages[channel, ts] for ts in wanted if (channel, ts) in self.messages]


PEOPLE = (
    Person(BOT_USER, "tandem", is_bot=True),
    Person("U0BEN", "ben"),
    Person("U0ANA", "ana"),
    Person("U0GUEST", "gus", is_restricted=True),
    Person("U0SOLO", "solo", is_ultra_restricted=True),
    Person("U0FAY", "fay", team_id=OTHER_TEAM),
    Person("U0ROBO", "robo", is_bot=True),
    Person("U0GONE", "gone", deleted=True),
)
_ALL = (BOT_USER, "U0BEN", "U0ANA", "U0ROBO")
CHANNELS = (
    Channel("C0GENERAL", "general", members=_ALL),
    Channel("C0TEAM", "team", members=_ALL),
    Channel("C0GUESTS", "guests", members=(*_ALL, "U0GUEST")),
    Channel("C0SECRET", "secret", "group", members=(BOT_USER, "U0BEN")),
    Channel("C0SHARED", "shared", members=(*_ALL, "U0FAY"), is_ext_shared=True),
    Channel("C0AWAY", "away", members=("U0BEN", "U0ANA")),
    Channel("G0TRIO", "trio", "mpim", members=(BOT_USER, "U0BEN", "U0ANA")),
)
GROUPS = (Group("S0ENG", "engineers", ("U0BEN",)),)
