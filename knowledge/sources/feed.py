"""The entries of an RSS or Atom feed, each a document."""

from __future__ import annotations

import calendar
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

from knowledge import reading
from knowledge.documents import Checkpoint, Document, Item, Keyed, Reached, Unchanged, Unreadable
from knowledge.net.answers import Answer, Version
from knowledge.net.asking import MEBIBYTE, Limits
from knowledge.net.client import Client
from knowledge.net.errors import NetError
from knowledge.net.guard import guarding
from knowledge.reading import web
from knowledge.reading.plain import Content, NotReadable, one_line
from knowledge.states import read_state, written_state

STATE = 1
ENDING = 1000  # bytes in which the end of a feed is looked for
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
ENDED = re.compile(rb"</(\w+:)?(rss|feed|rdf)\s*>\s*(<!--.*-->\s*)?\Z", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class FeedSource:
    """A feed's entries; the key of each is its id, or its link."""

    name: str
    url: str
    client: Client
    keep: bool = True  # entries that the feed names no more, as it names only the newest

    def expected(self) -> int | None:
        """Not known before."""
        return None

    def documents(self, since: Checkpoint | None) -> Iterator[Item]:
        """Every entry; see `Source.documents`."""
        held = since or Checkpoint({})
        state = read_state(held.state, STATE)
        marks = Version(str(state.get("etag", "")), str(state.get("modified", "")))
        known = bool(marks) and state.get("reader") == reading.VERSION
        try:
            with self.client:
                answer = self.client.get(self.url, held=marks if known else None)
                entries = [] if answer.unchanged else entries_of(answer)
        except NetError as error:
            raise error.of(self.name) from error
        if answer.unchanged:
            yield from (Unchanged(key) for key in sorted(held.held))
            return
        yield from self.items(entries, held)
        told = {"etag": answer.version.etag, "modified": answer.version.modified}
        yield Reached(written_state(STATE, {**told, "reader": reading.VERSION}))

    def items(self, entries: list[Mapping[str, Any]], held: Checkpoint) -> Iterator[Keyed]:
        """An item for each entry, and for what left the feed."""
        seen = set[str]()
        for entry in entries:
            key = key_of(entry)
            if key and key not in seen:
                seen.add(key)
                yield self.item(key, entry, held)
        if self.keep:
            yield from (Unchanged(key) for key in sorted(held.held) if key not in seen)

    def item(self, key: str, entry: Mapping[str, Any], held: Checkpoint) -> Keyed:
        """An entry as a document."""
        link = joined(self.url, str(entry.get("link") or ""))
        part, title = longest(entry), one_line(str(entry.get("title", "")))
        body = followable(str(part.get("value", "")), self.base(part, link))
        told = f"{title}\0{body}\0{entry.get('link', '')}"
        digest = hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        mark = f"{reading.VERSION}:{digest}"
        if held.has(key, mark):
            return Unchanged(key)
        try:
            content = text_of(body, title)
        except NotReadable as error:
            return Unreadable(key, str(error))
        title = title or content.title
        return Document(self.name, key, title, content.text, link, mark, changed_at(entry))

    def base(self, part: Mapping[str, Any], link: str) -> str:
        """What a text's links are relative to: its `xml:base`, or else the entry's page."""
        told = str(part.get("base") or "")
        return joined(self.url, told) if told else link


def entries_of(answer: Answer) -> list[Mapping[str, Any]]:
    """The entries of a feed. Raises `Garbled` for what is none."""
    import feedparser  # type: ignore[import-untyped]  # it has no types

    told = feedparser.parse(answer.body, response_headers={"content-type": answer.media})
    if not told.get("version"):
        raise answer.garbled("is no feed of RSS or Atom")
    if told.get("bozo") and not (
        isinstance(told.get("bozo_exception"), feedparser.CharacterEncodingOverride)
        or ENDED.search(answer.body[-ENDING:])  # many feeds have a bare `&`, or an empty first line
    ):
        raise answer.garbled("is a feed that is not well-formed, or breaks off")
    return list(told.entries)


def key_of(entry: Mapping[str, Any]) -> str:
    """What the feed knows the entry by; "" where there is nothing of the kind."""
    return str(entry.get("id") or entry.get("link") or entry.get("title") or "").strip()


def longest(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """The longest text that the entry has: its `value` in HTML, and the `base` of its links."""
    summary = {"value": entry.get("summary", ""), **entry.get("summary_detail", {})}
    return max([*entry.get("content", ()), summary], key=lambda part: len(part.get("value", "")))


def followable(body: str, base: str) -> str:
    """HTML whose links can be followed from anywhere; where all can, it stays as it is."""
    html = f"<html><body>{body}</body></html>"
    too_deep = web.depth(html.encode("utf-8", "replace")) > web.MAX_DEPTH
    page = None if too_deep else web.parsed(html)
    if page is None or all(is_whole(link) for _, _, link, _ in page.iterlinks()):
        return body
    page.make_links_absolute(base, resolve_base_href=False, handle_failures="ignore")
    return web.written(page.find("body")).removeprefix("<body>").removesuffix("</body>")


def is_whole(link: str) -> bool:
    """Does it begin with a scheme?"""
    return SCHEME.match(link.strip()) is not None


def text_of(body: str, title: str) -> Content:
    """HTML as Markdown; of an entry without a text, its title."""
    if not body.strip():
        return reading.finished(Content(title), "entry")
    page = f"<html><body><main>{body}</main></body></html>"
    try:
        return reading.read(page.encode("utf-8", "replace"), "entry.html")
    except NotReadable:
        return reading.finished(Content(title), "entry")


def joined(base: str, link: str) -> str:
    """A link as an address that can be followed; what is none leads to the feed itself."""
    try:
        found = urljoin(base, link.strip())
    except ValueError:
        return base
    return found if found.startswith(("https://", "http://")) else base


def changed_at(entry: Mapping[str, Any]) -> datetime | None:
    """When the entry was last changed, as it tells."""
    name = "updated_parsed" if "updated_parsed" in entry else "published_parsed"
    told = entry.get(name)  # asked for the one that it lacks, feedparser would warn
    try:
        return datetime.fromtimestamp(calendar.timegm(told), UTC) if told else None
    except (ValueError, OverflowError, TypeError):
        return None


def source(
    name: str,
    url: str,
    keep: bool = True,
    max_bytes: int = 20 * MEBIBYTE,
    certificates: str = "",
    allow_private: bool | tuple[str, ...] = False,
) -> FeedSource:
    """Read the entries of the feed at `url`.

    A feed names only its newest entries: those that it names no more are kept, unless `keep` is
    false. An address of an inner network is read only with `allow_private`; `certificates` is a
    PEM file with authorities that are trusted besides the usual ones.
    """
    limits = Limits(max_bytes=max_bytes)
    client = Client(guarding(allow_private), limits, certificates=certificates)
    return FeedSource(name, url, client, keep)
