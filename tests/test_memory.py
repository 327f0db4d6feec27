"""What is believed for a while, is asked for once, and no longer than it lasts."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from functools import partial

import pytest

from bot.memory import MOST, Memory


@dataclass
class Telling:
    """Tells a key with how often it was asked for; seconds pass when a test says so."""

    now: float = 1000.0
    asked: list[str] = field(default_factory=list)
    away: bool = False

    def clock(self) -> float:
        return self.now

    async def tell(self, key: str) -> str:
        self.asked.append(key)
        said = f"{key}{self.asked.count(key)}"
        await asyncio.sleep(0)
        if self.away:
            raise ConnectionError("away")
        return said


@pytest.fixture
def telling() -> Telling:
    return Telling()


@pytest.fixture
def memory(telling: Telling) -> Memory[str]:
    return Memory(60, telling.clock)


async def told(memory: Memory[str], telling: Telling, key: str = "a") -> str:
    return await memory.get(key, partial(telling.tell, key))


async def test_a_value_is_believed_for_its_time(memory: Memory[str], telling: Telling) -> None:
    said = [await told(memory, telling)]
    for seconds in (60, 1):
        telling.now += seconds
        said.append(await told(memory, telling))
    assert said == ["a1", "a1", "a2"]


async def test_what_is_forgotten_is_asked_for_anew(memory: Memory[str], telling: Telling) -> None:
    for key in "ab":
        await told(memory, telling, key)
    memory.forget("a")
    assert [await told(memory, telling, key) for key in "ab"] == ["a2", "b1"]
    memory.forget_all()
    assert [await told(memory, telling, key) for key in "ab"] == ["a3", "b2"]


async def test_many_who_want_it_at_once_ask_once(memory: Memory[str], telling: Telling) -> None:
    assert set(await asyncio.gather(*[told(memory, telling) for _ in range(9)])) == {"a1"}
    assert telling.asked == ["a"]


async def test_an_error_is_told_to_all_who_wait_and_not_remembered(
    memory: Memory[str], telling: Telling
) -> None:
    telling.away = True
    ends = await asyncio.gather(*[told(memory, telling) for _ in range(3)], return_exceptions=True)
    assert [type(end) for end in ends] == [ConnectionError] * 3
    telling.away = False
    assert (await told(memory, telling), telling.asked) == ("a2", ["a", "a"])


async def test_who_gives_up_waiting_takes_it_from_nobody(
    memory: Memory[str], telling: Telling
) -> None:
    first = asyncio.create_task(told(memory, telling))
    second = asyncio.create_task(told(memory, telling))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == "a1"


async def test_what_is_forgotten_while_it_is_asked_for_is_asked_for_anew(
    memory: Memory[str], telling: Telling
) -> None:
    first = asyncio.create_task(told(memory, telling))
    await asyncio.sleep(0)
    memory.forget("a")
    assert (await told(memory, telling), await first) == ("a2", "a1")


async def test_much_that_is_remembered_pushes_out_the_oldest(
    memory: Memory[str], telling: Telling
) -> None:
    keys = [str(number) for number in range(MOST)]
    for key in keys:
        await told(memory, telling, key)
    telling.now += 61
    await told(memory, telling, "0")  # anew, and so the youngest
    await told(memory, telling, "more")
    assert [await told(memory, telling, key) for key in ("0", "more", "1")] == ["02", "more1", "12"]
