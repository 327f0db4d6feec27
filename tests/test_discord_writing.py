"""An answer on its way into Discord, in the real discord.py against a local Discord."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.platforms.discord.calls import Refused
from bot.platforms.discord.drawn import Drawn
from bot.posts import Reply
from bot.stage import PlatformAway
from knowledge.documents import Chunk, Passage
from tests.discord.answering import HERE, PATCH, POST, Asked, asking, stops
from tests.discord.settings import Settings
from tests.patience import PATIENCE_S


@pytest.fixture
async def asked() -> AsyncIterator[Asked]:
    """A question that was just asked."""
    async with asking() as begun:
        yield begun


LONG = "A sentence of the answer, and another one.\n" * 60  # two parts


def passage(key: str) -> Passage:
    return Passage(Chunk("handbook", key, key.title(), "", (), 0, "x"), 1.0)


# How it grows.


async def test_the_first_piece_is_posted_at_once_as_a_reply_that_can_be_stopped(
    asked: Asked,
) -> None:
    await asked.writing().add("You have ")
    [message] = asked.messages
    assert message.content.startswith("You have")
    assert message.content != "You have"  # it says that it is not finished
    assert (stops(message), message.reference and message.reference["message_id"]) == (
        True,
        asked.question,
    )
    assert asked.noted == [Reply(HERE, message.id, 0, streaming=True)]


async def test_there_is_at_most_one_edit_a_second_and_it_shows_the_newest(asked: Asked) -> None:
    writing = asked.writing()
    for _ in range(25):
        await writing.add("word ")
        asked.clock.now += 0.1
    assert (asked.calls(POST), asked.calls(PATCH)) == (1, 2)
    assert asked.texts[0].count("word") == 21


async def test_the_pages_found_are_named_until_there_is_text(asked: Asked) -> None:
    writing = asked.writing()
    await writing.found([passage("leave"), passage("lunch")])
    assert "2 pages" in asked.texts[0]
    assert stops(asked.messages[0])
    asked.clock.now += 1
    await writing.add("You have 27 days. ")
    assert "pages" not in asked.texts[0]
    assert (len(asked.messages), "You have 27 days." in asked.texts[0]) == (1, True)


async def test_what_is_too_long_goes_on_in_the_next_message_and_the_full_one_is_closed(
    asked: Asked,
) -> None:
    writing = asked.writing()
    for begin in range(0, len(LONG), 300):
        await writing.add(LONG[begin : begin + 300])
        asked.clock.now += 1
    await writing.add("\nThe end.\n")
    first, second = asked.messages
    assert [stops(first), stops(second)] == [False, True]
    assert [reply.part for reply in asked.replies] == [0, 1]
    assert "The end." in second.content


async def test_a_long_answer_at_once_is_posted_in_parts_that_all_bear_their_mark(
    asked: Asked,
) -> None:
    await asked.writing().add(LONG)
    assert [stops(message) for message in asked.messages] == [True, True]


async def test_where_only_one_message_can_be_no_other_is_posted(asked: Asked) -> None:
    writing = asked.writing(most=1)
    await writing.add(LONG)
    asked.clock.now += 1
    await writing.add(LONG)
    assert len(asked.messages) == 1


async def test_what_is_written_pings_nobody(asked: Asked) -> None:
    await asked.writing().add("@everyone <@700000000000000002> look")
    assert asked.messages[0].pinged == []


# What Discord does with it.


async def test_a_message_that_somebody_deleted_is_posted_anew(asked: Asked) -> None:
    writing = asked.writing()
    await writing.add("You have ")
    asked.world.remove(asked.messages[0])
    asked.clock.now += 1
    await writing.add("27 days.")
    asked.clock.now += 1
    await writing.add(" Of leave. ")
    assert len(asked.messages) == 1
    assert "You have 27 days. Of leave." in asked.texts[0]


@pytest.mark.parametrize("trouble", [{"status": 503}, {"cut": "before"}, {"cut": "after"}])
async def test_an_edit_that_fails_is_made_good_by_the_next(
    asked: Asked, trouble: dict[str, object]
) -> None:
    writing = asked.writing()
    await writing.add("You have ")
    asked.fault(PATCH, times=3, **trouble)
    for piece in ("27 ", "days ", "of leave. "):
        asked.clock.now += 1.5
        await writing.add(piece)
    assert "You have 27 days of leave." in asked.texts[0]
    assert len(asked.messages) == 1


@pytest.mark.parametrize("cut", ["before", "after"])
async def test_a_post_that_breaks_off_stands_once(asked: Asked, cut: str) -> None:
    asked.fault(POST, cut=cut, times=2)
    await asked.writing().add("You have 27 days.")
    assert len(asked.messages) == 1


async def test_a_post_of_which_nobody_knew_is_found_by_its_nonce(asked: Asked) -> None:
    asked.fault(POST, cut="after", times=3)
    writing = asked.writing()
    await writing.add("You have ")
    assert (len(asked.messages), asked.noted) == (1, [])
    asked.clock.now += 2
    await writing.add("27 days. ")
    assert len(asked.messages) == 1
    assert "You have 27 days." in asked.texts[0]
    assert [reply.message for reply in asked.noted] == [asked.messages[0].id]


async def test_who_may_not_post_is_told_at_once(asked: Asked) -> None:
    asked.fault(POST, status=403, code=50013)
    with pytest.raises(Refused, match="tandem check"):
        await asked.writing().add("You have 27 days.")


async def test_a_discord_that_stays_away_is_told_in_the_end(asked: Asked) -> None:
    asked.fault("*", status=503, times=1000)
    writing = asked.writing()

    async def on_and_on() -> None:
        for _ in range(20):
            await writing.add("word ")
            asked.clock.now += 60

    with pytest.raises(PlatformAway):
        await on_and_on()


# An edit that Discord lets wait.


async def test_an_edit_that_is_slow_holds_nothing_up_and_what_is_drawn_at_the_end_wins(
    asked: Asked,
) -> None:
    asked.patience_s = 0.0
    sheets = asked.sheets()
    writing = asked.writing(sheets)
    await writing.add("You have ")
    asked.fault(PATCH, delay_s=0.3)
    for piece in ("27 ", "days ", "of "):
        asked.clock.now += 5
        await writing.add(piece)
    assert (asked.late.any(asked.item.id), asked.calls(PATCH)) == (True, 0)
    await asked.late.settle(asked.item.id)
    assert asked.calls(PATCH) == 1
    await sheets.complete([Drawn("You have 27 days of leave.")])
    assert asked.texts == ["You have 27 days of leave."]


async def test_a_slow_edit_that_fails_is_told_in_the_log_and_made_good(
    asked: Asked, caplog: pytest.LogCaptureFixture
) -> None:
    asked.patience_s = 0.0
    sheets = asked.sheets()
    writing = asked.writing(sheets)
    await writing.add("You have ")
    asked.fault(PATCH, status=403, code=50001, delay_s=0.05)
    asked.clock.now += 5
    with caplog.at_level("INFO"):
        await writing.add("27 ")
        await asked.late.settle(asked.item.id)
    assert "50001" in caplog.text
    asked.clock.now += 5
    await writing.add("days. ")
    await asked.late.settle(asked.item.id)
    assert "You have 27 days." in asked.texts[0]


async def test_who_stops_working_takes_the_edit_along(asked: Asked) -> None:
    writing = asked.writing()
    await writing.add("You have ")
    asked.fault(PATCH, delay_s=3600.0)
    asked.clock.now += 1
    adding = asyncio.create_task(writing.add("27 "))
    async with asyncio.timeout(PATIENCE_S):
        while not asked.late.any(asked.item.id):
            await asyncio.sleep(0)
    adding.cancel()
    await asyncio.wait([adding])
    await asked.late.settle(asked.item.id)
    assert not asked.late.any(asked.item.id)


async def test_a_bucket_of_discords_is_ridden_and_nothing_is_refused() -> None:
    limits = '{"PATCH /channels/{channel}/messages/{message}": [1, 0.1]}'
    async with asking(Settings(rate_limits=True, bucket_limits=limits)) as asked:
        sheets = asked.sheets()
        writing = asked.writing(sheets)
        for number in range(8):
            await writing.add(f"word {number} ")
            asked.clock.now += 1
        await asked.late.settle(asked.item.id)
        await sheets.complete([Drawn("The end.")])
        assert asked.texts == ["The end."]
        assert {call.status for call in asked.world.ledger.calls} == {200}


@pytest.mark.parametrize("is_global", [False, True])
async def test_an_edit_that_comes_too_often_is_made_again_by_the_library(
    asked: Asked, is_global: bool
) -> None:
    writing = asked.writing()
    await writing.add("You have ")
    asked.fault(PATCH, status=429, retry_after_s=0.05, is_global=is_global)
    asked.clock.now += 1
    await writing.add("27 days. ")
    await asked.late.settle(asked.item.id)
    assert "You have 27 days." in asked.texts[0]


async def test_a_discord_that_wants_to_be_left_alone_for_long_is_left_alone(
    asked: Asked,
) -> None:
    writing = asked.writing()
    await writing.add("You have ")
    asked.fault(PATCH, status=429, retry_after_s=600.0)
    for _ in range(5):
        asked.clock.now += 60
        await writing.add("27 days. ")
    assert asked.calls(PATCH) == 1
    asked.clock.now += 600
    await writing.add("Of leave. ")
    assert "Of leave." in asked.texts[0]
