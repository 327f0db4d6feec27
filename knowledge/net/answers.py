"""What a service answered, as a value."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from knowledge.net.errors import Garbled
from knowledge.net.urls import shown

CHARSET = re.compile(r"charset=[\"']?([\w.:-]+)", re.IGNORECASE)
DEEPEST = "is nested too deeply to be read"


@dataclass(frozen=True)
class Version:
    """The marks by which a service tells whether its page is still the same."""

    etag: str = ""
    modified: str = ""  # as `Last-Modified` had it

    @property
    def asked(self) -> dict[str, str]:
        """The headers that ask for the page only if it is another."""
        told = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in told.items() if value}

    def __bool__(self) -> bool:
        """Is there any mark?"""
        return bool(self.etag or self.modified)


@dataclass(frozen=True)
class Answer:
    """An answer with its whole body, unpacked."""

    url: str  # after redirects
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case
    body: bytes = b""
    hops: tuple[str, ...] = ()  # the addresses that led here, the one asked first

    @property
    def unchanged(self) -> bool:
        """Is the page as the `Version` has it that was asked with?"""
        return self.status == 304

    @property
    def version(self) -> Version:
        """Its marks, to ask with the next time."""
        return Version(self.headers.get("etag", ""), self.headers.get("last-modified", ""))

    @property
    def media(self) -> str:
        """The media type, in lower case and without parameters; "" when it tells none."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower()

    @property
    def text(self) -> str:
        """The body in the encoding that the answer tells, else in UTF-8."""
        told = CHARSET.search(self.headers.get("content-type", ""))
        try:
            return self.body.decode(told[1] if told else "utf-8", errors="replace")
        except LookupError:
            return self.body.decode("utf-8", errors="replace")

    @property
    def links(self) -> dict[str, str]:
        """The addresses of the `Link` header by their relation, as GitHub pages with them."""
        import httpx

        made = httpx.Response(self.status, headers={"link": self.headers.get("link", "")})
        return {name: entry["url"] for name, entry in made.links.items() if name}

    def json(self) -> Any:
        """The body as JSON. Raises `Garbled`."""
        try:
            return json.loads(self.body)
        except RecursionError as error:
            raise self.garbled(DEEPEST) from error
        except ValueError as error:
            kind = f" but {self.media}" if self.media and "json" not in self.media else ""
            raise self.garbled(f"answered no JSON{kind} ({str(error)[:100]})") from error

    def json_object(self) -> dict[str, Any]:
        """The body as a JSON object. Raises `Garbled`."""
        told = self.json()
        if not isinstance(told, dict):
            raise self.garbled("answered JSON that is no object")
        return told

    def garbled(self, problem: str) -> Garbled:
        """An error that says what is wrong with this answer."""
        remedy = "Check the address and the service; the next sync asks again"
        return Garbled(shown(self.url), problem, remedy)
