"""Socket Mode in the local Slack: envelopes, acknowledgements, retries, several sockets."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest

from tests.patience import PATIENCE_S, until
from tests.slack import APP_TOKEN, People, Settings, SlackServer
from tests.slack.apps import bolt, bot_client, connected, listening
from tests.slack.people import people_at
from tests.slack.server import serving

Json = dict[str, Any]


async def test_what_is_not_acknowledged_is_sent_again_with_the_reason(slack: SlackServer) -> None:
    quick = Settings(ack_timeout_s=0.05, retry_after_s=(0.0, 0.0, 0.0))
    async with serving(quick) as server, people_at(server.base) as people:
        async with aiohttp.ClientSession() as http:
            client = bot_client(server.api)
            url = (await client.apps_connections_open(app_token=APP_TOKEN))["url"]
            async with http.ws_connect(url) as socket:
                hello = await socket.receive_json()
                await people.say("general", "ben", "hello")
                told = [await socket.receive_json() for _ in range(4)]
        sending = (await people.sendings())[0]
    assert (hello["type"], hello["num_connections"]) == ("hello", 1)
    assert [e["retry_attempt"] for e in told] == [0, 1, 2, 3]
    assert [e["retry_reason"] for e in told] == ["", "timeout", "timeout", "timeout"]
    assert len({e["payload"]["event_id"] for e in told}) == 1
    assert sending["tries"] == 4


async def test_what_a_dying_app_held_goes_to_its_heir(slack: SlackServer, people: People) -> None:
    app, heard = listening(slack.api, "message")
    url = (await bot_client(slack.api).apps_connections_open(app_token=APP_TOKEN))["url"]
    async with aiohttp.ClientSession() as http, http.ws_connect(url) as socket:
        await socket.receive_json()
        await people.say("general", "ben", "hello")
        told = await socket.receive_json()
    async with connected(people, app):
        await until(lambda: heard)
    assert heard[0]["event_id"] == told["payload"]["event_id"]
    assert (await people.sendings())[0]["reasons"] == ["timeout"]


async def test_an_eleventh_socket_is_too_many(slack: SlackServer, people: People) -> None:
    client = bot_client(slack.api)
    async with aiohttp.ClientSession() as http:
        held = []  # lest one that nobody holds is closed
        for _ in range(11):
            url = (await client.apps_connections_open(app_token=APP_TOKEN))["url"]
            held.append(await http.ws_connect(url))
            told = await held[-1].receive_json()
    assert (told["type"], told["reason"]) == ("disconnect", "too_many_websockets")


async def test_a_replay_is_marked_as_a_retry(slack: SlackServer, people: People) -> None:
    app, heard = bolt(slack.api), list[tuple[str, Any]]()

    @app.event("message")
    async def note(body: Json, request: Any) -> None:
        heard.append((body["event_id"], request.headers.get("x-slack-retry-num")))

    async with connected(people, app):
        await people.say("general", "ben", "hello")
        await until(lambda: heard)
        await people.redeliver(heard[0][0])
        await until(lambda: len(heard) == 2)
    assert heard[0][0] == heard[1][0]
    assert heard[1][1] == ["1"]


async def test_an_event_waits_for_a_socket(slack: SlackServer, people: People) -> None:
    app, heard = listening(slack.api, "message")
    await people.say("general", "ben", "is anybody there?")
    async with connected(people, app):
        await until(lambda: heard)
    assert heard[0]["event"]["text"] == "is anybody there?"


async def test_each_envelope_goes_to_one_of_several_sockets(
    slack: SlackServer, people: People
) -> None:
    counts = []
    async with AsyncExitStack() as stack:
        for _ in range(2):
            app, heard = listening(slack.api, "message")
            counts.append(heard)
            await stack.enter_async_context(connected(people, app))
        await people.connected(2)
        for number in range(20):
            await people.say("general", "ben", f"{number}")
        await until(lambda: sum(map(len, counts)) == 20)
    texts = [b["event"]["text"] for heard in counts for b in heard]
    assert sorted(texts, key=int) == [str(number) for number in range(20)]
    assert all(counts)


@pytest.mark.parametrize("reason", ["warning", "refresh_requested", "dropped"])
async def test_bolt_comes_back_after_a_disconnect(
    slack: SlackServer, people: People, reason: str
) -> None:
    app, heard = listening(slack.api, "message")
    async with connected(people, app):
        before = len(await people.calls("apps.connections.open"))
        await (people.drop() if reason == "dropped" else people.disconnect(reason))
        await people.wait_for_calls("apps.connections.open", before + 1)
        await people.connected()
        await people.say("general", "ben", "still there?")
        await until(lambda: heard)
    assert heard[0]["event"]["text"] == "still there?"


async def test_a_ticket_opens_one_socket(slack: SlackServer) -> None:
    client = bot_client(slack.api)
    url = (await client.apps_connections_open(app_token=APP_TOKEN))["url"]
    async with aiohttp.ClientSession() as http, http.ws_connect(url):
        with pytest.raises(aiohttp.WSServerHandshakeError, match="401"):
            await http.ws_connect(url)


async def test_what_nobody_asked_for_is_kept_as_stray(slack: SlackServer, people: People) -> None:
    url = (await bot_client(slack.api).apps_connections_open(app_token=APP_TOKEN))["url"]
    async with aiohttp.ClientSession() as http, http.ws_connect(url) as socket:
        await socket.receive_json()
        await people.raw("no { json")
        assert (await socket.receive()).data == "no { json"
        await socket.send_str("what?")
        async with asyncio.timeout(PATIENCE_S):
            while not await people.strays():
                await asyncio.sleep(0.01)
    assert await people.strays() == ["what?"]
