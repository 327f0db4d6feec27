"""The pages that the sitemaps of a website name."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from knowledge.net.answers import Answer
from knowledge.net.client import Client
from knowledge.net.errors import Denied, Garbled, Missing, TooLarge
from knowledge.sources.website.finding import Robots
from knowledge.sources.website.scope import Scope, normal

NESTED = 3  # sitemaps that name sitemaps
MOST = 1000  # sitemaps of a site
UNPACKED = 60 * 2**20  # bytes of a packed sitemap; the standard allows 50 MB


@dataclass
class Sitemaps:
    """What the sitemaps of a site name; each is read once."""

    client: Client
    robots: Robots
    scope: Scope
    find: Literal["auto", "sitemap", "links"]
    named: str = ""  # the address of the one that the settings name
    trusted: bool = False  # did the last pass go by it, so that it is one even where it is broken?
    seen: set[str] = field(default_factory=set)
    foreign: str = ""  # a page that was named and does not belong to the site

    @property
    def wanted(self) -> bool:
        """Do the settings want no other way?"""
        return bool(self.named) or self.find == "sitemap"

    def pages(self, start: str) -> list[str]:
        """The pages that belong to the site, in their order; none: they are found by links.

        Raises `NetError`.
        """
        if self.find == "links":
            return []
        told = [normal(self.named, start)] if self.named else self.robots.sitemaps(start)
        if told:
            return [page for url in told for page in self.pages_in(url)]
        try:
            return list(self.pages_in(normal("/sitemap.xml", start)))
        except (Missing, Denied, Garbled) as error:  # many sites answer with a page of their own
            if self.wanted or (self.trusted and not isinstance(error, Missing)):
                raise
            return []

    def pages_in(self, url: str, level: int = 0) -> Iterator[str]:
        """The pages that a sitemap names, those of sitemaps in it too. Raises `NetError`."""
        if url in self.seen:
            return
        self.seen.add(url)
        if len(self.seen) > MOST:
            remedy = "Let `sitemap` be the one in which the pages are"
            raise TooLarge(url, f"is one of over {MOST} sitemaps", remedy)
        nested, pages = entries(self.client.get(url))
        mine = [page for page in pages if self.scope.has(page)]
        self.foreign = self.foreign or next(iter({*pages} - {*mine}), "")
        yield from mine
        for inner in nested if level < NESTED else ():
            yield from self.pages_in(inner, level + 1)


def entries(answer: Answer) -> tuple[list[str], list[str]]:
    """The sitemaps and the pages that a sitemap names."""
    from lxml import etree  # type: ignore[import-untyped]  # it has no types

    body = unpacked(answer)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise answer.garbled("is no sitemap in XML") from error
    kind = etree.QName(root).localname
    if kind not in ("urlset", "sitemapindex"):
        raise answer.garbled(f"is no sitemap but <{kind[:40]}>")
    places = (place.text or "" for place in root.iterfind("{*}*/{*}loc"))
    urls = [found for told in places if (found := normal(told, answer.url))]
    return (urls, []) if kind == "sitemapindex" else ([], urls)


def unpacked(answer: Answer) -> bytes:
    """A sitemap's bytes, which may be a gzip file."""
    if not answer.body.startswith(b"\x1f\x8b"):
        return answer.body
    try:
        body = gzip.GzipFile(fileobj=io.BytesIO(answer.body)).read(UNPACKED + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise answer.garbled("is no whole gzip file") from error
    if len(body) > UNPACKED:
        raise TooLarge(answer.url, "is too large once unpacked", "Split the sitemap")
    return body
