"""Which addresses belong to a website, and the one way in which each is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import parse_qsl, unquote, urlencode, urljoin, urlsplit, urlunsplit

from knowledge.reading import MEDIA

PORTS = {"http": 80, "https": 443}
LONGEST = 2000  # characters of an address
TRACKING = ("utm_", "fbclid", "gclid", "mc_cid", "mc_eid")
NO_PAGES = frozenset(
    " ".join(MEDIA.values()).split()
    + ".css .js .mjs .json .xml .rss .atom .svg .map .ics .iso .dmg .deb .rpm .csv .swf".split()
)


def normal(url: str, base: str = "") -> str:
    """An address in the one way it is written here, which is that in which it is asked for.

    Empty for what is no web page's address.
    """
    import httpx

    try:
        parts = urlsplit(urljoin(base, url.strip()))
        port = parts.port
    except ValueError:
        return ""
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme not in PORTS or not host or parts.username or len(url) > LONGEST:
        return ""
    host = f"[{host}]" if ":" in host else host
    where = host if port in (None, PORTS[parts.scheme]) else f"{host}:{port}"
    asked = parse_qsl(parts.query, keep_blank_values=True)
    query = [(name, value) for name, value in asked if not name.startswith(TRACKING)]
    told = parts.query if len(query) == len(asked) else urlencode(query)
    path = urlsplit(urljoin("http://host/", parts.path)).path if "/." in parts.path else parts.path
    try:
        return str(httpx.URL(urlunsplit((parts.scheme, where, path or "/", told, ""))))
    except (httpx.InvalidURL, ValueError):
        return ""


@dataclass(frozen=True)
class Scope:
    """What belongs to the site: beginnings of addresses, but for some parts of them."""

    prefixes: tuple[str, ...]
    excluded: tuple[str, ...] = ()

    @classmethod
    def of(cls, url: str, prefixes: Sequence[str], exclude: Sequence[str]) -> Scope:
        """By default all below the folder of `url`."""
        start = normal(url)
        folder = urlunsplit((*urlsplit(start)[:2], urlsplit(start).path.rpartition("/")[0] + "/",
                             "", ""))  # fmt: skip
        given = tuple(normal(prefix, start) for prefix in prefixes)
        return cls(given or (folder,), tuple(exclude))

    def has(self, url: str) -> bool:
        """Does the address belong to the site?"""
        ways = (url, unquote(url))
        return url.startswith(self.prefixes) and not any(
            part in way for part in self.excluded for way in ways
        )

    def follows(self, url: str) -> bool:
        """Is a link worth following? Not to pictures and the like, nor to answers of a form."""
        parts = urlsplit(url)
        suffix = PurePosixPath(parts.path.lower()).suffix
        return self.has(url) and not parts.query and suffix not in NO_PAGES
