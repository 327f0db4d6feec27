"""All that is seen at one moment, as the control API tells it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from tests.discord.events import message_payload
from tests.discord.gateway import Gateway
from tests.discord.posting import every
from tests.discord.refusals import Json
from tests.discord.things import Channel, Interaction, Message
from tests.discord.transcript import BUTTON, drawn, everything, transcript
from tests.discord.world import World


def look(world: World, gateway: Gateway, channel: str = "") -> Json:
    """What stands in one channel with its threads, or in all; see `seen.Seen`."""
    homes = [world.channel(channel)] if channel else list(world.channels.values())
    homes = [home for home in homes if channel or not home.is_thread]
    meant = [place for home in homes for place in within(world, home)]
    found = [m for place in meant for m in everything(world, place)]
    return {
        "count": world.changes.count,
        "lines": [line for home in homes for line in transcript(world, home)],
        "messages": [message_of(world, message) for message in found],
        "forms": [form_of(interaction) for interaction in forms(world)],
        "typing": {c.id: users for c in meant if (users := world.typing(c.id))},
        "shards": len(gateway.connected()),
        "identified": gateway.identified,
        "resumed": gateway.resumed,
        "heartbeats": gateway.heartbeats,
        "closes": gateway.closes,
    }


def within(world: World, home: Channel) -> list[Channel]:
    """A channel and the threads in it."""
    return [home, *(c for c in world.channels.values() if c.is_thread and c.parent == home.id)]


def message_of(world: World, message: Message) -> Json:
    """One message; see `seen.Shown`."""
    channel = world.channels[message.channel]
    return {
        "id": message.id,
        "channel": message.channel,
        "parent": channel.parent if channel.is_thread else channel.id,
        "author": message.author,
        "content": message.content,
        "drawn": "\n".join(drawn(world, message)),
        "buttons": list(buttons(message)),
        "reactions": {emoji: users for emoji, users in message.reactions.items() if users},
        "edited": bool(message.edited),
        "deferred": message.is_deferred,
        "only_for": message.ephemeral_for,
        "replies_to": str((message.reference or {}).get("message_id", "")),
        "pinged": message.pinged,
        "raw": message_payload(world, message),
    }


def buttons(message: Message) -> Iterator[Json]:
    """The buttons under a message, row by row."""
    for part in every(message.components):
        if part.get("type") == BUTTON:
            yield {
                "label": part.get("label") or "",
                "custom_id": part.get("custom_id") or "",
                "emoji": (part.get("emoji") or {}).get("name") or "",
                "style": part.get("style"),
                "disabled": bool(part.get("disabled")),
                "url": part.get("url") or "",
            }


def forms(world: World) -> list[Interaction]:
    """The interactions whose form is open, of each person the one opened last."""
    return list({i.user: i for i in world.interactions.values() if i.modal}.values())


def form_of(interaction: Interaction) -> Json:
    """One modal; see `seen.Form`."""
    modal = interaction.modal or {}
    inside = [part for part in every(modal.get("components") or []) if part.get("custom_id")]
    return {
        "person": interaction.user,
        "custom_id": modal.get("custom_id", ""),
        "title": modal.get("title", ""),
        "fields": [part["custom_id"] for part in inside],
        "raw": modal,
    }


def calls(world: World, route: str = "") -> list[Json]:
    """The latest calls of REST: at, took_s, route, path, status, code, args."""
    return [asdict(call) for call in world.ledger.calls if route in ("", call.route)]


def told(world: World, name: str = "") -> list[Json]:
    """The latest events: at, session, shard, seq, name, id, author."""
    return [asdict(event) for event in world.ledger.told if name in ("", event.name)]
