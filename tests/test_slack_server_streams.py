"""Streams in the local Slack: their states, their limits, how they end."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.patience import until
from tests.slack import TEAM, People, SlackServer
from tests.slack.apps import bot_client, connected, listening, refusal

Json = dict[str, Any]
HERE = "C0GENERAL"
FOR_BEN: Json = {"recipient_team_id": TEAM, "recipient_user_id": "U0BEN"}


@pytest.fixture
def client(slack: SlackServer) -> AsyncWebClient:
    return bot_client(slack.api)


@pytest.fixture
async def asked(people: People) -> str:
    return await people.say("general", "ben", "question")


async def started(client: AsyncWebClient, asked: str, **more: Any) -> Json:
    told = await client.chat_startStream(channel=HERE, thread_ts=asked, **FOR_BEN, **more)
    return {"channel": HERE, "ts": told["ts"]}


async def test_a_stream_grows_and_is_made_whole(
    client: AsyncWebClient, people: People, asked: str
) -> None:
    stream = await client.chat_stream(channel=HERE, thread_ts=asked, **FOR_BEN)
    await stream.append(markdown_text="You get **27", chunks=[])
    assert "  tandem: You get **27 …" in await people.transcript("general")
    await stream.stop(markdown_text=" days**.")
    seen = await people.look("general")
    assert seen.text.splitlines()[1:] == ["  tandem: You get **27 days**."]
    assert [m.streaming for m in seen.messages] == [False, False]


async def test_a_task_card_stays_one_by_its_id(
    client: AsyncWebClient, people: People, asked: str
) -> None:
    task = {"type": "task_update", "id": "1", "title": "Searching", "status": "in_progress"}
    source = {"type": "url", "url": "https://example.com/leave", "text": "Leave"}
    here = await started(client, asked, chunks=[task])
    await client.chat_appendStream(
        **here,
        chunks=[
            {"type": "plan_update", "title": "Reading"},
            {**task, "status": "complete", "sources": [source]},
            {"type": "markdown_text", "text": "27 "},
            {"type": "markdown_text", "text": "days."},
            {"type": "blocks", "blocks": [{"type": "divider"}]},
        ],
    )
    assert (await people.messages("general"))[1].drawn.splitlines() == [
        "▸ Searching (complete) [Leave]",
        "▸ Reading",
        "27 days.",
        "---",
    ]


async def test_a_stream_needs_its_thread_and_its_reader(client: AsyncWebClient, asked: str) -> None:
    call: Json = {"channel": HERE, "thread_ts": asked}
    told = await refusal(client.chat_startStream(**call, recipient_team_id=TEAM))
    assert told["error"] == "missing_recipient_user_id"
    told = await refusal(client.chat_startStream(**call, recipient_user_id="U0BEN"))
    assert told["error"] == "missing_recipient_team_id"
    told = await refusal(client.chat_startStream(**call, **{**FOR_BEN, "recipient_user_id": "U1"}))
    assert told["error"] == "user_not_found"
    told = await refusal(client.chat_startStream(**call, **{**FOR_BEN, "recipient_team_id": "T1"}))
    assert told["error"] == "team_not_found"
    told = await refusal(client.chat_startStream(channel=HERE, thread_ts="", **FOR_BEN))
    assert told["error"] == "invalid_arguments"


async def test_a_direct_message_streams_to_its_reader(
    client: AsyncWebClient, people: People
) -> None:
    ts = await people.say("dm", "ben", "question")
    await client.chat_startStream(channel="D0BEN", thread_ts=ts, markdown_text="27")
    assert "  tandem: 27 …" in await people.transcript("dm-ben")


async def test_while_it_streams_nothing_else_changes_it(client: AsyncWebClient, asked: str) -> None:
    here = await started(client, asked)
    told = await refusal(client.chat_update(**here, text="x"))
    assert told["error"] == "streaming_state_conflict"
    assert (await refusal(client.chat_delete(**here)))["error"] == "streaming_state_conflict"
    await client.chat_stopStream(**here, markdown_text="27")
    await client.chat_update(**here, text="28")
    told = await refusal(client.chat_appendStream(**here, markdown_text="x"))
    assert told["error"] == "message_not_in_streaming_state"


async def test_slack_closes_a_stream_that_grows_old(
    client: AsyncWebClient, people: People, asked: str
) -> None:
    here = await started(client, asked, markdown_text="27")
    await people.configure(stream_age_s=0)
    told = await refusal(client.chat_appendStream(**here, markdown_text=" days"))
    assert told["error"] == "message_not_in_streaming_state"
    assert "  tandem: 27" in (await people.transcript("general")).splitlines()


async def test_a_stream_keeps_the_shape_of_its_beginning(
    client: AsyncWebClient, asked: str
) -> None:
    here = await started(client, asked, markdown_text="27")
    chunk = {"type": "markdown_text", "text": " days"}
    told = await refusal(client.chat_appendStream(**here, markdown_text=None, chunks=[chunk]))
    assert told["error"] == "streaming_mode_mismatch"


async def test_a_stream_holds_so_much_and_no_more(client: AsyncWebClient, asked: str) -> None:
    here = await started(client, asked)
    told = await refusal(client.chat_appendStream(**here, markdown_text="x" * 12_001))
    assert told["error"] == "msg_too_long"
    await client.chat_appendStream(**here, markdown_text="x" * 12_000)
    told = await refusal(client.chat_appendStream(**here, markdown_text="x" * 1_201))
    assert told["error"] == "msg_too_long"
    words = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 1_201}}
    told = await refusal(client.chat_stopStream(**here, blocks=[words]))
    assert told["error"] == "msg_blocks_too_long"
    told = await refusal(client.chat_stopStream(**here, blocks=[{"type": "divider"}] * 51))
    assert told["error"] == "invalid_blocks"
    await client.chat_stopStream(**here, blocks=[{"type": "divider"}] * 50)


@pytest.mark.parametrize(
    "chunk",
    [
        {"type": "song"},
        {"type": "task_update", "id": "1", "title": "x", "status": "singing"},
        {"type": "task_update", "title": "x", "status": "complete"},
        {"type": "plan_update"},
        {"type": "blocks", "blocks": [{"type": "song"}]},
    ],
)
async def test_chunks_that_are_none_are_refused(
    client: AsyncWebClient, asked: str, chunk: Json
) -> None:
    here = await started(client, asked)
    call = client.api_call("chat.appendStream", json={**here, "chunks": [chunk]})
    assert (await refusal(call))["error"] == "invalid_chunks"


async def test_a_person_stops_a_stream(slack: SlackServer, people: People, asked: str) -> None:
    app, heard = listening(slack.api, "agent_session_stopped", "message")
    client = app.client
    session = {"channel_id": HERE, "thread_ts": asked}
    async with connected(people, app):
        here = await started(client, asked, markdown_text="27")
        with pytest.raises(AssertionError, match="no_stop_button"):
            await people.stop_stream("ben", "general", here["ts"])
        await client.agents_sessions_setStatus(**session, status="processing")
        await people.stop_stream("ben", "general", here["ts"])
        await until(lambda: "agent_session_stopped" in [b["event"]["type"] for b in heard])
    event = next(b["event"] for b in heard if b["event"]["type"] == "agent_session_stopped")
    assert (event["thread_ts"], event["user"]) == (asked, "U0BEN")
    assert event["streaming_message_ts"] == [here["ts"]]
    told = await refusal(client.chat_appendStream(**here, markdown_text=" days"))
    assert told["error"] == "stopped_by_user"
    await client.chat_stopStream(**here, session_status="active")
    assert (await people.look()).sessions[f"{HERE} {asked}"]["status"] == "active"


@pytest.mark.parametrize("error", ["feature_not_enabled", "method_not_supported_for_channel_type"])
async def test_a_workspace_may_refuse_to_stream(
    client: AsyncWebClient, people: People, asked: str, error: str
) -> None:
    await people.configure(streaming_refused=error)
    told = await refusal(client.chat_startStream(channel=HERE, thread_ts=asked, **FOR_BEN))
    assert told["error"] == error
