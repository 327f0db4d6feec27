"""Slack's payloads as they are read: whatever comes is a post, nothing, or told to be no use."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.platforms.slack.fields import Malformed
from bot.platforms.slack.reading import (
    Me,
    Removal,
    read_command,
    read_message,
    read_press,
    read_reaction,
    read_shortcut,
    spoken,
)
from bot.posts import Door, Post
from tests.hostile import spoiled
from tests.slack.hostile import NASTY, THINGS
from tests.slack.payloads import Json

ME = Me("T0TANDEM", "U0TANDEM", "B0TANDEM")
TS = "1700000000.000100"
SAID: Json = {
    "type": "message",
    "user": "U0BEN",
    "team": "T0TANDEM",
    "text": "<@U0TANDEM> How many days of leave do I get?",
    "ts": TS,
    "thread_ts": "1700000000.000001",
    "blocks": [{"type": "rich_text", "elements": [{"type": "text", "text": "How"}]}],
    "files": [{"name": "bomb.zip", "url_private": "http://127.0.0.1:1/bomb.zip", "size": 1}],
}


def wrapped(event: Json) -> Json:
    """An event as Slack sends it."""
    return {"type": "event_callback", "event_id": "Ev01", "team_id": "T0TANDEM", "event": event}


WHERE = {"channel": "C0GENERAL", "channel_type": "channel", "event_ts": TS}
SAID_EVENT = wrapped(SAID | WHERE)
CHANGED: Json = {"type": "message", "subtype": "message_changed", "message": SAID, **WHERE}
DELETED: Json = {"type": "message", "subtype": "message_deleted", "deleted_ts": TS, **WHERE}
MESSAGES = (SAID_EVENT, wrapped(CHANGED), wrapped(DELETED))
COMMAND: Json = {
    "command": "/tuned",
    "text": "rewrite: send me the numbers",
    "channel_id": "C0GENERAL",
    "user_id": "U0BEN",
    "team_id": "T0TANDEM",
    "trigger_id": "1.2.abc",
    "response_url": "http://127.0.0.1:1/response/1",
}
PERSON = {"id": "U0BEN", "team_id": "T0TANDEM"}
PRESS: Json = {
    "type": "block_actions",
    "user": PERSON,
    "channel": {"id": "C0GENERAL"},
    "container": {"type": "message", "message_ts": TS},
    "message": {"ts": TS, "thread_ts": "1700000000.000001"},
    "view": {"id": "V1"},
    "actions": [{"action_id": "verdict", "value": "up:1", "action_ts": TS}],
    "trigger_id": "1.2.abc",
    "response_url": "http://127.0.0.1:1/response/1",
}
REACTION = wrapped(
    {
        "type": "reaction_added",
        "user": "U0BEN",
        "reaction": "+1",
        "item": {"type": "message", "channel": "C0GENERAL", "ts": TS},
        "event_ts": TS,
    }
)
SHORTCUT: Json = {
    "type": "message_action",
    "callback_id": "ask_tandem",
    "user": PERSON,
    "channel": {"id": "C0GENERAL"},
    "message": SAID,
    "trigger_id": "1.2.abc",
    "response_url": "http://127.0.0.1:1/response/1",
}
KEYS = sorted({*SAID_EVENT, *SAID, *WHERE, *COMMAND, *PRESS, *SHORTCUT})


def texts(value: Any) -> list[str]:
    """All text in a value of ours."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, tuple):
        return [text for one in value for text in texts(one)]
    if is_dataclass(value):
        return [text for f in fields(value) for text in texts(getattr(value, f.name))]
    return []


def check(read: Any, body: Any) -> None:
    """It is read or told to be malformed; what is read can be stored, its ids are plain."""
    made, told = None, ""
    try:
        made = read(body, ME)
    except Malformed as error:
        told = str(error)
    assert len(told) < 400  # a log line, whatever came
    for text in texts(made):
        assert "\0" not in text
        text.encode()
    if isinstance(made, (Post, Removal)):
        assert all(id.isprintable() and id.isascii() for id in (made.id, made.place.channel))


def test_what_slack_sends_is_read() -> None:
    for body in MESSAGES[:2]:
        post = read_message(body, ME)
        assert isinstance(post, Post)
        assert (post.text, post.addressed) == ("How many days of leave do I get?", True)
    assert isinstance(read_message(MESSAGES[2], ME), Removal)
    assert read_command(COMMAND, ME).text == "tuned rewrite: send me the numbers"
    assert read_press(PRESS, ME).action == "verdict"
    reaction = read_reaction(REACTION, ME)
    assert reaction is not None
    assert reaction.name == "+1"
    assert read_shortcut(SHORTCUT, ME).place.thread == "1700000000.000001"


