"""The local Slack's Web API answers and refuses as Slack's is documented to."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.slack import APP_TOKEN, BOT_USER, OTHER_TEAM, TEAM, People, SlackServer
from tests.slack.apps import bot_client, refusal

Json = dict[str, Any]
HERE = "C0GENERAL"
THUMBS: Json = {
    "type": "context_actions",
    "elements": [
        {
            "type": "feedback_buttons",
            "action_id": "verdict",
            "positive_button": {"text": {"type": "plain_text", "text": "Good"}, "value": "up:1"},
            "negative_button": {"text": {"type": "plain_text", "text": "Bad"}, "value": "down:1"},
        }
    ],
}


@pytest.fixture
def client(slack: SlackServer) -> AsyncWebClient:
    return bot_client(slack.api)


def section(words: str) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": words}}


def button(label: str = "Go", value: str = "1", id: str = "go") -> Json:
    words = {"type": "plain_text", "text": label}
    return {"type": "button", "action_id": id, "text": words, "value": value}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def thumbs(label: str) -> Json:
    element = THUMBS["elements"][0]
    words = {**element["positive_button"], "text": {"type": "plain_text", "text": label}}
    return {"type": "context_actions", "elements": [{**element, "positive_button": words}]}


async def test_tokens_are_looked_at(slack: SlackServer) -> None:
    wrong = AsyncWebClient("xoxb-wrong", base_url=slack.api)
    assert (await refusal(wrong.auth_test()))["error"] == "invalid_auth"
    none = AsyncWebClient(base_url=slack.api)
    assert (await refusal(none.auth_test()))["error"] == "not_authed"
    app = AsyncWebClient(APP_TOKEN, base_url=slack.api)
    assert (await refusal(app.auth_test()))["error"] == "not_allowed_token_type"


async def test_the_bot_learns_who_it_is_and_what_it_may(client: AsyncWebClient) -> None:
    told = await client.auth_test()
    assert (told["user_id"], told["team_id"], told["bot_id"]) == (BOT_USER, TEAM, "B0TANDEM")
    assert "chat:write" in told.headers["X-OAuth-Scopes"].split(",")


async def test_a_missing_scope_is_named(client: AsyncWebClient, people: People) -> None:
    await people.configure(scopes=["groups:history", "chat:write"])
    told = await refusal(client.conversations_replies(channel=HERE, ts="1.0"))
    assert told["error"] == "missing_scope"
    assert (told["needed"], told["provided"]) == ("channels:history", "chat:write,groups:history")
    told = await refusal(client.conversations_replies(channel="C0SECRET", ts="1.0"))
    assert told["error"] == "thread_not_found"


async def test_an_unknown_method_is_refused(client: AsyncWebClient, people: People) -> None:
    assert (await refusal(client.api_call("chat.sing")))["error"] == "unknown_method"
    call = {"channel_id": HERE, "thread_ts": "1.0", "status": "processing"}
    assert (await client.agents_sessions_setStatus(**call))["agent_status"] == "processing"
    await people.configure(has_sessions=False)
    assert (await refusal(client.agents_sessions_setStatus(**call)))["error"] == "unknown_method"


async def test_an_app_that_cannot_be_stopped_is_warned(
    client: AsyncWebClient, people: People
) -> None:
    await people.configure(events=["message.channels"])
    told = await client.agents_sessions_setStatus(
        channel_id=HERE, thread_ts="1.0", status="processing"
    )
    assert told["warning"] == "missing_agent_session_stopped_event_subscription"


async def test_messages_are_posted_changed_and_deleted(
    client: AsyncWebClient, people: People
) -> None:
    ts = (await client.chat_postMessage(channel=HERE, blocks=[section("old")], text="x"))["ts"]
    await client.chat_update(channel=HERE, ts=ts, blocks=[section("new")], text="x")
    assert await people.transcript("general") == "tandem: new"
    await client.chat_update(channel=HERE, ts=ts, text="words instead of blocks")
    assert await people.transcript("general") == "tandem: words instead of blocks (edited)"
    await client.chat_delete(channel=HERE, ts=ts)
    assert await people.transcript("general") == ""
    assert (await refusal(client.chat_delete(channel=HERE, ts=ts)))["error"] == "message_not_found"


async def test_another_ones_message_is_not_the_bots(client: AsyncWebClient, people: People) -> None:
    ts = await people.say("general", "ben", "mine")
    told = await refusal(client.chat_update(channel=HERE, ts=ts, text="yours"))
    assert told["error"] == "cant_update_message"
    told = await refusal(client.chat_delete(channel=HERE, ts=ts))
    assert told["error"] == "cant_delete_message"


async def test_the_bot_posts_where_it_is(client: AsyncWebClient, people: People) -> None:
    for channel, error in [("C0AWAY", "not_in_channel"), ("C0NONE", "channel_not_found")]:
        told = await refusal(client.chat_postMessage(channel=channel, text="x"))
        assert told["error"] == error
    await client.chat_postMessage(channel="U0BEN", text="for you")
    assert await people.transcript("dm-ben") == "tandem: for you"
    await client.chat_postEphemeral(channel=HERE, user="U0ANA", text="psst")
    assert await people.transcript("general") == "(only ana) tandem: psst"
    assert (await client.conversations_history(channel=HERE))["messages"] == []


async def test_a_thread_comes_in_pages_with_what_was_stored(
    client: AsyncWebClient, people: People
) -> None:
    root = await people.say("general", "ben", "question")
    metadata: Json = {"event_type": "answer", "event_payload": {"item": 7}}
    await client.chat_postMessage(
        channel=HERE, thread_ts=root, blocks=[section("answer")], metadata=metadata, text="27"
    )
    await people.say("general", "ana", "thanks", thread=root)
    first = await client.conversations_replies(channel=HERE, ts=root, limit=2)
    assert [m["text"] for m in first["messages"]] == ["question", "27"]
    assert first["messages"][0]["reply_count"] == 2
    assert "metadata" not in first["messages"][1]
    rest = await client.conversations_replies(
        channel=HERE, ts=root, limit=2, cursor=first["response_metadata"]["next_cursor"]
    )
    assert ([m["text"] for m in rest["messages"]], rest["has_more"]) == (["thanks"], False)
    whole = await client.conversations_replies(channel=HERE, ts=root, include_all_metadata=True)
    assert whole["messages"][1]["metadata"] == metadata
    assert whole["messages"][1]["blocks"] == [section("answer")]


async def test_who_people_are_and_where(client: AsyncWebClient) -> None:
    fay = (await client.users_info(user="U0FAY"))["user"]
    assert (fay["team_id"], fay["is_stranger"]) == (OTHER_TEAM, True)
    assert (await client.users_info(user="U0GUEST"))["user"]["is_restricted"] is True
    assert (await refusal(client.users_info(user="U0NO")))["error"] == "user_not_found"
    members = (await client.conversations_members(channel="C0SHARED"))["members"]
    assert "U0FAY" in members
    shared = (await client.conversations_info(channel="C0SHARED"))["channel"]
    assert shared["is_ext_shared"] is True
    types = "public_channel,private_channel"
    theirs = await client.users_conversations(user="U0GUEST", types=types)
    assert [c["id"] for c in theirs["channels"]] == ["C0GUESTS"]
    assert (await client.usergroups_users_list(usergroup="S0ENG"))["users"] == ["U0BEN"]
    assert (await client.usergroups_list())["usergroups"][0]["handle"] == "engineers"
    assert len((await client.users_list(limit=3))["members"]) == 3
    opened = await client.conversations_open(users="U0ANA")
    assert opened["channel"]["id"] == "D0ANA"


async def test_reactions_of_the_bot(client: AsyncWebClient, people: People) -> None:
    ts = await people.say("general", "ben", "hello")
    here: Json = {"channel": HERE, "timestamp": ts, "name": "eyes"}
    await client.reactions_add(**here)
    assert await people.transcript("general") == "ben: hello :eyes: tandem"
    assert (await refusal(client.reactions_add(**here)))["error"] == "already_reacted"
    await client.reactions_remove(**here)
    assert (await refusal(client.reactions_remove(**here)))["error"] == "no_reaction"


async def test_a_status_shows_until_the_bot_speaks(client: AsyncWebClient, people: People) -> None:
    ts = await people.say("general", "ben", "question")
    here: Json = {"channel_id": HERE, "thread_ts": ts}
    await client.assistant_threads_setStatus(**here, status="is looking")
    assert "  (tandem is looking)" in await people.transcript("general")
    await client.chat_postMessage(channel=HERE, thread_ts=ts, text="answer")
    assert "is looking" not in await people.transcript("general")
    await people.configure(status_age_s=0)
    await client.assistant_threads_setStatus(**here, status="is looking")
    assert "is looking" not in await people.transcript("general")


async def test_prompts_are_at_most_four(client: AsyncWebClient, people: People) -> None:
    one = {"title": "Leave", "message": "How many days of leave?"}
    here = {"channel_id": "D0BEN"}
    await client.assistant_threads_setSuggestedPrompts(**here, prompts=[one])
    assert (await people.look()).prompts["D0BEN"]["prompts"] == [one]
    told = await refusal(client.assistant_threads_setSuggestedPrompts(**here, prompts=[one] * 5))
    assert told["error"] == "invalid_arguments"


@pytest.mark.parametrize(
    ("blocks", "where"),
    [
        ([section("x" * 3001)], "/blocks/0/text/text"),
        ([{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}], "/blocks/0/text"),
        ([{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}], "/blocks/0/text/type"),
        ([{"type": "context", "elements": [section("x")["text"]] * 11}], "/blocks/0/elements"),
        ([actions(*[button(id=f"{n}") for n in range(26)])], "/blocks/0/elements"),
        ([actions(button("x" * 76))], "/elements/0/text/text"),
        ([actions(button(value="x" * 2001))], "/elements/0/value"),
        ([actions(button(id="x" * 256))], "/elements/0/action_id"),
        ([actions(button(), button())], "action_id` must be unique"),
        ([{**section("x"), "block_id": "x" * 256}], "/blocks/0/block_id"),
        ([{**section("x"), "block_id": "a"}] * 2, "block_id` must be unique"),
        ([section("x")] * 51, "no more than 50 items"),
        ([{"type": "song"}], "unsupported type: song"),
        ([thumbs("x" * 76)], "positive_button/text/text"),
        ([{**THUMBS, "elements": THUMBS["elements"] * 6}], "no more than 5 items"),
        ([actions(*THUMBS["elements"])], "unsupported type: feedback_buttons"),
        ([{"type": "markdown", "text": "x" * 6001}] * 2, "markdown must be less than 12001"),
        ([{"type": "table", "rows": [[section("x")["text"]] * 21]}], "no more than 20 cells"),
        ([{"type": "table", "rows": [[section("x")["text"]]] * 101}], "1 to 100 rows"),
    ],
)
async def test_blocks_beyond_their_limits_are_refused_with_the_place(
    client: AsyncWebClient, people: People, blocks: list[Json], where: str
) -> None:
    told = await refusal(client.chat_postMessage(channel=HERE, text="x", blocks=blocks))
    assert told["error"] == "invalid_blocks"
    assert where in "\n".join(told["response_metadata"]["messages"])
    assert await people.transcript("general") == ""


async def test_what_is_within_the_limits_is_taken(client: AsyncWebClient, people: People) -> None:
    table = {"type": "table", "rows": [[section("x")["text"]] * 20]}
    blocks = [section("x" * 3000), actions(button("x" * 75, "x" * 2000)), table, THUMBS]
    await client.chat_postMessage(channel=HERE, text="x", blocks=blocks)
    assert "(thumbs)" in await people.transcript("general")


async def test_text_is_cut_or_refused_where_it_is_too_long(
    client: AsyncWebClient, people: People
) -> None:
    ts = (await client.chat_postMessage(channel=HERE, text="x" * 40_001))["ts"]
    assert len((await people.messages("general"))[0].text) == 40_000
    told = await refusal(client.chat_update(channel=HERE, ts=ts, text="x" * 4_001))
    assert told["error"] == "msg_too_long"
    blocks = [section("x" * 3000)] * 5
    told = await refusal(client.chat_postMessage(channel=HERE, text="x", blocks=blocks))
    assert told["error"] == "msg_blocks_too_long"
    empty = client.api_call("chat.postMessage", json={"channel": HERE})
    assert (await refusal(empty))["error"] == "no_text"


async def test_faults_come_as_ordered(client: AsyncWebClient, people: People) -> None:
    await people.fault("chat.postMessage", skip=1, status=429, retry_after_s=7)
    await client.chat_postMessage(channel=HERE, text="one")
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=HERE, text="two")
    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["Retry-After"] == "7"
    await people.fault("chat.postMessage", error="internal_error")
    told = await refusal(client.chat_postMessage(channel=HERE, text="three"))
    assert told["error"] == "internal_error"
    await client.chat_postMessage(channel=HERE, text="four")
    assert await people.transcript("general") == "tandem: one\ntandem: four"


@pytest.mark.parametrize(("cut", "stands"), [("before", ""), ("after", "tandem: one")])
async def test_a_connection_ends_before_or_after_the_effect(
    slack: SlackServer, people: People, cut: str, stands: str
) -> None:
    client = AsyncWebClient(bot_client(slack.api).token, base_url=slack.api, retry_handlers=[])
    await people.fault("chat.postMessage", cut=cut)
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.chat_postMessage(channel=HERE, text="one")
    assert await people.transcript("general") == stands


async def test_calls_beyond_their_tier_are_told_to_come_back(
    client: AsyncWebClient, people: People
) -> None:
    await people.configure(rate_limits=True)
    await client.chat_postMessage(channel=HERE, text="one")
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=HERE, text="two")
    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["Retry-After"] == "1"
    await client.chat_postMessage(channel="C0TEAM", text="elsewhere")
