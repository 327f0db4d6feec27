"""Who asks: a personal access token, or an app whose tokens last an hour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from knowledge.net.client import Client
from knowledge.net.errors import Denied, Missing
from knowledge.sources.github.places import Site

ACCEPT = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
EARLY_S = 300.0  # a token is renewed so long before its end
SIGNED_S = 540.0  # that a signature is good for; GitHub takes ten minutes at most
SKEW_S = 60.0  # that our clock may be ahead


@dataclass(frozen=True)
class Keys:
    """Credentials, as the settings give them."""

    token: str = field(default="", repr=False)
    app_id: str = ""
    private_key: str = field(default="", repr=False)
    installation_id: str = ""

    @property
    def problem(self) -> str:
        """What is wrong with them; "" when nothing is."""
        if bool(self.app_id) != bool(self.private_key):
            return "an app needs both `app_id` and `private_key`"
        if bool(self.token) == bool(self.app_id):
            return "it takes either a `token` or an app (`app_id` and `private_key`)"
        odd = any(not c.isascii() or c.isspace() for c in self.token)
        return "`token` has characters that no token has" if odd else ""


class Login(Protocol):
    """Gives tokens."""

    def token(self, owner: str) -> str:
        """The token for what an owner has. Raises `NetError`."""

    def renew(self, owner: str) -> bool:
        """Forget the token, for GitHub does not know it any more; can there be another?"""


@dataclass(frozen=True)
class Personal:
    """A personal access token, classic or fine-grained."""

    given: str = field(repr=False)

    def token(self, owner: str) -> str:
        """The same for every owner."""
        del owner
        return self.given

    def renew(self, owner: str) -> bool:
        """Only people can make another."""
        del owner
        return False


@dataclass
class App:
    """A GitHub App, which has an installation at each owner."""

    keys: Keys
    client: Client
    site: Site
    held: dict[str, tuple[str, float]] = field(default_factory=dict, repr=False)

    def token(self, owner: str) -> str:
        """The installation's token; a new one shortly before the old one ends."""
        now = self.client.outside.clock()
        token, until = self.held.get(owner, ("", 0.0))
        if until - EARLY_S <= now:
            self.held[owner] = token, _ = self.made(owner)
        return token

    def renew(self, owner: str) -> bool:
        """Is there a token that was revoked before its time?"""
        return self.held.pop(owner, None) is not None

    def made(self, owner: str) -> tuple[str, float]:
        """A new token and when it ends."""
        signed = self.signed()
        place = f"{self.site.rest}/app/installations/{self.installation(owner, signed)}"
        url = f"{place}/access_tokens"
        answer = self.client.request("POST", url, headers=signed, json={})
        told = answer.json_object()
        try:
            return str(told["token"]), datetime.fromisoformat(told["expires_at"]).timestamp()
        except (KeyError, TypeError, ValueError) as error:
            raise answer.garbled("gave no token") from error

    def installation(self, owner: str, signed: Mapping[str, str]) -> str:
        """The id of the installation at an owner."""
        if self.keys.installation_id:
            return self.keys.installation_id
        for kind in ("orgs", "users"):
            url = f"{self.site.rest}/{kind}/{owner}/installation"
            try:
                told = self.client.get(url, headers=signed).json_object()
            except Missing:
                continue
            return str(told.get("id"))
        problem = f"the app is not installed at {owner}"
        raise Denied(self.site.rest, problem, "Install it there, or give its `installation_id`")

    def signed(self) -> dict[str, str]:
        """Headers by which the app itself asks."""
        from google.auth import crypt, jwt

        now = int(self.client.outside.clock())
        told = {"iat": now - int(SKEW_S), "exp": now + int(SIGNED_S), "iss": self.keys.app_id}
        try:
            signer = crypt.RSASigner.from_string(self.keys.private_key.replace("\\n", "\n"))  # type: ignore[no-untyped-call]
            token: bytes = jwt.encode(signer, told)  # type: ignore[no-untyped-call]
        except Exception:  # each library has its own errors for keys, and some quote them
            problem = "`private_key` is no private key"
            remedy = "Let it refer to the .pem file that GitHub gave for the app"
            raise Denied(self.site.rest, problem, remedy) from None
        return {**ACCEPT, "Authorization": f"Bearer {token.decode('ascii')}"}


def login(keys: Keys, client: Client, site: Site) -> Login:
    """Who asks with these keys."""
    return App(keys, client, site) if keys.app_id else Personal(keys.token)
