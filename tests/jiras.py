"""A Jira on a test's server: its search as documented, with a page of two issues each."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.faults import Asked, Reply, Server, as_json

IDS = re.compile(r"\bid in \(([^)]*)\)")
SINCE = re.compile(r"updated >= -(\d+)m")
PROJECTS = re.compile(r"project in \(([^)]*)\)")


@dataclass(frozen=True)
class Ticket:
    """An issue."""

    id: str
    summary: str
    text: str = ""
    updated_s: float = 0.0
    project: str = "ENG"
    comments: tuple[Mapping[str, Any], ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
    closed: bool = False
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return f"{self.project}-{self.id}"


@dataclass
class Jira:
    """What there is, and how it is told."""

    clock: Callable[[], float]
    tickets: Sequence[Ticket] = ()
    cloud: bool = True
    asked: list[str] = field(default_factory=list)  # the JQL of each search
    broken: set[str] = field(default_factory=set)  # ids of issues that cannot be read
    login: str = "OK"

    def at(self, server: Server) -> None:
        """Serve it."""
        search = self.by_token if self.cloud else self.by_start
        api = "/rest/api/3" if self.cloud else "/rest/api/2"
        server.routes[f"{api}/search/jql" if self.cloud else f"{api}/search"] = search
        server.routes[f"{api}/search/approximate-count"] = self.counted
        server.routes[f"{api}/myself"] = lambda asked: as_json({"displayName": "Bot"})
        server.beginning[f"{api}/issue/"] = self.talk
        server.beginning["/rest/api/3/attachment/content/"] = self.moved_file
        server.beginning["/secure/attachment/"] = self.file
        server.beginning["/media/"] = self.file

    def counted(self, asked: Asked) -> Reply:
        return as_json({"count": len(self.matching(asked.json()["jql"]))})

    def by_token(self, asked: Asked) -> Reply:
        """`/rest/api/3/search/jql`: a token is where it goes on."""
        query = asked.query
        known = {ticket.id for ticket in self.tickets}
        named = values(IDS, query["jql"])
        if unknown := [id for id in named if id not in known]:
            words = f"An issue with key '{unknown[0]}' does not exist for field 'id'."
            return as_json({"errorMessages": [words], "errors": {}}, 400)
        after = int(query.get("nextPageToken", "t0")[1:])
        rest = [ticket for ticket in self.matching(query["jql"]) if int(ticket.id) > after]
        told: dict[str, Any] = {"issues": [self.told(t, query["fields"]) for t in rest[:2]]}
        told["isLast"] = len(rest) <= 2
        if len(rest) > 2:
            told["nextPageToken"] = f"t{rest[1].id}"
        return self.answer(query["jql"], rest[:2], query["fields"], told)

    def by_start(self, asked: Asked) -> Reply:
        """`/rest/api/2/search`: by offset."""
        query = asked.query
        found, at = self.matching(query["jql"]), int(query.get("startAt", 0))
        some = found[at : at + min(2, int(query["maxResults"]))]
        told = {"startAt": at, "maxResults": 2, "total": len(found)}
        issues = [self.told(ticket, query["fields"]) for ticket in some]
        return self.answer(query["jql"], some, query["fields"], {**told, "issues": issues})

    def answer(self, jql: str, some: Sequence[Ticket], fields: str, told: object) -> Reply:
        self.asked.append(jql)
        if "summary" in fields and any(ticket.id in self.broken for ticket in some):
            return as_json({"errorMessages": ["it broke"]}, 500)
        return as_json(told, X_Seraph_LoginReason=self.login)

    def matching(self, jql: str) -> list[Ticket]:
        ids, projects = values(IDS, jql), values(PROJECTS, jql)
        since = SINCE.search(jql)
        oldest = self.clock() - 60 * float(since[1]) if since else 0.0
        return [
            ticket
            for ticket in self.tickets
            if (not ids or ticket.id in ids)
            and (not projects or ticket.project in projects)
            and ticket.updated_s >= oldest
        ]

    def told(self, ticket: Ticket, asked: str) -> Mapping[str, Any]:
        """An issue with the fields that were asked for."""
        files = [
            {"id": f"9{ticket.id}", "filename": name, "size": len(data), "created": when(1e9)}
            for name, data in ticket.files.items()
        ]
        security = {"name": "Only us"} if ticket.closed else None
        few = list(ticket.comments[:1])
        every = {
            "summary": ticket.summary,
            "description": self.text(ticket.text),
            "updated": when(ticket.updated_s),
            "created": when(ticket.updated_s - 60),
            "security": security,
            "status": {"name": "Done"},
            "resolution": {"name": "Fixed"},
            "issuetype": {"name": "Bug"},
            "reporter": {"displayName": "Anna"},
            "attachment": files,
            "comment": {"comments": few, "total": len(ticket.comments), "startAt": 0},
            **ticket.fields,
        }
        fields = {name: every[name] for name in asked.split(",") if name in every}
        return {"id": ticket.id, "key": ticket.key, "fields": fields}

    def text(self, words: str) -> object:
        """A text in the notation of this kind of Jira."""
        if not self.cloud:
            return words
        return {
            "type": "doc",
            "version": 1,
            "content": [{"type": "paragraph", "content": [{"type": "text", "text": words}]}],
        }

    def talk(self, asked: Asked) -> Reply:
        """`/issue/ID/comment`."""
        id, at = asked.path.split("/")[-2], int(asked.query.get("startAt", 0))
        said = next((t.comments for t in self.tickets if t.id == id), ())
        told = {"startAt": at, "total": len(said), "comments": list(said[at : at + 2])}
        return as_json(told)

    def moved_file(self, asked: Asked) -> Reply:
        """The cloud's files lie elsewhere."""
        return Reply(303, headers={"Location": f"/media/{asked.path.rpartition('/')[2]}/x"})

    def file(self, asked: Asked) -> Reply:
        id = asked.path.split("/")[-2]
        found = [data for t in self.tickets for data in t.files.values() if f"9{t.id}" == id]
        return Reply(200, found[0]) if found else as_json({}, 404)


def when(seconds: float) -> str:
    """As Jira tells it: 2026-11-23T08:00:00.000+0000."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.000+0000"


def values(clause: re.Pattern[str], jql: str) -> list[str]:
    """The values of a clause; none where it does not stand there."""
    told = clause.search(jql)
    return [value.strip().strip('"') for value in told[1].split(",")] if told else []
