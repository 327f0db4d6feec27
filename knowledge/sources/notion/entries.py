"""Pages as Notion lists them, and where they lie."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from knowledge.reading.dates import aware
from knowledge.sources._services.refusals import Json
from knowledge.sources.notion.ids import dashed, link
from knowledge.sources.notion.service import mapping, part
from knowledge.sources.notion.words import plain

UNTITLED = "Untitled"


class Odd(Exception):
    """What was told is no page."""


@dataclass(frozen=True)
class Parent:
    """What something lies in."""

    kind: str = ""  # page_id, block_id, data_source_id, database_id, workspace, …
    id: str = ""
    database: str = ""  # of a row: the one that its data source is of


@dataclass(frozen=True)
class Entry:
    """A page."""

    id: str
    title: str
    url: str
    edited_at: datetime  # aware UTC, in whole minutes
    parent: Parent
    trashed: bool = False
    properties: Json = field(default_factory=dict, compare=False)

    @property
    def mark(self) -> str:
        """The minute in which it was edited last."""
        return str(int(self.edited_at.timestamp()) // 60)


def entry(told: Json) -> Entry:
    """A page as it is told. Raises `Odd`."""
    id, edited_at = dashed(told.get("id")), aware(told.get("last_edited_time"))
    if not id:
        raise Odd("a page without an id")
    if edited_at is None:
        raise Odd("a page without the time of its last edit; may the integration read content?")
    properties = part(told, "properties")
    trashed = any(told.get(name) is True for name in ("in_trash", "archived", "is_archived"))
    url = str(told.get("url") or link(id))
    title = titled(properties) or UNTITLED
    return Entry(id, title, url, edited_at, lies_in(told), trashed, properties)


def titled(properties: Json) -> str:
    """The title of a page; each has one property of that type, whatever its name."""
    every = map(mapping, properties.values())
    return plain(next((one.get("title") for one in every if one.get("type") == "title"), []))


def lies_in(told: Json, name: str = "parent") -> Parent:
    """What a page, a block, a database or a data source lies in."""
    found = part(told, name)
    kind = str(found.get("type") or "")
    return Parent(kind, dashed(found.get(kind)), dashed(found.get("database_id")))
