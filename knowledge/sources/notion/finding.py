"""Finds pages: by Notion's search, in data sources, and one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from knowledge.net.errors import NetError, Refused
from knowledge.sources._services.refusals import Json, whole
from knowledge.sources.notion.entries import Entry, Odd, entry, lies_in
from knowledge.sources.notion.ids import dashed
from knowledge.sources.notion.scope import Scope, of_database
from knowledge.sources.notion.service import Notion, gone, objects


@dataclass
class Finding:
    """Lists and asks. Its methods raise `NetError`."""

    notion: Notion
    scope: Scope
    newest: float = 0.0  # the last edit that search told, in seconds since 1970
    count: int = 0  # pages that search told
    listed: set[str] = field(default_factory=set)  # data sources whose rows were

    def pages(self, until: float) -> Iterator[Entry]:
        """What search tells, the last edited first, down to a time; 0: all."""
        for told in self.notion.search("page"):
            page = self.taken("search", told)
            edited = page.edited_at.timestamp()
            self.newest = max(self.newest, edited)
            if edited < until:
                return
            self.count += 1
            yield page

    def rows(self) -> Iterator[Entry]:
        """The rows of all data sources that are chosen."""
        for told in self.notion.search("data_source"):
            id, above = dashed(told.get("id")), of_database(told)
            self.scope.learn({id: above})
            if told.get("in_trash") is not True and self.scope.has(id, above):
                yield from self.rows_of(id)

    def rows_of(self, id: str) -> Iterator[Entry]:
        """The rows of a data source; none of one that does not tell them, as those of others."""
        if id in self.listed or not id:
            return
        self.listed.add(id)
        try:
            for told in self.notion.rows(id):
                if told.get("object") == "page":
                    yield self.taken(f"data_sources/{id}/query", told)
        except NetError as error:
            if whole(error) or not isinstance(error, Refused):
                raise

    def in_database(self, id: str) -> Iterator[Entry]:
        """The rows of a database that stands on a page."""
        told = self.seen(lambda: self.notion.database(id))
        for one in objects(told.get("data_sources")) if told else ():
            yield from self.rows_of(dashed(one.get("id")))

    def one(self, id: str) -> Entry | None:
        """A page by itself; None where it is not there, not shared, or in the trash."""
        try:
            page = self.taken(f"pages/{id}", self.notion.page(id))
        except NetError as error:
            if not gone(error):
                raise
            return None
        return None if page.trashed else page

    def sees(self, id: str) -> bool:
        """May the integration see this page or database?"""
        ways = (self.notion.page, self.notion.database, self.notion.data_source)
        return any(self.seen(lambda way=way: way(id)) is not None for way in ways)  # type: ignore[misc]

    def seen(self, ask: Callable[[], Json]) -> Json | None:
        """An answer; None where it is refused."""
        try:
            return ask()
        except Refused as error:
            if whole(error):
                raise
            return None

    def taken(self, path: str, told: Json) -> Entry:
        """A page of an answer; where it lies is remembered."""
        try:
            page = entry(told)
        except Odd as error:
            raise self.notion.garbled(path, f"answered no pages ({error})") from error
        self.scope.learn({page.id: lies_in(told)})
        return page
