"""A Notion on a test's server: its interface as documented, with lists of two entries a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID

from tests.faults import Asked, Reply, Server, as_json

TOKEN, VERSION = "hunter2", "2025-09-03"
NUMBERS = count(10_000)
WORKSPACE: Mapping[str, Any] = {"type": "workspace", "workspace": True}


def uuid(number: int) -> str:
    return str(UUID(int=number))


def rich(text: str, href: str = "", **looks: bool) -> dict[str, Any]:
    """A piece of rich text."""
    return {
        "type": "text",
        "text": {"content": text, "link": {"url": href} if href else None},
        "annotations": looks,
        "plain_text": text,
        "href": href or None,
    }


def minute(seconds: float) -> str:
    """A time as Notion tells it: rounded down to its minute."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:00.000Z}"


@dataclass(frozen=True)
class Block:
    """A block with those in it."""

    type: str
    told: Mapping[str, Any] = field(default_factory=dict)
    children: tuple[Block, ...] = ()
    id: str = field(default_factory=lambda: uuid(next(NUMBERS)))
    hidden: bool = False  # it has children that Notion does not tell

    @property
    def json(self) -> dict[str, Any]:
        return {
            "object": "block",
            "id": self.id,
            "type": self.type,
            "has_children": bool(self.children) or self.hidden,
            "in_trash": False,
            self.type: dict(self.told),
        }

    def walk(self) -> Iterable[Block]:
        yield self
        for child in self.children:
            yield from child.walk()


def hosted(path: str, name: str = "") -> dict[str, Any]:
    """A file that Notion keeps, as blocks and properties tell it."""
    url = f"{{files}}/{path}?X-Amz-Signature={{signed}}"
    named = {"name": name} if name else {}
    return {"type": "file", "file": {"url": url, "expiry_time": minute(2e9)}, **named}


def text(words: str, *children: Block, type: str = "paragraph", **more: Any) -> Block:
    """A block that has a text."""
    return Block(type, {"rich_text": [rich(words)], **more}, children)


@dataclass(frozen=True)
class Sheet:
    """A page, or a row."""

    number: int
    title: str = ""
    blocks: tuple[Block, ...] = ()
    edited_s: float = 0.0
    parent: Mapping[str, Any] = field(default_factory=lambda: WORKSPACE)
    properties: Mapping[str, Any] = field(default_factory=dict)
    trashed: bool = False
    comments: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return uuid(self.number)

    @property
    def json(self) -> dict[str, Any]:
        title = {"id": "title", "type": "title", "title": [rich(self.title)] if self.title else []}
        return {
            "object": "page",
            "id": self.id,
            "last_edited_time": minute(self.edited_s),
            "archived": self.trashed,
            "in_trash": self.trashed,
            "parent": self.parent,
            "properties": {"Name": title, **self.properties},
            "url": f"https://www.notion.so/{self.title}-{self.id.replace('-', '')}",
        }


@dataclass(frozen=True)
class Table:
    """A data source in a database of its own."""

    number: int
    title: str
    parent: Mapping[str, Any] = field(default_factory=lambda: WORKSPACE)

    @property
    def id(self) -> str:
        return uuid(self.number)

    @property
    def database(self) -> str:
        return uuid(self.number + 1)

    @property
    def holds(self) -> dict[str, Any]:
        """As the parent of its rows."""
        return {
            "type": "data_source_id",
            "data_source_id": self.id,
            "database_id": self.database,
        }

    @property
    def json(self) -> dict[str, Any]:
        return {
            "object": "data_source",
            "id": self.id,
            "title": [rich(self.title)],
            "parent": {"type": "database_id", "database_id": self.database},
            "database_parent": self.parent,
            "in_trash": False,
        }

    @property
    def database_json(self) -> dict[str, Any]:
        sources = [{"id": self.id, "name": self.title}]
        return {
            "object": "database",
            "id": self.database,
            "parent": self.parent,
            "data_sources": sources,
        }


