"""Slack's posts over HTTP: what Slack signed comes in, and nothing else does."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import logging
import socket
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import quote, urlencode

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.platforms.slack.connecting import SlackSettingsWrong
from bot.platforms.slack.fields import Malformed
from bot.platforms.slack.manifest import PATH
from bot.platforms.slack.serving import MOST_BYTES, read
from tests.bots import Made
from tests.conftest import free_port
from tests.hostile import deep
from tests.slack.bots import slack_platform
from tests.slack.hostile import NASTY
from tests.slack.http_events import signed
from tests.slack.people import People

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
LEAVE = "<@U0TANDEM> How many days of leave do I get?"
TS = "1700000000.000100"
CHALLENGE = json.dumps({"type": "url_verification", "challenge": "say-this", "token": "x"})


@dataclass(frozen=True)
class Said:
    """What the door said to a post."""

    status: int
    text: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Bell:
    """Posts to the bot's door, as Slack does or as others would."""

    base: str
    http: aiohttp.ClientSession

    async def post(
        self, body: str | bytes, headers: Mapping[str, str] | None = None, kind: str = JSON
    ) -> Said:
        """Post with these headers; where none are given, signed by Slack."""
        if headers is None:
            headers = signed(body if isinstance(body, str) else body.decode())
        given = {"Content-Type": kind, **headers}
        sent = body.encode() if isinstance(body, str) else body
        async with self.http.post(
            f"{self.base}{PATH}", data=io.BytesIO(sent), headers=given
        ) as answer:
            return Said(answer.status, await answer.text(), dict(answer.headers))

    async def still_open(self) -> None:
        """The next post of Slack is let in."""
        said = await self.post(CHALLENGE)
        assert (said.status, "say-this" in said.text) == (200, True)


