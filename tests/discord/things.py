"""What a Discord is made of: users, guilds, channels, messages, commands, interactions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum
from typing import Literal

from tests.discord.ids import made_at
from tests.discord.refusals import Json


class Kind(IntEnum):
    """The types of channels that are here."""

    TEXT = 0
    DM = 1
    VOICE = 2
    CATEGORY = 4
    NEWS = 5
    NEWS_THREAD = 10
    PUBLIC_THREAD = 11
    PRIVATE_THREAD = 12
    STAGE = 13
    FORUM = 15


THREADS = frozenset({Kind.NEWS_THREAD, Kind.PUBLIC_THREAD, Kind.PRIVATE_THREAD})


@dataclass(frozen=True)
class User:
    """Somebody who speaks, or a bot."""

    id: str
    name: str
    bot: bool = False
    takes_dms: bool = True  # from bots that share a guild with them
    locale: str = "en-US"


@dataclass
class Role:
    """A role of a guild; the one with the guild's own id is @everyone."""

    id: str
    name: str
    permissions: int
    position: int = 0


@dataclass
class Member:
    """A user in a guild; `roles` are ids, without @everyone."""

    user: str
    roles: list[str] = field(default_factory=list)
    nick: str = ""
    pending: bool = False  # has not agreed to the server's rules yet
    flags: int = 0  # 1 << 4: a guest, in a voice channel only


@dataclass
class Overwrite:
    """What a role or a member may or may not in one channel."""

    id: str
    of: Literal["role", "member"]
    allow: int = 0
    deny: int = 0


@dataclass
class Thread:
    """What a channel that is a thread has beside."""

    owner: str
    archived: bool = False
    locked: bool = False
    auto_archive_minutes: int = 1440
    archived_at: str = ""  # ISO; when `archived` last changed
    members: list[str] = field(default_factory=list)
    message_count: int = 0


@dataclass
class Channel:
    """A place where people speak; `guild` is empty in DMs."""

    id: str
    kind: Kind
    name: str = ""
    guild: str = ""
    parent: str = ""  # of a thread its channel, of a channel its category
    overwrites: list[Overwrite] = field(default_factory=list)
    thread: Thread | None = None
    last_message_id: str = ""
    recipients: list[str] = field(default_factory=list)  # of a DM, without the bot
    position: int = 0
    nsfw: bool = False
    topic: str = ""

    @property
    def is_dm(self) -> bool:
        """Is it a direct conversation?"""
        return self.kind is Kind.DM

    @property
    def is_thread(self) -> bool:
        """Is it a thread, or a forum's post?"""
        return self.kind in THREADS


@dataclass
class Guild:
    """A server: a tenant's own."""

    id: str
    name: str
    owner: str
    roles: dict[str, Role] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)  # by user
    features: list[str] = field(default_factory=list)  # "DISCOVERABLE": anybody may look in


@dataclass
class Message:
    """A message as it stands. `author` is a user's id; times are ISO."""

    id: str
    channel: str
    author: str
    content: str
    type: int = 0
    edited: str = ""
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    mentions: list[str] = field(default_factory=list)  # users
    mention_roles: list[str] = field(default_factory=list)
    mention_everyone: bool = False
    pinged: list[str] = field(
        default_factory=list
    )  # who was really notified: users, roles, "everyone"
    reference: Json | None = None  # of a reply: message_id, channel_id, guild_id; type 1: forwards
    snapshots: list[Json] = field(default_factory=list)  # of what it forwards, as it was then
    nonce: str = ""
    flags: int = 0
    reactions: dict[str, list[str]] = field(default_factory=dict)  # users by emoji
    thread: str = ""  # the thread begun on it
    ephemeral_for: str = ""  # the only one who sees it
    application: str = ""  # the application that a webhook or an interaction posted it for
    interaction: Json | None = None  # interaction_metadata
    tts: bool = False
    pinned: bool = False

    @property
    def timestamp(self) -> str:
        """When it was posted, ISO."""
        return iso(made_at(self.id))

    @property
    def is_deferred(self) -> bool:
        """Is it shown as "… is thinking"?"""
        return bool(self.flags & LOADING)


@dataclass
class Command:
    """A registered application command; `told` is what was registered, as it came."""

    id: str
    name: str
    type: int  # 1 slash, 2 user, 3 message
    guild: str  # empty: global
    version: str
    told: Json


@dataclass
class Interaction:
    """What a person did that the application must answer."""

    id: str
    token: str
    created: float  # Unix seconds of the world's clock
    type: int  # 2 command, 3 component, 4 autocomplete, 5 modal
    user: str
    channel: str
    guild: str
    payload: Json  # what is told of it
    state: Literal["none", "deferred", "answered"] = "none"
    ephemeral: bool = False
    original: str = ""  # the message that @original is
    message: str = ""  # the message whose component was used
    answer: Json | None = None  # the callback, as it came
    modal: Json | None = None  # the form that it opened
    followups: list[str] = field(default_factory=list)  # ids of messages
    opened_by: str = ""  # of a modal: the token of the interaction that it was the answer to


CROSSPOSTED, EPHEMERAL, LOADING, SUPPRESS_EMBEDS, COMPONENTS_V2 = (
    1 << 0,
    1 << 6,
    1 << 7,
    1 << 2,
    1 << 15,
)


def iso(unix_s: float) -> str:
    """As Discord writes a time."""
    return datetime.fromtimestamp(unix_s, UTC).isoformat(timespec="microseconds")
