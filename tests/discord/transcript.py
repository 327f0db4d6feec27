"""Channels as a person sees them, drawn as text."""

from __future__ import annotations

from collections.abc import Iterator

from tests.discord.events import emoji_payload
from tests.discord.posting import every
from tests.discord.refusals import Json
from tests.discord.things import Channel, Kind, Message
from tests.discord.world import World

BUTTON, TEXT = 2, 10  # types of components
SELECTS = {3, 5, 6, 7, 8}
STEP = "    "  # a thread stands under the message that it began on


def transcript(world: World, channel: Channel) -> list[str]:
    """A channel with the threads in it, oldest first; a thread alone, if it is one."""
    lines = [f"#{called(world, channel)}"]
    told = {message.thread for message in world.history(channel.id)}
    for message in everything(world, channel):
        lines += drawn(world, message)
        if message.thread in world.channels and message.thread:
            lines += indented(transcript(world, world.channels[message.thread]))
    for thread in world.channels.values():
        if thread.parent == channel.id and thread.is_thread and thread.id not in told:
            lines += indented(transcript(world, thread))
    types = [world.user(user).name for user in world.typing(channel.id)]
    return lines + [f"({name} is typing…)" for name in types]


def everything(world: World, channel: Channel) -> list[Message]:
    """What all see in a channel, and what only one person sees, oldest first."""
    whispers = [m for m in world.whispers.values() if m.channel == channel.id]
    return sorted([*world.history(channel.id), *whispers], key=lambda message: int(message.id))


def indented(lines: list[str]) -> list[str]:
    """The lines of a thread."""
    return [STEP + line for line in lines]


def called(world: World, channel: Channel) -> str:
    """A channel's name: "general", "dm-ben", "forum › A title"."""
    if channel.kind is Kind.DM:
        return f"dm-{world.user(channel.recipients[0]).name}"
    if not channel.is_thread:
        return channel.name
    home = world.channels.get(channel.parent)
    state = " (archived)" if channel.thread and channel.thread.archived else ""
    return f"{home.name if home else '?'} › {channel.name}{state}"


def drawn(world: World, message: Message) -> list[str]:
    """One message: its words, embeds, buttons and reactions, each in lines."""
    if message.type == 21:
        return []  # the first message of a thread, shown where it was written
    first, *rest = said(world, message).split("\n")
    lines = [f"{world.user(message.author).name}: {first}{remarks(world, message)}"]
    lines += ["  " + line for line in rest]
    lines += [f"  | {line}" for embed in message.embeds for line in of_embed(embed)]
    lines += [f"  {line}" for line in of_components(message.components)]
    told = [f"{emoji_payload(e)['name']} {len(us)}" for e, us in message.reactions.items() if us]
    return lines + (["  " + " · ".join(told)] if told else [])


def said(world: World, message: Message) -> str:
    """The words, with mentions as people see them."""
    if message.is_deferred:
        return f"{world.user(message.author).name} is thinking…"
    text = message.content
    for user in world.users.values():
        text = text.replace(f"<@{user.id}>", f"@{user.name}")
    return text


def remarks(world: World, message: Message) -> str:
    """What Discord says beside a message."""
    told = []
    if message.edited:
        told.append("edited")
    if message.reference and message.type == 19:
        told.append(f"answers {answered(world, message)}")
    if message.ephemeral_for:
        told.append(f"only {world.user(message.ephemeral_for).name} sees this")
    return "".join(f" ({remark})" for remark in told)


def answered(world: World, message: Message) -> str:
    """Whom a reply answers."""
    reference = message.reference or {}
    history, id = world.history(str(reference.get("channel_id"))), str(reference.get("message_id"))
    replied = next((other for other in history if other.id == id), world.whispers.get(id))
    return world.user(replied.author).name if replied else "a message that is gone"


def of_embed(embed: Json) -> Iterator[str]:
    """The lines of an embed."""
    author = embed.get("author") or {}
    fields = [part for f in embed.get("fields") or [] for part in (f.get("name"), f.get("value"))]
    footer = (embed.get("footer") or {}).get("text")
    for text in (author.get("name"), embed.get("title"), embed.get("description"), *fields, footer):
        yield from str(text).split("\n") if text else ()


def of_components(components: list[Json]) -> Iterator[str]:
    """Buttons as "[👍] [Redo as …]", a line per row; selects with their choices; texts."""
    for row in components:
        parts = [drawn_part(part) for part in every([row])]
        if line := " ".join(part for part in parts if part):
            yield line


def drawn_part(part: Json) -> str:
    """One component; empty: nothing of it is seen."""
    if part.get("type") == BUTTON:
        sign = (part.get("emoji") or {}).get("name") or ""
        label = " ".join(word for word in (sign, part.get("label") or "") if word)
        return f"[{label}{' (off)' if part.get('disabled') else ''}]"
    if part.get("type") in SELECTS:
        options = ", ".join(str(o.get("label")) for o in part.get("options") or [])
        return f"[{part.get('placeholder') or 'choose'}: {options}]"
    return str(part.get("content", "")) if part.get("type") == TEXT else ""
