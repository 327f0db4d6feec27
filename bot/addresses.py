"""Which addresses may be links in a chat, and how a link says where it leads."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from bot.conversation import Citation

LONGEST = 2_000  # characters of an address that may be a link
PLAIN = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
UNSAFE = re.compile(r"[\s\x00-\x1f\x7f<>\"'`|\\^{}]")
HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_-]{1,63}\.?")
SHOWN = 70  # characters of a host and path that are shown


@dataclass(frozen=True)
class Address:
    """A page on the web that may be linked to."""

    url: str  # ASCII, without a character that a chat or Markdown would end a link at
    host: str  # as it is looked up: names of other scripts in punycode
    place: str  # host and path, cut to a readable length

    @property
    def stays(self) -> bool:
        """May it stand in Markdown as it is?"""
        return PLAIN.fullmatch(self.url) is not None


def address(url: str) -> Address | None:
    """Where a URL leads; None: it is no http(s) page, or it hides where it leads."""
    if not 0 < len(url) <= LONGEST or UNSAFE.search(url):
        return None
    try:
        parts = urlsplit(url)
        host, port = _host(parts.hostname or ""), parts.port
    except ValueError:  # no port number, no IPv6 address, no IDNA name
        return None
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
        return None
    where = f"{host}:{port}" if port else host
    rest = _ascii(url.split("//", 1)[1][len(parts.netloc) :])
    link = f"{parts.scheme}://{where}{rest}"
    path = rest.split("?")[0].split("#")[0].rstrip("/")
    return Address(link, host, _cut(where + path, len(where)))


def links(citations: Iterable[Citation]) -> frozenset[str]:
    """The addresses of cited pages that may stay links in the text."""
    found = ((citation.url, address(citation.url)) for citation in citations)
    return frozenset(url for url, page in found if page and page.url == url and page.stays)


def _host(name: str) -> str:
    """A host as it is looked up; empty: there is none."""
    if ":" in name:
        return f"[{ipaddress.IPv6Address(name)}]"
    ascii = name if name.isascii() else name.encode("idna").decode("ascii")
    return ascii if HOST.fullmatch(ascii) else ""


def _ascii(rest: str) -> str:
    return quote(rest, safe="-._~:/?#[]@!$&()*+,;=%", errors="replace")


def _cut(place: str, host: int) -> str:
    """The place in a readable length, but never less than its host."""
    most = max(SHOWN, host + 1)
    return place if len(place) <= most else f"{place[: most - 1]}…"
