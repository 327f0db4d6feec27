"""Rows made into documents by templates, which are `string.Template`.

They put values in places and can do nothing else: no expressions, no attributes, no loops, and a
value that has a `$` in it stays as it is. What more is wanted, SQL itself says better.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from string import Template
from urllib.parse import quote

from knowledge import reading
from knowledge.documents import Document, Unreadable
from knowledge.reading.dates import aware
from knowledge.reading.plain import Content, NotReadable, one_line

Row = Mapping[str, object]
SUFFIX = {"html": ".html", "text": ".txt"}
TWIN = re.compile(r":\d+$")  # how SQLite names the second column of a name
EMPTY = "has no text in its columns; leave such rows out by the query's WHERE"


class Wording(Template):
    """A template whose columns may have any names within braces."""

    braceidpattern = r"[^{}$]+"


class ShapeWrong(Exception):
    """A template does not fit the query; the message says which and how."""


@dataclass(frozen=True)
class Shape:
    """How a row becomes a document."""

    key: str
    title: str
    text: str
    link: str
    changed: str = ""  # a column
    format: str = "markdown"
    max_bytes: int = 10 * 2**20

    @property
    def templates(self) -> dict[str, str]:
        """The templates by their names in the settings."""
        return {"key": self.key, "title": self.title, "text": self.text, "link": self.link}

    @property
    def key_columns(self) -> list[str]:
        """The columns that make a key."""
        return Wording(self.key).get_identifiers()

    @property
    def digest(self) -> str:
        """Marks the templates: another one makes other documents of the same rows."""
        told = json.dumps([*self.templates.values(), self.format])
        return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:12]

    def check(self, columns: Sequence[str]) -> None:
        """Raise `ShapeWrong` where a template is none or has a column that is not there."""
        for option, template in self.templates.items():
            wording = Wording(template)
            if not wording.is_valid():
                raise ShapeWrong(f"`{option}` has a `$` with no column's name after it; write `$$`")
            for column in wording.get_identifiers():
                fitting(option, column, columns)
        if self.changed:
            fitting("changed", self.changed, columns)
        if not self.key_columns:
            raise ShapeWrong("`key` has no column in it, so that all rows have the same key")

    def key_of(self, row: Row) -> str:
        """The row's key; "" when its columns are empty."""
        if all(row[column] is None for column in self.key_columns):
            return ""
        return filled(self.key, row)

    def mark(self, key: str, row: Row) -> str:
        """Marks this version of a row by its column of changes; "" where that is empty."""
        when = row[self.changed] if self.changed else None
        return "" if when is None else self.marked("changed", self.digest, key, said(when))

    def marked(self, *parts: str) -> str:
        """A fingerprint of parts."""
        told = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass"))
        return f"{reading.VERSION}:{told.hexdigest()[:32]}"

    def document(self, source: str, key: str, row: Row) -> Document | Unreadable:
        """The document of a row."""
        title, text, link = filled(self.title, row), filled(self.text, row), linked(self.link, row)
        if len(text.encode("utf-8", "surrogatepass")) > self.max_bytes:
            limit = f"{self.max_bytes / 2**20:g} MiB"
            return Unreadable(key, f"is over {limit}; raise `max_bytes`, or select less of it")
        try:
            content = self.content(text, key)
        except NotReadable as error:
            return Unreadable(key, EMPTY if not text.strip() else str(error))
        mark = self.mark(key, row) or self.marked(self.digest, title, text, link)
        modified = aware(row[self.changed]) if self.changed else None
        named = one_line(title) or content.title
        return Document(source, key, named, content.text, link, mark, modified)

    def content(self, text: str, key: str) -> Content:
        """The text as Markdown."""
        if self.format == "markdown":
            return reading.finished(Content(text), key)
        return reading.read(text.encode("utf-8", "replace"), key + SUFFIX[self.format])


def fitting(option: str, column: str, columns: Sequence[str]) -> None:
    """Raise `ShapeWrong` where the query has no such column, or several."""
    if column not in columns:
        there = ", ".join(columns)
        raise ShapeWrong(f"`{option}` names {column!r}, but the query has the columns {there}")
    if [TWIN.sub("", each) for each in columns].count(column) > 1:
        problem = f"`{option}` names {column!r}, and the query has several columns of that name"
        raise ShapeWrong(f"{problem}: give each its own by AS")


@cache
def wording(template: str) -> Wording:
    """A template, read once."""
    return Wording(template)


def filled(template: str, row: Row) -> str:
    """A template with a row's values."""
    return wording(template).substitute({name: said(value) for name, value in row.items()})


def linked(template: str, row: Row) -> str:
    """An address with a row's values, which are quoted: none becomes a query or a host of it.

    An address that a row has itself, and that the template begins with, stays as it is.
    """
    first = Wording.pattern.match(template)
    column = (first["named"] or first["braced"]) if first else None
    begun = said(row[column]) if column else ""
    if first is None or not begun.startswith(("https://", "http://")):
        return quoted(template, row)
    return begun + quoted(template[first.end() :], row)


def quoted(template: str, row: Row) -> str:
    """A template with a row's values as parts of an address; slashes stay."""
    names = wording(template).get_identifiers()
    values = {name: quote(said(row[name]), errors="replace") for name in names}
    return wording(template).substitute(values)


def said(value: object) -> str:
    """A value in words; what is empty says nothing."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return str(value).lower()
        case bytes() | memoryview():
            return bytes(value).decode("utf-8", "replace")
        case datetime():
            return value.isoformat(" ")
        case date() | time():
            return value.isoformat()
        case list() | dict():
            return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)
