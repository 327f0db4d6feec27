"""An answer on its way into a Slack thread, in the real SDK against a local Slack."""

from __future__ import annotations

from typing import Any

from bot.platforms.slack.marked import Where, find_marked, metadata
from bot.platforms.slack.streaming import Pace
from bot.posts import Reply
from tests.slack.transcript import transcript
from tests.slack.world import BOT_USER, TEAM, Message
from tests.slack_threads import (
    BEN,
    CHANNEL,
    Thread,
    ending,
    mark,
    part,
    sources,
    streaming,
)

# How an answer is streamed.


async def test_an_answer_is_streamed_and_ends_with_its_sources(thread: Thread) -> None:
    writing = thread.writing()
    for piece in ("You have ", "30 days ", "of leave."):
        await writing.add(piece)
        thread.clock.now += 1
    await writing.finish(ending)
    assert transcript(thread.slack.world, CHANNEL) == [
        "ben: Leave?",
        "  tandem: Answer",
        "    You have 30 days of leave.",
        "    Sources under part 0",
    ]
    assert streaming(thread) == ["completed"]
    assert thread.messages[0].metadata == metadata(mark(0))


async def test_each_message_is_noted_when_it_begins_and_when_it_is_whole(thread: Thread) -> None:
    writing = thread.writing()
    await writing.add("You have ")
    begun = list(thread.noted)
    await writing.finish(ending)
    ts = thread.messages[0].ts
    assert begun == [Reply(CHANNEL, ts, 0, streaming=True)]
    assert thread.noted == [*begun, Reply(CHANNEL, ts, 0)]
    assert writing.replies == (Reply(CHANNEL, ts, 0),)


async def test_the_first_piece_is_shown_at_once_and_then_one_append_a_second(
    thread: Thread,
) -> None:
    writing = thread.writing()
    for _ in range(25):
        await writing.add("word ")
        thread.clock.now += 0.1
    assert thread.calls() == ["chat.startStream", "chat.appendStream", "chat.appendStream"]
    await writing.finish(ending)
    assert thread.texts == ["word " * 25]


async def test_task_cards_are_shown_before_the_text_and_changed_by_their_id(
    thread: Thread,
) -> None:
    writing = thread.writing()
    card = {"type": "task_update", "id": "search", "title": "Searching"}
    await writing.tasks([{**card, "status": "in_progress"}])
    thread.clock.now += 1
    await writing.tasks([{**card, "status": "complete"}])
    await writing.add("Here it is.")
    await writing.finish(ending)
    assert transcript(thread.slack.world, CHANNEL)[1:4] == [
        "  tandem: Answer",
        "    ▸ Searching (complete)",
        "    Here it is.",
    ]


async def test_a_card_that_bears_the_mark_opens_the_message(thread: Thread) -> None:
    writing = thread.writing()
    card = {"type": "task_update", "id": mark(0), "title": "Searching", "status": "complete"}
    await writing.tasks([card])
    assert transcript(thread.slack.world, CHANNEL)[1:] == ["  tandem: ▸ Searching (complete) …"]
    assert await find_marked(thread.client, thread.where, part) == [
        Reply(CHANNEL, thread.messages[0].ts, 0)
    ]


async def test_an_answer_that_was_never_begun_is_posted_whole(thread: Thread) -> None:
    writing = thread.writing()
    await writing.finish(ending)
    assert (thread.calls(), sources(thread)) == (["chat.postMessage"], ["0: Sources under part 0"])


async def test_without_a_thread_an_answer_is_posted_into_the_channel(thread: Thread) -> None:
    thread.where = Where(CHANNEL, "", BEN, TEAM, own_user=BOT_USER)
    writing = thread.writing()
    await writing.add("Here.")
    await writing.finish(ending)
    assert thread.calls() == ["chat.postMessage", "chat.update"]
    assert transcript(thread.slack.world, CHANNEL)[1] == "tandem: Here."


