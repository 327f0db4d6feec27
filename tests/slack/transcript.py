"""A channel as a person would see it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.slack.payloads import Json
from tests.slack.world import Message, World

MENTION = re.compile(r"<@([A-Z0-9]+)(?:\|[^>]*)?>")
LINK = re.compile(r"<(https?://[^|>]+)\|([^>]*)>")


def transcript(world: World, channel: str) -> list[str]:
    """A line per message, `ben: …`, answers in threads indented; longer ones take more lines."""
    lines: list[str] = []
    for root in thread_roots(world, channel):
        for message in world.thread(channel, root):
            lines += shown(world, message)
    return lines + [
        line for w in world.whispers if w.channel == channel for line in shown(world, w)
    ]


def thread_roots(world: World, channel: str) -> list[str]:
    """The ts of all that began a thread there, also where the root itself is gone."""
    roots = {m.ts for m in world.roots(channel)}
    return sorted(roots | {root for where, root in world.threads if where == channel})


def shown(world: World, message: Message) -> list[str]:
    """The lines of one message."""
    indent = "  " if message.thread_ts else ""
    first, *rest = drawn(world, message).splitlines() or [""]
    begin = f"{indent}{only(world, message)}{name(world, message.user)}: {first}"
    lines = [begin, *(f"{indent}  {line}" for line in rest)]
    lines[-1] += marks(world, message)
    return lines


def drawn(world: World, message: Message) -> str:
    """What stands in the message: its blocks where it has some, otherwise its text."""
    streamed = message.stream.blocks if message.stream else []
    pieces = [block_text(block) for block in [*streamed, *message.blocks]]
    text = "\n".join(piece for piece in pieces if piece) or message.text
    return LINK.sub(r"\2", MENTION.sub(lambda m: f"@{name(world, m.group(1))}", text))


def only(world: World, message: Message) -> str:
    """Who alone sees it."""
    return f"(only {name(world, message.only_for)}) " if message.only_for else ""


def marks(world: World, message: Message) -> str:
    """What stands behind a message: that it is written still, was edited, has reactions."""
    running = message.stream is not None and message.stream.state == "in_progress"
    told = " …" if running else ""
    told += " (edited)" if message.edited_by else ""
    for emoji, people in message.reactions.items():
        told += f" :{emoji}: {', '.join(name(world, user) for user in people)}"
    return told


def name(world: World, user: str) -> str:
    """What people call somebody."""
    person = world.people.get(user)
    return person.name if person else user


def block_text(block: Json) -> str:
    """A block in words: text as it stands, `[Label]` for a button, `(thumbs)`."""
    match block.get("type"):
        case "context" | "actions" | "context_actions":
            return " ".join(element_text(e) for e in block.get("elements", []))
        case "section":
            return "\n".join(section_texts(block))
        case "task_card":
            return task_text(block)
        case "plan":
            return f"▸ {plain(block.get('title'))}"
        case "table" | "data_table":
            return "\n".join(" | ".join(plain(c) for c in row) for row in block.get("rows", []))
        case "divider":
            return "---"
        case "input":
            return f"{plain(block.get('label'))}: {element_text(block.get('element', {}))}"
        case _:
            return plain(block)


def section_texts(block: Json) -> Iterator[str]:
    """A section's text, its fields, what stands beside it."""
    parts = [block.get("text"), *block.get("fields", [])]
    yield from (plain(part) for part in parts if part)
    if block.get("accessory"):
        yield element_text(block["accessory"])


def task_text(block: Json) -> str:
    """A task card: its title, how far it is, its sources."""
    sources = ", ".join(source.get("text", "") for source in block.get("sources") or [])
    words = [f"▸ {plain(block.get('title'))} ({block.get('status')})", plain(block.get("output"))]
    return " ".join([word for word in words if word] + ([f"[{sources}]"] if sources else []))


def element_text(element: Json) -> str:
    """An element of a block in words."""
    match element.get("type"):
        case "button" | "workflow_button":
            return f"[{plain(element.get('text'))}]"
        case "feedback_buttons":
            return "(thumbs)"
        case "icon_button":
            return f"[{element.get('icon')}]"
        case "static_select" | "overflow" | "radio_buttons" | "checkboxes":
            options = element.get("options", [])
            return "{" + ", ".join(plain(option.get("text")) for option in options) + "}"
        case "plain_text_input":
            return "____"
        case _:
            return plain(element)


def plain(value: object) -> str:
    """The words in a text object, rich text, or whatever else holds some."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(plain(part) for part in value)
    if not isinstance(value, dict):
        return ""
    if value.get("type") == "user":
        return f"<@{value.get('user_id')}>"
    inside = [value.get(key) for key in ("text", "elements", "title", "url") if value.get(key)]
    return plain(inside[0]) if inside else ""
