"""Asks Jira's search: by `nextPageToken` in the cloud, by `startAt` on own servers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from knowledge.net.answers import Answer
from knowledge.net.errors import NetError, Refused
from knowledge.sources._atlassian.service import Params, Service
from knowledge.sources._services.refusals import Json

LISTED, ASKED = 100, 50  # issues of a page; ids in one question
ORDERED = re.compile(r"\border\s+by\b", re.I)
OLDEST = " order by created asc"


@dataclass(frozen=True)
class Scope:
    """Which issues the settings choose."""

    projects: tuple[str, ...] = ()  # keys
    jql: str = ""

    @property
    def problem(self) -> str:
        """What is wrong with it. The cloud answers no question that is about all issues."""
        if not self.projects and not self.jql.strip():
            return "neither `projects` nor `jql` says which issues"
        return "`jql` has an `order by`" if ORDERED.search(self.jql) else ""

    @property
    def clause(self) -> str:
        """As JQL."""
        escaped = (key.replace("\\", "\\\\").replace('"', '\\"') for key in self.projects)
        keys = ", ".join(f'"{key}"' for key in escaped)
        clauses = [f"project in ({keys})"] if self.projects else []
        clauses += [f"({self.jql})"] if self.jql.strip() else []
        return " and ".join(clauses)


@dataclass(frozen=True)
class Search:
    """The search of a Jira. All methods raise `NetError`."""

    service: Service

    @property
    def api(self) -> str:
        """The interface: in the cloud, the newer one."""
        return "/rest/api/3" if self.service.site.cloud else "/rest/api/2"

    def found(self, jql: str, fields: str) -> Iterator[tuple[Answer, Json]]:
        """All issues that a question finds, with the answer that told of each."""
        pages = self.by_token if self.service.site.cloud else self.by_start
        for answer in pages(jql, fields):
            told = answer.json_object().get("issues")
            if not isinstance(told, list) or not all(isinstance(one, dict) for one in told):
                raise answer.garbled("answered no list")
            yield from ((answer, one) for one in told)

    def by_token(self, jql: str, fields: str) -> Iterator[Answer]:
        """Pages of the cloud."""
        asked = {"jql": jql, "fields": fields, "maxResults": str(LISTED)}
        token, seen = "", {""}
        while True:
            given = {**asked, "nextPageToken": token} if token else asked
            answer = self.service.get(f"{self.api}/search/jql", given)
            yield answer
            token = str(answer.json_object().get("nextPageToken") or "")
            if not token:
                return
            if token in seen:
                raise answer.garbled("gives a page of its list again")
            seen.add(token)

    def by_start(self, jql: str, fields: str) -> Iterator[Answer]:
        """Pages of an own server, which may give fewer issues at a time than were asked for."""
        # Ids of issues that are gone are no error then.
        asked = {"jql": jql, "fields": fields, "validateQuery": "false"}
        at = 0
        while True:
            more = {"startAt": str(at), "maxResults": str(LISTED)}
            answer = self.service.get(f"{self.api}/search", {**asked, **more})
            told = answer.json_object()
            if told.get("startAt", at) != at:
                raise answer.garbled("gives a page of its list again")
            yield answer
            some, total = told.get("issues"), told.get("total")
            at += len(some) if isinstance(some, list) else 0
            if not some or not isinstance(total, int) or at >= total:
                return

    def named(self, clause: str, ids: Iterable[str], fields: str) -> Iterator[tuple[Answer, Json]]:
        """Those of the named that are still there and fit the clause."""
        every = sorted(set(ids), key=lambda id: (len(id), id))
        for at in range(0, len(every), ASKED):
            yield from self.some(clause, every[at : at + ASKED], fields)

    def some(self, clause: str, ids: Sequence[str], fields: str) -> list[tuple[Answer, Json]]:
        """The same of a few. The cloud refuses a question that names an issue which is gone."""
        asked = f"{clause} and id in ({', '.join(ids)})"
        try:
            told = list(self.found(asked, fields))
        except Refused as error:
            if not gone(error):
                raise
            if len(ids) == 1:
                return []
            half = len(ids) // 2
            return [
                *self.some(clause, ids[:half], fields),
                *self.some(clause, ids[half:], fields),
            ]
        for answer, one in told:
            if str(one.get("id")) not in ids:
                raise answer.garbled("answered what was not asked for")
        return told

    def count(self, jql: str) -> int:
        """How many a question finds, about; -1 where that is not told."""
        if self.service.site.cloud:
            path = f"{self.api}/search/approximate-count"
            told = self.service.post(path, {"jql": jql}).json_object().get("count")
        else:
            asked: Params = {"jql": jql, "maxResults": 0, "fields": "updated"}
            told = self.service.get(f"{self.api}/search", asked).json_object().get("total")
        return told if isinstance(told, int) else -1

    def comments(self, id: str) -> list[Json]:
        """All comments on an issue."""
        made: list[Json] = []
        while True:
            asked = {"startAt": len(made), "maxResults": LISTED}
            answer = self.service.get(f"{self.api}/issue/{id}/comment", asked)
            told = answer.json_object()
            some, total = told.get("comments"), told.get("total")
            if not isinstance(some, list) or told.get("startAt", len(made)) != len(made):
                raise answer.garbled("answered no list of comments")
            made += [one for one in some if isinstance(one, dict)]
            if not some or not isinstance(total, int) or len(made) >= total:
                return made


def gone(error: NetError) -> bool:
    """Is it a question that the service does not take?"""
    return "(400)" in error.problem


def lately(clause: str, minutes: int) -> str:
    """Only what changed in the last minutes."""
    return f"{clause} and updated >= -{minutes}m"
