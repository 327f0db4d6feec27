"""A Zendesk on a test's server: its REST interface as documented, two entries on each page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.faults import Asked, Reply, Server, as_json

API = "/api/v2"
CENTER = f"{API}/help_center"
PAGE = 2


def when(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


@dataclass(frozen=True)
class Attachment:
    """A file on an article."""

    id: int
    name: str
    data: bytes
    changed_s: float = 0.0
    size: int = -1  # as it is told; -1: as it is


@dataclass(frozen=True)
class Guide:
    """An article; its translations by locale, each a title and a text."""

    id: int
    title: str
    html: str = ""
    created_s: float = 0.0
    updated_s: float = 0.0
    section: int = 20
    labels: tuple[str, ...] = ()
    draft: bool = False
    segment: int | None = None
    segments: tuple[int, ...] = ()
    archived: bool = False
    translations: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    files: tuple[Attachment, ...] = ()
    comments: tuple[tuple[int, str], ...] = ()  # author and text


@dataclass(frozen=True)
class Case:
    """A ticket; what was said is author, text, and whether customers may read it."""

    id: int
    subject: str
    said: tuple[tuple[int, str, bool], ...] = ()
    changed_s: float = 0.0
    status: str = "solved"
    tags: tuple[str, ...] = ()
    updated_s: float = 0.0  # by people; 0: by the last change


@dataclass
class Zendesk:
    """What there is, and how it is told."""

    clock: Callable[[], float]
    guides: Sequence[Guide] = ()
    cases: Sequence[Case] = ()
    token: str = "hunter2"
    role: str = "admin"
    nobody: bool = False  # does it take everybody for nobody?
    told_readers: bool = True
    broken: set[int] = field(default_factory=set)  # articles and tickets whose talk fails
    forgotten: set[str] = field(default_factory=set)  # cursors that are not known any more

    def at(self, server: Server) -> None:
        """Serve it."""
        server.routes[f"{API}/users/me.json"] = self.me
        server.routes[f"{API}/users/show_many.json"] = self.people
        server.routes[f"{CENTER}/incremental/articles.json"] = self.changed
        server.routes[f"{API}/incremental/tickets/cursor.json"] = self.export
        server.routes[f"{API}/tickets/show_many.json"] = self.named
        server.beginning[f"{API}/tickets/"] = self.talk
        server.beginning[f"{CENTER}/"] = self.center
        server.beginning["/hc/article_attachments/"] = self.file

    # -- people ----------------------------------------------------------------------

    def me(self, asked: Asked) -> Reply:
        known = not self.nobody and "authorization" in asked.headers
        return as_json({"user": {"id": 9 if known else None, "role": self.role}})

    def people(self, asked: Asked) -> Reply:
        ids = [int(id) for id in asked.query["ids"].split(",")]
        every = {7: ("Anna Agent", "agent"), 8: ("Carl Customer", "end-user")}
        told = [{"id": id, "name": every[id][0], "role": every[id][1]} for id in ids if id in every]
        return as_json({"users": told, "count": len(told)})

    # -- the help center -------------------------------------------------------------

    @property
    def agent(self) -> bool:
        return self.role in ("agent", "admin")

    def center(self, asked: Asked) -> Reply:
        """`/api/v2/help_center{/locale}/…`."""
        parts = asked.path.removeprefix(f"{CENTER}/").removesuffix(".json").split("/")
        names = ("articles", "sections", "categories")
        locale = "" if parts[0] in names else parts.pop(0)
        match parts:
            case ["articles"]:
                return self.articles(asked, locale)
            case ["sections"]:
                section = {"id": 20, "name": "Kilns", "category_id": 30, "parent_section_id": 21}
                outer = {"id": 21, "name": "Firing", "category_id": 30, "parent_section_id": None}
                clay = {"id": 22, "name": "Clay", "category_id": 31, "parent_section_id": None}
                return listed(asked, "sections", [section, outer, clay])
            case ["categories"]:
                told = [{"id": 30, "name": "Workshop"}, {"id": 31, "name": "Supplies"}]
                return listed(asked, "categories", told)
            case ["articles", id]:
                found = [one for one in self.there(locale) if str(one.id) == id]
                return as_json({"article": self.told(found[0], locale, asked)}) if found else none()
            case ["articles", id, "comments"]:
                return self.comments(asked, int(id))
            case ["articles", id, "attachments"]:
                return self.attachments(asked, int(id))
        return none()

    def there(self, locale: str) -> list[Guide]:
        """The articles that there are in a language."""
        every = sorted(self.guides, key=lambda one: one.created_s)
        return [
            one for one in every if not one.archived and locale in ("", "en-us", *one.translations)
        ]

    def articles(self, asked: Asked, locale: str) -> Reply:
        if not locale and "authorization" not in asked.headers:
            return as_json({"error": "Forbidden"}, 403)
        found = [self.told(one, locale, asked) for one in self.there(locale)]
        if "per_page" in asked.query:
            return as_json({"articles": found[:1], "count": len(found), "page": 1})
        return listed(asked, "articles", found)

    def changed(self, asked: Asked) -> Reply:
        """Up to two that changed from a moment on; the next page begins with the last change."""
        if not self.agent or "authorization" not in asked.headers:
            return as_json({"error": "Forbidden"}, 403)
        since = int(asked.query["start_time"])
        found = sorted(self.there(""), key=lambda one: one.updated_s)
        some = [one for one in found if one.updated_s >= since][:PAGE]
        end = int(some[-1].updated_s) if some else None
        url = f"http://{asked.headers['host']}{asked.path}?start_time={end}"
        told = [self.told(one, "", asked) for one in some]
        return as_json({"articles": told, "end_time": end, "next_page": url if end else None})

    def told(self, one: Guide, locale: str, asked: Asked) -> Mapping[str, Any]:
        title, html = one.translations.get(locale, (one.title, one.html))
        shown = locale or "en-us"
        made: dict[str, Any] = {
            "id": one.id, "title": title, "body": html, "locale": shown, "source_locale": "en-us",
            "html_url": f"http://{asked.headers['host']}/hc/{shown}/articles/{one.id}",
            "section_id": one.section, "label_names": list(one.labels), "draft": one.draft,
            "created_at": when(one.created_s), "updated_at": when(one.updated_s),
            "edited_at": when(one.updated_s),
        }  # fmt: skip
        return made | (
            {"user_segment_id": one.segment, "user_segment_ids": list(one.segments)}
            if self.told_readers
            else {}
        )

    def comments(self, asked: Asked, id: int) -> Reply:
        [one] = [one for one in self.guides if one.id == id]
        if id in self.broken:
            return as_json({"error": "InternalError"}, 500)
        told = [
            {"id": 100 + n, "author_id": by, "body": f"<p>{text}</p>", "created_at": when(1e9)}
            for n, (by, text) in enumerate(one.comments)
        ]
        return listed(asked, "comments", told)

    def attachments(self, asked: Asked, id: int) -> Reply:
        [one] = [one for one in self.guides if one.id == id]
        told = [
            {
                "id": file.id, "file_name": file.name, "article_id": id, "inline": False,
                "size": len(file.data) if file.size < 0 else file.size,
                "content_url": f"http://{asked.headers['host']}/hc/article_attachments/{file.id}",
                "updated_at": when(file.changed_s),
            }
            for file in one.files
        ]  # fmt: skip
        return listed(asked, "article_attachments", told)

    def file(self, asked: Asked) -> Reply:
        id = asked.path.rpartition("/")[2]
        found = [file for one in self.guides for file in one.files if str(file.id) == id]
        if not found or "authorization" not in asked.headers:
            return Reply(200, b"<h1>Sign in</h1>", {"Content-Type": "text/html"})
        return Reply(200, found[0].data, {"Content-Type": "application/octet-stream"})

    # -- tickets ---------------------------------------------------------------------

    def export(self, asked: Asked) -> Reply:
        """The tickets by their last change, after a moment and an id."""
        if self.role != "admin":
            return as_json({"error": {"title": "Forbidden", "message": "Only for admins"}}, 403)
        cursor = asked.query.get("cursor", "")
        if cursor in self.forgotten:
            return as_json({"error": "InvalidCursor", "description": "Invalid cursor"}, 400)
        start = float(asked.query.get("start_time", 0)), 0
        after = tuple(float(part) for part in cursor.split("_")) if cursor else start
        found = sorted(self.cases, key=lambda one: (one.changed_s, one.id))
        rest = [one for one in found if (one.changed_s, one.id) > after]
        some = rest[:PAGE]
        if some:
            cursor = f"{some[-1].changed_s}_{some[-1].id}"
        told = {"tickets": [self.case(one) for one in some], "after_cursor": cursor or None}
        return as_json({**told, "end_of_stream": len(rest) <= PAGE})

    def case(self, one: Case) -> Mapping[str, Any]:
        return {
            "id": one.id, "subject": one.subject, "status": one.status, "tags": list(one.tags),
            "updated_at": when(one.updated_s or one.changed_s),
            "generated_timestamp": int(one.changed_s),
        }  # fmt: skip

    def named(self, asked: Asked) -> Reply:
        ids = asked.query["ids"].split(",")
        found = [c for c in self.cases if str(c.id) in ids and c.status != "deleted"]
        return as_json({"tickets": [self.case(one) for one in found], "count": len(found)})

    def talk(self, asked: Asked) -> Reply:
        """`/api/v2/tickets/ID/comments.json`."""
        id = int(asked.path.split("/")[4])
        found = [c for c in self.cases if c.id == id and c.status != "deleted"]
        if id in self.broken:
            return as_json({"error": "InternalError"}, 500)
        if not found:
            return none()
        told = [
            {
                "id": 200 + n, "author_id": by, "html_body": f"<p>{text}</p>", "public": public,
                "created_at": when(1e9 + n),
            }
            for n, (by, text, public) in enumerate(found[0].said)
        ]  # fmt: skip
        return listed(asked, "comments", told)


def listed(asked: Asked, name: str, every: Sequence[Mapping[str, Any]]) -> Reply:
    """A page of a list by a cursor: `page[size]`, `page[after]`."""
    assert int(asked.query["page[size]"]) <= 100
    at = int(asked.query.get("page[after]", "c0")[1:])
    some, more = every[at : at + PAGE], at + PAGE < len(every)
    meta = {"has_more": more, "after_cursor": f"c{at + PAGE}" if more else None}
    return as_json({name: list(some), "meta": meta, "links": {"next": None}})


def none() -> Reply:
    return as_json({"error": "RecordNotFound", "description": "Not found"}, 404)
