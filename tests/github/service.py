"""Repositories with threads and releases, served as GitHub's REST and GraphQL serve them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.faults import Asked, Reply, Server, as_json
from tests.github.graphql import answered

Node = dict[str, Any]
THEN = "2026-11-01T08:00:00Z"
FIELDS = {"issues": "Issue", "pullRequests": "PullRequest", "discussions": "Discussion"}
PATHS = {"Issue": "issues", "PullRequest": "pull", "Discussion": "discussions"}


def wrote(
    type: str, id: str, body: str, login: str | None = "octocat", at: str = THEN, **more: Any
) -> Node:
    """What somebody wrote; a login of "x[bot]" is a bot's, None that of a person who is gone."""
    bot = (login or "").endswith("[bot]")
    name = (login or "").removesuffix("[bot]")
    author = {"login": name, "__typename": "Bot" if bot else "User"} if login else None
    reactions: Mapping[str, int] = more.pop("reactions", {})
    groups = [{"content": c, "reactors": {"totalCount": n}} for c, n in reactions.items()]
    told = {
        "__typename": type, "id": id, "body": body, "author": author, "createdAt": at,
        "updatedAt": at, "isMinimized": False, "isAnswer": False, "reactionGroups": groups,
        "url": f"https://github.example/{id}",
    }  # fmt: skip
    return told | more


@dataclass
class Repository:
    """What a repository has."""

    full: str
    threads: dict[int, Node] = field(default_factory=dict)
    releases: list[Node] = field(default_factory=list)
    has: Node = field(default_factory=dict)

    def thread(
        self, number: int, type: str, title: str, body: str, updated: str = THEN, **more: Any
    ) -> Node:
        """Put a thread, or another in its place."""
        url = f"https://github.example/{self.full}/{PATHS[type]}/{number}"
        comments, labels = more.pop("comments", []), more.pop("labels", [])
        made = wrote(type, f"{type}{number}", body, **more) | {
            "number": number, "title": title, "updatedAt": updated, "url": url,
            "state": more.get("state", "OPEN"), "stateReason": more.get("stateReason"),
            "labels": connection([{"name": name} for name in labels]),
            "comments": connection(comments), "reviews": connection(more.get("reviews", [])),
            "reviewThreads": connection(more.get("reviewThreads", [])),
            "category": {"name": more.get("category", "Q&A")}, "closed": False,
            "answerChosenAt": None, "said": comments,
        }  # fmt: skip
        self.threads[number] = made
        return made

    def touch(self, number: int, at: str, **changed: Any) -> None:
        """Change a thread."""
        self.threads[number] |= {"updatedAt": at, **changed}


