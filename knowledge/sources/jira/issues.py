"""An issue as Jira tells it, as a value and as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from knowledge.reading.dates import aware
from knowledge.reading.plain import clean, one_line
from knowledge.sources.jira import adf, wiki

Json = Mapping[str, Any]
PLACE = "updated,security"  # what a list asks for
WORDS = (
    "summary,description,status,resolution,issuetype,priority,labels,components,reporter,created,"
    "issuelinks,parent,environment,fixVersions"
)


class Odd(Exception):
    """What was told is no issue."""


@dataclass(frozen=True)
class File:
    """A file on an issue; it never changes."""

    id: str
    name: str
    size: int  # in bytes
    created: str


@dataclass(frozen=True)
class Issue:
    """An issue with what was asked of it."""

    id: str
    key: str
    updated_at: datetime  # aware UTC
    closed: bool  # only some may read it
    files: tuple[File, ...]
    fields: Json

    @property
    def mark(self) -> str:
        """Its version: whatever is changed, said or attached changes it."""
        return str(int(self.updated_at.timestamp() * 1000))


def issue(told: Json, needed: str) -> Issue:
    """An issue that has this field. Raises `Odd`."""
    fields = told.get("fields")
    if not isinstance(fields, Mapping) or not told.get("id") or not told.get("key"):
        raise Odd("an issue without its fields")
    updated = aware(fields.get("updated"))
    if updated is None or needed not in fields:
        raise Odd("an issue without what was asked of it")
    files = tuple(file(one) for one in objects(fields.get("attachment")))
    closed = fields.get("security") is not None
    return Issue(str(told["id"]), str(told["key"]), updated, closed, files, fields)


def file(told: Json) -> File:
    """A file."""
    size = told.get("size")
    name, created = str(told.get("filename", "")), str(told.get("created", ""))
    return File(str(told.get("id", "")), name, size if isinstance(size, int) else 0, created)


def objects(told: object) -> Sequence[Json]:
    """The objects of a list; none of what is no list."""
    return [one for one in told if isinstance(one, Mapping)] if isinstance(told, list) else []


def name(told: object) -> str:
    """The name of a status, a type, a person."""
    if not isinstance(told, Mapping):
        return ""
    return one_line(str(told.get("displayName") or told.get("name") or ""))


def rich(told: object) -> str:
    """A text in either of Jira's notations as Markdown."""
    return clean(adf.markdown_of(told) if isinstance(told, Mapping) else wiki.markdown_of(told))


# -- as Markdown ---------------------------------------------------------------------


def titled(issue: Issue) -> str:
    """Its key and summary."""
    return f"{issue.key}: {one_line(str(issue.fields.get('summary') or ''))}".rstrip(": ")


def written(issue: Issue, said: Sequence[Json]) -> str:
    """An issue with what was said on it."""
    talk = [part for part in map(comment, said) if part]
    parts = [about(issue), rich(issue.fields.get("description"))]
    if environment := rich(issue.fields.get("environment")):
        parts += ["## Environment", environment]
    parts += ["## Comments", *talk] if talk else []
    return "\n\n".join(part for part in parts if part)


def about(issue: Issue) -> str:
    """What it is, how it stands, whose it is, and what it belongs to."""
    fields = issue.fields
    end = name(fields.get("resolution"))
    standing = f"{name(fields.get('status')) or 'Open'}{f' ({end})' if end else ''}"
    made = aware(fields.get("created"))
    day = f" on {made:%Y-%m-%d}" if made else ""
    by = f", by {who}{day}" if (who := name(fields.get("reporter"))) else ""
    told = [f"{name(fields.get('issuetype')) or 'Issue'} {issue.key}, {standing}{by}."]
    told += [f"{head}: {', '.join(names)}." for head, names in belonging(fields) if names]
    return " ".join([*told, *links(fields)])


def belonging(fields: Json) -> Iterator[tuple[str, list[str]]]:
    """What it is filed under."""
    labels = fields.get("labels")
    yield "Labels", [one_line(str(one)) for one in labels] if isinstance(labels, list) else []
    yield "Components", [name(one) for one in objects(fields.get("components"))]
    yield "Fixed in", [name(one) for one in objects(fields.get("fixVersions"))]
    parent = fields.get("parent")
    yield "Part of", [other(parent)] if isinstance(parent, Mapping) else []


def links(fields: Json) -> Iterator[str]:
    """How it hangs together with other issues: "Blocks ENG-2 (The kiln is cold)."."""
    for link in objects(fields.get("issuelinks")):
        kind = link.get("type")
        kinds = kind if isinstance(kind, Mapping) else {}
        for way in ("outward", "inward"):
            if isinstance(far := link.get(f"{way}Issue"), Mapping):
                yield f"{one_line(str(kinds.get(way) or 'relates to')).capitalize()} {other(far)}."


def other(told: Json) -> str:
    """Another issue in brief."""
    fields = told.get("fields")
    summary = fields.get("summary") if isinstance(fields, Mapping) else None
    return f"{told.get('key', '')} ({one_line(str(summary))})" if summary else str(told.get("key"))


def comment(told: Json) -> str:
    """A comment under its author and day; "" where it says nothing."""
    made = aware(told.get("created"))
    words = rich(told.get("body"))
    head = f"### {name(told.get('author')) or 'Comment'}{f', {made:%Y-%m-%d}' if made else ''}"
    return f"{head}\n\n{words}" if words else ""


def open_to_all(told: Json) -> bool:
    """May all read the comment who may read the issue?"""
    return not told.get("visibility") and told.get("jsdPublic") is not False
