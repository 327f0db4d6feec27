"""What Discord tells, as values that were checked; what it tells beside is passed over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    model_validator,
)

EPOCH_MS = 1_420_070_400_000  # from which ids count, in milliseconds since 1970
TEXT, VOICE, NEWS, STAGE, FORUM, MEDIA = 0, 2, 5, 13, 15, 16  # types of channels
NEWS_THREAD, PUBLIC_THREAD, PRIVATE_THREAD = 10, 11, 12
THREADS = frozenset({NEWS_THREAD, PUBLIC_THREAD, PRIVATE_THREAD})
POSTS = frozenset({FORUM, MEDIA})  # channels in which there are only threads
VOICES = frozenset({VOICE, STAGE})  # channels without threads
DIRECT = frozenset({1, 3})
PLAIN, COMMAND, REPLY, STARTER, MENU = 0, 20, 19, 21, 23  # types of messages
SAID = frozenset({PLAIN, COMMAND, REPLY, MENU})  # those that somebody wrote
FORWARD = 1  # a type of reference

Id = Annotated[int, Field(ge=0, lt=2**64)]
When = Annotated[AwareDatetime, AfterValidator(lambda when: when.astimezone(UTC))]


class Told(BaseModel):
    """Any of it. What is null is as if it was not told."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def without_nulls(cls, told: object) -> object:
        """What is told, without nulls."""
        if not isinstance(told, dict):
            return told
        return {name: value for name, value in told.items() if value is not None}


class User(Told):
    """Somebody."""

    id: Id
    username: str = ""
    global_name: str | None = None
    bot: bool = False

    @property
    def name(self) -> str:
        """As people see it."""
        return self.global_name or self.username


class Emoji(Told):
    """A sign, or one of a server's own, which has an id."""

    id: Id | None = None
    name: str | None = None


class Reacted(Told):
    """How many reacted in one way; `me`: we are among them."""

    emoji: Emoji
    count: int = 0
    me: bool = False


class Reference(Told):
    """The message that another answers or forwards."""

    type: int = 0
    message_id: Id | None = None
    channel_id: Id | None = None


class File(Told):
    """A file beside a message."""

    filename: str = ""


class EmbedField(Told):
    """A name and its value."""

    name: str = ""
    value: str = ""


class Embed(Told):
    """A box below a message: a preview of a link, or a bot's own words ("rich")."""

    type: str = "rich"
    title: str | None = None
    description: str | None = None
    fields: tuple[EmbedField, ...] = ()


class Media(Told):
    """The words of a poll's question or answer."""

    text: str | None = None


class Choice(Told):
    """An answer that a poll offers."""

    poll_media: Media


class Poll(Told):
    """A poll."""

    question: Media
    answers: tuple[Choice, ...] = ()


class Thing(Told):
    """What only its name is told of."""

    name: str = ""


class Words(Told):
    """What a message says, also one that was forwarded."""

    content: str = ""
    attachments: tuple[File, ...] = ()
    embeds: tuple[Embed, ...] = ()
    mentions: tuple[User, ...] = ()
    poll: Poll | None = None
    sticker_items: tuple[Thing, ...] = ()


class Snapshot(Told):
    """A message that was forwarded."""

    message: Words


class Begun(Told):
    """The thread that was begun on a message."""

    id: Id


class Message(Words):
    """A message."""

    id: Id
    type: int
    author: User
    timestamp: When
    edited_timestamp: When | None = None
    webhook_id: Id | None = None
    reactions: tuple[Reacted, ...] = ()
    message_reference: Reference | None = None
    message_snapshots: tuple[Snapshot, ...] = ()
    thread: Begun | None = None


class Overwrite(Told):
    """What a role (type 0) or a member may or may not in a channel."""

    id: Id
    type: int
    allow: int = 0
    deny: int = 0


class Tag(Told):
    """A tag of a forum."""

    id: Id
    name: str = ""


class Archiving(Told):
    """Whether a thread is archived, and when that last changed."""

    archived: bool = False
    archive_timestamp: When


class Channel(Told):
    """A channel or a thread."""

    id: Id
    type: int
    guild_id: Id | None = None
    name: str | None = None
    parent_id: Id | None = None
    last_message_id: Id | None = None
    permission_overwrites: tuple[Overwrite, ...] = ()
    available_tags: tuple[Tag, ...] = ()
    applied_tags: tuple[Id, ...] = ()
    message_count: int | None = None
    total_message_sent: int | None = None
    thread_metadata: Archiving | None = None


class Threads(Told):
    """A list of threads."""

    threads: tuple[Channel, ...]
    has_more: bool = False


class Role(Told):
    """A role of a server; that with the server's id is everyone's."""

    id: Id
    name: str
    permissions: int


class Guild(Told):
    """A server."""

    id: Id
    name: str
    roles: tuple[Role, ...] = ()


class Member(Told):
    """Somebody in a server; `roles` are ids, without everyone's."""

    roles: tuple[Id, ...] = ()


class Application(Told):
    """The application of the bot; its flags say which intents it has."""

    flags: int | None = None


def said_at(id: int) -> datetime:
    """When something was made, by its id."""
    return datetime.fromtimestamp(((id >> 22) + EPOCH_MS) / 1000, UTC)


def first_id(unix_s: float) -> int:
    """The first id of a moment."""
    return max(0, int(unix_s * 1000) - EPOCH_MS) << 22


def is_wordless(messages: Sequence[Message]) -> bool:
    """Did somebody write, and not one word of it came?"""
    spoken = [m for m in messages if m.type in SAID and not m.author.bot and not m.webhook_id]
    return bool(spoken) and not any(says(message) for message in spoken)


def says(message: Message) -> bool:
    """Has it anything to say?"""
    told = message.content, message.attachments, message.embeds, message.poll
    return any((*told, message.sticker_items, message.message_snapshots))