@dataclass
class Notion:
    """What there is, and how it is told."""

    sheets: Sequence[Sheet] = ()
    tables: Sequence[Table] = ()
    talks: bool = True  # may the integration read comments?
    unlisted: frozenset[str] = frozenset()  # pages and tables that search passes over
    files: dict[str, bytes] = field(default_factory=dict)  # by path
    signature: str = "1"  # with which files are given out
    expired: bool = False  # do addresses in lists open nothing?
    lags: bool = False  # does search still tell what is in the trash?
    busy: int = 0  # answers with 409 to come
    full: bool = False  # does it tell nothing of pages but their ids?

    def at(self, server: Server) -> None:
        """Serve it."""
        self.server = server
        server.beginning["/v1/"] = self.answer
        server.beginning["/files/"] = self.file

    def change(self, number: int, **changes: Any) -> None:
        """Make a page another."""
        self.sheets = tuple(
            replace(sheet, **changes) if sheet.number == number else sheet for sheet in self.sheets
        )

    # -- what is answered ------------------------------------------------------------

    def answer(self, asked: Asked) -> Reply:
        """Addresses of files are signed anew with each answer."""
        made = self.answered(asked)
        old = self.expired and b'"object": "list"' in made.body
        signed = "expired" if old else self.signature
        body = made.body.replace(b"{files}", f"{self.server.url}/files".encode())
        return replace(made, body=body.replace(b"{signed}", signed.encode()))

    def answered(self, asked: Asked) -> Reply:
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return error(401, "unauthorized", "API token is invalid.")
        if asked.headers.get("notion-version") != VERSION:
            return error(400, "missing_version", "Notion-Version header failed validation")
        if self.busy:
            self.busy -= 1
            return error(409, "conflict_error", "Conflict occurred while saving.")
        match asked.path.split("/")[2:]:
            case ["search"]:
                return self.search(asked)
            case ["pages", id]:
                return self.one([sheet for sheet in self.sheets if sheet.id == id])
            case ["databases", id]:
                found = [table for table in self.tables if table.database == id]
                return as_json(found[0].database_json) if found else missing(id)
            case ["data_sources", id]:
                return self.one([table for table in self.tables if table.id == id])
            case ["data_sources", id, "query"]:
                return self.rows(asked, id)
            case ["blocks", id]:
                return self.block(id)
            case ["blocks", id, "children"]:
                return self.children(asked, id)
            case ["comments"]:
                return self.comments(asked)
        return error(400, "invalid_request_url", "Invalid request URL.")

    @property
    def blocks(self) -> list[Block]:
        tops = (block for sheet in self.sheets for block in sheet.blocks)
        return [each for top in tops for each in top.walk()]

    def block(self, id: str) -> Reply:
        """A block by itself tells what it lies in; here, always the page."""
        for sheet in self.sheets:
            for block in (each for top in sheet.blocks for each in top.walk()):
                if block.id == id:
                    return as_json(
                        {**block.json, "parent": {"type": "page_id", "page_id": sheet.id}}
                    )
        return missing(id)

    def one(self, found: Sequence[Sheet | Table]) -> Reply:
        return as_json(found[0].json) if found else missing("?")

    def search(self, asked: Asked) -> Reply:
        body = asked.json()
        assert body["sort"] == {"timestamp": "last_edited_time", "direction": "descending"}
        kind = body["filter"]["value"]
        if kind == "data_source":
            told = [table.json for table in self.tables if table.id not in self.unlisted]
            return listed(asked, body, told)
        assert kind == "page"
        there = (sheet for sheet in self.sheets if self.lags or not sheet.trashed)
        shown = (sheet for sheet in there if sheet.id not in self.unlisted)
        found = sorted(shown, key=lambda s: (s.edited_s // 60, s.number), reverse=True)
        bare = ({"object": "page", "id": sheet.id} for sheet in found)
        return listed(asked, body, [*bare] if self.full else [sheet.json for sheet in found])

    def rows(self, asked: Asked, id: str) -> Reply:
        if not any(table.id == id for table in self.tables):
            return missing(id)
        rows = [s for s in self.sheets if s.parent.get("data_source_id") == id and not s.trashed]
        return listed(asked, asked.json(), [row.json for row in rows])

    def children(self, asked: Asked, id: str) -> Reply:
        query: dict[str, Any] = {**asked.query, "page_size": int(asked.query["page_size"])}
        for sheet in self.sheets:
            if sheet.id == id and not sheet.trashed:
                return listed(asked, query, [block.json for block in sheet.blocks])
        found = next((block for block in self.blocks if block.id == id), None)
        if found is None:
            return missing(id)
        if found.hidden:
            return error(400, "validation_error", "Block type ai is not supported via the API.")
        return listed(asked, query, [block.json for block in found.children])

    def comments(self, asked: Asked) -> Reply:
        if not self.talks:
            return error(403, "restricted_resource", "Insufficient permissions for this endpoint.")
        query: dict[str, Any] = {**asked.query, "page_size": int(asked.query["page_size"])}
        said = [words for s in self.sheets if s.id == query["block_id"] for words in s.comments]
        return listed(asked, query, [comment(words) for words in said])

    def file(self, asked: Asked) -> Reply:
        """A file at another host: it takes only its signature, and no login."""
        assert "authorization" not in asked.headers
        data = self.files.get(asked.path.removeprefix("/files/"))
        if data is None or asked.query.get("X-Amz-Signature") != self.signature:
            return Reply(403, b"<Error><Message>Request has expired</Message></Error>")
        return Reply(200, data, {"Content-Type": "application/octet-stream"})


def comment(words: str) -> dict[str, Any]:
    return {
        "object": "comment",
        "created_time": "2026-11-20T08:00:00.000Z",
        "created_by": {"object": "user", "id": uuid(1)},
        "display_name": {"type": "user", "resolved_name": "Anna"},
        "rich_text": [rich(words)],
    }


def listed(asked: Asked, told: Mapping[str, Any], found: Sequence[Any]) -> Reply:
    """A page of a list; it ends with whether there is more."""
    if not 0 < told.get("page_size", 100) <= 100:
        return error(400, "validation_error", "page_size should be ≤ 100")
    at = int(told.get("start_cursor", "c0")[1:])
    more = at + 2 < len(found)
    return as_json(
        {
            "object": "list",
            "results": found[at : at + 2],
            "has_more": more,
            "next_cursor": f"c{at + 2}" if more else None,
        }
    )


def missing(id: str) -> Reply:
    shared = "Make sure the relevant pages and databases are shared with your integration."
    return error(404, "object_not_found", f"Could not find page with ID: {id}. {shared}")


def error(status: int, code: str, message: str) -> Reply:
    told = {"object": "error", "status": status, "code": code, "message": message}
    return as_json(told, status)
