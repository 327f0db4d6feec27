"""A Discord: its guilds, channels and messages, and who is told what happens there."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tests.discord import refusals
from tests.discord.faults import Faults
from tests.discord.ids import BOT, GUILD, PEOPLE, Clock, direct_channel
from tests.discord.ledger import Ledger
from tests.discord.permissions import VIEW_CHANNEL, may
from tests.discord.refusals import Json, Refused
from tests.discord.settings import Settings
from tests.discord.things import (
    Channel,
    Command,
    Guild,
    Interaction,
    Kind,
    Member,
    Message,
    Role,
    User,
)

TYPING_S = 10.0


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


@dataclass(frozen=True)
class Event:
    """What the gateway tells: a dispatch. `guild` is empty in DMs."""

    name: str
    payload: Json
    guild: str


class World:
    """All as it stands. Who changes it says so by `tell`."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.base = ""  # where the server listens: http://127.0.0.1:1234
        self.clock, self.changes = Clock(), Changes()
        self.ledger, self.faults = Ledger(self.settings), Faults()
        self.users: dict[str, User] = {}
        self.guilds: dict[str, Guild] = {}
        self.channels: dict[str, Channel] = {}
        self.messages: dict[str, OrderedDict[str, Message]] = {}  # by channel; not ephemeral ones
        self.whispers: OrderedDict[str, Message] = OrderedDict()  # ephemeral ones
        self.nonces: OrderedDict[tuple[str, str], Message] = OrderedDict()  # by author and nonce
        self.commands: dict[str, Command] = {}
        self.command_writes: list[str] = []  # "PUT /applications/…/commands", each one
        self.interactions: dict[str, Interaction] = {}  # by token
        self._typing: dict[tuple[str, str], float] = {}  # until when, by channel and user
        self.listeners: list[Callable[[Event], None]] = []  # the gateway
        settle(self)

    def tell(self, event: str, payload: Json, guild: str = "") -> None:
        """The gateway tells of something: to the shard of `guild`, as its intents allow.

        What happens in a channel that the bot cannot see is not told. The payload is whole:
        the gateway takes away what a session may not read. Copied at once.
        """
        self._note_typing(event, payload)
        self.changes.tell()
        if self._hidden(event, payload) or self._gone(event, guild):
            return
        for listen in self.listeners:
            listen(Event(event, payload, guild))

    def typing(self, channel: str) -> list[str]:
        """The users who type there now."""
        now = self.clock.now()
        return [
            user
            for (where, user), until in self._typing.items()
            if until > now and where == channel
        ]

    def _note_typing(self, event: str, payload: Json) -> None:
        """Who types does so for ten seconds, or until they have written."""
        where = str(payload.get("channel_id"))
        if event == "TYPING_START":
            self._typing[where, payload["user_id"]] = self.clock.now() + TYPING_S
        elif event == "MESSAGE_CREATE":
            self._typing.pop((where, payload.get("author", {}).get("id")), None)

    def _gone(self, event: str, guild: str) -> bool:
        """Is it of a guild that the bot was thrown out of? Only that is told."""
        return bool(guild) and event != "GUILD_DELETE" and not self.bot_in(guild)

    def _hidden(self, event: str, payload: Json) -> bool:
        """Does it happen where the bot sees nothing? Interactions are told from anywhere."""
        if not event.startswith(("MESSAGE_", "THREAD_", "TYPING_")):
            return False
        found = payload.get("channel_id") or payload.get("parent_id")
        where = self.channels.get(str(found))
        return where is not None and not may(self, BOT, where, VIEW_CHANNEL)

    def user(self, id_or_name: str) -> User:
        """Who is meant, or Unknown User."""
        found = self.users.get(id_or_name) or self.users.get(PEOPLE.get(id_or_name, ""))
        named = [user for user in self.users.values() if user.name == id_or_name]
        if not (found or named):
            raise Refused(refusals.UNKNOWN_USER)
        return found or named[0]

    def guild(self, id_or_name: str) -> Guild:
        """Which is meant, or Unknown Guild."""
        for guild in self.guilds.values():
            if id_or_name in (guild.id, guild.name):
                return guild
        raise Refused(refusals.UNKNOWN_GUILD)

    def member(self, guild: str, user: str) -> Member:
        """The member, or Unknown Member."""
        found = self.guild(guild).members.get(user)
        if found is None:
            raise Refused(refusals.UNKNOWN_MEMBER)
        return found

    def role(self, guild: str, id_or_name: str) -> Role:
        """Which is meant, or Unknown Role."""
        for role in self.guild(guild).roles.values():
            if id_or_name in (role.id, role.name):
                return role
        raise Refused(refusals.UNKNOWN_ROLE)

    def channel(self, id_or_name: str) -> Channel:
        """Which is meant, or Unknown Channel.

        By name: of the guilds in their order; "other/general" is that of the guild "other",
        "dm-ben" the DM of Ben and the bot.
        """
        if id_or_name in self.channels:
            return self.channels[id_or_name]
        if id_or_name.startswith("dm-"):
            return self.direct(self.user(id_or_name[3:]).id)
        guild, _, name = id_or_name.rpartition("/")
        wanted = self.guild(guild).id if guild else ""
        for channel in self.channels.values():
            if channel.name == name and wanted in ("", channel.guild) and name:
                return channel
        raise Refused(refusals.UNKNOWN_CHANNEL)

    def direct(self, user: str) -> Channel:
        """The DM channel of the bot with this person, made when first used."""
        id = direct_channel(user)
        return self.channels.setdefault(id, Channel(id, Kind.DM, recipients=[user]))

    def message(self, channel: str, id: str) -> Message:
        """The one with this id, or Unknown Message. Ephemeral ones are found too."""
        here = self.messages.setdefault(channel, OrderedDict())
        found = here.get(id) or self.whispers.get(id)
        if found is None or found.channel != channel:
            raise Refused(refusals.UNKNOWN_MESSAGE)
        return found

    def find_message(self, id: str) -> Message:
        """The message with this id, wherever it is, or Unknown Message."""
        for channel in self.messages.values():
            if id in channel:
                return channel[id]
        if id in self.whispers:
            return self.whispers[id]
        raise Refused(refusals.UNKNOWN_MESSAGE)

    def history(self, channel: str) -> list[Message]:
        """What stands in a channel, oldest first; without ephemeral messages."""
        return list(self.messages.get(channel, OrderedDict()).values())

    def post(self, message: Message) -> Message:
        """Make a message stand. Tells nobody: whoever posts tells MESSAGE_CREATE."""
        if message.ephemeral_for:
            self.whispers[message.id] = message
        else:
            self._keep(message)
        self.changes.tell()
        return message

    def remove(self, message: Message) -> None:
        """Take a message away. Tells nobody: whoever removes tells MESSAGE_DELETE."""
        self.messages.setdefault(message.channel, OrderedDict()).pop(message.id, None)
        self.whispers.pop(message.id, None)
        self.changes.tell()

    def threads(self, guild: str, archived: bool = False) -> list[Channel]:
        """The threads of a guild that are archived or not."""
        mine = [c for c in self.channels.values() if c.guild == guild and c.thread]
        return [c for c in mine if c.thread and c.thread.archived is archived]

    def bot_in(self, guild: str) -> bool:
        """Is the bot a member there?"""
        return guild in self.guilds and BOT in self.guilds[guild].members

    def guilds_of_bot(self) -> Iterable[Guild]:
        """The guilds that the bot is a member of."""
        return [guild for guild in self.guilds.values() if BOT in guild.members]

    def _keep(self, message: Message) -> None:
        here = self.messages.setdefault(message.channel, OrderedDict())
        here[message.id] = message
        channel = self.channels[message.channel]
        channel.last_message_id = message.id
        if channel.thread:
            channel.thread.message_count += 1
        while len(here) > self.settings.keep_messages:
            here.popitem(last=False)


def settle(world: World) -> None:
    """The people, roles and channels that are there from the first."""
    from tests.discord.houses import found_guild, people

    world.users |= {user.id: user for user in people()}
    found_guild(world, GUILD, "team")
