"""Asks GitHub's two APIs: as somebody, politely, page after page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from knowledge.net import waiting
from knowledge.net.answers import Answer, Version
from knowledge.net.client import Client
from knowledge.net.errors import Denied, NetError, RateLimited, Refused
from knowledge.net.meaning import meant
from knowledge.net.urls import origin, parsed, shown
from knowledge.sources.github.login import ACCEPT, Login
from knowledge.sources.github.places import Site

Json = Mapping[str, Any]
Params = Mapping[str, str | int]
SLOWED = "rate limit"  # in the words of a refusal that has no headers to say so
SLOWED_S = 60.0  # GitHub asks for a minute at least
FORBIDDEN = frozenset({"FORBIDDEN", "INSUFFICIENT_SCOPES"})
PERMITS = "Let the token read the repository's issues, pull requests, discussions and contents"


@dataclass(frozen=True)
class GitHub:
    """One GitHub, asked as one login. All methods raise `NetError`."""

    client: Client
    site: Site
    login: Login

    # -- REST ------------------------------------------------------------------------

    def get(
        self,
        path: str,
        owner: str,
        params: Params | None = None,
        held: str = "",
    ) -> Answer:
        """What is at a path (`/repos/acme/web`), or 304 when its ETag is still `held`."""
        return self.asked("GET", f"{self.site.rest}{path}", owner, params, Version(held))

    def listed(self, first: Answer, owner: str) -> Iterator[Json]:
        """The entries of a list, from its first page on; no page twice."""
        answer, seen = first, {first.url}
        while True:
            yield from entries(answer)
            following = answer.links.get("next", "")
            if not following:
                return
            if following in seen:
                raise answer.garbled("gives a page of its list again")
            seen.add(following)
            answer = self.asked("GET", self.check_origin(following), owner)

    def check_origin(self, url: str) -> str:
        """The address, if it is this GitHub's: the token goes nowhere else."""
        if origin(parsed(url)) != origin(parsed(self.site.rest)):
            raise Refused(shown(url), "is another host than GitHub's", "Check `base_url`")
        return url

    # -- GraphQL ---------------------------------------------------------------------

    def query(self, text: str, owner: str, /, **variables: object) -> Json:
        """The data of an answer, asked as whoever reads what `owner` has; what is gone is null."""
        given = {name: value for name, value in variables.items() if value is not None}
        asked = {"query": text, "variables": given}
        answer = self.asked("POST", self.site.graphql, owner, json=asked)
        told = answer.json_object()
        data = told.get("data")
        if wrong := [error for error in errors_in(told) if error.get("type") != "NOT_FOUND"]:
            raise meaning(answer, wrong)
        if not isinstance(data, Mapping):
            raise answer.garbled("answered no data")
        return data

    # -- both ------------------------------------------------------------------------

    def asked(
        self,
        method: str,
        url: str,
        owner: str,
        params: Params | None = None,
        held: Version | None = None,
        json: object = None,
    ) -> Answer:
        """A success. A token that ended is renewed once; a limit without a time is waited for."""
        renewed = False
        for tried in range(self.client.limits.tries):
            headers = {**ACCEPT, "Authorization": f"Bearer {self.login.token(owner)}"}
            headers |= held.asked if held else {}
            answer = self.client.exchange(method, url, params=params, headers=headers, json=json)
            if answer.status == 401 and not renewed and self.login.renew(owner):
                renewed = True
            elif limited(answer):
                self.pause(answer, tried)
            elif answer.status == 304 or 200 <= answer.status < 300:
                return answer
            else:
                raise worded(answer)
        raise worded(answer) if answer.status >= 400 else too_often(answer, SLOWED_S)

    def pause(self, answer: Answer, tried: int) -> None:
        """Wait as GitHub asks; raises `RateLimited` where that is for too long."""
        outside, limits = self.client.outside, self.client.limits
        told = waiting.asked_for_s(answer.headers, outside.clock())
        wait = SLOWED_S * 2.0**tried if told is None else told
        if wait > limits.wait_s or tried + 1 == limits.tries:
            raise too_often(answer, wait)
        outside.sleep(wait)


def limited(answer: Answer) -> bool:
    """Does GitHub say that it is asked too often, in words alone?"""
    if answer.status in (403, 429):
        return SLOWED in answer.text[:2000].lower()
    if answer.status != 200 or b"RATE_LIMITED" not in answer.body[:4000]:
        return False
    return any(error.get("type") == "RATE_LIMITED" for error in errors_in(answer.json()))


def errors_in(told: object) -> Sequence[Json]:
    """The errors of a GraphQL answer."""
    found = told.get("errors") if isinstance(told, Mapping) else None
    return [e for e in found if isinstance(e, Mapping)] if isinstance(found, list) else []


def too_often(answer: Answer, wait_s: float) -> RateLimited:
    """The error of a limit."""
    problem = f"is asked too often; it wants a pause of {wait_s:.0f} s"
    remedy = "The next sync goes on from here; sync less often"
    return RateLimited(shown(answer.url), problem, remedy, wait_s)


def worded(answer: Answer) -> NetError:
    """What a refusal means, with what GitHub itself says to it."""
    error = meant(answer)
    if isinstance(error, Denied) and answer.status == 403:
        return Denied(error.where, f"{error.problem}{said(answer)}", PERMITS)
    return error


def said(answer: Answer) -> str:
    """GitHub's own words, in brackets."""
    try:
        words = " ".join(str(answer.json_object().get("message", "")).split())[:150]
    except NetError:
        return ""
    return f" ({words.rstrip('.')})" if words else ""


def meaning(answer: Answer, wrong: Sequence[Json]) -> NetError:
    """What the errors of a GraphQL answer mean."""
    words = " ".join(str(wrong[0].get("message", "")).split())[:200].rstrip(".")
    if wrong[0].get("type") in FORBIDDEN:
        return Denied(shown(answer.url), f"does not let us ({words})", PERMITS)
    return answer.garbled(f"could not answer ({words})")


def entries(answer: Answer) -> Iterator[Json]:
    """The objects of a list."""
    told = answer.json()
    if not isinstance(told, list) or not all(isinstance(entry, Mapping) for entry in told):
        raise answer.garbled("answered no list")
    yield from told
