"""Buttons, commands, shortcuts and forms in the local Slack, with the real Bolt."""

from __future__ import annotations

from typing import Any

import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.webhook.async_client import AsyncWebhookClient

from tests.patience import until
from tests.slack import People, SlackServer
from tests.slack.apps import bolt, bot_client, connected, listening, posted_to, refusal
from tests.test_slack_server_api import THUMBS, actions, button, section

Json = dict[str, Any]
HERE = "C0GENERAL"


def words(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def choice(value: str) -> Json:
    return {"text": words(value.title()), "value": value}


FORM: Json = {
    "type": "modal",
    "callback_id": "why",
    "title": words("What was wrong?"),
    "submit": words("Send"),
    "blocks": [
        {
            "type": "input",
            "block_id": "reason",
            "label": words("Reason"),
            "element": {
                "type": "static_select",
                "action_id": "chosen",
                "options": [choice("wrong"), choice("old")],
            },
        },
        {
            "type": "input",
            "block_id": "right",
            "optional": True,
            "label": words("The right answer"),
            "element": {"type": "plain_text_input", "action_id": "correct"},
        },
    ],
}


def pressed(app: AsyncApp, id: str = "verdict") -> list[Json]:
    """What the app hears when its buttons are pressed."""
    heard: list[Json] = []

    @app.action(id)
    async def on_press(ack: Any, body: Json) -> None:
        await ack()
        heard.append(body)

    return heard


async def post(slack: SlackServer, *blocks: Json) -> str:
    """A message of the bot with these blocks."""
    client = bot_client(slack.api)
    return str((await client.chat_postMessage(channel=HERE, text="x", blocks=blocks))["ts"])


@pytest.mark.parametrize("way", [connected, posted_to])
async def test_a_thumb_says_what_it_is_and_on_which_message(
    slack: SlackServer, people: People, way: Any
) -> None:
    heard = pressed(app := bolt(slack.api))
    ts = await post(slack, section("27 days"), THUMBS)
    async with way(people, app):
        assert (await people.press("ben", "general", ts, "negative")).acked
    body = heard[0]
    assert (body["type"], body["user"]["id"]) == ("block_actions", "U0BEN")
    assert body["container"]["message_ts"] == body["message"]["ts"] == ts
    action = body["actions"][0]
    assert (action["type"], action["action_id"]) == ("feedback_buttons", "verdict")
    assert action["value"] == "down:1"


async def test_a_button_that_is_not_there_cannot_be_pressed(
    slack: SlackServer, people: People
) -> None:
    ts = await post(slack, actions(button("Go", "1", "go")))
    with pytest.raises(AssertionError, match=r"no_such_button.*'go', '1', 'Go'"):
        await people.press("ben", "general", ts, "stay")


async def test_a_click_that_nobody_acknowledges_is_told(slack: SlackServer, people: People) -> None:
    await people.configure(answer_timeout_s=0.05)
    ts = await post(slack, THUMBS)
    assert not (await people.press("ben", "general", ts, "positive")).acked


async def test_a_trigger_opens_one_modal_and_soon(slack: SlackServer, people: People) -> None:
    heard, client = pressed(app := bolt(slack.api)), bot_client(slack.api)
    ts = await post(slack, THUMBS)
    async with connected(people, app):
        await people.press("ben", "general", ts, "negative")
        await people.press("ben", "general", ts, "positive")
    first, second = heard[0]["trigger_id"], heard[1]["trigger_id"]
    await client.views_open(trigger_id=first, view=FORM)
    assert [v["callback_id"] for v in await people.open_views("U0BEN")] == ["why"]
    told = await refusal(client.views_open(trigger_id=first, view=FORM))
    assert told["error"] == "exchanged_trigger_id"
    await people.configure(trigger_age_s=0)
    told = await refusal(client.views_open(trigger_id=second, view=FORM))
    assert told["error"] == "expired_trigger_id"
    told = await refusal(client.views_open(trigger_id="1.2", view=FORM))
    assert told["error"] == "invalid_trigger_id"


async def test_a_form_is_filled_in_and_sent(slack: SlackServer, people: People) -> None:
    app, heard = bolt(slack.api), list[Json]()

    @app.action("verdict")
    async def on_press(ack: Any, body: Json, client: Any) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=FORM)

    @app.view("why")
    async def on_submit(ack: Any, view: Json) -> None:
        heard.append(view["state"]["values"])
        short = view["state"]["values"]["right"]["correct"]["value"] == "?"
        if short:
            await ack(response_action="errors", errors={"right": "Say more"})
        else:
            await ack()

    ts = await post(slack, THUMBS)
    async with connected(people, app):
        await people.press("ben", "general", ts, "negative")
        await people.wait_for(lambda seen: seen.views)
        view = (await people.open_views("U0BEN"))[0]["id"]
        with pytest.raises(AssertionError, match="needs a value: Reason"):
            await people.submit(view, "ben", {"correct": "28"})
        with pytest.raises(AssertionError, match="no_such_option"):
            await people.submit(view, "ben", {"chosen": "boring"})
        told = await people.submit(view, "ben", {"chosen": "old", "correct": "?"})
        assert told.errors == {"right": "Say more"}
        assert len(await people.open_views("U0BEN")) == 1
        assert (await people.submit(view, "ben", {"chosen": "old", "correct": "28"})).errors == {}
    assert await people.open_views("U0BEN") == []
    assert heard[-1]["reason"]["chosen"]["selected_option"]["value"] == "old"
    assert heard[-1]["right"]["correct"] == {"type": "plain_text_input", "value": "28"}


