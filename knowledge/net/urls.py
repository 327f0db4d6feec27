"""Addresses: which ones are asked at all, which belong together, and how they are shown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit, urlunsplit

from knowledge.net.errors import Refused

if TYPE_CHECKING:
    import httpx

PORTS = {"http": 80, "https": 443}
SECRET = re.compile(
    r"token|secret|passw|pwd|api_?key|\bkey\b|sig\b|signature|auth|credential|session|\bcode\b"
    r"|jwt|ticket",
    re.IGNORECASE,
)
SHOWN = 300  # characters of an address in an error
HIDDEN = "…"


def parsed(url: str, base: httpx.URL | None = None) -> httpx.URL:
    """An address that may be asked, as far as its words tell. Raises `Refused`."""
    import httpx

    try:
        found = base.join(url) if base is not None else httpx.URL(url)
    except (httpx.InvalidURL, ValueError, TypeError) as error:
        problem = f"is no address ({error})"
        raise Refused(shown(url), problem, "Write it as https://host/path") from error
    if found.scheme not in PORTS:
        problem = f"{found.scheme or 'no scheme'}: is not read over the network"
        raise Refused(shown(url), problem, "Give an address that begins with https://")
    if not found.host or "%" in found.host:
        raise Refused(shown(url), "has no host that can be asked", "Give a host's plain name")
    if found.userinfo:
        problem = "has a user or a password in it"
        raise Refused(shown(url), problem, "Give credentials as settings, never in an address")
    return found.copy_with(fragment=None)


def origin(url: httpx.URL) -> tuple[str, str, int]:
    """Scheme, host and port: credentials for one are for no other."""
    return url.scheme, url.host, url.port or PORTS.get(url.scheme, 0)


def shown(url: str) -> str:
    """An address as errors and logs show it: no user, no fragment, no value that may be secret."""
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return HIDDEN
    pairs = [part.partition("=") for part in parts.query.split("&") if part]
    query = "&".join(f"{name}{is_}{hidden(name, value)}" for name, is_, value in pairs)
    whole = urlunsplit((parts.scheme, host, parts.path, query, ""))
    printable = "".join(c if c.isprintable() else "�" for c in whole)
    return printable if len(printable) <= SHOWN else printable[: SHOWN - 1] + HIDDEN


def hidden(name: str, value: str) -> str:
    """A query's value, unless its name or its looks say that it is secret."""
    return HIDDEN if SECRET.search(unquote(name)) or len(value) > 60 else value
