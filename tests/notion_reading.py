"""Three pages of Notion, and the source that reads them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from knowledge.sources.notion import source as notion
from knowledge.sources.notion.passing import NotionSource
from tests.faults import Server, Still, limits_for
from tests.notion_server import TOKEN, Block, Sheet, text, uuid
from tests.passes import read

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S
ONE, TWO, THREE = uuid(1), uuid(2), uuid(3)


def sheets(time: Still) -> tuple[Sheet, ...]:
    """A page, one in it, and another."""
    then = time.now - 2 * DAY_S
    inner = Block("child_page", {"title": "Glazes"}, id=TWO)
    return (
        Sheet(1, "Kilns", (text("Close the lid."), inner), then),
        Sheet(2, "Glazes", (text("Stir it."),), then + 60, {"type": "page_id", "page_id": ONE}),
        Sheet(3, "News", (text("A new kiln."),), then + 120),
    )


def reading(server: Server, time: Still, small: int = 1000, **options: Any) -> NotionSource:
    given = {"token": TOKEN, "url": server.url, "allow_private": True, **options}
    made = notion("wiki", **given)
    return replace(made, limits=limits_for(tries=2), outside=time.outside, small=small)


def only(server: Server, time: Still, **options: Any) -> str:
    """The text of the first page."""
    return read(list(reading(server, time, **options).documents(None)))[ONE]
