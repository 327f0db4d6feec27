"""Slack's blocks, as far as Tandem draws them, each made so that Slack takes it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from bot.platforms.slack.text import plain

Block = dict[str, Any]
View = dict[str, Any]

SECTION, HEADER, BUTTON, VALUE, TITLE, OPTION = 3_000, 150, 75, 2_000, 24, 75  # characters at most
VIEW_BLOCKS = 100


def mrkdwn(text: str) -> dict[str, Any]:
    """Slack's markup, escaped by who wrote it; Slack adds no links or mentions of its own."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def plain_text(text: str, most: int) -> dict[str, Any]:
    """Words that are not parsed, in one line, cut at `most` characters."""
    return {"type": "plain_text", "text": plain(text, most) or "–", "emoji": True}


def section(text: str, accessory: dict[str, Any] | None = None) -> Block:
    """A paragraph of Slack's markup, at most `SECTION` characters."""
    beside = {"accessory": accessory} if accessory else {}
    return {"type": "section", "text": mrkdwn(text)} | beside


def context(text: str) -> Block:
    """Small grey words of Slack's markup."""
    return {"type": "context", "elements": [mrkdwn(text)]}


def header(text: str) -> Block:
    """A heading."""
    return {"type": "header", "text": plain_text(text, HEADER)}


def divider() -> Block:
    """A line across."""
    return {"type": "divider"}


def actions(elements: Sequence[dict[str, Any]]) -> Block:
    """Buttons in a row."""
    return {"type": "actions", "elements": list(elements)}


def button(text: str, action: str, value: str, style: str = "") -> dict[str, Any]:
    """A button; `style` is "primary", "danger" or nothing."""
    told = {"type": "button", "text": plain_text(text, BUTTON), "action_id": action, "value": value}
    return told | ({"style": style} if style else {})


def identified(blocks: Sequence[Block], mark: str) -> list[Block]:
    """The blocks with the mark on the first of those whose id Slack keeps; Markdown's it drops."""
    place = next(at for at, block in enumerate(blocks) if block["type"] != "markdown")
    marked = {**blocks[place], "block_id": mark}
    return [*blocks[:place], marked, *blocks[place + 1 :]]


def weight(blocks: Sequence[Block]) -> int:
    """How much of a message's size blocks take, in characters: Slack counts all of them."""
    return len(json.dumps(list(blocks), ensure_ascii=False))
