"""What else the local Slack answers: titles, lists, pushed modals, Bolt's own conveniences."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from tests.slack import BOT_USER, People, SlackServer
from tests.slack.apps import bolt, bot_client, connected, refusal

Json = dict[str, Any]
HERE = "C0GENERAL"


async def test_bolts_own_status_and_stream_work(slack: SlackServer, people: People) -> None:
    app = bolt(slack.api)

    @app.event("app_mention")
    async def on_mention(set_status: Any, say_stream: Any) -> None:
        await set_status("is looking")
        stream = await say_stream()
        await stream.append(markdown_text="27 ")
        await stream.stop(markdown_text="days.")

    @app.event("message")
    async def on_message() -> None: ...

    async with connected(people, app):
        await people.say("general", "ben", f"<@{BOT_USER}> leave?")
        await people.wait_for(lambda seen: "  tandem: 27 days." in seen.text.splitlines())
    called = [call["method"] for call in await people.calls() if not call["error"]]
    assert "assistant.threads.setStatus" in called


async def test_sessions_and_threads_get_titles(slack: SlackServer, people: People) -> None:
    client, here = bot_client(slack.api), {"channel_id": "D0BEN", "thread_ts": "1.0"}
    told = await refusal(client.agents_sessions_rename(**here, title="Leave"))
    assert told["error"] == "session_not_found"
    await client.agents_sessions_setStatus(**here, status="active", title="Old")
    await client.agents_sessions_rename(**here, title="Leave")
    told = await refusal(client.agents_sessions_rename(**here, title="x" * 201))
    assert told["error"] == "invalid_arguments"
    told = await refusal(client.agents_sessions_setStatus(**here, status="asleep"))
    assert told["error"] == "invalid_arguments"
    await client.assistant_threads_setTitle(**here, title="Days of leave")
    seen = await people.look()
    assert seen.sessions["D0BEN 1.0"] == {"status": "active", "title": "Leave"}
    assert seen.titles["D0BEN 1.0"] == "Days of leave"


async def test_a_permalink_leads_to_the_message(slack: SlackServer, people: People) -> None:
    root = await people.say("general", "ben", "question")
    ts = await people.say("general", "ana", "answer", thread=root)
    told = await bot_client(slack.api).chat_getPermalink(channel=HERE, message_ts=ts)
    end = f"/archives/{HERE}/p{ts.replace('.', '')}?thread_ts={root}&cid={HERE}"
    assert told["permalink"].endswith(end)


async def test_channels_are_listed_by_their_kind(slack: SlackServer) -> None:
    client = bot_client(slack.api)
    public = (await client.conversations_list())["channels"]
    assert {c["id"] for c in public if not c["is_member"]} == {"C0AWAY"}
    private = (await client.conversations_list(types="private_channel,mpim"))["channels"]
    assert {c["id"] for c in private} == {"C0SECRET", "G0TRIO"}
    assert (await refusal(client.conversations_list(types="x")))["error"] == "invalid_types"


async def test_history_is_the_channel_without_its_threads(
    slack: SlackServer, people: People
) -> None:
    client = bot_client(slack.api)
    first = await people.say("general", "ben", "one")
    await people.say("general", "ana", "in the thread", thread=first)
    last = await people.say("general", "ben", "two")
    told = await client.conversations_history(channel=HERE)
    assert [m["text"] for m in told["messages"]] == ["two", "one"]
    told = await client.conversations_history(channel=HERE, latest=last)
    assert [m["text"] for m in told["messages"]] == ["one"]
    told = await client.conversations_history(channel=HERE, latest=last, inclusive=True, limit=1)
    assert ([m["text"] for m in told["messages"]], told["has_more"]) == (["two"], True)
    assert (await refusal(client.conversations_history(channel="C0AWAY")))["error"] == (
        "not_in_channel"
    )


async def test_modals_are_stacked_three_high(slack: SlackServer, people: People) -> None:
    app, triggers = bolt(slack.api), list[str]()

    @app.shortcut("open")
    async def on_shortcut(ack: Any, body: Json) -> None:
        await ack()
        triggers.append(body["trigger_id"])

    async with connected(people, app):
        for _ in range(4):
            await people.shortcut("ben", "", "", "open")
    client = bot_client(slack.api)
    view: Json = {"type": "modal", "title": {"type": "plain_text", "text": "One"}, "blocks": []}
    await client.views_open(trigger_id=triggers[0], view=view)
    await client.views_push(trigger_id=triggers[1], view=view)
    await client.views_push(trigger_id=triggers[2], view=view)
    told = await refusal(client.views_push(trigger_id=triggers[3], view=view))
    assert told["error"] == "push_limit_reached"
    stack = await people.open_views("U0BEN")
    assert stack[2]["previous_view_id"] == stack[1]["id"]
    assert {v["root_view_id"] for v in stack} == {stack[0]["id"]}


async def test_a_server_error_is_no_json(slack: SlackServer, people: People) -> None:
    await people.fault("auth.test", status=500, delay_s=0.01)
    with pytest.raises(SlackApiError) as caught:
        await bot_client(slack.api).auth_test()
    assert caught.value.response.status_code == 500


async def test_arguments_that_are_no_json_are_refused(slack: SlackServer) -> None:
    client = bot_client(slack.api)
    call = client.chat_postMessage(channel=HERE, text="x", blocks="[{")
    assert (await refusal(call))["error"] == "invalid_blocks_format"
    call = client.api_call("conversations.replies", params={"channel": HERE})
    told = await refusal(call)
    assert told["error"] == "invalid_arguments"
    assert told["response_metadata"]["messages"] == ["[ERROR] missing required field: ts"]


async def test_people_channels_and_groups_can_be_added(slack: SlackServer, people: People) -> None:
    client = bot_client(slack.api)
    await people.add_person("U0DAN", "dan", is_restricted=True)
    await people.add_channel("C0NEW", "new", members=["U0DAN", BOT_USER])
    await people.add_group("S0NEW", "newcomers", ("U0DAN",))
    await people.say("new", "dan", "hello")
    assert await people.transcript("new") == "dan: hello"
    assert (await client.conversations_members(channel="C0NEW"))["members"] == ["U0DAN", BOT_USER]
    assert (await client.usergroups_users_list(usergroup="S0NEW"))["users"] == ["U0DAN"]
