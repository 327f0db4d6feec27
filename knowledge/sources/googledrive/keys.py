"""The credentials as the settings give them, and what they are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

TOKENS = "https://oauth2.googleapis.com/token"
NEEDED = {
    "service_account": ("client_email", "private_key"),
    "authorized_user": ("client_id", "client_secret", "refresh_token"),
}
FILE = "Let `credentials` refer to the JSON file that Google gave for a service account's key"


class BadKeys(Exception):
    """Credentials that cannot be used; what is wrong, and what to do."""

    def __init__(self, problem: str, remedy: str) -> None:
        self.problem, self.remedy = problem, remedy
        super().__init__(problem)


@dataclass(frozen=True)
class Account:
    """Who asks: a service account, which signs, or a user, who once agreed."""

    token_url: str
    email: str = ""  # of a service account
    private_key: str = field(default="", repr=False)
    subject: str = ""  # whom it stands in for
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)


@dataclass(frozen=True)
class Keys:
    """Options of the settings."""

    credentials: str = field(default="", repr=False)
    subject: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)

    @property
    def account(self) -> Account:
        """Who they are of. Raises `BadKeys`."""
        own = (self.client_id, self.client_secret, self.refresh_token)
        if bool(self.credentials) == any(own):
            problem = "it takes either `credentials`, or `client_id` with what belongs to it"
            raise BadKeys(problem, FILE)
        return self.of_file if self.credentials else self.of_options

    @property
    def of_options(self) -> Account:
        """The account of single options."""
        if not (self.client_id and self.client_secret and self.refresh_token):
            problem = "`client_id`, `client_secret` and `refresh_token` belong together"
            raise BadKeys(problem, "Give all three, the last two as references")
        if self.subject:
            raise BadKeys("`subject` is for service accounts", "Leave it out")
        return Account(
            TOKENS, client_id=self.client_id,
            client_secret=self.client_secret, refresh_token=self.refresh_token,
        )  # fmt: skip

    @property
    def of_file(self) -> Account:
        """The account of a file of Google's."""
        told = parsed(self.credentials)
        kind = text(told, "type")
        if kind not in NEEDED:
            named = (
                " (an OAuth client's file is no login)" if {"installed", "web"} & set(told) else ""
            )
            raise BadKeys(f"`credentials` are of no account that is known here{named}", FILE)
        if missing := [name for name in NEEDED[kind] if not text(told, name)]:
            raise BadKeys(f"`credentials` lack `{missing[0]}`", "Take the file as Google gave it")
        if self.subject and kind != "service_account":
            raise BadKeys("`subject` is for service accounts", "Leave it out")
        return Account(
            text(told, "token_uri") or TOKENS, text(told, "client_email"),
            text(told, "private_key"), self.subject, text(told, "client_id"),
            text(told, "client_secret"), text(told, "refresh_token"),
        )  # fmt: skip


def parsed(credentials: str) -> Mapping[str, object]:
    """What the file says. Raises `BadKeys`."""
    try:
        told = json.loads(credentials)
    except (ValueError, RecursionError):
        raise BadKeys("`credentials` are no JSON", FILE) from None  # the error would quote them
    if not isinstance(told, Mapping):
        raise BadKeys("`credentials` are no JSON object", FILE)
    return told


def text(told: Mapping[str, object], name: str) -> str:
    """A part that is text; "" where there is none."""
    found = told.get(name)
    return found.strip() if isinstance(found, str) else ""
