"""Our own replies in the moment when people see them already and the inbox does not know them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

from bot.brief import brief
from bot.desk import Desk

T = TypeVar("T")

LOOK_EVERY_S = 0.05
LONGEST_S = 2.0  # Slack wants an acknowledgement within 3 s


async def noted(
    desk: Desk, platform: str, look: Callable[[], T | None], longest_s: float = LONGEST_S
) -> T | None:
    """What `look` finds of a reply of ours; while any is in hand it looks again.

    A reply can be pressed as soon as it stands, and is noted after that: see `bot.stage.Note`.
    """
    until = time.monotonic() + longest_s
    found = await brief(look)
    while found is None and time.monotonic() < until:
        in_hand = await brief(desk.inbox.waiting, platform)  # asked first: what ended is noted
        found = await brief(look)
        if not in_hand:
            break
        await asyncio.sleep(LOOK_EVERY_S if found is None else 0.0)
    return found
