"""Whatever comes through Slack's sockets: the bot goes on, says so in a line, and pings nobody."""

from __future__ import annotations

import asyncio
import json
import logging
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.conversation import Outcome
from tests.bots import Made, made
from tests.hostile import deep, spoiled, things
from tests.patience import PATIENCE_S
from tests.slack.bots import listening
from tests.slack.hostile import NASTY, SMALL
from tests.slack.payloads import Json
from tests.slack.people import People, people_at
from tests.slack.server import serving
from tests.test_slack_reading import COMMAND, MESSAGES, PERSON, PRESS, REACTION, SHORTCUT, wrapped

QUESTION = "<@U0TANDEM> How many days of leave do I get?"
TEAM = {"id": "T0TANDEM", "domain": "tandem"}
PRESSES = tuple(
    PRESS | {"team": TEAM, "actions": [{**PRESS["actions"][0], "action_id": name, "value": value}]}
    for name, value in (
        ("verdict", "up:1"),
        ("verdict", "up:9999999999999999999999"),
        ("stop", "1"),
        ("redo", "rag"),
        ("share", "1"),
        ("learn", "yes"),
        ("forget", "x"),
        ("of_nobody", "x"),
    )
)
FORM: Json = {
    "type": "view_submission",
    "team": TEAM,
    "user": PERSON,
    "view": {
        "id": "V1",
        "type": "modal",
        "callback_id": "reason",
        "private_metadata": '{"interaction": 1}',
        "state": {"values": {"a": {"b": {"type": "plain_text_input", "value": "no"}}}},
    },
}
RESULT = FORM | {
    "view": {**FORM["view"], "callback_id": "result", "private_metadata": '{"item": 1}'}
}
OTHERS = (
    wrapped({"type": "app_home_opened", "user": "U0BEN", "channel": "D0BEN", "tab": "home"}),
    wrapped({"type": "app_home_opened", "user": "U0BEN", "channel": "D0BEN", "tab": "messages"}),
    wrapped({"type": "member_joined_channel", "user": "U0BEN", "channel": "C0GENERAL"}),
    wrapped({"type": "user_change", "user": PERSON}),
    wrapped(
        {
            "type": "agent_session_stopped",
            "channel": "C0GENERAL",
            "thread_ts": "1700000000.000100",
            "user": "U0BEN",
            "streaming_message_ts": ["1700000000.000100"],
        }
    ),
    wrapped({"type": "team_rename", "name": "new"}),
)
ORDER = COMMAND | {"command": "/tandem", "text": "status"}
INTERACTIONS = (*PRESSES, FORM, RESULT, SHORTCUT | {"team": TEAM})
ANY = things(SMALL)
ENVELOPES = st.one_of(
    st.tuples(st.just("events_api"), spoiled(*MESSAGES, REACTION, *OTHERS, fill=ANY)),
    st.tuples(st.just("slash_commands"), spoiled(COMMAND, ORDER, fill=ANY)),
    st.tuples(st.just("interactive"), spoiled(*INTERACTIONS, fill=ANY)),
    st.tuples(
        st.sampled_from(("events_api", "slash_commands", "interactive", "of_no_kind")),
        st.dictionaries(st.sampled_from(("type", "event", "user", "command", "actions")), ANY),
    ),
)


