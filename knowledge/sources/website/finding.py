"""What a website says of itself: robots.txt, and the links and head of a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from knowledge.net.client import Client
from knowledge.net.errors import Denied, Missing
from knowledge.reading.plain import NotReadable
from knowledge.reading.web import html_text
from knowledge.sources.website.scope import normal

if TYPE_CHECKING:
    from protego import Protego

NAME = "Tandem"


class Robots:
    """What the robots.txt of each host allows; asked once for each."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.told: dict[str, Protego] = {}
        self.texts: dict[str, str] = {}

    def allow(self, url: str) -> bool:
        """May the page be read? Raises `NetError` where that cannot be told."""
        return bool(self._of(url).can_fetch(url, NAME))

    def delay_s(self, url: str) -> float:
        """Seconds between two requests that the host asks for."""
        return float(self._of(url).crawl_delay(NAME) or 0.0)

    def text(self, url: str) -> str:
        """All that the host's robots.txt says."""
        self._of(url)
        return self.texts[root_of(url)]

    def sitemaps(self, url: str) -> list[str]:
        """The sitemaps that it names."""
        return [found for told in self._of(url).sitemaps if (found := normal(told, url))]

    def _of(self, url: str) -> Protego:
        from protego import Protego

        root = root_of(url)
        if root not in self.told:
            try:
                text = self.client.get(f"{root}robots.txt").text
            except (Missing, Denied):  # where there is none, all is allowed (RFC 9309)
                text = ""
            self.texts[root] = text[:512_000]
            self.told[root] = Protego.parse(self.texts[root])
        return self.told[root]


def root_of(url: str) -> str:
    """The address of a page's host."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/"


@dataclass(frozen=True)
class Head:
    """What a page says of where it is and where it leads."""

    canonical: str = ""
    links: tuple[str, ...] = ()


def head_of(body: bytes, url: str, links: bool = True) -> Head:
    """The canonical address of a page of HTML and, if wanted, its links in their order."""
    from lxml import etree, html  # type: ignore[import-untyped]  # it has no types

    try:
        parser = html.HTMLParser(encoding="utf-8")
        page = html.fromstring(html_text(body).encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, ValueError, NotReadable):
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
