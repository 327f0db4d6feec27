"""The methods about channels, what was said there, and reactions."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TypeVar

from tests.slack import events
from tests.slack.methods import Method
from tests.slack.payloads import Args, Json, Refused
from tests.slack.workspace import Workspace
from tests.slack.world import BOT_USER, TEAM, Channel, Message

T = TypeVar("T")
TYPES = {"public_channel": "channel", "private_channel": "group", "im": "im", "mpim": "mpim"}


async def replies(slack: Workspace, args: Args) -> Json:
    """A thread, its root first, in pages."""
    channel = readable(slack, args)
    found = slack.world.thread(channel.id, args.needed("ts"))
    if not found:
        raise Refused("thread_not_found")
    root = [m for m in found[:1] if m.thread_ts == ""]
    kept = [m for m in within(found, args) if m not in root]
    messages, cursor = page([*root, *kept], args, 1000)
    return told(slack, messages, args) | paged(cursor)


async def history(slack: Workspace, args: Args) -> Json:
    """What stands in the channel itself, the latest first, in pages."""
    channel = readable(slack, args)
    found = within(slack.world.roots(channel.id)[::-1], args)
    messages, cursor = page(found, args, 100)
    return told(slack, messages, args) | paged(cursor)


async def info(slack: Workspace, args: Args) -> Json:
    """One channel."""
    channel = visible(slack, args.needed("channel"))
    told = channel_json(channel)
    if args.flag("include_num_members"):
        told["num_members"] = len(channel.members)
    return {"ok": True, "channel": told}


async def members(slack: Workspace, args: Args) -> Json:
    """Who is in a channel, in pages."""
    channel = visible(slack, args.needed("channel"))
    found, cursor = page(channel.members, args, 100)
    return {"ok": True, "members": list(found)} | paged(cursor)


async def listed(slack: Workspace, args: Args) -> Json:
    """The channels that the bot can see, in pages."""
    found, cursor = page([c for c in of_types(slack, args) if seen(c)], args, 100)
    return {"ok": True, "channels": [channel_json(c) for c in found]} | paged(cursor)


async def of_user(slack: Workspace, args: Args) -> Json:
    """The channels that somebody is in (the bot, if nobody is named), in pages."""
    user = slack.world.person(args.text("user") or BOT_USER)
    theirs = [c for c in of_types(slack, args) if user.id in c.members and seen(c)]
    found, cursor = page(theirs, args, 100)
    return {"ok": True, "channels": [channel_json(c) for c in found]} | paged(cursor)


async def opened(slack: Workspace, args: Args) -> Json:
    """The direct channel with one person."""
    if args.text("channel"):
        channel = slack.world.channel(args.text("channel"))
    else:
        users = args.needed("users").split(",")
        if len(users) > 1:
            raise Refused("invalid_arguments", ["only direct messages are known here"])
        channel = slack.world.direct(users[0])
    return {
        "ok": True,
        "channel": channel_json(channel) if args.flag("return_im") else {"id": channel.id},
    }


async def react(slack: Workspace, args: Args) -> Json:
    """The bot adds a reaction."""
    message, name = target(slack, args)
    users = message.reactions.setdefault(name, [])
    if BOT_USER in users:
        raise Refused("already_reacted")
    users.append(BOT_USER)
    slack.world.changes.tell()
    return {"ok": True}


async def unreact(slack: Workspace, args: Args) -> Json:
    """The bot takes its reaction back."""
    message, name = target(slack, args)
    if BOT_USER not in message.reactions.get(name, []):
        raise Refused("no_reaction")
    message.reactions[name].remove(BOT_USER)
    message.reactions = {name: users for name, users in message.reactions.items() if users}
    slack.world.changes.tell()
    return {"ok": True}


def target(slack: Workspace, args: Args) -> tuple[Message, str]:
    """The message that a reaction is meant for, and the reaction."""
    channel = slack.world.channel(args.needed("channel"))
    name = args.needed("name").strip(":")
    return slack.world.message(channel.id, args.needed("timestamp")), name


def readable(slack: Workspace, args: Args) -> Channel:
    """A channel whose messages the bot may read."""
    channel = visible(slack, args.needed("channel"))
    if BOT_USER not in channel.members:
        raise Refused("not_in_channel")
    return channel


def visible(slack: Workspace, id: str) -> Channel:
    """A channel that the bot can see: a public one, or one that it is in."""
    channel = slack.world.channels.get(id)
    if channel is None or not seen(channel):
        raise Refused("channel_not_found")
    return channel


def seen(channel: Channel) -> bool:
    """Can the bot see that it is there?"""
    return channel.kind == "channel" or BOT_USER in channel.members


def of_types(slack: Workspace, args: Args) -> list[Channel]:
    """The channels of the types that are asked for; public ones, if none are."""
    asked = (args.text("types") or "public_channel").split(",")
    kinds = {TYPES.get(name.strip()) for name in asked}
    if None in kinds:
        raise Refused("invalid_types")
    archived = not args.flag("exclude_archived")
    return [
        c
        for c in slack.world.channels.values()
        if c.kind in kinds and (archived or not c.is_archived)
    ]


def within(messages: Sequence[Message], args: Args) -> list[Message]:
    """Those between `oldest` and `latest`, both left out unless `inclusive`."""
    oldest, latest = args.text("oldest") or "0", args.text("latest") or "9" * 17
    ends = (oldest, latest) if args.flag("inclusive") else ()
    return [m for m in messages if oldest < m.ts < latest or m.ts in ends]


def told(slack: Workspace, messages: Sequence[Message], args: Args) -> Json:
    """Messages as they are stored; with their metadata only where asked for."""
    metadata = args.flag("include_all_metadata")
    shown = [events.message_json(slack.world, message, metadata) for message in messages]
    return {"ok": True, "messages": shown}


def page(all_of_it: Sequence[T], args: Args, usual: int) -> tuple[Sequence[T], str]:
    """One page, and the cursor of the next: empty at the end."""
    limit = args.number("limit", usual)
    if not 1 <= limit <= 1000:
        raise Refused("invalid_limit")
    begin = place(args.text("cursor"))
    end = begin + limit
    cursor = base64.b64encode(f"next:{end}".encode()).decode() if end < len(all_of_it) else ""
    return all_of_it[begin:end], cursor


def place(cursor: str) -> int:
    """Where a page begins."""
    try:
        return int(base64.b64decode(cursor).decode().removeprefix("next:")) if cursor else 0
    except ValueError:
        raise Refused("invalid_cursor") from None


def paged(cursor: str) -> Json:
    """What tells that there is more."""
    return {"has_more": bool(cursor), "response_metadata": {"next_cursor": cursor}}


def channel_json(channel: Channel) -> Json:
    """A channel as Slack words it."""
    told: Json = {
        "id": channel.id,
        "is_channel": channel.kind == "channel",
        "is_group": channel.kind == "group",
        "is_im": channel.kind == "im",
        "is_mpim": channel.kind == "mpim",
        "is_private": channel.kind != "channel",
        "is_archived": channel.is_archived,
        "is_shared": channel.is_ext_shared or channel.is_org_shared,
        "is_ext_shared": channel.is_ext_shared,
        "is_pending_ext_shared": channel.is_pending_ext_shared,
        "is_org_shared": channel.is_org_shared,
        "context_team_id": TEAM,
    }
    if channel.kind == "im":
        return told | {"user": next(m for m in channel.members if m != BOT_USER)}
    return told | {"name": channel.name, "is_member": BOT_USER in channel.members}


METHODS = {
    "conversations.replies": Method(replies, 3, by_kind=("history", "channel")),
    "conversations.history": Method(history, 3, by_kind=("history", "channel")),
    "conversations.info": Method(info, 3, by_kind=("read", "channel")),
    "conversations.members": Method(members, 4, by_kind=("read", "channel")),
    "conversations.list": Method(listed, 2, ("channels:read",)),
    "conversations.open": Method(opened, 3, ("im:write",)),
    "users.conversations": Method(of_user, 3, ("channels:read",)),
    "reactions.add": Method(react, 3, ("reactions:write",)),
    "reactions.remove": Method(unreact, 2, ("reactions:write",)),
}
