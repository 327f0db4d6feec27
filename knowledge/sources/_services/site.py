"""Where a service is, and as whom it is asked."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import ClassVar
from urllib.parse import urlsplit

from knowledge.errors import SourceUnreadable
from knowledge.net.asking import Credentials


def check_base(source: str, url: str, remedy: str) -> None:
    """Is a `base_url` an address? Raises `SourceUnreadable`."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SourceUnreadable(source, "`base_url` is no address", remedy)


@dataclass(frozen=True)
class Site:
    """A service's address, and a login: a token alone, or of a user."""

    url: str  # without a slash at its end
    user: str = ""
    token: str = field(default="", repr=False)
    written_as: ClassVar[str] = "https://HOST"

    @property
    def host(self) -> str:
        """The host in lower case; "" where the address has none."""
        try:
            return (urlsplit(self.url).hostname or "").lower()
        except ValueError:
            return ""

    @property
    def login(self) -> str:
        """The user's part of a basic login."""
        return self.user

    @property
    def credentials(self) -> Credentials | None:
        """What is sent to this site alone; None: it is asked as nobody."""
        if not self.token:
            return None
        pair = base64.b64encode(f"{self.login}:{self.token}".encode()).decode()
        told = f"Basic {pair}" if self.user else f"Bearer {self.token}"
        return Credentials(self.url, {"Authorization": told})

    def check(self, source: str) -> None:
        """Can it be asked? Raises `SourceUnreadable`."""
        scheme = self.url.partition("://")[0].lower()
        if scheme not in ("http", "https") or not self.host:
            raise SourceUnreadable(source, "`url` is no address", f"Write it as {self.written_as}")
        if self.user and not self.token:
            problem = "there is a `user`, and no `token`"
            raise SourceUnreadable(source, problem, "Give the user's API token or password")