@dataclass
class Service:
    """A GitHub. `page` entries stand on a page of a list; `rest` has further REST answers."""

    server: Server
    tokens: set[str] = field(default_factory=lambda: {"hunter2"})
    repositories: dict[str, Repository] = field(default_factory=dict)
    rest: dict[str, Callable[[Asked], Reply]] = field(default_factory=dict)
    page: int = 2
    queries: list[str] = field(default_factory=list)  # by their names
    errors: list[Node] = field(default_factory=list)  # told instead of an answer, one by one

    def __post_init__(self) -> None:
        self.server.routes["/api/graphql"] = self.graphql
        self.server.beginning["/api/v3/"] = self.answer

    def repository(self, full: str, **has: Any) -> Repository:
        """A new one."""
        made = self.repositories[full] = Repository(full, has=has)
        return made

    def lets(self, asked: Asked) -> bool:
        return asked.headers.get("authorization", "").removeprefix("Bearer ") in self.tokens

    # -- REST ------------------------------------------------------------------------

    def answer(self, asked: Asked) -> Reply:
        path = asked.path.removeprefix("/api/v3")
        if own := self.rest.get(path):
            return own(asked)
        if not self.lets(asked):
            return as_json({"message": "Bad credentials"}, 401)
        words = path.strip("/").split("/")
        if words[0] in ("orgs", "users") and words[2:] == ["repos"]:
            told = [facts(r) for f, r in self.repositories.items() if f.startswith(f"{words[1]}/")]
            return self.listed(asked, told) if told else as_json({"message": "Not Found"}, 404)
        there = self.repositories.get("/".join(words[1:3]))
        if words[0] != "repos" or there is None:
            return as_json({"message": "Not Found"}, 404)
        match words[3:]:
            case []:
                return tagged(asked, facts(there))
            case ["releases"]:
                return self.listed(asked, there.releases)
            case ["issues", "comments"]:
                return self.listed(asked, comments(there, asked.query.get("since", "")))
            case ["pulls", "comments"]:
                return self.listed(asked, [])
        return as_json({"message": "Not Found"}, 404)

    def listed(self, asked: Asked, entries: Sequence[Node]) -> Reply:
        """A page of a list, with a link to the next."""
        number = int(asked.query.get("page", "1"))
        links = {}
        if len(entries) > number * self.page:
            query = urlencode(asked.query | {"page": str(number + 1)})
            links["Link"] = f'<{self.server.url}{asked.path}?{query}>; rel="next"'
        return tagged(asked, entries[(number - 1) * self.page : number * self.page], **links)

    # -- GraphQL ---------------------------------------------------------------------

    def graphql(self, asked: Asked) -> Reply:
        if not self.lets(asked):
            return as_json({"message": "Bad credentials"}, 401)
        if self.errors:
            return as_json({"data": None, "errors": [self.errors.pop(0)]})
        told = asked.json()
        self.queries.append(told["query"].split()[1].partition("(")[0])
        missing: list[Node] = []
        root = {
            "repository": lambda owner, name: self.root(owner, name, missing),
            "node": self.node,
        }
        data = answered(told["query"], told["variables"], root)
        return as_json({"data": data, **({"errors": missing} if missing else {})})

    def root(self, owner: str, name: str, missing: list[Node]) -> Node | None:
        there = self.repositories.get(f"{owner}/{name}")
        if there is None:
            missing.append({"type": "NOT_FOUND", "message": "Could not resolve to a Repository"})
            return None

        def one(type: str) -> Callable[[int], Node | None]:
            def found(number: int) -> Node | None:
                thread = there.threads.get(number)
                if thread is None or thread["__typename"] != type:
                    missing.append({"type": "NOT_FOUND", "message": f"no {type} {number}"})
                    return None
                return thread

            return found

        fields = {
            name: self.all([t for t in there.threads.values() if t["__typename"] == type])
            for name, type in FIELDS.items()
        }
        ones = {"issue": "Issue", "pullRequest": "PullRequest", "discussion": "Discussion"}
        return {"__typename": "Repository", **fields, **{n: one(t) for n, t in ones.items()}}

    def all(self, threads: Sequence[Node]) -> Callable[..., Node]:
        """A list of threads, ordered and filtered; a cursor is a place in that order."""

        def found(
            first: int = 0,
            after: str | None = None,
            orderBy: Mapping[str, str] | None = None,
            filterBy: Mapping[str, str] | None = None,
        ) -> Node:
            since = (filterBy or {}).get("since") or ""
            order = orderBy or {"field": "CREATED_AT", "direction": "ASC"}
            by_update = order["field"] == "UPDATED_AT"
            wanted = [t for t in threads if t["updatedAt"] >= since]

            def place(t: Node) -> tuple[str, int]:
                return (t["updatedAt"] if by_update else "", t["number"])

            down = order["direction"] == "DESC"
            wanted.sort(key=place, reverse=down)
            if after:
                moment, number = after.split("|")
                at = (moment, int(number))
                wanted = [t for t in wanted if (place(t) < at if down else place(t) > at)]
            told = wanted[: min(first, self.page)]
            more = len(wanted) > len(told)
            end = "|".join(map(str, place(told[-1]))) if told else None
            page = {"hasNextPage": more, "endCursor": end}
            count = len([t for t in threads if t["updatedAt"] >= since])
            return {"totalCount": count, "pageInfo": page, "nodes": told}

        return found

    def node(self, id: str) -> Node | None:
        everything = [t for r in self.repositories.values() for t in r.threads.values()]
        return next((found for t in everything if (found := within(t, id))), None)


def within(node: Node, id: str) -> Node | None:
    """A node by its id, or one that is said in it."""
    if node.get("id") == id:
        return node
    inner = [
        each for name in ("comments", "replies", "reviewThreads") for each in items(node, name)
    ]
    return next((found for each in inner if (found := within(each, id))), None)


def items(node: Node, name: str) -> list[Node]:
    found = node.get(name)
    return found(first=10**6)["nodes"] if callable(found) else []


def connection(entries: list[Node], page: int = 3) -> Callable[..., Node]:
    """Entries as GraphQL gives them, few at once; the order that is asked for is by update."""

    def found(
        first: int = 0, after: str | None = None, orderBy: Mapping[str, str] | None = None
    ) -> Node:
        there = sorted(entries, key=lambda e: e["updatedAt"], reverse=True) if orderBy else entries
        at = int(after or 0)
        end = at + (first if first > 10**5 else min(first, page))
        info = {"hasNextPage": end < len(there), "endCursor": str(end)}
        return {"totalCount": len(there), "pageInfo": info, "nodes": there[at:end]}

    return found


def comments(repository: Repository, since: str) -> list[Node]:
    """Comments of a repository by when they were edited, as REST lists them."""
    found = [
        {
            "id": each["id"],
            "updated_at": each["updatedAt"],
            "html_url": f"{thread['url']}#issuecomment-{each['id']}",
            "issue_url": f"https://api.github.example/repos/{repository.full}/issues/{number}",
        }
        for number, thread in repository.threads.items()
        for each in thread["said"]
        if each["updatedAt"] >= since and thread["__typename"] != "Discussion"
    ]
    return sorted(found, key=lambda each: str(each["updated_at"]))


def facts(repository: Repository) -> Node:
    """What REST tells of a repository."""
    told = {"has_issues": True, "has_discussions": True, "has_wiki": False, "fork": False}
    return {"full_name": repository.full, **told, **repository.has}


def tagged(asked: Asked, value: object, **headers: str) -> Reply:
    """JSON with its ETag, and 304 to who has it."""
    etag = f'W/"{hashlib.sha256(json.dumps(value).encode()).hexdigest()[:16]}"'
    if asked.headers.get("if-none-match") == etag:
        return Reply(304, headers={"ETag": etag})
    return as_json(value, 200, ETag=etag, **headers)
