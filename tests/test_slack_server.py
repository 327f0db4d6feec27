"""The local Slack sends events as Slack is documented to, to the real Bolt."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from tests.patience import PATIENCE_S, until
from tests.slack import BOT_USER, OTHER_TEAM, TEAM, People, Settings, SlackServer
from tests.slack.apps import bot_client, connected, listening, posted_to, served
from tests.slack.http_events import signed
from tests.slack.people import ControlRefused, people_at
from tests.slack.server import serving

ASKED = f"<@{BOT_USER}> How many days of leave do I get?"
Json = dict[str, Any]


async def test_a_mention_is_answered_in_its_thread(slack: SlackServer, people: People) -> None:
    app, _ = listening(slack.api, "message")

    @app.event("app_mention")
    async def on_mention(event: Json, say: Any) -> None:
        await say("27 days.", thread_ts=event["ts"])

    async with connected(people, app):
        await people.say("general", "ben", ASKED)
        seen = await people.wait_for(lambda seen: "27 days" in seen)
    assert seen.text.splitlines() == [
        "ben: @tandem How many days of leave do I get?",
        "  tandem: 27 days.",
    ]


async def test_a_mention_is_sent_as_two_events_of_one_post(
    slack: SlackServer, people: People
) -> None:
    app, heard = listening(slack.api, "message", "app_mention")
    async with connected(people, app):
        ts = await people.say("general", "ben", ASKED)
        await until(lambda: len(heard) == 2)
    assert {body["event"]["type"] for body in heard} == {"message", "app_mention"}
    assert {body["event"]["ts"] for body in heard} == {ts}
    assert len({body["event_id"] for body in heard}) == 2


async def test_the_order_of_the_two_events_is_the_seeds() -> None:
    firsts = set()
    for seed in range(6):
        async with serving(Settings(seed=seed)) as server, people_at(server.base) as people:
            await people.say("general", "ben", ASKED)
            firsts.add((await people.sendings())[0]["payload"]["event"]["type"])
    assert firsts == {"message", "app_mention"}


async def test_an_event_says_whose_it_is_and_where(slack: SlackServer, people: People) -> None:
    app, heard = listening(slack.api, "message")
    async with connected(people, app):
        await people.say("shared", "fay", "hello")
        await until(lambda: heard)
    body, event = heard[0], heard[0]["event"]
    assert body["type"] == "event_callback"
    assert body["team_id"] == body["context_team_id"] == TEAM
    assert body["authorizations"][0]["user_id"] == BOT_USER
    assert body["is_ext_shared_channel"] is True
    assert (event["user_team"], event["channel_type"]) == (OTHER_TEAM, "channel")


async def test_edits_unfurls_and_deletions_are_told(slack: SlackServer, people: People) -> None:
    app, heard = listening(slack.api, "message")
    async with connected(people, app):
        ts = await people.say("general", "ben", "old")
        await people.edit("general", ts, "new")
        await people.unfurl("general", ts)
        await people.delete("general", ts)
        await until(lambda: len(heard) == 4)
    said = {e.get("subtype"): e for e in (body["event"] for body in heard)}
    changed = [e["event"] for e in heard if e["event"].get("subtype") == "message_changed"]
    texts = [(e["previous_message"]["text"], e["message"]["text"]) for e in changed]
    assert sorted(texts) == [("new", "new"), ("old", "new")]
    assert said["message_deleted"]["deleted_ts"] == ts
    assert await people.transcript("general") == ""


async def test_an_edit_that_adds_the_mention_may_send_a_mention(
    slack: SlackServer, people: People
) -> None:
    await people.configure(edits_mention=True)
    app, heard = listening(slack.api, "message", "app_mention")
    async with connected(people, app):
        ts = await people.say("general", "ben", "leave?")
        await people.edit("general", ts, ASKED)
        await until(lambda: len(heard) == 3)
    mention = next(b["event"] for b in heard if b["event"]["type"] == "app_mention")
    assert mention["edited"]["user"] == "U0BEN"


async def test_the_bots_own_posts_come_back(slack: SlackServer, people: People) -> None:
    await bot_client(slack.api).chat_postMessage(channel="C0GENERAL", text="hello")
    event = (await people.sendings())[0]["payload"]["event"]
    assert (event["type"], event["user"], event["bot_id"]) == ("message", BOT_USER, "B0TANDEM")


async def test_reactions_are_told_and_taken_back(slack: SlackServer, people: People) -> None:
    app, heard = listening(slack.api, "message", "reaction_added", "reaction_removed")
    ts = await people.say("general", "ben", "hello")
    async with connected(people, app):
        await people.react("ana", "general", ts, "+1")
        assert "ben: hello :+1: ana" in await people.transcript("general")
        await people.unreact("ana", "general", ts, "+1")
        await until(lambda: len(heard) == 3)
    told = [b["event"] for b in heard if b["event"]["type"] != "message"]
    assert {e["type"] for e in told} == {"reaction_added", "reaction_removed"}
    assert {(e["user"], e["item"]["ts"], e["item_user"]) for e in told} == {("U0ANA", ts, "U0BEN")}


@pytest.mark.parametrize(
    "switch",
    [{"events": ["app_mention"]}, {"scopes": ["chat:write"]}],
    ids=["not subscribed", "no scope"],
)
async def test_what_the_app_may_not_have_is_not_sent(
    people: People, switch: dict[str, list[str]]
) -> None:
    await people.configure(**switch)
    await people.say("general", "ben", "hello")
    assert await people.sendings() == []


async def test_a_channel_without_the_bot_is_silent(people: People) -> None:
    await people.say("away", "ben", ASKED)
    assert await people.sendings() == []


async def test_a_direct_message_needs_no_mention(slack: SlackServer, people: People) -> None:
    app, heard = listening(slack.api, "message")
    async with connected(people, app):
        await people.say("dm", "ben", "leave?")
        await until(lambda: heard)
    assert heard[0]["event"]["channel_type"] == "im"
    assert await people.transcript("dm-ben") == "ben: leave?"


async def test_events_are_posted_with_a_signature_that_bolt_accepts(
    slack: SlackServer, people: People
) -> None:
    app, heard = listening(slack.api, "message")
    async with posted_to(people, app):
        await people.say("general", "ben", "hello")
        await until(lambda: heard)
        async with aiohttp.ClientSession() as http:
            forged = signed(body := json.dumps(heard[0]), secret="another")
            url = slack.workspace.settings.events_url
            async with http.post(url, data=body, headers=forged) as answer:
                assert answer.status == 401
    assert heard[0]["event"]["text"] == "hello"


@pytest.mark.parametrize(("no_retry", "tries"), [("0", 4), ("1", 1)])
async def test_failed_posts_are_tried_again_unless_the_app_says_no(
    people: People, no_retry: str, tries: int
) -> None:
    await people.configure(retry_after_s=[0, 0, 0])
    heard = []

    async def fail(request: web.Request) -> web.Response:
        names = ("X-Slack-Retry-Num", "X-Slack-Retry-Reason")
        heard.append(tuple(request.headers.get(name) for name in names))
        return web.Response(status=500, headers={"X-Slack-No-Retry": no_retry})

    app = web.Application()
    app.router.add_post("/", fail)
    async with served(app) as base:
        await people.configure(events_url=base)
        await people.say("general", "ben", "hello")
        async with asyncio.timeout(PATIENCE_S):
            while not (await people.sendings())[0]["given_up"]:
                await asyncio.sleep(0.01)
    retries = [("1", "http_error"), ("2", "http_error"), ("3", "http_error")]
    assert heard == [(None, None), *retries][:tries]


async def test_a_test_that_asks_for_nonsense_is_told(people: People) -> None:
    with pytest.raises(ControlRefused, match="channel_not_found"):
        await people.say("nowhere", "ben", "hello")
    await people.say("general", "ben", "hello")
    with pytest.raises(AssertionError, match="there stands:\nben: hello"):
        await people.wait_for(lambda seen: "27" in seen, timeout_s=0.05, channel="general")


async def test_it_runs_as_a_process_of_its_own() -> None:
    words = [sys.executable, "-m", "tests.slack", "0", '{"echoes": false}']
    process = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    base = (await process.stdout.readline()).decode().strip()
    async with people_at(base) as people:
        await people.say("general", "ben", "hello")
        await bot_client(people.api).chat_postMessage(channel="C0GENERAL", text="hi")
        assert await people.transcript("general") == "ben: hello\ntandem: hi"
    process.terminate()
    assert await process.wait() == 0


async def test_a_bench_reads_when_each_question_got_its_first_sign(
    slack: SlackServer, people: People
) -> None:
    ts = await people.say("general", "ben", ASKED)
    client = bot_client(slack.api)
    await client.assistant_threads_setStatus(channel_id="C0GENERAL", thread_ts=ts, status="looks")
    told = await people.timings()
    assert len(told) == 2
    assert all(row["first_sign_at"] >= row["sent_at"] for row in told)


async def test_memory_is_bounded() -> None:
    small = Settings(keep_messages=3, keep_events=2, keep_calls=2, keep_arguments=False)
    async with serving(small) as server, people_at(server.base) as people:
        client = bot_client(server.api)
        for number in range(5):
            await client.chat_postMessage(channel="C0GENERAL", text=f"{number}")
        assert await people.transcript("general") == "tandem: 2\ntandem: 3\ntandem: 4"
        assert len(await people.sendings()) == 2
        assert [call["args"] for call in await people.calls()] == [{}, {}]