async def test_in_a_direct_channel_nobody_is_named(thread: Thread) -> None:
    direct = thread.slack.world.direct(BEN)
    root = thread.slack.world.post(Message(direct.id, thread.slack.world.clock.ts(), BEN, "Hi"))
    thread.where = Where(direct.id, root.ts, BEN, TEAM, direct=True, own_user=BOT_USER)
    await thread.writing().add("Here.")
    assert "recipient_user_id" not in thread.slack.ledger.calls[-1].args
    assert transcript(thread.slack.world, direct.id)[1:] == ["  tandem: Answer", "    Here. …"]


async def test_a_dropped_answer_leaves_nothing(thread: Thread) -> None:
    writing = thread.writing()
    await writing.add("I think that ")
    await writing.drop()
    assert (thread.messages, writing.replies) == ([], ())


# Where one message ends and the next begins.


async def test_a_stream_is_left_before_slack_closes_it_and_code_goes_on_in_the_next(
    thread: Thread,
) -> None:
    writing = thread.writing()
    await writing.add("So:\n```sql\nselect ")
    thread.clock.now += 241
    await writing.add("1;\nselect 2;")
    thread.clock.now += 1
    await writing.add("\n```\nDone.")
    await writing.finish(ending)
    assert thread.texts == [
        "So:\n```sql\nselect 1;\n```",
        "```sql\nselect 2;\n```\nDone.",
    ]
    assert streaming(thread) == ["completed", "completed"]
    assert sources(thread) == ["1: Sources under part 1"]
    assert [reply.part for reply in writing.replies] == [0, 1]


async def test_an_old_stream_waits_a_little_for_the_end_of_the_line(thread: Thread) -> None:
    writing = thread.writing()
    await writing.add("A line ")
    thread.clock.now += 241
    await writing.add("that goes on ")
    assert len(thread.messages) == 1
    thread.clock.now += 24
    await writing.add("and on")
    await writing.add(" for long.")
    await writing.finish(ending)
    assert thread.texts == ["A line that goes on and on", " for long."]


async def test_a_long_answer_goes_over_several_streams(thread: Thread) -> None:
    text = "".join(f"Line {number} of a long answer.\n" for number in range(900))
    writing = thread.writing()
    for begin in range(0, len(text), 700):
        await writing.add(text[begin : begin + 700])
        thread.clock.now += 1
    await writing.finish(ending)
    assert "".join(thread.texts) == text
    assert all(len(shown) <= 11_000 for shown in thread.texts)
    assert streaming(thread) == ["completed"] * 3
    assert sources(thread) == ["2: Sources under part 2"]


async def test_a_long_answer_at_once_goes_over_several_messages(thread: Thread) -> None:
    text = "A sentence of the answer. " * 1000
    writing = thread.writing()
    await writing.add(text)
    await writing.finish(ending)
    assert "".join(thread.texts) == text
    assert sources(thread) == ["2: Sources under part 2"]


async def test_sources_that_do_not_fit_below_get_their_own_message(thread: Thread) -> None:
    def long_ending(part: int) -> list[dict[str, Any]]:
        text = {"type": "mrkdwn", "text": "x" * 2900}
        return [{"type": "section", "block_id": mark(part), "text": text}]

    writing = thread.writing()
    await writing.add("A sentence. " * 900)
    await writing.finish(long_ending)
    assert thread.texts == ["A sentence. " * 900, ""]
    assert len(sources(thread)) == 1
    assert sources(thread)[0].startswith("1: ")


async def test_sources_that_slack_finds_too_long_get_their_own_message(thread: Thread) -> None:
    def long_ending(part: int) -> list[dict[str, Any]]:
        text = {"type": "mrkdwn", "text": "x" * 2900}
        return [{"type": "section", "block_id": mark(part), "text": text}]

    writing = thread.writing(limits=Pace(message_chars=100_000))
    await writing.add("A sentence. " * 900)
    await writing.finish(long_ending)
    assert thread.texts == ["A sentence. " * 900, ""]
