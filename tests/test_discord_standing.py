"""The whole replies in Discord: completed from whatever stands, found again, taken back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Literal

import discord
import pytest

from bot.platforms.discord.drawn import Button, Drawn
from bot.posts import Reply
from bot.stage import CannotReply, PlatformAway
from tests.discord import acts
from tests.discord.answering import (
    DELETE,
    HERE,
    PATCH,
    POST,
    Asked,
    asking,
    button_ids,
)
from tests.discord.ids import CHANNELS


@pytest.fixture
async def asked() -> AsyncIterator[Asked]:
    """A question that was just asked."""
    async with asking() as begun:
        yield begun


def wished(*texts: str) -> list[Drawn]:
    """Messages as they are to stand; the last one has an embed and a button."""
    under = discord.Embed(description="Sources"), (Button("Redo", "tandem:redo:rag:7"),)
    return [*(Drawn(text) for text in texts[:-1]), Drawn(texts[-1], *under)]


async def completed(asked: Asked, standing: Sequence[Reply], *texts: str) -> list[Reply]:
    await asked.sheets(standing).complete(wished(*texts))
    return asked.replies


async def begun(asked: Asked, text: str) -> list[Reply]:
    """The replies that stand when the bot dies while it writes `text`."""
    writing = asked.writing()
    if text:
        await writing.add(text)
        asked.clock.now += 1
        await writing.add(" And so on.")
    return asked.replies


LONG = "You have 27 days of leave, and then some.\n" * 120  # three parts
HALF_WAY = {"nothing stands": "", "one is begun": "You have ", "several are begun": LONG}


@pytest.mark.parametrize("texts", [("Whole.",), ("First.", "Second."), tuple("abcdef")])
@pytest.mark.parametrize("state", HALF_WAY)
async def test_an_answer_is_completed_from_every_half_way_state(
    asked: Asked, state: str, texts: tuple[str, ...]
) -> None:
    replies = await begun(asked, HALF_WAY[state])
    await completed(asked, replies, *texts)
    noted = asked.replies[: len(texts)]
    assert asked.texts == list(texts)
    assert noted == [Reply(HERE, m.id, part) for part, m in enumerate(asked.messages)]
    calls = len(asked.world.ledger.calls)
    await completed(asked, noted, *texts)
    assert asked.texts == list(texts)
    done = list(asked.world.ledger.calls)[calls:]
    assert {call.route for call in done} == {PATCH}


async def test_only_the_last_part_has_sources_and_buttons(asked: Asked) -> None:
    await begun(asked, LONG)
    await completed(asked, asked.replies, "a", "b")
    first, last = asked.messages
    assert (first.embeds, button_ids(first)) == ([], [])
    assert (last.embeds[0]["description"], len(button_ids(last))) == ("Sources", 1)


async def test_what_a_message_shows_already_is_not_set_again(asked: Asked) -> None:
    sheets = asked.sheets()
    await sheets.complete(wished("a", "b"))
    calls = len(asked.world.ledger.calls)
    await sheets.complete(wished("a", "b"))
    assert len(asked.world.ledger.calls) == calls


async def test_one_message_is_not_changed_twice_within_a_second(asked: Asked) -> None:
    sheets = asked.sheets()
    writing = asked.writing(sheets)
    await writing.add("You have ")
    asked.clock.now += 1
    await writing.add("27 days ")
    began = asked.clock.now
    await sheets.complete(wished("You have 27 days."))
    assert asked.clock.now == began + 1
    assert asked.texts == ["You have 27 days."]


async def test_what_was_just_posted_is_completed_at_once(asked: Asked) -> None:
    sheets = asked.sheets()
    await asked.writing(sheets).add("You have ")
    began = asked.clock.now
    await sheets.complete(wished("You have 27 days."))
    assert (asked.clock.now, asked.texts) == (began, ["You have 27 days."])


@pytest.mark.parametrize("deleted", [0, 1, 2])
async def test_messages_that_somebody_deleted_are_posted_anew_in_order(
    asked: Asked, deleted: int
) -> None:
    replies = await completed(asked, [], "a", "b", "c")
    asked.world.remove(asked.messages[deleted])
    noted = await completed(asked, replies, "x", "y", "z")
    assert asked.texts == ["x", "y", "z"]
    assert [reply.message for reply in noted] == [message.id for message in asked.messages]


async def test_a_message_deleted_at_once_is_posted_again_though_discord_knows_its_nonce(
    asked: Asked,
) -> None:
    asked.fault(POST, status=404, code=10008)
    await completed(asked, [], "a")
    assert asked.texts == ["a"]


@pytest.mark.parametrize("cut", ["before", "after"])
@pytest.mark.parametrize("skip", [0, 1, 2])
async def test_a_connection_that_breaks_doubles_nothing(
    asked: Asked, skip: int, cut: Literal["before", "after"]
) -> None:
    asked.fault(POST, cut=cut, skip=skip)
    replies = await completed(asked, [], "a", "b", "c")
    assert asked.texts == ["a", "b", "c"]
    asked.fault(PATCH, cut=cut, skip=skip)
    asked.fault(DELETE, cut=cut)
    await completed(asked, replies, "x", "y")
    assert asked.texts == ["x", "y"]


async def test_what_stands_under_the_nonce_already_is_brought_to_what_is_wished(
    asked: Asked,
) -> None:
    await begun(asked, "You have")  # and died before it was noted
    await completed(asked, [], "You have 27 days.")
    assert asked.texts == ["You have 27 days."]
    assert button_ids(asked.messages[0]) == ["tandem:redo:rag:7"]


async def test_a_crash_between_any_two_calls_is_made_good(asked: Asked) -> None:
    for calls in range(7):
        replies = await begun(asked, LONG)
        asked.fault("*", status=503, skip=calls, times=99)
        with suppress(PlatformAway):
            await completed(asked, replies, "First.", "Second.")
        asked.world.faults.coming.clear()
        await completed(asked, asked.replies, "First.", "Second.")
        assert asked.texts == ["First.", "Second."]
        await retracted(asked)
        asked.noted.clear()
        asked.item = replace(asked.item, revision=calls + 2)


async def test_a_place_where_nothing_may_be_said_is_told(asked: Asked) -> None:
    asked.fault(POST, status=403, code=50013)
    with pytest.raises(CannotReply, match="permissions"):
        await completed(asked, [], "a")


async def test_where_replies_are_refused_the_answer_hangs_on_nothing(asked: Asked) -> None:
    asked.fault(POST, status=400, code=160002)
    await completed(asked, [], "a")
    assert (asked.texts, asked.messages[0].reference) == (["a"], None)


async def test_a_question_that_was_deleted_meanwhile_is_no_failure(asked: Asked) -> None:
    acts.delete(asked.world, asked.question)
    await completed(asked, [], "a")
    assert asked.texts == ["a"]


async def test_what_stands_where_others_read_it_goes_before_anything_is_told(
    asked: Asked,
) -> None:
    replies = await completed(asked, [], "for all")
    elsewhere = [Reply(CHANNELS["general"], reply.message, 0) for reply in replies]
    asked.item = replace(asked.item, revision=2)
    await completed(asked, elsewhere, "for Ben")
    routes = [c.route for c in asked.world.ledger.calls if c.route in (POST, DELETE, PATCH)]
    assert routes == [POST, DELETE, POST]


# Messages that Discord refuses to change.


@pytest.mark.parametrize("written", ["You have ", LONG], ids=["one part", "several"])
async def test_what_cannot_be_changed_is_written_anew_and_goes(asked: Asked, written: str) -> None:
    standing = await begun(asked, written)
    asked.fault(PATCH, times=3, status=403, code=200000)
    replies = await completed(asked, standing, "a", "b")
    assert asked.texts == ["a", "b"]
    assert [(reply.message, reply.streaming) for reply in replies[:2]] == [
        (message.id, False) for message in asked.messages
    ]


async def test_what_can_be_neither_changed_nor_deleted_stays_and_is_told(
    asked: Asked, caplog: pytest.LogCaptureFixture
) -> None:
    standing = await begun(asked, "You have ")
    before = asked.texts
    asked.fault(PATCH, times=99, status=403, code=200000)
    asked.fault(DELETE, times=99, status=403, code=50013)
    replies = await completed(asked, standing, "a")
    assert asked.texts == [*before, "a"]
    assert "50013" in caplog.text
    asked.world.faults.coming.clear()
    await completed(asked, [*standing, *replies], "a")
    assert asked.texts == ["a"]


async def test_a_crash_before_the_old_one_is_deleted_doubles_nothing(asked: Asked) -> None:
    standing = await begun(asked, "You have ")
    asked.fault(PATCH, times=99, status=403, code=200000)
    asked.fault(DELETE, times=3, status=503)
    with suppress(PlatformAway):
        await completed(asked, standing, "a")
    assert len(asked.messages) == 2
    new = asked.replies
    asked.world.faults.coming.clear()
    asked.fault(PATCH, status=403, code=200000)
    asked.noted.clear()
    replies = await completed(asked, [*new, *standing], "a")
    assert asked.texts == ["a"]
    assert [reply.message for reply in replies] == [asked.messages[0].id]  # noted anew


async def test_where_nothing_new_can_be_said_either_the_old_one_stays(asked: Asked) -> None:
    standing = await begun(asked, "You have ")
    before = asked.texts
    asked.fault(PATCH, status=403, code=200000)
    asked.fault(POST, status=403, code=50013)
    with pytest.raises(CannotReply, match="permissions"):
        await completed(asked, standing, "a")
    assert asked.texts == before


# Archived threads.


async def test_a_thread_that_was_archived_is_opened_for_a_change(asked: Asked) -> None:
    thread = asked.place = acts.begin_thread(asked.world, "ben", asked.question, "Leave")
    replies = await completed(asked, [], "a")
    acts.archive(asked.world, asked.world.channel(thread))
    await completed(asked, replies, "b")
    assert asked.texts == ["b"]
    assert not told_archived(asked, thread)


async def test_a_thread_that_was_archived_wakes_up_when_something_is_posted(
    asked: Asked,
) -> None:
    thread = asked.place = acts.begin_thread(asked.world, "ben", asked.question, "Leave")
    acts.archive(asked.world, asked.world.channel(thread))
    await completed(asked, [], "a")
    assert asked.texts == ["a"]


async def test_a_thread_that_is_locked_is_told_with_a_remedy(asked: Asked) -> None:
    thread = asked.place = acts.begin_thread(asked.world, "ben", asked.question, "Leave")
    acts.archive(asked.world, asked.world.channel(thread), archived=False, locked=True)
    with pytest.raises(CannotReply, match="unlock it"):
        await completed(asked, [], "a")


# Taking back.


def told_archived(asked: Asked, thread: str) -> bool:
    held = asked.world.channel(thread).thread
    return held is not None and held.archived


async def retracted(asked: Asked) -> None:
    sheets = asked.sheets(asked.replies)
    for sheet in sheets.all:
        await sheets.delete(sheet)


async def test_an_answer_is_taken_back_also_while_it_is_written(asked: Asked) -> None:
    await begun(asked, LONG)
    await retracted(asked)
    await retracted(asked)
    assert asked.messages == []


async def test_what_discord_does_not_delete_is_told_in_the_log(
    asked: Asked, caplog: pytest.LogCaptureFixture
) -> None:
    await completed(asked, [], "a")
    asked.fault(DELETE, status=403, code=50001)
    await retracted(asked)
    assert "50001" in caplog.text
