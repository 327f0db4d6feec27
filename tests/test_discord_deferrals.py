"""An answer waits until its interaction is deferred, and no longer than that is of use."""

from __future__ import annotations

import asyncio

from bot.platforms.discord.deferrals import MOST, Deferrals
from tests.patience import PATIENCE_S


async def test_an_answer_waits_until_the_interaction_is_deferred() -> None:
    deferrals = Deferrals()
    assert deferrals.begin("1")
    waiting = asyncio.create_task(deferrals.settled("1", within_s=600))
    await asyncio.sleep(0)
    assert not waiting.done()
    deferrals.settle("1")
    await waiting


async def test_what_another_process_heard_is_not_waited_for() -> None:
    await asyncio.wait_for(Deferrals().settled("1", within_s=600), PATIENCE_S)


async def test_what_is_never_deferred_is_waited_for_a_while() -> None:
    deferrals = Deferrals()
    deferrals.begin("1")
    await asyncio.wait_for(deferrals.settled("1", within_s=0.01), PATIENCE_S)


async def test_what_came_before_is_known() -> None:
    deferrals = Deferrals()
    assert [deferrals.begin(id) for id in ("1", "2", "1")] == [True, True, False]


async def test_only_so_many_are_remembered_and_nobody_waits_for_those_that_are_dropped() -> None:
    deferrals = Deferrals()
    deferrals.begin("first")
    waiting = asyncio.create_task(deferrals.settled("first", within_s=600))
    await asyncio.sleep(0)
    for number in range(MOST):
        deferrals.begin(str(number))
    await asyncio.wait_for(waiting, PATIENCE_S)
    assert deferrals.begin("first")
