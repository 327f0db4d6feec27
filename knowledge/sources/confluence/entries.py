"""What Confluence tells of a page, a comment or a file, as values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from knowledge.reading.dates import aware
from knowledge.reading.plain import one_line
from knowledge.sources._services.memory import digest

Json = Mapping[str, Any]
BELONGING = ("comment", "attachment")  # to a page; a page's own container is its space


class Odd(Exception):
    """What was told is not what was asked for."""


@dataclass(frozen=True)
class Entry:
    """A page, a blog post, a comment or a file, without its text."""

    id: str
    type: str
    title: str
    version: int
    changed_at: datetime | None  # aware UTC
    container: str  # the id of the page that it belongs to; "" for pages
    ancestors: tuple[str, ...]
    restricted: bool  # by itself
    base: str  # what paths are below
    webui: str  # the path where people see it
    download: str  # the path of the file
    media: str
    size: int  # in bytes
    author: str

    @property
    def url(self) -> str:
        """Where people see it."""
        return f"{self.base}{self.webui}" if self.webui else ""

    @property
    def order(self) -> tuple[int, str]:
        """By which entries of a kind stand in the order in which they were made."""
        return order(self.id)

    @property
    def changed_s(self) -> float:
        """When it was changed, in seconds since 1970."""
        return self.changed_at.timestamp() if self.changed_at else 0.0


def entry(told: Json, base: str) -> Entry:
    """An entry of a list, whose links are below `base`. Raises `Odd`."""
    version, links = mapping(told, "version"), mapping(told, "_links")
    extensions, container = mapping(told, "extensions"), mapping(told, "container")
    id, number = told.get("id"), version.get("number")
    if not isinstance(id, (str, int)) or not str(id) or not isinstance(number, int):
        raise Odd("an entry without an id and a version")
    return Entry(
        str(id),
        str(told.get("type", "")),
        one_line(str(told.get("title") or "")),
        number,
        aware(version.get("when")),
        str(container.get("id", "")) if told.get("type") in BELONGING else "",
        tuple(str(each.get("id", "")) for each in many(told, "ancestors")),
        restricted(told),
        base,
        str(links.get("webui") or ""),
        str(links.get("download") or ""),
        str(extensions.get("mediaType") or ""),
        size if isinstance(size := extensions.get("fileSize"), int) else 0,
        one_line(str(mapping(version, "by").get("displayName") or "")),
    )


def current(told: Json) -> bool:
    """Is it neither in the bin, archived, nor a draft?"""
    return str(told.get("status", "current")) == "current"


def restricted(told: Json) -> bool:
    """May only some people or groups read it?"""
    readers = mapping(mapping(mapping(told, "restrictions"), "read"), "restrictions")
    return any(many(mapping(readers, kind), "results") for kind in ("user", "group"))


def body(told: Json, kind: str) -> str:
    """Its text as HTML. Raises `Odd` when there is none, even no empty one."""
    value = mapping(mapping(told, "body"), kind).get("value")
    if not isinstance(value, str):
        raise Odd("no body")
    return value


def space(told: Json) -> str:
    """The key of its space."""
    return str(mapping(told, "space").get("key") or "")


def mapping(told: Json, name: str) -> Json:
    """A part that is an object; an empty one where there is none."""
    found = told.get(name)
    return found if isinstance(found, Mapping) else {}


def many(told: Json, name: str) -> Sequence[Json]:
    """A part that is a list of objects; an empty one where there is none."""
    found = told.get(name)
    return [e for e in found if isinstance(e, Mapping)] if isinstance(found, list) else []


def fingerprint(page: Entry, comments: Iterable[Entry], shape: str) -> str:
    """The mark of a page in this version, with these comments."""
    said = sorted((comment.id, comment.version) for comment in comments)
    return f"{page.version}.{digest(said) if said else 0}-{shape}"


def order(id: str) -> tuple[int, str]:
    """Ids by their numbers; a file's has letters before."""
    digits = "".join(c for c in id if c in "0123456789")
    return int(digits[:18] or 0), id
