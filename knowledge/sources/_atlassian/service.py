"""Asks a service of Atlassian; what only looks like success is told apart."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from knowledge.net.answers import Answer
from knowledge.net.client import Client
from knowledge.net.errors import Denied, Garbled, Refused
from knowledge.net.urls import shown
from knowledge.sources._atlassian.site import Site
from knowledge.sources._services.refusals import Json, worded

Params = Mapping[str, str | int]
RENEW = "Renew the token, and check what it permits"


@dataclass(frozen=True)
class Service:
    """A site that is asked. All methods raise `NetError`."""

    client: Client
    site: Site

    def get(self, path: str, params: Params | None = None, accept: str = "") -> Answer:
        """What is at a path below the site's address; also a file, wherever it leads."""
        headers = {"Accept": accept or "application/json"}
        answer = self.client.exchange(
            "GET", f"{self.site.url}{path}", params=params, headers=headers
        )
        self.check(answer)
        return answer

    def post(self, path: str, asked: Json) -> Answer:
        """What is answered to a question in JSON."""
        headers = {"Accept": "application/json"}
        answer = self.client.exchange(
            "POST", f"{self.site.url}{path}", headers=headers, json=dict(asked)
        )
        self.check(answer)
        return answer

    def check(self, answer: Answer) -> None:
        """Was it a success? With a bad login, some are answered as nobody, and see little."""
        login = answer.headers.get("x-seraph-loginreason", "").upper()
        if self.site.token and ("FAILED" in login or "DENIED" in login):
            raise Denied(shown(answer.url), "does not know us (the login failed, 401)", RENEW)
        if not 200 <= answer.status < 300:
            raise worded(answer, words)

    def check_login(self, path: str) -> None:
        """Are we somebody to it? What only members may see would else be taken for gone."""
        if not self.site.token:
            return
        try:
            told = self.get(path).json_object()
        except Refused as error:
            if isinstance(error, Denied) and "401" not in error.problem:
                return  # a token may well be kept from this
            raise
        if told.get("type") == "anonymous":
            where = shown(f"{self.site.url}{path}")
            raise Denied(where, "does not know us (answers as to nobody)", RENEW)

    def check_found(self, count: int, found: Collection[object]) -> None:
        """Raise `Garbled` where it counts some and lists none, as while its search is made anew."""
        if count > 0 and not found:
            remedy = "Check its search index; the next sync asks again"
            raise Garbled(self.site.url, f"counts {count} entries and lists none", remedy)


def words(told: Json) -> object:
    """What the service itself says to a refusal."""
    many = told.get("errorMessages")
    return told.get("message") or (many[0] if isinstance(many, list) and many else "")
