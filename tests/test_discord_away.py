"""Since when a shard of Discord's was not listening; a crash at any point forgets none of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation import Place
from bot.platforms.discord.away import EPOCH, KEPT, MARGIN, REACH, Away, Gap, Mark, still_open
from tests.inboxes import NOON, Desk, opened

GUILD = Place("discord", "900000000000000001")
HOUR = 3600


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with opened(f"sqlite:///{tmp_path / 'tandem.db'}") as made:
        yield made


def process(desk: Desk) -> Away:
    """A process that begins now."""
    return Away(desk.inbox, desk.clock)


def hear(desk: Desk) -> None:
    """Something is heard, now."""
    desk.inbox.tell(GUILD, f"m{desk.clock.at.timestamp()}")
    desk.clock.pass_by(1)


async def since(away: Away, shard: int = 0, shards: int = 1) -> datetime | None:
    """Since when a shard with a new session has to read."""
    gap = await away.returned(shard, shards)
    return gap.since if gap else None


async def gap_of(away: Away, shard: int = 0, shards: int = 1) -> Gap:
    gap = await away.returned(shard, shards)
    assert gap is not None
    return gap


def left_open(desk: Desk) -> set[Mark]:
    return still_open(desk.inbox.events(KEPT, NOON - REACH))


async def test_who_heard_nothing_ever_missed_nothing(desk: Desk) -> None:
    away = process(desk)
    assert await since(away) is None
    hear(desk)
    assert await since(away) is None


async def test_what_was_told_to_one_that_died_before_it_kept_anything_ever_is_read(
    desk: Desk,
) -> None:
    await since(process(desk))
    desk.clock.pass_by(HOUR)
    again = process(desk)
    gap = await gap_of(again)
    assert gap.since == NOON
    hear(desk)
    await again.read(gap)
    desk.clock.pass_by(HOUR)
    assert await since(process(desk)) == NOON + timedelta(hours=1) - MARGIN


async def test_what_was_asked_while_the_first_beginning_was_still_being_kept_is_read(
    desk: Desk,
) -> None:
    first = process(desk)
    desk.clock.pass_by(1)  # somebody asks
    await first.begun(0, 1)
    desk.clock.pass_by(HOUR)
    assert await since(process(desk)) == NOON


async def test_a_beginning_is_kept_once(desk: Desk) -> None:
    away = process(desk)
    await away.begun(0, 2)
    await away.returned(0, 2)
    await away.begun(1, 2)
    assert sorted(desk.inbox.events(KEPT, NOON - REACH)) == [
        Mark(NOON, shard).event("here") for shard in (0, 1)
    ]


async def test_a_process_has_to_read_from_a_little_before_the_last_event(desk: Desk) -> None:
    hear(desk)
    desk.clock.pass_by(HOUR)
    away = process(desk)
    desk.clock.pass_by(1)
    hear(desk)  # what is told now says nothing of the time before
    assert await since(away) == NOON - MARGIN


async def test_no_more_than_a_day_is_read(desk: Desk) -> None:
    hear(desk)
    desk.clock.pass_by(30 * HOUR)
    assert await since(process(desk)) == desk.clock.at - REACH


async def test_what_was_read_is_not_read_again(desk: Desk) -> None:
    hear(desk)
    desk.clock.pass_by(HOUR)
    away = process(desk)
    await away.read(await gap_of(away))
    assert await since(away) is None
    assert left_open(desk) == set()
    desk.clock.pass_by(HOUR)
    again = desk.clock.at
    hear(desk)
    assert await since(process(desk)) == again - MARGIN


async def test_who_dies_while_it_reads_leaves_all_of_it_to_the_next(desk: Desk) -> None:
    hear(desk)
    desk.clock.pass_by(HOUR)
    await since(process(desk))
    hear(desk)
    desk.clock.pass_by(HOUR)
    heir = process(desk)
    gap = await gap_of(heir)
    assert gap.since == NOON - MARGIN
    await heir.read(gap)
    assert left_open(desk) == set()


async def test_a_shard_without_a_connection_is_away_though_another_hears(desk: Desk) -> None:
    hear(desk)
    away = process(desk)
    for shard in (0, 1):
        await away.read(await gap_of(away, shard, 2))
    desk.clock.pass_by(HOUR)
    cut = desk.clock.at
    await away.left(1)
    desk.clock.pass_by(HOUR)
    hear(desk)  # on shard 0
    heir = process(desk)
    assert await since(heir, 1, 2) == cut - MARGIN


async def test_a_new_session_of_a_shard_has_to_read_since_it_was_cut(desk: Desk) -> None:
    away = process(desk)
    await since(away)
    desk.clock.pass_by(HOUR)
    await away.left(0)
    desk.clock.pass_by(60)
    await away.left(0)
    assert await since(away) == NOON + timedelta(hours=1) - MARGIN


async def test_each_time_that_a_shard_is_cut_counts(desk: Desk) -> None:
    away = process(desk)
    await since(away)
    for _ in range(2):
        desk.clock.pass_by(HOUR)
        await away.left(0)
        gap = await gap_of(away)
        assert gap.since == desk.clock.at - MARGIN
        await away.read(gap)


async def test_what_was_resumed_need_not_be_read(desk: Desk) -> None:
    away = process(desk)
    await since(away)
    for _ in range(2):  # discord.py tells that twice
        await away.left(0)
        desk.clock.pass_by(1)
    assert left_open(desk)
    await away.resumed(0)
    assert await since(away) is None
    assert left_open(desk) == set()


async def test_who_is_cut_while_it_reads_reads_that_again(desk: Desk) -> None:
    hear(desk)
    away = process(desk)
    first = await gap_of(away)
    await away.left(0)
    second = await gap_of(away)
    await away.read(first)
    assert left_open(desk) == second.marks - first.marks != set()
    await away.read(second)
    assert left_open(desk) == set()


async def test_with_another_number_of_shards_nothing_is_left_open(desk: Desk) -> None:
    hear(desk)
    for shard in range(4):
        await since(process(desk), shard, 4)
    heir = process(desk)
    for shard in range(2):
        await heir.read(await gap_of(heir, shard, 2))
    assert left_open(desk) == set()


async def test_what_a_shard_left_unread_is_read_by_all_where_there_are_more(desk: Desk) -> None:
    hear(desk)
    await since(process(desk), 1, 2)
    desk.clock.pass_by(HOUR)
    hear(desk)
    assert await since(process(desk), 3, 4) == NOON - MARGIN


@given(st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1)), st.integers(0, 100_000))
def test_a_mark_is_read_as_it_was_kept(since: datetime, shard: int) -> None:
    mark = Mark(since.replace(tzinfo=EPOCH.tzinfo), shard)
    assert still_open([mark.event("away"), "something else"]) == {mark}
    assert still_open([mark.event("away"), mark.event("back")]) == set()
