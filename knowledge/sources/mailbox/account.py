"""Whose mailbox it is, how it is reached, and how its owner is known."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field

from knowledge.net.asking import Limits, Outside
from knowledge.net.client import Client
from knowledge.net.errors import Denied, Refused
from knowledge.net.guard import Guard
from knowledge.net.trust import trusting

PORTS = {"tls": 993, "starttls": 143, "plain": 143}
RENEW = "Renew the credentials, and check that IMAP is allowed for this mailbox"


@dataclass(frozen=True)
class OAuth:
    """Where an access token is had, and for what."""

    token_url: str
    client_id: str
    refresh_token: str = field(repr=False)
    client_secret: str = field(default="", repr=False)
    scope: str = ""

    def token(self, guard: Guard, limits: Limits, outside: Outside) -> str:
        """A new access token. Raises `NetError`."""
        from urllib.parse import urlencode

        asked = {
            "grant_type": "refresh_token",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "refresh_token": self.refresh_token,
            "scope": self.scope,
        }
        body = urlencode({name: value for name, value in asked.items() if value}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        with Client(guard, limits, outside=outside) as client:
            answer = client.exchange(
                "POST", self.token_url, headers=headers, body=body, secret=True
            )
        if answer.status in (400, 401, 403):
            raise Denied(self.token_url, f"gives no access token ({answer.status})", RENEW)
        token = answer.json_object().get("access_token")
        if not isinstance(token, str) or not token:
            raise answer.garbled("answered without an access token")
        return token


@dataclass(frozen=True)
class Account:
    """A mailbox and its owner; `port` 0: the usual one."""

    host: str
    user: str
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    oauth: OAuth | None = None
    port: int = 0
    security: str = "tls"
    certificates: str = ""  # the path of a PEM file, trusted besides the usual ones

    @property
    def reached_at(self) -> tuple[str, int]:
        """Host and port."""
        return self.host, self.port or PORTS[self.security]

    @property
    def where(self) -> str:
        """As errors show it."""
        return f"{self.host}:{self.reached_at[1]}"

    def check(self) -> None:
        """Raise `Refused` where it lacks something or has what no login may have."""
        ways = [way for way in (self.password, self.token, self.oauth) if way]
        if len(ways) != 1:
            problem = "needs one of `password`, `token` and `oauth`"
            raise Refused(self.where, problem, "Give one of them, as a reference")
        if any(not c.isprintable() for c in self.user + self.password + self.token):
            problem = "has a user or a password with a character that can't be typed"
            raise Refused(self.where, problem, "Check them for line ends and tabs")

    def secrets(self, token: str) -> list[str]:
        """What no error may repeat, as it is and as it is sent."""
        from base64 import b64encode

        plain = f"\0{self.user}\0{self.password}" if self.password else ""
        bearer = f"user={self.user}\1auth=Bearer {token}\1\1" if token else ""
        sent = [b64encode(said.encode()).decode() for said in (plain, bearer) if said]
        return [*sent, *filter(None, (self.password, token))]

    def context(self) -> ssl.SSLContext:
        """What is trusted. Raises `Refused` where `certificates` can't be read."""
        return trusting(self.where, self.certificates)