@pytest.fixture
async def bell(bot: Made, people: People) -> AsyncIterator[Bell]:
    """The bot listens for posts, and its Slack posts there."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    await people.configure(events_url=f"{base}{PATH}")
    mine = slack_platform(people.api, mode="http", port=port)
    running = asyncio.create_task(mine.run(bot.desk))
    try:
        await until_open(port, running)
        async with aiohttp.ClientSession() as http:
            yield Bell(base, http)
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def until_open(port: int, running: asyncio.Task[None]) -> None:
    """Wait until somebody listens there."""
    while not running.done():
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        await asyncio.sleep(0.01)
    await running


def event(event_id: str = "Ev01", ts: str = TS, **more: object) -> str:
    """A mention as Slack posts it."""
    said = {"type": "app_mention", "user": "U0BEN", "text": LEAVE, "ts": ts, "team": "T0TANDEM"}
    inside = {**said, "channel": "C0GENERAL", "event_ts": ts, **more}
    body = {"type": "event_callback", "event_id": event_id, "team_id": "T0TANDEM"}
    return json.dumps({**body, "event": inside})


async def test_a_mention_over_http_is_answered(bell: Bell, people: People) -> None:
    await people.say("general", "ben", LEAVE)
    await people.wait_for(lambda seen: "27 days" in seen and "(thumbs)" in seen)
    assert [sent["tries"] for sent in await people.sendings() if sent["acked_at"] is None] == []


async def test_slack_proves_the_address_once(bell: Bell) -> None:
    said = await bell.post(CHALLENGE)
    assert (said.status, json.loads(said.text)) == (200, {"challenge": "say-this"})


async def test_slack_looks_at_the_certificate_without_a_signature(bell: Bell) -> None:
    said = await bell.post("ssl_check=1&token=x", {}, FORM)
    assert (said.status, said.text) == (200, "")


FORGED = {
    "no signature": {},
    "another secret": signed(event(), "a-guess"),
    "another body": signed(event("Ev02")),
    "no time": {"X-Slack-Signature": signed(event())["X-Slack-Signature"]},
    "no such time": {**signed(event()), "X-Slack-Request-Timestamp": "now"},
    "other digits": {**signed(event()), "X-Slack-Request-Timestamp": "\u0661\u0662"},
    "too long a time": {**signed(event()), "X-Slack-Request-Timestamp": "9" * 400},
    "an empty signature": {**signed(event()), "X-Slack-Signature": ""},
    "a strange signature": {**signed(event()), "X-Slack-Signature": "v0=\u00e9\u00e9"},
    "an older scheme": {**signed(event()), "X-Slack-Signature": "v1=00"},
}


@pytest.mark.parametrize("headers", FORGED.values(), ids=FORGED.keys())
async def test_what_is_forged_is_refused_and_never_read(
    bell: Bell, bot: Made, headers: Mapping[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    said = await bell.post(event(), headers)
    assert said.status == 401
    assert "not signed" in caplog.text
    assert "Traceback" not in caplog.text
    assert (bot.inbox.waiting("slack"), bot.asked) == (0, [])


@pytest.mark.parametrize("seconds", [-301, -3600, 301, 3600, 10**9])
async def test_what_is_old_or_of_the_future_is_refused(bell: Bell, bot: Made, seconds: int) -> None:
    said = await bell.post(event(), signed(event(), at=int(time.time()) + seconds))
    assert said.status == 401
    assert bot.inbox.waiting("slack") == 0


async def test_a_replay_within_five_minutes_is_acknowledged_and_not_answered_again(
    bell: Bell,
    bot: Made,
    people: People,
) -> None:
    headers = signed(event(), at=int(time.time()) - 200)
    for _ in range(3):
        assert (await bell.post(event(), headers)).status == 200
    await people.wait_for(lambda seen: "(thumbs)" in seen)
    assert (await bell.post(event(), headers)).status == 200
    assert len(bot.asked) == 1
    assert len((await people.look()).by_bot()) == 1


async def test_a_retry_is_acknowledged_and_not_answered_again(
    bell: Bell,
    bot: Made,
    people: People,
) -> None:
    again = {"X-Slack-Retry-Num": "1", "X-Slack-Retry-Reason": "http_timeout"}
    assert (await bell.post(event())).status == 200
    assert (await bell.post(event(), {**signed(event()), **again})).status == 200
    await people.wait_for(lambda seen: "(thumbs)" in seen)
    assert len(bot.asked) == 1


async def test_a_retry_of_what_never_came_is_answered(
    bell: Bell,
    people: People,
) -> None:
    again = {"X-Slack-Retry-Num": "2", "X-Slack-Retry-Reason": "http_error"}
    assert (await bell.post(event(), {**signed(event()), **again})).status == 200
    await people.wait_for(lambda seen: "(thumbs)" in seen)


BROKEN = ["{", "[]", "null", "[1]", '"text"', "", '{"type":', deep(100_000), "\x00", "payload="]


@pytest.mark.parametrize("body", BROKEN, ids=range(len(BROKEN)))
async def test_signed_nonsense_is_told_in_one_line_and_not_wanted_again(
    bell: Bell, body: str, caplog: pytest.LogCaptureFixture
) -> None:
    said = await bell.post(body)
    assert (said.status, said.headers.get("X-Slack-No-Retry")) == (400, "1")
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "Traceback" not in caplog.text
    await bell.still_open()


async def test_a_form_that_holds_nonsense_is_refused(bell: Bell) -> None:
    for payload in ("{", "[]", "null", deep(20_000)):
        body = urlencode({"payload": payload})
        assert (await bell.post(body, kind=FORM)).status == 400
    await bell.still_open()


async def test_a_body_that_is_no_utf8_is_refused(bell: Bell) -> None:
    said = await bell.post(b'{"type": "\xff\xfe"}', signed("x"))
    assert said.status == 401
    await bell.still_open()


@pytest.mark.parametrize("kind", [f"{JSON}; charset=nonsense", "text/plain", "", "a/b/c", JSON])
async def test_the_content_type_that_is_claimed_breaks_nothing(bell: Bell, kind: str) -> None:
    assert (await bell.post(CHALLENGE, kind=kind)).status == 200


async def test_a_huge_body_is_refused(bell: Bell) -> None:
    body = json.dumps({"type": "event_callback", "text": "x" * MOST_BYTES})
    assert (await bell.post(body)).status == 413
    await bell.still_open()


async def test_a_huge_body_without_a_length_is_refused(bell: Bell) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(MOST_BYTES // 65_536 + 2):
            yield b"x" * 65_536

    url, headers = f"{bell.base}{PATH}", {"Content-Type": JSON}
    async with bell.http.post(url, data=endless(), headers=headers) as answer:
        assert answer.status == 413
    await bell.still_open()


@pytest.mark.parametrize("packing", ["gzip", "deflate", "br", "zstd", "gzip, gzip"])
async def test_a_packed_body_is_refused_and_not_unpacked(bell: Bell, packing: str) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    said = await bell.post(bomb, {**signed("x"), "Content-Encoding": packing})
    assert said.status == 415
    await bell.still_open()


async def test_other_paths_and_methods_are_not_there(bell: Bell) -> None:
    async with bell.http.post(f"{bell.base}/", data="x") as answer:
        assert answer.status == 404
    async with bell.http.post(f"{bell.base}{PATH}/more", data="x") as answer:
        assert answer.status == 404
    async with bell.http.get(f"{bell.base}{PATH}") as answer:
        assert answer.status == 405


async def test_who_sends_a_byte_now_and_then_holds_nobody_up(bell: Bell) -> None:
    port = int(bell.base.rsplit(":", 1)[1])
    slow = [await asyncio.open_connection("127.0.0.1", port) for _ in range(50)]
    try:
        for number, (_, writer) in enumerate(slow):
            half = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n"
            writer.write((half if number % 2 else f"{half}\r\n12").encode())
            await writer.drain()
        await bell.still_open()
    finally:
        for _, writer in slow:
            writer.close()


async def test_a_hundred_posts_at_once_are_all_acknowledged_and_each_is_answered_once(
    bell: Bell, bot: Made
) -> None:
    askers = ("U0BEN", "U0ANA")  # each may ask 30 times in an hour
    bodies = [event(f"Ev{n}", f"1700000000.{n:06d}", user=askers[n % 2]) for n in range(50)]
    said = await asyncio.gather(*(bell.post(body) for body in bodies * 2))
    assert {one.status for one in said} == {200}
    while bot.inbox.waiting("slack"):
        await asyncio.sleep(0.05)
    asked = [question.place.thread for question in bot.asked]
    assert (len(asked), len(set(asked))) == (50, 50)


async def test_a_command_comes_as_a_form(bell: Bell, people: People) -> None:
    answered = await people.command("ben", "general", "/tandem", "help")
    assert answered.acked
    assert await people.wait_for(lambda seen: "(only ben)" in seen)
    answered = await people.command("ben", "general", "/ask", "How many days of leave do I get?")
    assert answered.acked
    await people.wait_for(lambda seen: "27 days" in seen and "(thumbs)" in seen)


async def test_a_click_comes_as_json_in_a_form(
    bell: Bell,
    bot: Made,
    people: People,
) -> None:
    await people.say("general", "ben", LEAVE)
    seen = await people.wait_for(lambda seen: "(thumbs)" in seen)
    [reply] = seen.by_bot()
    assert (await people.press("ben", "general", reply.ts, "positive")).acked
    assert [vote.author for vote in bot.store.verdicts(1)] == ["U0BEN"]


async def test_a_port_in_use_is_told(bot: Made, people: People) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        mine = slack_platform(people.api, mode="http", port=taken.getsockname()[1])
        with pytest.raises(SlackSettingsWrong, match="cannot listen on 127"):
            await mine.run(bot.desk)


MANY = (*NASTY, *BROKEN)
POSTED = st.text(st.characters(exclude_categories=["Cs"]), max_size=60) | st.sampled_from(
    range(len(MANY))
)


@given(POSTED, st.booleans(), st.sampled_from((JSON, FORM)))
@settings(deadline=None)
def test_whatever_is_posted_is_a_table_or_malformed(
    posted: str | int, packed: bool, kind: str
) -> None:
    text = posted if isinstance(posted, str) else MANY[posted]
    with suppress(Malformed):
        assert isinstance(
            read(f"payload={quote(text, errors='replace')}" if packed else text, kind), dict
        )
