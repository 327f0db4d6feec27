"""Which pages the settings choose: those below some, without those below others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from knowledge.net.errors import NetError, Refused
from knowledge.sources._services.refusals import Json, whole
from knowledge.sources.notion.entries import Parent, lies_in
from knowledge.sources.notion.service import Notion

HIGHEST = 100  # levels
NOWHERE = Parent()


@dataclass
class Scope:
    """What is read. Its methods raise `NetError`."""

    notion: Notion
    roots: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()
    above: dict[str, Parent] = field(default_factory=dict)  # by id, as far as it is known

    def has(self, id: str, parent: Parent) -> bool:
        """Is it one of the chosen, or below one?"""
        if not self.roots and not self.without:
            return True
        way = set(self.way(id, parent))
        return (not self.roots or bool(way & self.roots)) and not way & self.without

    def way(self, id: str, parent: Parent) -> Iterator[str]:
        """It and all that it lies in, upwards, as far as the integration may see."""
        yield id
        for _ in range(HIGHEST):
            yield from (parent.id, parent.database)
            if not parent.id:
                return
            parent = self.higher(parent)

    def higher(self, parent: Parent) -> Parent:
        """What a page, a block or a table lies in."""
        if parent.id not in self.above:
            try:
                self.above[parent.id] = self.asked(parent)
            except NetError as error:
                if whole(error) or not isinstance(error, Refused):
                    raise
                self.above[parent.id] = NOWHERE
        return self.above[parent.id]

    def asked(self, parent: Parent) -> Parent:
        """The same, asked of Notion."""
        match parent.kind:
            case "page_id":
                return lies_in(self.notion.page(parent.id))
            case "block_id":
                return lies_in(self.notion.block(parent.id))
            case "database_id":
                return lies_in(self.notion.database(parent.id))
            case "data_source_id":
                return of_database(self.notion.data_source(parent.id))
        return NOWHERE

    def learn(self, known: Mapping[str, Parent]) -> None:
        """Remember what lists told."""
        self.above.update(known)


def of_database(told: Json) -> Parent:
    """What the database of a data source lies in; where that is not told, the database itself."""
    found, own = lies_in(told, "database_parent"), lies_in(told)
    return Parent(found.kind, found.id, own.id) if found.id else own
