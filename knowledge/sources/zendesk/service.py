"""Asks a Zendesk: one answer, or a list page after page; what only looks like success is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from knowledge.net.answers import Answer
from knowledge.net.client import Client
from knowledge.net.errors import Denied, Missing, NetError, Refused
from knowledge.net.urls import shown
from knowledge.sources._services.refusals import Json, worded
from knowledge.sources.zendesk.site import Site

Params = Mapping[str, str | int]
LISTED = 100  # entries of a page, the most that Zendesk gives
RENEW = "Renew the token, and check what it permits"
NONE = "there is no help desk of this name, or it is suspended or has moved"
WRITTEN = "Write `url` as https://NAME.zendesk.com, with the name of the brand that is meant"


@dataclass(frozen=True)
class Service:
    """A Zendesk that is asked. All methods raise `NetError`."""

    client: Client
    site: Site

    def get(self, path: str, params: Params | None = None) -> Answer:
        """What is at a path below `/api/v2`. Who is led elsewhere has not reached this Zendesk."""
        url = f"{self.site.url}/api/v2{path}"
        headers = {"Accept": "application/json"}
        try:
            answer = self.client.exchange("GET", url, params=params, headers=headers)
        except NetError as error:
            self.check_place(url, error.where)
            raise
        self.check_place(url, answer.url)
        if not 200 <= answer.status < 300:
            raise worded(answer, words)
        return answer

    def check_place(self, asked: str, reached: str) -> None:
        """Is it still where we asked? Elsewhere we would be nobody, and see little."""
        home, there = urlsplit(asked), urlsplit(reached)
        if there.netloc and (home.scheme, home.netloc) != (there.scheme, there.netloc):
            place = there.netloc if home.netloc != there.netloc else f"{there.scheme}://"
            raise Refused(shown(asked), f"leads to {place}: {NONE}", WRITTEN)

    def listed(
        self, path: str, name: str, params: Params | None = None
    ) -> Iterator[tuple[Answer, Json]]:
        """All entries of a list by its cursor, each with the answer that told of it."""
        asked: dict[str, str | int] = {**(params or {}), "page[size]": LISTED}
        seen = {""}
        while True:
            answer = self.get(path, asked)
            yield from ((answer, one) for one in entries(answer, name))
            meta = answer.json_object().get("meta")
            more = meta.get("has_more") if isinstance(meta, Mapping) else None
            if not isinstance(meta, Mapping) or not isinstance(more, bool):
                raise answer.garbled("does not tell whether its list goes on")
            if not more:
                return
            asked["page[after]"] = following(answer, meta.get("after_cursor"), seen)

    def check_login(self) -> None:
        """Are we somebody to it? What only members may see would else be taken for gone."""
        if not self.site.token:
            return
        where = shown(f"{self.site.url}/api/v2/users/me.json")
        try:
            answer = self.get("/users/me.json")
        except Missing as error:
            raise Refused(where, f"is not there (404): {NONE}", WRITTEN) from error
        except Denied as error:
            if "401" in error.problem:
                raise
            return  # a token may well be kept from this
        user = answer.json_object().get("user")
        if not isinstance(user, Mapping):
            raise answer.garbled("does not tell who we are")
        if user.get("id") is None:
            raise Denied(where, "does not know us (answers as to nobody)", RENEW)


def entries(answer: Answer, name: str) -> Sequence[Json]:
    """The objects of a list under its name."""
    told = answer.json_object().get(name)
    if not isinstance(told, list) or not all(isinstance(one, Mapping) for one in told):
        raise answer.garbled(f"answered no list of {name.replace('_', ' ')}")
    return told


def following(answer: Answer, cursor: object, seen: set[str]) -> str:
    """The cursor of the next page, which is none of those seen before; it is one of them then."""
    told = str(cursor or "")
    if told in seen:
        raise answer.garbled("gives a page of its list again")
    seen.add(told)
    return told


def words(told: Json) -> object:
    """What Zendesk itself says to a refusal, in any of the forms that it has for that."""
    error = told.get("error")
    if isinstance(error, Mapping):
        return error.get("message") or error.get("title")
    many = told.get("errors")
    if isinstance(many, list) and many and isinstance(many[0], Mapping):
        return many[0].get("detail") or many[0].get("title")
    return told.get("description") or error or told.get("message")
