"""The whole replies in a Slack thread: found, completed, retracted."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

import pytest

from bot.platforms.slack.calls import Refused
from bot.platforms.slack.marked import find_marked, first_id, metadata
from bot.platforms.slack.standing import complete, retract
from bot.platforms.slack.streaming import Pace
from bot.posts import Reply
from bot.stage import CannotReply, PlatformAway
from tests.slack.world import Message
from tests.slack_threads import (
    BEN,
    CHANNEL,
    QUICK,
    Thread,
    ending,
    mark,
    part,
    streaming,
)

# Finding what was posted.


async def test_only_the_bots_own_messages_are_found_by_their_mark(thread: Thread) -> None:
    writing = thread.writing()
    await writing.add("Mine.")
    clock, root = thread.slack.world.clock, thread.question.ts
    forged = [{"type": "markdown", "text": "Not mine.", "block_id": first_id(mark(0))}]
    for user, bot in ((BEN, ""), ("U0ROBO", "B0ROBO")):
        thread.slack.world.post(Message(CHANNEL, clock.ts(), user, "", root, bot, list(forged)))
    assert await find_marked(thread.client, thread.where, part) == [
        Reply(CHANNEL, thread.messages[0].ts, 0)
    ]


async def test_a_reply_is_found_by_its_metadata_in_a_long_thread(thread: Thread) -> None:
    for _ in range(450):
        world = thread.slack.world
        world.post(Message(CHANNEL, world.clock.ts(), BEN, "And?", thread.question.ts))
    posted = await thread.client.chat_postMessage(
        channel=CHANNEL, thread_ts=thread.question.ts, text="Yes.", metadata=metadata(mark(3))
    )
    found = await find_marked(thread.client, thread.where, part)
    assert found == [Reply(CHANNEL, posted["ts"], 3)]


async def test_a_thread_that_is_gone_holds_no_replies(thread: Thread) -> None:
    thread.slack.deleted(thread.question)
    assert await find_marked(thread.client, thread.where, part) == []


async def test_other_refusals_to_look_are_told(thread: Thread) -> None:
    thread.fault("conversations.replies", error="missing_scope")
    with pytest.raises(Refused, match="missing_scope"):
        await find_marked(thread.client, thread.where, part)


# Making the wished messages stand.


@dataclass(frozen=True)
class Wished:
    """A message as it is to stand."""

    text: str
    blocks: list[dict[str, Any]]


def wished(*texts: str) -> list[Wished]:
    return [
        Wished(text, [{"type": "markdown", "text": text, "block_id": mark(number)}])
        for number, text in enumerate(texts)
    ]


async def completed(thread: Thread, replies: Sequence[Reply], *texts: str) -> list[Reply]:
    """Complete the answer; what was noted of it last, by part."""
    noted: dict[int, Reply] = {}

    async def note(reply: Reply) -> None:
        noted[reply.part] = reply

    await complete(thread.client, thread.where, replies, wished(*texts), note, QUICK)
    return [noted[number] for number in sorted(noted)]


async def begun(thread: Thread, text: str = "", whole: bool = False) -> list[Reply]:
    """The replies that stand when the bot dies while it writes `text`."""
    writing = thread.writing(limits=Pace(stream_chars=250))
    if text:
        await writing.add(text)
        thread.clock.now += 1
        await writing.add(" And so on.")
    if whole:
        await writing.finish(ending)
    return list(writing.replies)


HALF_WAY = {
    "nothing stands": ("", False),
    "a stream has begun": ("You have", False),
    "one message is whole, the next streams": ("You have 30 days of leave. " * 10, False),
    "several are whole, the last streams": ("You have 30 days of leave. " * 30, False),
    "all is whole": ("You have 30 days.", True),
    "more is whole than is wished": ("You have 30 days of leave. " * 30, True),
}


@pytest.mark.parametrize("texts", [("Whole.",), ("First.", "Second."), tuple("abcdef")])
@pytest.mark.parametrize("state", HALF_WAY)
async def test_an_answer_is_completed_from_every_half_way_state(
    thread: Thread, state: str, texts: tuple[str, ...]
) -> None:
    replies = await begun(thread, *HALF_WAY[state])
    noted = await completed(thread, replies, *texts)
    assert thread.texts == list(texts)
    assert "in_progress" not in streaming(thread)
    assert noted == [Reply(CHANNEL, m.ts, number) for number, m in enumerate(thread.messages)]
    again = await completed(thread, noted, *texts)
    assert (thread.texts, again) == (list(texts), noted)


async def test_an_answer_is_completed_in_the_messages_that_stand(thread: Thread) -> None:
    replies = await begun(thread, "You have 30 days of leave. " * 10)
    before = [message.ts for message in thread.messages]
    await completed(thread, replies, "First.", "Second.")
    assert [message.ts for message in thread.messages] == before


async def test_a_stream_that_is_not_known_as_one_is_completed_too(thread: Thread) -> None:
    await begun(thread, "You have")
    found = await find_marked(thread.client, thread.where, part, QUICK)
    await completed(thread, found, "Whole.")
    assert (thread.texts, streaming(thread)) == (["Whole."], ["completed"])


async def test_what_was_posted_and_never_noted_is_found_and_completed(thread: Thread) -> None:
    await completed(thread, [], "First.", "Second.")
    found = await find_marked(thread.client, thread.where, part, QUICK)
    await completed(thread, found, "Other.", "Words.")
    assert thread.texts == ["Other.", "Words."]


@pytest.mark.parametrize("deleted", [0, 1, 2])
async def test_messages_that_somebody_deleted_are_posted_anew_in_order(
    thread: Thread, deleted: int
) -> None:
    replies = await completed(thread, [], "a", "b", "c")
    thread.slack.deleted(thread.messages[deleted])
    noted = await completed(thread, replies, "x", "y", "z")
    assert thread.texts == ["x", "y", "z"]
    assert [reply.message for reply in noted] == [message.ts for message in thread.messages]


@pytest.mark.parametrize("code", ["cant_update_message", "edit_window_closed"])
async def test_a_message_that_cannot_be_changed_is_replaced(thread: Thread, code: str) -> None:
    replies = await completed(thread, [], "a", "b")
    thread.fault("chat.update", error=code, times=2)
    await completed(thread, replies, "x", "y")
    assert thread.texts == ["x", "y"]


@pytest.mark.parametrize("cut", ["before", "after"])
@pytest.mark.parametrize("skip", [0, 1, 2])
async def test_a_connection_that_breaks_doubles_nothing(
    thread: Thread, skip: int, cut: Literal["before", "after"]
) -> None:
    thread.fault("chat.postMessage", cut=cut, skip=skip)
    replies = await completed(thread, [], "a", "b", "c")
    assert thread.texts == ["a", "b", "c"]
    thread.fault("chat.update", cut=cut, skip=skip)
    thread.fault("chat.delete", cut=cut)
    await completed(thread, replies, "x", "y")
    assert thread.texts == ["x", "y"]


async def test_a_crash_between_any_two_calls_is_made_good(thread: Thread) -> None:
    for calls in range(7):
        replies = await begun(thread, "You have 30 days of leave. " * 30)
        thread.fault("*", status=503, skip=calls, times=99)
        with suppress(PlatformAway):
            await completed(thread, replies, "First.", "Second.")
        thread.slack.faults.coming.clear()
        found = await find_marked(thread.client, thread.where, part, QUICK)
        await completed(thread, found, "First.", "Second.")
        assert thread.texts == ["First.", "Second."]
        await retract(thread.client, thread.where, found, tries=QUICK)
        assert thread.messages == []


async def test_completing_waits_for_a_busy_slack(thread: Thread) -> None:
    thread.fault("chat.postMessage", status=429, retry_after_s=0, times=2)
    await completed(thread, [], "a")
    assert thread.texts == ["a"]


async def test_a_place_where_nothing_may_be_said_is_told(thread: Thread) -> None:
    thread.fault("chat.postMessage", error="is_archived")
    with pytest.raises(CannotReply, match="Unarchive"):
        await completed(thread, [], "a")


# Taking back.


async def test_an_answer_is_retracted_also_while_it_streams(thread: Thread) -> None:
    replies = await begun(thread, "You have 30 days of leave. " * 20)
    await retract(thread.client, thread.where, replies, tries=QUICK)
    await retract(thread.client, thread.where, replies, tries=QUICK)
    assert thread.messages == []


async def test_what_slack_does_not_delete_is_overwritten(thread: Thread) -> None:
    replies = await completed(thread, [], "a secret")
    thread.fault("chat.delete", error="compliance_exports_prevent_deletion")
    [instead] = wished("This was taken back.")
    await retract(thread.client, thread.where, replies, instead, QUICK)
    assert thread.texts == ["This was taken back."]
