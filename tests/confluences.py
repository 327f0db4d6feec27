"""A Confluence on a test's server: its search as documented, with a page of two entries each."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from tests.faults import Asked, Reply, Server, as_json

CLAUSE = {
    "type": re.compile(r"type (?:in \(([^)]*)\)|= (\w+))"),
    "space": re.compile(r"space in \(([^)]*)\)"),
    "label": re.compile(r"label in \(([^)]*)\)"),
    "without": re.compile(r"label not in \(([^)]*)\)"),
    "id": re.compile(r"\bid in \(([^)]*)\)"),
    "container": re.compile(r"container in \(([^)]*)\)"),
    "since": re.compile(r'lastmodified >= now\("-(\d+)m"\)'),
}


@dataclass(frozen=True)
class Thing:
    """A page, a comment or a file."""

    id: str
    title: str = ""
    html: str = ""
    version: int = 1
    changed_s: float = 0.0
    type: str = "page"
    space: str = "ENG"
    labels: tuple[str, ...] = ()
    container: str = ""
    ancestors: tuple[str, ...] = ()
    readers: tuple[str, ...] = ()
    status: str = "current"
    file: bytes = b""
    storage: str = ""
    by: str = "Anna"


@dataclass
class Confluence:
    """What there is, and how it is told."""

    clock: Callable[[], float]
    things: Sequence[Thing] = ()
    cloud: bool = True
    asked: list[str] = field(default_factory=list)  # the CQL of each search
    broken: set[str] = field(default_factory=set)  # ids of pages that cannot be drawn
    nobody: bool = False  # does it take everybody for nobody?

    @property
    def root(self) -> str:
        return "/wiki" if self.cloud else "/confluence"

    def at(self, server: Server) -> None:
        """Serve it."""
        server.routes[f"{self.root}/rest/api/content/search"] = self.search
        server.routes[f"{self.root}/rest/api/search"] = self.counted
        server.routes[f"{self.root}/rest/api/user/current"] = self.who
        server.beginning[f"{self.root}/rest/api/content/"] = self.cloud_file
        server.beginning[f"{self.root}/download/"] = self.own_file

    def who(self, asked: Asked) -> Reply:
        return as_json({"type": "anonymous" if self.nobody else "known", "displayName": "Bot"})

    def counted(self, asked: Asked) -> Reply:
        return as_json({"results": [], "totalSize": len(self.matching(asked.query["cql"]))})

    def search(self, asked: Asked) -> Reply:
        query = asked.query
        self.asked.append(query["cql"])
        found = self.matching(query["cql"])
        if "body." in query["expand"] and any(thing.id in self.broken for thing in found):
            return as_json({"statusCode": 500, "message": "macro failed"}, 500)
        at = int(query.get("cursor", "_0")[1:]) if self.cloud else int(query.get("start", 0))
        some = found[at : at + 2]
        told: dict[str, Any] = {
            "results": [self.told(thing, query["expand"].split(",")) for thing in some],
            "start": at, "limit": 2, "size": len(some),
            "_links": {"base": f"http://{asked.headers['host']}{self.root}", "context": self.root},
        }  # fmt: skip
        if at + 2 < len(found):
            more = {"cursor": f"_{at + 2}"} if self.cloud else {"start": str(at + 2)}
            again = urlencode({"limit": "2", **more, "cql": query["cql"]})
            told["_links"]["next"] = f"/rest/api/content/search?{again}"
        return as_json(told)

    def matching(self, cql: str) -> list[Thing]:
        """What a question finds."""
        asked = {name: values(cql, clause) for name, clause in CLAUSE.items()}
        since = self.clock() - 60 * float(asked["since"][0]) if asked["since"] else 0.0
        found = [
            thing
            for thing in self.things
            if thing.status == "current"
            and (not asked["type"] or thing.type in asked["type"])
            and (not asked["space"] or thing.space in asked["space"])
            and (not asked["label"] or set(asked["label"]) & set(thing.labels))
            and not set(asked["without"]) & set(thing.labels)
            and (not asked["id"] or thing.id in asked["id"])
            and (not asked["container"] or thing.container in asked["container"])
            and thing.changed_s >= since
        ]
        latest = "order by lastmodified" in cql
        return sorted(found, key=lambda thing: thing.changed_s) if latest else found

    def told(self, thing: Thing, expand: Sequence[str]) -> Mapping[str, Any]:
        """An entry, with what was asked of it."""
        when = datetime.fromtimestamp(thing.changed_s, UTC).isoformat(timespec="milliseconds")
        links = {"webui": f"/spaces/{thing.space}/pages/{thing.id}"}
        made: dict[str, Any] = {
            "id": thing.id, "type": thing.type, "status": thing.status, "title": thing.title,
            "_links": links,
        }  # fmt: skip
        if thing.type == "attachment":
            links["download"] = f"/download/attachments/{thing.container}/{thing.title}?version=9"
            made["extensions"] = {"mediaType": "text/plain", "fileSize": len(thing.file)}
        if "version" in expand:
            made["version"] = {
                "number": thing.version,
                "when": when,
                "by": {"displayName": thing.by},
            }
        if "container" in expand:
            made["container"] = {"id": thing.container or 77}
        if "ancestors" in expand:
            made["ancestors"] = [{"id": id} for id in thing.ancestors]
        if "space" in expand:
            made["space"] = {"key": thing.space}
        if any(part.startswith("restrictions.read") for part in expand):
            users = {"results": [{"displayName": name} for name in thing.readers]}
            read = {"restrictions": {"user": users, "group": {"results": []}}}
            made["restrictions"] = {"read": read}
        bodies = {"export_view": thing.html, "storage": thing.storage}
        made["body"] = {
            kind: {"value": text} for kind, text in bodies.items() if f"body.{kind}" in expand
        }
        return made

    def cloud_file(self, asked: Asked) -> Reply:
        """`/rest/api/content/PAGE/child/attachment/ID/download`: leads to where files lie."""
        id = asked.path.split("/")[-2]
        return self.sent([t for t in self.things if t.id == id], asked)

    def own_file(self, asked: Asked) -> Reply:
        """`/download/attachments/PAGE/NAME`."""
        name = asked.path.rpartition("/")[2]
        return self.sent([t for t in self.things if t.title == name and t.file], asked)

    def sent(self, found: Sequence[Thing], asked: Asked) -> Reply:
        if not found or asked.query.get("version") != str(found[0].version):
            return as_json({"message": "no such file"}, 404)
        return Reply(200, found[0].file, {"Content-Type": "application/octet-stream"})


def values(cql: str, clause: re.Pattern[str]) -> list[str]:
    """The values of a clause; none where it does not stand there."""
    told = clause.search(cql)
    whole = next((group for group in told.groups() if group), "") if told else ""
    return [value.strip().strip('"') for value in whole.split(",") if value.strip()]
