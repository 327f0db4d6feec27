"""Asks Slack's Web API: politely, page after page.

By our own client, not by slack_sdk: its client opens its own connections, past our guard, tries
and limits, and has no place to give ours; of what it has, five methods that read would be used.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from knowledge.net import waiting
from knowledge.net.answers import Answer
from knowledge.net.client import Client
from knowledge.net.errors import RateLimited, Unreached
from knowledge.net.meaning import meant
from knowledge.net.urls import shown
from knowledge.sources.slack.trouble import SLOWED, meaning

Json = Mapping[str, Any]
Params = Mapping[str, str | int]
SLOWED_S = 30.0  # Slack says how long it wants to wait; where it does not
MINUTE_S = 60.0
TIERS = {"conversations.list": 20, "users.info": 100}  # calls a minute; the others: 50
LISTING = frozenset({"conversations.history", "conversations.replies"})


@dataclass
class Pace:
    """Spreads calls so that Slack need not refuse any; each method is counted by itself."""

    limited: bool = False  # an app sold outside Slack's marketplace: one call a minute
    called: dict[str, deque[float]] = field(default_factory=dict)

    def wait_s(self, method: str, now: float) -> float:
        """Seconds until the method may be called."""
        most = 1 if self.limited and method in LISTING else TIERS.get(method, 50)
        times = self.called.setdefault(method, deque())
        while times and not 0 <= now - times[0] < MINUTE_S:
            times.popleft()
        return times[0] + MINUTE_S - now if len(times) >= most else 0.0

    def call(self, method: str, now: float) -> None:
        """It is called."""
        self.called.setdefault(method, deque()).append(now)


@dataclass(frozen=True)
class Slack:
    """A workspace that is asked. All methods raise `NetError`."""

    client: Client
    base: str  # "https://slack.com/api/"
    pace: Pace = field(default_factory=Pace)

    @property
    def page(self) -> int:
        """How many messages are asked for at once; Slack recommends no more than 200."""
        return 15 if self.pace.limited else 200

    def call(self, method: str, **params: str | int) -> Answer:
        """A success. What passes by itself is tried again."""
        for tried in range(self.client.limits.tries):
            self.take_turn(method)
            answer = self.client.exchange("GET", f"{self.base}{method}", params=params)
            if not 200 <= answer.status < 300:
                raise meant(answer)
            error = refusal(answer)
            if not error:
                return answer
            failure = meaning(answer, error)
            if not isinstance(failure, RateLimited | Unreached):
                raise failure
            if tried + 1 < self.client.limits.tries:
                self.pause(answer, tried, error)
        raise failure

    def take_turn(self, method: str) -> None:
        """Wait until the method may be called."""
        outside = self.client.outside
        if (wait := self.pace.wait_s(method, outside.clock())) > 0:
            outside.sleep(wait)
        self.pace.call(method, outside.clock())

    def pause(self, answer: Answer, tried: int, error: str) -> None:
        """Wait as Slack asks; raises `RateLimited` where that is for too long."""
        outside = self.client.outside
        told = waiting.asked_for_s(answer.headers, outside.clock())
        if told is None:
            backed_off = waiting.backed_off_s(tried, outside.chance())
            told = SLOWED_S if error in SLOWED else backed_off
        if told > self.client.limits.wait_s:
            problem = f"is asked too often; it wants a pause of {told:.0f} s"
            remedy = "The next sync goes on; sync less often"
            raise RateLimited(shown(answer.url), problem, remedy, told)
        outside.sleep(told)

    def pages(self, method: str, **params: str | int) -> Iterator[Answer]:
        """The pages of a list; one that goes round in circles is garbled."""
        cursor, seen = "", set[str]()
        while True:
            more: Params = {"cursor": cursor} if cursor else {}
            answer = self.call(method, **{**params, **more})
            yield answer
            cursor = following(answer)
            if not cursor:
                return
            if cursor in seen:
                raise answer.garbled("gives a page of its list again")
            seen.add(cursor)


def refusal(answer: Answer) -> str:
    """The error that the answer tells; empty: none. Raises `Garbled`."""
    told = answer.json_object()
    if told.get("ok") is True:
        return ""
    error = told.get("error")
    if told.get("ok") is not False or not isinstance(error, str) or not error:
        raise answer.garbled("answered neither success nor error")
    return error[:80]


def following(answer: Answer) -> str:
    """The cursor of the next page; empty: it was the last."""
    told = answer.json_object()
    further = told.get("response_metadata")
    cursor = further.get("next_cursor") if isinstance(further, Mapping) else ""
    if told.get("has_more") is True and not cursor:
        raise answer.garbled("has more, and does not say where")
    return str(cursor or "")


def entries(answer: Answer, name: str) -> list[Json]:
    """The objects of a list in the answer. Raises `Garbled`."""
    told = answer.json_object().get(name)
    if not isinstance(told, list) or not all(isinstance(one, Mapping) for one in told):
        raise answer.garbled(f"answered no list of {name}")
    return told


def entry(answer: Answer, name: str) -> Json:
    """An object in the answer. Raises `Garbled`."""
    told = answer.json_object().get(name)
    if not isinstance(told, Mapping):
        raise answer.garbled(f"answered no {name}")
    return told


def objects(told: object) -> list[Json]:
    """The objects of what should be a list of them; what is odd is left out."""
    return [one for one in told if isinstance(one, Mapping)] if isinstance(told, list) else []
