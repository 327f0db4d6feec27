"""The blocks of a page, as a tree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from knowledge.net.errors import Denied, Missing, NetError, Refused
from knowledge.sources._services.refusals import Json, whole
from knowledge.sources.notion.ids import dashed
from knowledge.sources.notion.service import Notion, part

DEEPEST = 30  # levels
MOST = 10_000  # blocks of a page
APART = frozenset({"child_page", "child_database", "unsupported", "link_to_page"})
TOO_DEEP = f"What lies more than {DEEPEST} levels deep is not read."
NOT_SHARED = "A synced block whose original is not shared with the integration."
NOT_TOLD = "Notion does not tell what lies in here."
MEETING = ("summary_block_id", "notes_block_id")  # not the transcript: it says all twice


class TooLong(Exception):
    """A page of more blocks than are read."""


@dataclass(frozen=True)
class Block:
    """A block with what lies in it."""

    id: str
    type: str
    told: Json  # what its type has
    children: tuple[Block, ...] = ()
    note: str = ""  # why not all of it is here

    def walk(self) -> Iterator[Block]:
        """It and all within, in the order of the page."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass
class Tree:
    """Reads the blocks of one page. Raises `NetError` and `TooLong`."""

    notion: Notion
    read: int = 0

    def of(self, id: str, depth: int = 0) -> tuple[Block, ...]:
        """The blocks within a page or a block."""
        made = []
        for told in self.notion.children(id):
            self.read += 1
            if self.read > MOST:
                raise TooLong
            made.append(told)  # the list comes to its end before what lies in it is read
        return tuple(self.block(told, depth) for told in made)

    def block(self, told: Json, depth: int) -> Block:
        """A block with all within."""
        kind = str(told.get("type") or "")
        own = part(told, kind)
        id = dashed(told.get("id"))
        inner = tuple(filter(None, within(told, kind, own)))
        if not inner:
            return Block(id, kind, own)
        if depth >= DEEPEST:
            return Block(id, kind, own, note=TOO_DEEP)
        try:
            children = tuple(child for each in inner for child in self.of(each, depth + 1))
        except NetError as error:
            if not (note := noted(kind, error)):
                raise
            return Block(id, kind, own, note=note)
        return Block(id, kind, own, children)


def within(told: Json, kind: str, own: Json) -> Iterator[str]:
    """Whose children are what lies in a block: mostly its own."""
    ids = part(own, "children")
    if kind in ("meeting_notes", "transcription") and ids:
        yield from (dashed(ids.get(name)) for name in MEETING)
    elif kind in APART:
        return
    elif told.get("has_children") is True:
        yield dashed(told.get("id"))
    else:
        yield dashed(part(own, "synced_from").get("block_id"))


def noted(kind: str, error: NetError) -> str:
    """What stands for blocks that Notion never tells; "" where the page cannot be read."""
    if kind == "synced_block" and isinstance(error, (Missing, Denied)) and not whole(error):
        return NOT_SHARED
    never = isinstance(error, Refused) and not isinstance(error, Missing) and not whole(error)
    return NOT_TOLD if never and "(400)" in error.problem else ""
