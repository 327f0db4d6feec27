"""What is asked, within which limits, in which world, and as whom."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from knowledge.net.errors import Refused
from knowledge.net.urls import origin, parsed, shown

if TYPE_CHECKING:
    import httpx

MEBIBYTE = 2**20
MOVED = frozenset({301, 302, 303, 307, 308})
CARRIED = frozenset(  # headers that another host may see
    {"accept", "accept-language", "user-agent", "if-none-match", "if-modified-since"}
)


def user_agent() -> str:
    """Who asks, as services see it."""
    try:
        return f"Tandem/{version('tandem-bot')}"
    except PackageNotFoundError:
        return "Tandem"


@dataclass(frozen=True)
class Limits:
    """What one request may take."""

    connect_s: float = 10.0
    read_s: float = 30.0  # between two pieces
    total_s: float = 120.0  # of one try
    max_bytes: int = 50 * MEBIBYTE  # of a body, as it comes and unpacked
    redirects: int = 5
    tries: int = 5
    wait_s: float = 120.0  # the longest that is waited for, between two tries


@dataclass(frozen=True)
class Credentials:
    """Headers for one origin (`https://api.example.org`), which no other ever sees."""

    url: str
    headers: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class Outside:
    """The world: the time, waiting, and chance."""

    clock: Callable[[], float] = time.time  # seconds since 1970
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random  # in [0, 1)


@dataclass(frozen=True)
class Ask:
    """One request."""

    method: str
    url: httpx.URL
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    secret: bool = False  # its address or body has a credential

    @property
    def where(self) -> str:
        """Its address as errors show it."""
        return shown(str(self.url.copy_with(query=None) if self.secret else self.url))


def moved(ask: Ask, status: int, target: str) -> Ask:
    """The request to where another led; another host sees no more of it than it must."""
    url = parsed(target, ask.url)
    becomes_get = status == 303 or (status in (301, 302) and ask.method == "POST")
    method = "GET" if becomes_get and ask.method != "HEAD" else ask.method
    body = b"" if becomes_get else ask.body
    if origin(url) == origin(ask.url):
        return Ask(method, url, ask.headers, body, ask.secret)
    if body:
        problem = f"redirects what it was sent to another host, {url.host}"
        raise Refused(ask.where, problem, "Give the address that it leads to")
    headers = {name: value for name, value in ask.headers.items() if name.lower() in CARRIED}
    return Ask(method, url, headers, body)