class Lines(logging.Handler):
    """What is logged, but for what is of no interest."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.records = list[logging.LogRecord]()

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    @property
    def traces(self) -> list[str]:
        """The lines with a stack trace, or longer than one can read."""
        told = [(record, record.getMessage()) for record in self.records]
        return [line[:600] for record, line in told if record.exc_info or len(line) > 1_000]


@contextmanager
def logged() -> Iterator[Lines]:
    """What is logged in the block."""
    lines, root = Lines(), logging.getLogger()
    root.addHandler(lines)
    try:
        yield lines
    finally:
        root.removeHandler(lines)


@pytest.fixture
async def channel(bot: Made, people: People) -> AsyncIterator[People]:
    """People whose channels the bot is in."""
    async with listening(bot, people):
        yield people


async def still_answers(people: People) -> None:
    """A plain question is answered."""
    ts = await people.say("team", "ana", QUESTION)

    def done(messages: list[str]) -> bool:
        return any("27 days" in text and "(thumbs)" in text for text in messages)

    await people.wait_for(
        lambda seen: done([m.drawn for m in seen.messages if m.thread_ts == ts]), channel="team"
    )


async def until_acknowledged(people: People, *ids: str) -> None:
    """Wait until the bot has acknowledged envelopes that only `raw` sent."""
    limit = time.monotonic() + PATIENCE_S
    while True:
        strays = " ".join(await people.strays())
        left = [id for id in ids if f'"{id}"' not in strays]
        if not left:
            return
        assert time.monotonic() < limit, f"never acknowledged: {left}"
        await asyncio.sleep(0.01)


def envelope(id: str, kind: str, payload: object) -> str:
    """An envelope as JSON."""
    made = {"envelope_id": id, "type": kind, "payload": payload}
    return json.dumps({**made, "accepts_response_payload": kind != "events_api"})


GARBAGE = {
    "nothing": "",
    "a word": "hello?",
    "half": '{"type": "events_api", "envelope_id": "x", "payload": {',
    "a list": "[1, 2, 3]",
    "null": "null",
    "deep": deep(20_000),
    "no payload": '{"type": "events_api", "envelope_id": "x"}',
    "no type": '{"envelope_id": "x", "payload": {}}',
    "not a number": '{"type": NaN, "payload": {}}',
    "another hello": '{"type": "hello", "num_connections": "many"}',
    "controls": '{"type": "\\u0000\\u001b[2J\\u202e"}',
    "long": json.dumps({"type": "x" * 1_000_000}),
}


@pytest.mark.parametrize("text", GARBAGE.values(), ids=GARBAGE.keys())
async def test_garbage_through_a_socket_stops_nothing(channel: People, text: str) -> None:
    with logged() as lines:
        await channel.raw(text)
        await still_answers(channel)
    assert lines.traces == []


USELESS: dict[str, tuple[str, object]] = {
    "a payload that is a list": ("events_api", [1]),
    "a payload that is text": ("events_api", "x"),
    "a payload that is null": ("events_api", None),
    "an event that is text": ("events_api", {"type": "event_callback", "event": "x"}),
    "an event without a type": ("events_api", {"type": "event_callback", "event": {}}),
    "no event": ("events_api", {"type": "event_callback"}),
    "authorizations of text": ("events_api", {**MESSAGES[0], "authorizations": ["x"]}),
    "a team that is a list": ("events_api", {**MESSAGES[0], "team": []}),
    "no actions": ("interactive", PRESS | {"actions": []}),
    "an unknown button": ("interactive", PRESSES[-1]),
    "a vote on what never was": ("interactive", PRESSES[1]),
    "a shortcut without a message": ("interactive", SHORTCUT | {"message": None}),
    "a form without a state": ("interactive", FORM | {"view": {"callback_id": "reason"}}),
    "a command without a user": ("slash_commands", COMMAND | {"user_id": None}),
    "an unknown command": ("slash_commands", COMMAND | {"command": "/of-nobody"}),
    "a kind of its own": ("of_no_kind", {"a": 1}),
}


@pytest.mark.parametrize(("kind", "payload"), USELESS.values(), ids=USELESS.keys())
async def test_what_is_useless_to_send_again_is_acknowledged_with_a_line(
    channel: People, kind: str, payload: object
) -> None:
    with logged() as lines:
        await channel.raw(envelope("E1", kind, payload))
        await until_acknowledged(channel, "E1")
        await still_answers(channel)
    assert lines.traces == []
    assert [r for r in lines.records if r.levelno >= logging.WARNING]


@given(st.lists(ENVELOPES, min_size=20, max_size=40))
@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],  # each takes a second or two: none is made smaller
)
def test_after_any_spoiled_envelopes_a_plain_question_is_answered(
    sent: list[tuple[str, Json]],
) -> None:
    async def session() -> list[str]:
        with tempfile.TemporaryDirectory() as home, made(Path(home)) as built, logged() as lines:
            async with (
                serving() as server,
                people_at(server.base) as those,
                listening(built, those),
            ):
                for number, (kind, payload) in enumerate(sent):
                    await those.raw(envelope(f"E{number}", kind, payload))
                await until_acknowledged(those, *(f"E{n}" for n in range(len(sent))))
                await still_answers(those)
            return lines.traces

    assert asyncio.run(session()) == []


async def test_forty_thousand_characters_are_refused_politely(channel: People, bot: Made) -> None:
    await channel.say("general", "ben", "<@U0TANDEM> " + "leave " * 6_664)
    await channel.wait_for(lambda seen: "characters long, and I read at most" in seen)
    assert bot.asked == []
    await still_answers(channel)


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
async def test_tricky_words_get_an_answer_a_notice_or_silence(channel: People, text: str) -> None:
    with logged() as lines:
        await channel.say("general", "ben", f"<@U0TANDEM> {text[:39_000]}")
        await channel.command("ben", "general", "/ask", text[:39_000])
        await channel.say("dm", "ben", text[:39_000] or "x")
        await still_answers(channel)
    assert lines.traces == []


async def test_files_and_attachments_are_never_fetched(channel: People, slack: object) -> None:
    bait = f"{channel.base}/control/about?bomb.zip"
    file = {"id": "F1", "name": "../../bomb.zip", "url_private": bait, "size": 10**15}
    card = {"title": "x" * 3_000, "image_url": bait, "from_url": bait, "text": "<!channel>"}
    more: dict[str, Any] = {
        "files": [file] * 20,
        "attachments": [card] * 20,
        "subtype": "file_share",
    }
    await channel.say("general", "ben", QUESTION, **more)
    await channel.wait_for(lambda seen: "(thumbs)" in seen)
    assert not [call for call in await channel.calls() if "bomb" in json.dumps(call["args"])]


async def test_a_shortcut_whose_modal_cannot_open_is_answered_in_a_direct_message(
    channel: People,
) -> None:
    ts = await channel.say("general", "ana", "How many days of leave do I get?")
    await channel.fault("views.open", error="expired_trigger_id", times=5)
    await channel.shortcut("ben", "general", ts, "ask_tandem")
    seen = await channel.wait_for(lambda seen: "(thumbs)" in seen)
    [answer] = seen.by_bot()
    assert (answer.channel, "27 days" in answer.drawn) == ("D0BEN", True)


async def test_a_shared_answer_is_redone_in_place(channel: People) -> None:
    await channel.say("general", "ben", QUESTION.replace("How", "private: How"))
    seen = await channel.wait_for(lambda seen: "(thumbs)" in seen)
    [private] = seen.by_bot()
    await channel.press("ben", private.channel, private.ts, "share")
    seen = await channel.wait_for(lambda seen: seen.text.count("(thumbs)") == 2)
    [shared] = [message for message in seen.by_bot() if message.channel == "C0GENERAL"]
    await channel.press("ben", "general", shared.ts, "redo")
    await channel.wait_for(lambda seen: "Kindly send the numbers" in seen, channel="general")


async def test_a_failure_is_never_a_failed_answer_of_a_later_question(
    channel: People, bot: Made
) -> None:
    await channel.raw(envelope("E1", "events_api", {"type": "event_callback", "event": []}))
    await still_answers(channel)
    [question] = bot.asked
    assert question.text == "How many days of leave do I get?"
    assert bot.store.interactions(1)[0].answer.outcome is Outcome.CITED
