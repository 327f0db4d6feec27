"""What Tandem asks of Slack: each scope and each event with its reason; nothing that is not used.

The manifest, `tandem check` and docs/slack.md are made from (or held to) these two tables.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True)
class Scope:
    """A permission of the bot token."""

    name: str
    without: str  # what does not work without it
    reason: str  # what Tandem does with it, a sentence for the docs


@dataclass(frozen=True)
class Event:
    """Something that Slack tells the app."""

    name: str
    scopes: tuple[str, ...]  # Slack sends it with any of them; none: always
    reason: str


SCOPES = (
    Scope(
        "app_mentions:read",
        "mentions in channels are not heard",
        "Hears `@Tandem …` in the channels that it is a member of.",
    ),
    Scope(
        "assistant:write",
        "the agent view has no suggested prompts",
        "Offers prompts to start from when somebody opens the agent's messages tab.",
    ),
    Scope(
        "channels:history",
        "threads in public channels are not followed, and edits and deletes there not seen",
        "Reads the thread that it answers in, follow-ups without a mention, edits and deletes.",
    ),
    Scope(
        "channels:read",
        "it is not known who reads a public channel, so only public sources are used there",
        "Learns whether a public channel is shared with other organisations, and who is in it.",
    ),
    Scope(
        "chat:write",
        "nothing can be answered",
        "Posts, streams, edits and takes back its own answers, with a status while it works.",
    ),
    Scope(
        "commands",
        "slash commands and message shortcuts do not work",
        "`/ask`, `/rag`, `/tuned`, `/tandem`, and the three shortcuts in a message's menu.",
    ),
    Scope(
        "groups:history",
        "threads in private channels are not followed, and edits and deletes there not seen",
        "The same as `channels:history`, in private channels that it was invited to.",
    ),
    Scope(
        "groups:read",
        "it is not known who reads a private channel, so only public sources are used there",
        "The same as `channels:read`, for private channels that it was invited to.",
    ),
    Scope(
        "im:history",
        "direct messages are not heard",
        "Reads what people write to it directly, and the earlier turns of that thread.",
    ),
    Scope(
        "im:read",
        "it is not known whose direct message it is",
        "Learns whom a direct message is with.",
    ),
    Scope(
        "im:write",
        "private answers cannot be sent",
        "Opens a direct message with whoever asked for a private answer.",
    ),
    Scope(
        "mpim:history",
        "group messages are not heard",
        "Reads group messages that it was added to, as it reads channels.",
    ),
    Scope(
        "mpim:read",
        "it is not known who reads a group message, so only public sources are used there",
        "Learns who is in a group message that it was added to.",
    ),
    Scope(
        "reactions:read",
        "thumbs given as reactions do not count",
        "Counts 👍 and 👎 on its own answers as votes, and their removal as a vote taken back.",
    ),
    Scope(
        "usergroups:read",
        "spaces for user groups have no members",
        "Learns who is in the user groups that `[spaces]` names.",
    ),
    Scope(
        "users:read",
        "members and guests cannot be told apart, so only public sources are used",
        "Learns whether an asker is a full member, a guest, or of another organisation.",
    ),
)

EVENTS = (
    Event("app_mention", ("app_mentions:read",), "Somebody mentions it in a channel."),
    Event("message.channels", ("channels:history",), "Follow-ups, edits, deletes."),
    Event("message.groups", ("groups:history",), "The same, in private channels."),
    Event("message.im", ("im:history",), "Somebody writes to it directly."),
    Event("message.mpim", ("mpim:history",), "Somebody writes in a group message."),
    Event("reaction_added", ("reactions:read",), "A vote on an answer."),
    Event("reaction_removed", ("reactions:read",), "A vote taken back."),
    Event("app_home_opened", (), "Draws the Home tab, offers prompts in the messages tab."),
    Event("agent_session_stopped", ("chat:write",), "Somebody pressed Slack's own Stop button."),
    Event(
        "member_joined_channel",
        ("channels:read", "groups:read"),
        "Who reads a channel has changed: it is asked anew before the next answer.",
    ),
    Event(
        "member_left_channel",
        ("channels:read", "groups:read"),
        "The same, when somebody leaves.",
    ),
    Event(
        "channel_shared",
        ("channels:read", "groups:read"),
        "From now on people of another organisation read along.",
    ),
    Event(
        "channel_unshared",
        ("channels:read", "groups:read"),
        "They do so no longer.",
    ),
)

SOCKET_SCOPE = "connections:write"  # of the app-level token, which a manifest cannot make


def missing(granted: Collection[str]) -> tuple[Scope, ...]:
    """The scopes that were not granted, in the order of the table."""
    return tuple(scope for scope in SCOPES if scope.name not in granted)


def unused(granted: Collection[str]) -> tuple[str, ...]:
    """What was granted and is not needed, sorted."""
    return tuple(sorted(set(granted) - {scope.name for scope in SCOPES}))
