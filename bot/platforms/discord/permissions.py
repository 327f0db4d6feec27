"""What Tandem asks of a Discord server: each permission with its reason; none that is not used.

The invite, `tandem check` and docs/discord.md are made from (or held to) this table.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Of a channel that people write in."""

    TEXT = "text"
    FORUM = "forum"  # each post of it is a thread
    VOICE = "voice"  # its chat, or a stage's, which has no threads


@dataclass(frozen=True)
class Permission:
    """A permission of the bot's role, or of the bot in a channel."""

    name: str  # as discord.py and Discord's reference call it, in lower case
    label: str  # as people read it in the settings of their server
    bit: int
    reason: str  # what Tandem does with it, a sentence for the docs
    without: str  # what does not work without it
    kinds: frozenset[Kind] = frozenset(Kind)  # of channels that it is needed in


VIEW = Permission(
    "view_channel",
    "View Channels",
    1 << 10,
    "Hears what is said in a channel, and sees its threads.",
    "nothing is heard there, and nothing answered",
)
SEND = Permission(
    "send_messages",
    "Send Messages",
    1 << 11,
    "Answers in channels, where an answer does not stand in a thread.",
    "answers cannot be given by a reply, nor by a command whose 15 minutes are over",
    frozenset({Kind.TEXT, Kind.VOICE}),
)
THREADS = Permission(
    "create_public_threads",
    "Create Public Threads",
    1 << 35,
    "Begins a thread on a mention, and answers there.",
    "a mention is answered by a reply in the channel, and has no thread to go on in",
    frozenset({Kind.TEXT}),
)
IN_THREADS = Permission(
    "send_messages_in_threads",
    "Send Messages in Threads and Posts",
    1 << 38,
    "Answers in threads and in the posts of forums.",
    "nothing can be answered in threads and forum posts",
    frozenset({Kind.TEXT, Kind.FORUM}),
)
HISTORY = Permission(
    "read_message_history",
    "Read Message History",
    1 << 16,
    "Reads the thread that it answers in, and what was said while it was away.",
    "follow-ups know nothing of what was said before, answers are no replies, and questions from"
    " while it was away are lost",
)
EMBED = Permission(
    "embed_links",
    "Embed Links",
    1 << 14,
    "Shows the sources below an answer, in an embed.",
    "answers stand without their sources",
)
CONNECT = Permission(
    "connect",
    "Connect",
    1 << 20,
    "Reads the chat of voice channels, which Discord shows to those alone who may join them.",
    "what was said before in the chat of a voice channel cannot be read",
    frozenset({Kind.VOICE}),
)

PERMISSIONS = (VIEW, SEND, IN_THREADS, THREADS, HISTORY, EMBED, CONNECT)
BITS = sum(permission.bit for permission in PERMISSIONS)
ADMINISTRATOR = 1 << 3  # holds all others, in every channel


def missing(granted: int, kind: Kind | None = None) -> tuple[Permission, ...]:
    """The permissions that are not among the bits of `granted`, in the order of the table.

    `kind`: only those that a channel of that kind needs. Who may not send may not embed either,
    as Discord counts it: then only the first is told.
    """
    if granted & ADMINISTRATOR:
        return ()
    if not granted & SEND.bit:
        granted |= EMBED.bit
    needed = [one for one in PERMISSIONS if kind is None or kind in one.kinds]
    return tuple(one for one in needed if not granted & one.bit)
