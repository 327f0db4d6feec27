"""What a website says of itself: robots.txt, sitemaps, and the links and head of a page."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from knowledge.net.answers import Answer
from knowledge.net.client import Client
from knowledge.net.errors import Denied, Missing, TooLarge
from knowledge.sources.website.scope import normal

if TYPE_CHECKING:
    from protego import Protego

NESTED = 3  # sitemaps that name sitemaps
UNPACKED = 60 * 2**20  # bytes of a packed sitemap; the standard allows 50 MB
NAME = "Tandem"


class Robots:
    """What the robots.txt of each host allows; asked once for each."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.told: dict[str, Protego] = {}

    def allow(self, url: str) -> bool:
        """May the page be read? Raises `NetError` where that cannot be told."""
        return bool(self._of(url).can_fetch(url, NAME))

    def delay_s(self, url: str) -> float:
        """Seconds between two requests that the host asks for."""
        return float(self._of(url).crawl_delay(NAME) or 0.0)

    def sitemaps(self, url: str) -> list[str]:
        """The sitemaps that it names."""
        return [found for told in self._of(url).sitemaps if (found := normal(told, url))]

    def _of(self, url: str) -> Protego:
        from protego import Protego

        parts = urlsplit(url)
        root = f"{parts.scheme}://{parts.netloc}/"
        if root not in self.told:
            try:
                text = self.client.get(f"{root}robots.txt").text
            except (Missing, Denied):  # where there is none, all is allowed (RFC 9309)
                text = ""
            self.told[root] = Protego.parse(text[:512_000])
        return self.told[root]


def in_sitemap(client: Client, url: str, most: int, level: int = 0) -> Iterator[str]:
    """The pages that a sitemap names, those of sitemaps in it too. Raises `NetError`."""
    nested, pages = entries(client.get(url))
    yield from pages[:most]
    for inner in nested[:most] if level < NESTED else ():
        yield from in_sitemap(client, inner, most, level + 1)


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
    except (OSError, EOFError) as error:
        raise answer.garbled("is no whole gzip file") from error
    if len(body) > UNPACKED:
        raise TooLarge(answer.url, "is too large once unpacked", "Split the sitemap")
    return body


@dataclass(frozen=True)
class Head:
    """What a page says of where it is and where it leads."""

    canonical: str = ""
    links: tuple[str, ...] = ()


def head_of(body: bytes, url: str, links: bool = True) -> Head:
    """The canonical address of a page of HTML and, if wanted, its links in their order."""
    from lxml import etree, html

    try:
        page = html.fromstring(body)
    except (etree.ParserError, ValueError):
        return Head()
    base = next((str(b) for b in page.xpath("//base/@href")), url)
    base = normal(base, url) or url
    canonical = next(
        (normal(str(href), base) for href in page.xpath("//link[@rel='canonical']/@href")), ""
    )
    if not links:
        return Head(canonical)
    hrefs = page.xpath("//a[@href][not(contains(@rel, 'nofollow'))]/@href")
    found = dict.fromkeys(normal(str(href), base) for href in hrefs)
    return Head(canonical, tuple(link for link in found if link))