@given(spoiled(*MESSAGES, fill=THINGS))
@settings(max_examples=200, deadline=None)
def test_a_spoiled_message_is_read_or_told(body: Json) -> None:
    check(read_message, body)


@given(spoiled(COMMAND, fill=THINGS))
@settings(deadline=None)
def test_a_spoiled_command_is_read_or_told(body: Json) -> None:
    check(read_command, body)


@given(spoiled(PRESS, fill=THINGS))
@settings(deadline=None)
def test_a_spoiled_click_is_read_or_told(body: Json) -> None:
    check(read_press, body)


@given(spoiled(REACTION, fill=THINGS))
@settings(deadline=None)
def test_a_spoiled_reaction_is_read_or_told(body: Json) -> None:
    check(read_reaction, body)


@given(spoiled(SHORTCUT, fill=THINGS))
@settings(deadline=None)
def test_a_spoiled_shortcut_is_read_or_told(body: Json) -> None:
    check(read_shortcut, body)


@given(st.dictionaries(st.sampled_from(KEYS), THINGS, max_size=6))
@settings(deadline=None)
def test_anything_at_all_is_read_or_told(body: Json) -> None:
    for read in (read_message, read_command, read_press, read_reaction, read_shortcut):
        check(read, body)


@given(st.text(st.sampled_from("<>@!#|^UABC0: \n\u202e\0,;-htps/.&a"), max_size=80))
def test_whatever_is_written_is_free_of_markup_that_names_people(text: str) -> None:
    said = spoken(text, ME)
    assert "<@U0TANDEM>" not in said.text
    assert "<!channel>" not in spoken(text + "<!channel>", ME).text


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_long_and_tricky_words_are_read_in_one_go(text: str) -> None:
    """What takes time by the square would not end here: 100,000 characters of each."""
    whole = (text * (100_000 // max(1, len(text)) + 1))[:100_000]
    post = read_message(wrapped(SAID | WHERE | {"text": whole}), ME)
    assert post is None or isinstance(post, Post)


def test_a_text_longer_than_slack_can_send_is_told() -> None:
    with pytest.raises(Malformed, match="`text` has 100,001 characters"):
        read_message(wrapped(SAID | WHERE | {"text": "x" * 100_001}), ME)


def test_thousands_of_mentions_are_as_many_others_as_there_are_people() -> None:
    text = "".join(f"<@U{n:05d}>" for n in range(3_000)) * 2
    post = read_message(wrapped(SAID | WHERE | {"text": text}), ME)
    assert isinstance(post, Post)
    assert (len(post.others), post.addressed) == (3_000, False)


def test_a_user_group_is_somebody_else() -> None:
    said = spoken("<!subteam^S0ENG|@engineers> <!here> when is lunch?", ME)
    assert (said.others, said.addressed) == (("S0ENG",), False)
    assert spoken("<@U0TANDEM> ask <!subteam^S0ENG>", ME).addressed


def test_half_a_character_and_nul_do_not_reach_the_database() -> None:
    post = read_message(wrapped(SAID | WHERE | {"text": "a\0b\ud800c"}), ME)
    assert isinstance(post, Post)
    assert post.text == "ab\ufffdc"


def test_a_file_that_comes_with_a_question_is_not_looked_at() -> None:
    post = read_message(wrapped(SAID | WHERE | {"subtype": "file_share"}), ME)
    assert isinstance(post, Post)
    assert not any("bomb" in text for text in texts(post))


@pytest.mark.parametrize("ts", ["", "now", "1e9", "-1.5", "1.2.3", "\u0661.\u0662", "9" * 13])
def test_a_message_whose_id_is_no_time_is_told(ts: str) -> None:
    with pytest.raises(Malformed):
        read_message(wrapped(SAID | WHERE | {"ts": ts}), ME)


def test_who_is_of_another_team_is_an_outsider_by_every_door() -> None:
    other: Json = {"id": "U0FAY", "team_id": "T0OTHER"}
    post = read_message(wrapped(SAID | WHERE | {"user_team": "T0OTHER"}), ME)
    assert isinstance(post, Post)
    assert (post.outsider, post.team) == (True, "T0OTHER")
    asked = read_command(COMMAND | {"team_id": "T0OTHER"}, ME)
    assert (asked.outsider, asked.door) == (True, Door.COMMAND)
    assert read_press(PRESS | {"user": other}, ME).outsider
    assert read_shortcut(SHORTCUT | {"user": other}, ME).outsider
