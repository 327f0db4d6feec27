"""Messages and events as Slack words them."""

from __future__ import annotations

import re
import time
import uuid

from tests.slack.payloads import Json
from tests.slack.world import APP, BOT, BOT_USER, TEAM, Channel, Message, Person, World

MENTION = re.compile(r"(<@[A-Z0-9]+>)")
MESSAGE_SCOPES = {
    "channel": "channels:history",
    "group": "groups:history",
    "im": "im:history",
    "mpim": "mpim:history",
}
EVENT_SCOPES = {
    "app_mention": "app_mentions:read",
    "reaction_added": "reactions:read",
    "reaction_removed": "reactions:read",
    "agent_session_stopped": "chat:write",
    "member_joined_channel": "channels:read",
}
SUBSCRIPTION = {"channel": "message.channels", "group": "message.groups"}


def subscription(event: Json) -> str:
    """What an app must subscribe to for this event."""
    if event.get("type") != "message":
        return str(event.get("type"))
    kind = str(event.get("channel_type"))
    return SUBSCRIPTION.get(kind, f"message.{kind}")


def scope(event: Json) -> str:
    """The scope that an app must have for this event; empty: none."""
    if event.get("type") == "message":
        return MESSAGE_SCOPES.get(str(event.get("channel_type")), "")
    return EVENT_SCOPES.get(str(event.get("type")), "")


def message_json(world: World, message: Message, metadata: bool = True) -> Json:
    """A message as `conversations.replies` and events give it."""
    person = world.people.get(message.user)
    told: Json = {"type": "message", "user": message.user, "text": message.text, "ts": message.ts}
    told |= {"team": person.team_id if person else TEAM, "blocks": all_blocks(message)}
    if message.bot_id:
        told |= {"bot_id": message.bot_id, "app_id": APP if message.bot_id == BOT else "A0ROBO"}
    if message.metadata and metadata:
        told["metadata"] = message.metadata
    if message.edited_by:
        told["edited"] = {"user": message.edited_by, "ts": message.ts}
    if message.reactions:
        told["reactions"] = [
            {"name": name, "users": users, "count": len(users)}
            for name, users in message.reactions.items()
        ]
    if message.stream is not None:
        told["streaming_state"] = message.stream.state
    return told | thread_json(world, message) | message.more


def thread_json(world: World, message: Message) -> Json:
    """Where a message stands in its thread."""
    if message.thread_ts:
        root = world.messages.get((message.channel, message.thread_ts))
        parent = {"parent_user_id": root.user} if root else {}
        return {"thread_ts": message.thread_ts, **parent}
    answers = world.threads.get((message.channel, message.ts))
    if not answers:
        return {}
    counts = {"reply_count": len(answers), "latest_reply": answers[-1]}
    return {"thread_ts": message.ts, **counts}


def all_blocks(message: Message) -> list[Json]:
    """The blocks, with what was streamed first; a person's words as rich text."""
    streamed = message.stream.blocks if message.stream else []
    own = [*streamed, *message.blocks]
    return own if own or message.bot_id else [rich_text(message.text)]


def rich_text(text: str) -> Json:
    """A person's words as Slack's editor gives them."""
    parts = [part for part in MENTION.split(text) if part]
    elements = [
        {"type": "user", "user_id": part[2:-1]}
        if MENTION.fullmatch(part)
        else {"type": "text", "text": part}
        for part in parts
    ]
    section = {"type": "rich_text_section", "elements": elements}
    return {"type": "rich_text", "block_id": uuid.uuid4().hex[:5], "elements": [section]}


def message_event(world: World, message: Message) -> Json:
    """The event of a new message."""
    channel = world.channel(message.channel)
    event = message_json(world, message) | where(channel) | {"event_ts": message.ts}
    if not message.bot_id:
        event["client_msg_id"] = str(uuid.uuid4())
    else:
        event["bot_profile"] = {"id": message.bot_id, "app_id": event["app_id"], "team_id": TEAM}
    return event | foreign(world.people.get(message.user))


def mention_event(world: World, message: Message) -> Json:
    """The event of a mention: the same message, without a channel type."""
    event = message_event(world, message)
    return {**{k: v for k, v in event.items() if k != "channel_type"}, "type": "app_mention"}


def foreign(person: Person | None) -> Json:
    """What tells that somebody belongs to another team."""
    if person is None or person.team_id == TEAM:
        return {}
    return {"user_team": person.team_id, "source_team": person.team_id}


def changed_event(world: World, before: Json, message: Message, ts: str) -> Json:
    """The event of an edit, an unfurl, or whatever else changes a message."""
    return {
        "type": "message",
        "subtype": "message_changed",
        "message": message_json(world, message),
        "previous_message": before,
        "hidden": True,
        "ts": ts,
        "event_ts": ts,
        **where(world.channel(message.channel)),
    }


def deleted_event(world: World, before: Json, message: Message, ts: str) -> Json:
    """The event of a deletion."""
    return {
        "type": "message",
        "subtype": "message_deleted",
        "previous_message": before,
        "deleted_ts": message.ts,
        "hidden": True,
        "ts": ts,
        "event_ts": ts,
        **where(world.channel(message.channel)),
    }


def reaction_event(world: World, added: bool, user: str, message: Message, name: str) -> Json:
    """The event of a reaction that was added or taken back."""
    item = {"type": "message", "channel": message.channel, "ts": message.ts}
    return {
        "type": "reaction_added" if added else "reaction_removed",
        "user": user,
        "reaction": name,
        "item": item,
        "item_user": message.user,
        "event_ts": world.clock.ts(),
    }


def where(channel: Channel) -> Json:
    """The channel of a message event."""
    return {"channel": channel.id, "channel_type": channel.kind}


def channel_of(world: World, event: Json) -> Channel | None:
    """Where an event happened, if it says so."""
    item = event.get("item")
    id = event.get("channel") or (item.get("channel") if isinstance(item, dict) else None)
    return world.channels.get(id) if isinstance(id, str) else None


def wrapped(world: World, event: Json) -> Json:
    """The outer fields of an event, with a new `event_id`."""
    channel = channel_of(world, event)
    return {
        "token": "verification-of-the-tests",
        "team_id": TEAM,
        "context_team_id": TEAM,
        "context_enterprise_id": None,
        "api_app_id": APP,
        "event": event,
        "type": "event_callback",
        "event_id": f"Ev{uuid.uuid4().hex[:12].upper()}",
        "event_time": int(time.time()),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": TEAM,
                "user_id": BOT_USER,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": bool(channel and channel.is_ext_shared),
        "event_context": uuid.uuid4().hex,
    }