async def test_an_open_modal_can_be_changed(slack: SlackServer, people: People) -> None:
    heard, client = pressed(app := bolt(slack.api)), bot_client(slack.api)
    ts = await post(slack, THUMBS)
    async with connected(people, app):
        await people.press("ben", "general", ts, "negative")
    view = (await client.views_open(trigger_id=heard[0]["trigger_id"], view=FORM))["view"]
    done = {"type": "modal", "title": words("Done"), "blocks": [section("Thanks")]}
    await client.views_update(view_id=view["id"], view=done, hash=view["hash"])
    seen = await people.open_views("U0BEN")
    assert (seen[0]["id"], seen[0]["title"]["text"]) == (view["id"], "Done")
    told = await refusal(client.views_update(view_id=view["id"], view=done, hash=view["hash"]))
    assert told["error"] == "hash_conflict"


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"title": words("x" * 25)}, "/view/title/text"),
        ({"private_metadata": "x" * 3001}, "/view/private_metadata"),
        ({"callback_id": "x" * 256}, "/view/callback_id"),
        ({"blocks": [section("x")] * 101}, "no more than 100 items"),
        ({"blocks": [THUMBS]}, "unsupported type in this view: context_actions"),
        ({"submit": None}, "missing required field: submit"),
    ],
)
async def test_views_beyond_their_limits_are_refused(
    slack: SlackServer, change: Json, where: str
) -> None:
    call = bot_client(slack.api).views_open(trigger_id="1.2", view={**FORM, **change})
    told = await refusal(call)
    assert told["error"] == "invalid_arguments"
    assert where in "\n".join(told["response_metadata"]["messages"])


async def test_a_command_is_answered_at_once_and_later(slack: SlackServer, people: People) -> None:
    app, heard = bolt(slack.api), list[Json]()

    @app.command("/ask")
    async def on_ask(ack: Any, respond: Any, command: Json) -> None:
        await ack("I am looking.")
        heard.append(command)
        await respond("27 days.", response_type="in_channel")

    async with connected(people, app):
        await people.command("ben", "general", "/ask", "How many days?")
        seen = await people.wait_for(lambda seen: "27 days" in seen)
    assert seen.text.splitlines() == ["tandem: 27 days.", "(only ben) tandem: I am looking."]
    told = heard[0]
    assert (told["command"], told["text"], told["user_id"]) == ("/ask", "How many days?", "U0BEN")
    assert (told["channel_id"], told["channel_name"]) == (HERE, "general")


