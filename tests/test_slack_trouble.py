"""An answer on its way into a Slack that refuses, is busy, or breaks off."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.platforms.slack.marked import Where
from bot.platforms.slack.streaming import Refusals
from bot.posts import Reply
from bot.stage import CannotReply, PlatformAway
from tests.slack.faults import Fault
from tests.slack_threads import (
    CHANNEL,
    Thread,
    asked,
    ending,
    expire,
    sources,
    streaming,
)

# What Slack refuses.


async def test_a_stream_that_slack_closed_is_made_whole_and_the_next_begins(
    thread: Thread,
) -> None:
    writing = thread.writing()
    await writing.add("```py\none\n")
    expire(thread)
    thread.clock.now += 200
    await writing.add("two\n")
    await writing.add("```\n")
    await writing.finish(ending)
    assert thread.texts == ["```py\none\n```", "```py\ntwo\n```\n"]
    assert not any(reply.streaming for reply in writing.replies)


async def test_streams_that_are_closed_early_are_replaced_by_updates(thread: Thread) -> None:
    writing = thread.writing()
    await writing.add("one ")
    expire(thread)
    thread.clock.now += 2
    await writing.add("two ")
    thread.clock.now += 2
    await writing.add("three")
    await writing.finish(ending)
    assert thread.texts == ["one two three"]
    assert len(thread.calls("chat.update")) == 3


async def test_a_stream_closed_before_the_end_gets_its_ending_by_an_update(
    thread: Thread,
) -> None:
    writing = thread.writing()
    await writing.add("one ")
    expire(thread)
    await writing.add("two")
    await writing.finish(ending)
    assert (thread.texts, sources(thread)) == (["one two"], ["0: Sources under part 0"])


async def test_stop_pressed_by_the_person_ends_the_writing(thread: Thread) -> None:
    writing = thread.writing()
    await writing.add("one ")
    stream = thread.messages[0].stream
    assert stream is not None
    stream.state = "stopped_by_user"
    thread.clock.now += 1
    await writing.add("two ")
    await writing.add("three ")
    assert (writing.stopped, writing.text) == (True, "one two ")
    await writing.finish(ending)
    assert (thread.texts, sources(thread)) == (["one two "], ["0: Sources under part 0"])


REFUSALS = [
    "method_not_supported_for_channel_type",
    "feature_not_enabled",
    "unknown_method",
    "not_allowed_token_type",
    "user_not_found",
    "team_not_found",
    "missing_recipient_user_id",
    "streaming_state_conflict",
]


@pytest.mark.parametrize("code", REFUSALS)
async def test_where_streams_are_refused_the_answer_is_posted_and_updated(
    thread: Thread, code: str
) -> None:
    thread.slack.configure(streaming_refused=code)
    writing = thread.writing()
    for piece in ("You have ", "30 days ", "of leave."):
        await writing.add(piece)
        thread.clock.now += 1
    await writing.finish(ending)
    assert (thread.texts, streaming(thread)) == (["You have 30 days of leave."], ["posted"])
    assert sources(thread) == ["0: Sources under part 0"]
    assert thread.calls("chat.postMessage") == ["chat.postMessage"]
    assert len(thread.calls("chat.update")) == 2  # one at 1.5 s or later, and the last


async def test_a_workspace_that_refuses_streams_is_not_asked_again_for_an_hour(
    thread: Thread,
) -> None:
    thread.slack.configure(streaming_refused="feature_not_enabled")
    refusals = Refusals()

    async def answer() -> None:
        writing = thread.writing(refusals=refusals)
        await writing.add("Yes.")
        await writing.finish(ending)

    await answer()
    await answer()
    assert len(thread.calls("chat.startStream")) == 1
    thread.clock.now += 3601
    await answer()
    assert len(thread.calls("chat.startStream")) == 2


def test_who_cannot_be_streamed_to_takes_no_streams_from_others() -> None:
    robo, ben = Where("C0TEAM", "1.0", "B0ROBO"), Where("C0TEAM", "2.0", "U0BEN")
    refusals = Refusals()
    refusals.add("user_not_found", robo, now=0.0)
    assert refusals.hold(robo, now=1.0)
    assert not refusals.hold(ben, now=1.0)
    refusals.add("channel_type_not_supported", robo, now=0.0)
    assert refusals.hold(ben, now=1.0)


async def test_updated_messages_stay_short_and_go_on_in_the_next(thread: Thread) -> None:
    text = "A sentence of the answer. " * 400
    writing = thread.writing(stream=False)
    for begin in range(0, len(text), 500):
        await writing.add(text[begin : begin + 500])
        thread.clock.now += 2
    await writing.finish(ending)
    assert "".join(thread.texts) == text
    assert max(map(len, thread.texts)) <= 3900
    assert sources(thread) == ["2: Sources under part 2"]
    assert {call.error for call in thread.slack.ledger.calls} == {""}


async def test_the_notification_of_an_updated_message_pings_nobody(thread: Thread) -> None:
    writing = thread.writing(stream=False)
    await writing.add("Say <!channel> & wait.")
    assert "<!channel>" not in thread.messages[0].text


async def test_a_slack_that_knows_no_blocks_in_streams_gets_none(thread: Thread) -> None:
    thread.fault("chat.startStream", error="invalid_chunks")
    writing = thread.writing()
    await writing.add("Yes.")
    assert (thread.texts, streaming(thread)) == (["Yes."], ["in_progress"])


async def test_a_message_that_somebody_deleted_is_written_anew(thread: Thread) -> None:
    writing = thread.writing()
    await writing.add("one ")
    thread.slack.deleted(thread.messages[0])
    thread.clock.now += 1
    await writing.add("two")
    assert thread.texts == ["one two"]
    thread.slack.deleted(thread.messages[0])
    await writing.finish(ending)
    assert (thread.texts, sources(thread)) == (["one two"], ["0: Sources under part 0"])


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        ("channel_not_found", "/invite"),
        ("not_in_channel", "/invite"),
        ("is_archived", "Unarchive"),
        ("restricted_action", "settings"),
        ("missing_scope", "scope"),
        ("account_inactive", "token"),
        ("invalid_auth", "token"),
        ("token_revoked", "token"),
        ("something_new", "something_new"),
    ],
)
async def test_a_refusal_that_lasts_says_what_to_do(thread: Thread, code: str, remedy: str) -> None:
    thread.fault("*", error=code, times=99)
    with pytest.raises(CannotReply, match=remedy) as refused:
        await thread.writing().add("Yes.")
    assert code in refused.value.problem


# Trouble on the way.


async def test_a_busy_slack_is_left_alone_and_the_words_wait(thread: Thread) -> None:
    writing = thread.writing()
    await writing.add("one ")
    thread.fault("chat.appendStream", status=429, retry_after_s=4)
    for piece in ("two ", "three ", "four "):
        thread.clock.now += 1
        await writing.add(piece)
    assert thread.calls() == ["chat.startStream", "chat.appendStream"]
    thread.clock.now += 3
    await writing.add("five")
    assert thread.texts == ["one two three four five"]
    assert len(thread.calls("chat.appendStream")) == 2


async def test_the_end_waits_for_a_busy_slack(thread: Thread) -> None:
    writing = thread.writing()
    await writing.add("one ")
    thread.fault("chat.stopStream", status=429, retry_after_s=0, times=2)
    await writing.finish(ending)
    assert (thread.texts, streaming(thread)) == (["one "], ["completed"])


async def test_a_slack_that_is_busy_for_long_is_left_to_the_worker(thread: Thread) -> None:
    writing = thread.writing()
    thread.fault("chat.startStream", status=429, retry_after_s=600)
    await writing.add("one ")
    with pytest.raises(PlatformAway) as away:
        await writing.finish(ending)
    assert away.value.retry_after_s == pytest.approx(600)


Cut = Literal["before", "after"]
ANSWERED = (["one two three"], ["0: Sources under part 0"])


@pytest.mark.parametrize("cut", ["before", "after"])
@pytest.mark.parametrize("method", ["startStream", "appendStream", "stopStream"])
async def test_a_stream_survives_a_connection_that_breaks(
    thread: Thread, method: str, cut: Cut
) -> None:
    thread.fault(f"chat.{method}", cut=cut)
    writing = thread.writing()
    for piece in ("one ", "two ", "three"):
        await writing.add(piece)
        thread.clock.now += 1
    await writing.finish(ending)
    assert (thread.texts, sources(thread)) == ANSWERED
    assert writing.replies == (Reply(CHANNEL, thread.messages[0].ts, 0),)


@pytest.mark.parametrize("cut", ["before", "after"])
@pytest.mark.parametrize("method", ["postMessage", "update"])
async def test_a_posted_answer_survives_a_connection_that_breaks(
    thread: Thread, method: str, cut: Cut
) -> None:
    thread.fault(f"chat.{method}", cut=cut)
    writing = thread.writing(stream=False)
    for piece in ("one ", "two ", "three"):
        await writing.add(piece)
        thread.clock.now += 2
    await writing.finish(ending)
    assert (thread.texts, sources(thread)) == ANSWERED


async def test_a_slack_that_stumbles_is_asked_again(thread: Thread) -> None:
    thread.fault("chat.startStream", status=503, times=2)
    thread.fault("chat.stopStream", status=500, times=2)
    writing = thread.writing()
    await writing.add("one two three")
    await writing.finish(ending)
    assert (thread.texts, sources(thread)) == ANSWERED


async def test_a_slack_that_is_down_is_away(thread: Thread) -> None:
    thread.fault("*", status=503, times=99)
    with pytest.raises(PlatformAway, match="503"):
        await thread.writing().add("one")


async def test_nobody_at_that_address_is_away() -> None:
    async with asked() as thread:
        pass
    with pytest.raises(PlatformAway):
        await thread.writing().add("one")


METHODS = ["chat.startStream", "chat.appendStream", "chat.stopStream", "chat.postMessage"]
TROUBLES = st.builds(
    Fault,
    st.sampled_from([*METHODS, "chat.update"]),
    skip=st.integers(0, 2),
    cut=st.sampled_from(["before", "after"]),
) | st.builds(
    Fault,
    st.sampled_from(METHODS[:3]),
    skip=st.integers(0, 2),
    error=st.sampled_from(
        ["message_not_in_streaming_state", "feature_not_enabled", "msg_too_long", "internal_error"]
    ),
)
PIECES = st.lists(
    st.text("abcdefghijk \n.", min_size=1, max_size=40).filter(str.strip), min_size=1, max_size=12
)


@settings(max_examples=120, deadline=None)
@given(
    PIECES,
    st.lists(TROUBLES, max_size=2, unique_by=lambda fault: fault.method),
    st.lists(st.sampled_from([0.2, 1.0, 2.0, 300.0]), min_size=12, max_size=12),
    st.booleans(),
)
def test_whatever_happens_the_whole_answer_stands_once(
    pieces: list[str], troubles: list[Fault], pauses: list[float], stream: bool
) -> None:
    asyncio.run(_written_whole(pieces, troubles, pauses, stream))


async def _written_whole(
    pieces: Sequence[str], troubles: Sequence[Fault], pauses: Sequence[float], stream: bool
) -> None:
    async with asked() as thread:
        thread.slack.faults.coming += [Fault(**vars(fault)) for fault in troubles]
        writing = thread.writing(stream=stream)
        for piece, pause in zip(pieces, pauses, strict=False):
            await writing.add(piece)
            thread.clock.now += pause
        await writing.finish(ending)
        assert "".join(thread.texts).split() == "".join(pieces).split()
        assert len(sources(thread)) == 1
        assert "in_progress" not in streaming(thread)
        assert [r.message for r in writing.replies] == [m.ts for m in thread.messages]
        assert not any(reply.streaming for reply in writing.replies)
