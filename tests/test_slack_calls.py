"""What Slack's answers mean to a caller, in the real SDK over real sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.platforms.slack.calls import Refused, Tries, calling, plain
from bot.stage import PlatformAway

QUICK = Tries(times=3, pause_s=0.0, longest_s=0.5)


@dataclass
class Odd:
    """A server that answers as it is told; the last answer again and again."""

    url: str = ""
    answers: list[web.Response] = field(default_factory=list)
    called: int = 0

    async def answer(self, request: web.Request) -> web.Response:
        self.called += 1
        told = self.answers[min(self.called, len(self.answers)) - 1]
        return web.Response(status=told.status, body=told.body, headers=told.headers)

    async def ask(self, patient: bool = True) -> AsyncSlackResponse:
        client = plain(AsyncWebClient("xoxb-1", base_url=self.url))
        return await calling("auth.test", client.auth_test, QUICK, patient)


@pytest.fixture
async def odd() -> AsyncIterator[Odd]:
    made = Odd()
    app = web.Application()
    app.router.add_route("*", "/auth.test", made.answer)
    async with TestServer(app) as server:
        made.url = str(server.make_url("/"))
        yield made


def json(body: str, status: int = 200, **headers: str) -> web.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return web.Response(text=body, status=status, content_type="application/json", headers=named)


FINE = '{"ok": true, "user": "tandem"}'


async def test_an_answer_is_given(odd: Odd) -> None:
    odd.answers = [json(FINE)]
    assert (await odd.ask())["user"] == "tandem"


@pytest.mark.parametrize(
    "answer",
    [
        json("{}"),
        json("no JSON at all"),
        json("[1, 2]", 500),
        json('{"ok": false}'),
        json('{"ok": false, "error": "internal_error"}'),
        web.Response(text="<html>", status=502, content_type="text/html"),
        web.Response(text="<html>", status=200, content_type="text/html"),
        web.Response(body=b"\xff\xfe", status=200, content_type="application/json"),
    ],
)
async def test_an_answer_that_says_nothing_is_asked_for_again(
    odd: Odd, answer: web.Response
) -> None:
    odd.answers = [answer, answer, json(FINE)]
    assert (await odd.ask())["user"] == "tandem"
    odd.answers, odd.called = [answer], 0
    with pytest.raises(PlatformAway):
        await odd.ask()
    assert odd.called == QUICK.times


async def test_a_refusal_is_not_asked_for_again(odd: Odd) -> None:
    odd.answers = [json('{"ok": false, "error": "account_inactive"}')]
    with pytest.raises(Refused) as refused:
        await odd.ask()
    assert (refused.value.code, refused.value.method) == ("account_inactive", "auth.test")
    assert odd.called == 1


BUSY = '{"ok": false, "error": "ratelimited"}'


async def test_a_busy_slack_is_waited_for(odd: Odd) -> None:
    odd.answers = [json(BUSY, 429, Retry_After="0"), json(BUSY, 429, Retry_After="0"), json(FINE)]
    assert (await odd.ask())["ok"]


@pytest.mark.parametrize(
    ("headers", "wait_s"), [({"Retry_After": "30"}, 30.0), ({}, 1.0), ({"Retry_After": "soon"}, 1)]
)
async def test_a_long_wait_is_left_to_the_caller(
    odd: Odd, headers: dict[str, str], wait_s: float
) -> None:
    odd.answers = [json(BUSY, 429, **headers)]
    with pytest.raises(PlatformAway) as away:
        await odd.ask()
    assert (away.value.retry_after_s, odd.called) == (wait_s, 1)


async def test_an_impatient_caller_is_told_at_once(odd: Odd) -> None:
    odd.answers = [json(BUSY, 429, Retry_After="0")]
    with pytest.raises(PlatformAway):
        await odd.ask(patient=False)
    assert odd.called == 1


def test_the_sdk_itself_does_not_call_twice() -> None:
    client = AsyncWebClient("xoxb-1")
    assert (plain(client).retry_handlers, len(client.retry_handlers)) == ([], 1)