async def test_a_command_is_posted_as_a_form(slack: SlackServer, people: People) -> None:
    app, heard = bolt(slack.api), list[str]()

    @app.command("/ask")
    async def on_ask(ack: Any, command: Json) -> None:
        await ack("Yes?")
        heard.append(command["text"])

    async with posted_to(people, app):
        told = await people.command("ben", "general", "/ask", "Wie viele Tage & warum?")
    assert heard == ["Wie viele Tage & warum?"]
    assert told.payload["text"] == "Yes?"


async def test_a_response_url_wears_out(slack: SlackServer, people: People) -> None:
    heard = pressed(app := bolt(slack.api))
    ts = await post(slack, THUMBS)
    async with connected(people, app):
        await people.press("ben", "general", ts, "positive")
    hook = AsyncWebhookClient(heard[0]["response_url"])
    told = [await hook.send(text=f"{n}", response_type="ephemeral") for n in range(6)]
    assert [(t.status_code, t.body) for t in told] == [*[(200, "ok")] * 5, (404, "used_url")]
    assert "(only ben) tandem: 4" in await people.transcript("general")


async def test_a_response_may_take_the_messages_place(slack: SlackServer, people: People) -> None:
    heard = pressed(app := bolt(slack.api))
    ts = await post(slack, THUMBS)
    async with connected(people, app):
        await people.press("ben", "general", ts, "positive")
    hook = AsyncWebhookClient(heard[0]["response_url"])
    await hook.send(text="Thanks.", replace_original=True)
    assert await people.transcript("general") == "tandem: Thanks."
    await hook.send(delete_original=True)
    assert await people.transcript("general") == ""
    await people.configure(response_url_age_s=0)
    assert (await hook.send(text="late")).status_code == 404


async def test_a_message_shortcut_brings_its_message(slack: SlackServer, people: People) -> None:
    app, heard = bolt(slack.api), list[Json]()

    @app.shortcut("rewrite")
    async def on_shortcut(ack: Any, body: Json) -> None:
        await ack()
        heard.append(body)

    ts = await people.say("general", "ana", "pls fix asap")
    async with connected(people, app):
        await people.shortcut("ben", "general", ts, "rewrite")
    assert (heard[0]["type"], heard[0]["message"]["text"]) == ("message_action", "pls fix asap")
    assert heard[0]["user"]["id"] == "U0BEN"


async def test_the_home_is_published_and_pressed(slack: SlackServer, people: People) -> None:
    app, heard = listening(slack.api, "app_home_opened")
    clicks, client = pressed(app, "privacy"), bot_client(slack.api)
    home = {"type": "home", "blocks": [actions(button("Forget me", "1", "privacy"))]}
    await client.views_publish(user_id="U0BEN", view=home)
    async with connected(people, app):
        await people.open_home("ben", "home")
        await people.open_home("ben", "messages")
        await until(lambda: len(heard) == 2)
        await people.press_view("ben", "home", "Forget me")
    assert {(b["event"]["tab"], "view" in b["event"]) for b in heard} == {
        ("home", True),
        ("messages", False),
    }
    assert clicks[0]["view"]["type"] == "home"


async def test_a_modal_may_tell_that_it_was_closed(slack: SlackServer, people: People) -> None:
    app, closed = bolt(slack.api), list[str]()
    clicks, client = pressed(app), bot_client(slack.api)

    @app.view_closed("why")
    async def on_closed(ack: Any, view: Json) -> None:
        await ack()
        closed.append(view["callback_id"])

    ts = await post(slack, THUMBS)
    async with connected(people, app):
        await people.press("ben", "general", ts, "negative")
        form = {**FORM, "notify_on_close": True}
        opened = await client.views_open(trigger_id=clicks[0]["trigger_id"], view=form)
        await people.close_view(opened["view"]["id"], "ben")
    assert closed == ["why"]
    assert await people.open_views("U0BEN") == []
