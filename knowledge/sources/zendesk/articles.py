"""An article as Zendesk tells it, as a value and as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from knowledge.reading.dates import aware
from knowledge.reading.plain import one_line
from knowledge.sources._services.memory import digest
from knowledge.sources._services.pages import markdown_of
from knowledge.sources._services.refusals import Json


class Odd(Exception):
    """What was told is not what was asked for."""


@dataclass(frozen=True)
class Article:
    """An article in one language."""

    id: str
    view: str  # the locale that it was asked for in; "": in its own
    title: str
    body: str  # HTML
    url: str
    section: str  # id
    labels: tuple[str, ...]
    draft: bool
    closed: bool | None  # only some may read it; None: that is not told
    created_s: float  # since 1970
    updated_s: float
    edited_at: datetime

    @property
    def key(self) -> str:
        """The key of its document."""
        return f"article/{self.id}/{self.view}" if self.view else f"article/{self.id}"


@dataclass(frozen=True)
class Comment:
    """What somebody said, on an article or a ticket."""

    id: str
    author: int
    html: str
    at: datetime | None
    public: bool = True


@dataclass(frozen=True)
class Place:
    """Where articles are filed: a section and those around it, the outermost first."""

    ids: frozenset[str] = frozenset()  # of section and category
    names: tuple[str, ...] = field(default=())  # the category's first

    def among(self, wanted: Sequence[str]) -> bool:
        """Is it one of these ids or names, or within one?"""
        names = {name.casefold() for name in self.names}
        return any(each in self.ids or each.casefold() in names for each in wanted)


def article(told: Json, view: str) -> Article:
    """An article of a list. Raises `Odd`."""
    id, created, updated = (
        told.get("id"),
        aware(told.get("created_at")),
        aware(told.get("updated_at")),
    )
    if type(id) is not int or created is None or updated is None or "body" not in told:
        raise Odd("an article without an id, its dates and its text")
    labels = told.get("label_names")
    return Article(
        str(id),
        view,
        one_line(str(told.get("title") or told.get("name") or "")) or str(id),
        str(told.get("body") or ""),
        str(told.get("html_url") or ""),
        str(told.get("section_id") or ""),
        tuple(map(str, labels)) if isinstance(labels, list) else (),
        told.get("draft") is True,
        closed(told),
        created.timestamp(),
        updated.timestamp(),
        aware(told.get("edited_at")) or updated,
    )


def closed(told: Json) -> bool | None:
    """May only a segment of the users read it? None where that is not told."""
    if "user_segment_id" not in told and "user_segment_ids" not in told:
        return None
    return told.get("user_segment_id") is not None or bool(told.get("user_segment_ids"))


def comment(told: Json) -> Comment:
    """A comment of a list. Raises `Odd`."""
    id, author = told.get("id"), told.get("author_id")
    if type(id) is not int:
        raise Odd("a comment without an id")
    html = str(told.get("html_body") or told.get("body") or told.get("plain_body") or "")
    by = author if isinstance(author, int) else 0
    return Comment(
        str(id), by, html, aware(told.get("created_at")), told.get("public") is not False
    )


# -- as Markdown ---------------------------------------------------------------------


def mark(one: Article, place: Place) -> str:
    """The mark of an article's own words."""
    return digest(one.title, one.body, one.url, one.labels, place.names)


def written(one: Article, place: Place, said: Sequence[str]) -> str:
    """An article with what was said on it; "" where it says nothing. Raises `NotReadable`."""
    words = markdown_of(one.body, one.url)
    talk = ["## Comments", *said] if said else []
    if not words and not talk:
        return ""
    filed = [f"In {' > '.join(place.names)}."] if place.names else []
    filed += [f"Labels: {', '.join(map(one_line, one.labels))}."] if one.labels else []
    return "\n\n".join(filter(None, [" ".join(filed), words, *talk]))


def spoken(one: Comment, who: str) -> str:
    """A comment under who said it and when; "" where it says nothing. Raises `NotReadable`."""
    words = markdown_of(one.html)
    day = f", {one.at:%Y-%m-%d}" if one.at else ""
    note = "" if one.public else " (internal note)"
    return f"### {who}{note}{day}\n\n{words}" if words else ""


def places(sections: Sequence[Json], categories: Sequence[Json]) -> Mapping[str, Place]:
    """Where each section lies, by its id."""
    named = {str(one.get("id")): one_line(str(one.get("name") or "")) for one in categories}
    known = {str(one.get("id")): one for one in sections}
    made: dict[str, Place] = {}
    for id, one in known.items():
        way, names, at = [id], list[str](), id
        while at in known:  # of sections within sections, the outer ones
            names.insert(0, one_line(str(known[at].get("name") or "")))
            at = str(known[at].get("parent_section_id") or "")
            if at in way:
                break
            way.append(at)
        category = str(one.get("category_id") or "")
        whole = [named.get(category, ""), *names]
        made[id] = Place(frozenset({*way, category} - {""}), tuple(filter(None, whole)))
    return made
