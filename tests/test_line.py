"""The line of those who wait for an answer. Steps are awaited, never slept for."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from bot.line import Line
from knowledge.documents import Passage
from tests.patience import PATIENCE_S


@dataclass
class Waiter:
    """A watcher who tells when it was told something, and may press Stop."""

    told: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    heard: threading.Condition = field(default_factory=threading.Condition)

    def status(self, text: str) -> None:
        with self.heard:
            self.told.append(text)
            self.heard.notify_all()

    def found(self, passages: Sequence[Passage]) -> None: ...

    def piece(self, text: str) -> None: ...

    @property
    def stopped(self) -> bool:
        return self.stop.is_set()

    def hears(self, text: str) -> bool:
        """Wait until it was told that."""
        with self.heard:
            return self.heard.wait_for(lambda: text in self.told, PATIENCE_S)


@dataclass
class Visit:
    """One who goes through the line: inside until `leave` is set."""

    asker: str
    watcher: Waiter = field(default_factory=Waiter)
    entered: threading.Event = field(default_factory=threading.Event)
    leave: threading.Event = field(default_factory=threading.Event)


class Room:
    """A line with visitors; `order` is that in which they got in."""

    def __init__(self, at_once: int, pool: ThreadPoolExecutor) -> None:
        self.line, self.pool = Line(at_once), pool
        self.order: list[str] = []
        self.visits: list[Visit] = []

    def come(self, asker: str) -> tuple[Visit, Future[bool]]:
        visit = Visit(asker)
        self.visits.append(visit)
        return visit, self.pool.submit(self._go, visit)

    def inside(self, asker: str) -> tuple[Visit, Future[bool]]:
        """One who is let in at once."""
        visit, gone = self.come(asker)
        assert visit.entered.wait(PATIENCE_S)
        return visit, gone

    def waiting(self, asker: str, place: int) -> tuple[Visit, Future[bool]]:
        """One who has to wait at this place."""
        visit, gone = self.come(asker)
        assert visit.watcher.hears(f"Waiting: {place} before you")
        return visit, gone

    def _go(self, visit: Visit) -> bool:
        with self.line.turn(visit.asker, visit.watcher) as begun:
            if begun:
                self.order.append(visit.asker)
                visit.entered.set()
                visit.leave.wait(PATIENCE_S)
            return begun

    def empty(self) -> None:
        """Let everybody through, one after the other as they come in."""
        for visit in self.visits:
            visit.leave.set()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(32) as made:
        yield made


@pytest.fixture
def room(pool: ThreadPoolExecutor) -> Iterator[Room]:
    made = Room(1, pool)
    yield made
    made.empty()


def test_who_finds_room_is_not_told_to_wait(room: Room) -> None:
    visit, _ = room.inside("anna")
    assert visit.watcher.told == []


def test_no_more_than_so_many_are_inside(pool: ThreadPoolExecutor) -> None:
    room = Room(3, pool)
    first, _ = room.inside("a")
    room.inside("b")
    room.inside("c")
    late, _ = room.waiting("d", 1)
    assert not late.entered.is_set()
    first.leave.set()
    assert late.entered.wait(PATIENCE_S)
    room.empty()


def test_the_place_is_shown_and_moves_up(room: Room) -> None:
    anna, _ = room.inside("anna")
    ben, _ = room.waiting("ben", 1)
    cleo, _ = room.waiting("cleo", 2)
    anna.leave.set()
    assert cleo.watcher.hears("Waiting: 1 before you")
    ben.leave.set()
    assert cleo.entered.wait(PATIENCE_S)
    assert room.order == ["anna", "ben", "cleo"]


def test_a_slow_one_does_not_hold_back_the_others(pool: ThreadPoolExecutor) -> None:
    room = Room(2, pool)
    slow, _ = room.inside("slow")
    for name in ("b", "c", "d"):
        quick, gone = room.inside(name)
        quick.leave.set()
        assert gone.result(PATIENCE_S)
    assert not slow.leave.is_set()
    room.empty()


def test_one_who_stops_while_waiting_leaves_at_once_and_the_others_move_up(room: Room) -> None:
    anna, _ = room.inside("anna")
    ben, gone = room.waiting("ben", 1)
    cleo, _ = room.waiting("cleo", 2)
    ben.watcher.stop.set()
    assert gone.result(PATIENCE_S) is False
    assert cleo.watcher.hears("Waiting: 1 before you")
    assert not anna.leave.is_set()
    anna.leave.set()
    assert cleo.entered.wait(PATIENCE_S)
    assert room.order == ["anna", "cleo"]


def test_one_who_stops_inside_makes_room_before_the_work_on_the_answer_has_ended(
    room: Room,
) -> None:
    anna, gone = room.inside("anna")
    ben, _ = room.waiting("ben", 1)
    room.waiting("cleo", 2)
    anna.watcher.stop.set()
    assert ben.entered.wait(PATIENCE_S)
    assert not anna.leave.is_set()
    anna.leave.set()
    gone.result(PATIENCE_S)
    assert room.order == ["anna", "ben"]  # anna's leaving makes no room a second time


def test_a_burst_of_one_person_does_not_starve_another(room: Room) -> None:
    room.inside("anna")
    burst = [room.waiting("anna", place) for place in (1, 2, 3)]
    ben, _ = room.waiting("ben", 1)  # his first goes before her second
    assert burst[0][0].watcher.hears("Waiting: 2 before you")
    room.empty()
    for _, gone in burst:
        gone.result(PATIENCE_S)
    assert ben.entered.wait(PATIENCE_S)
    assert room.order == ["anna", "ben", "anna", "anna", "anna"]


def test_newcomers_do_not_starve_who_came_before_with_as_many_answers(room: Room) -> None:
    first, _ = room.inside("anna")
    second, _ = room.waiting("anna", 1)
    first.leave.set()
    assert second.entered.wait(PATIENCE_S)
    third, _ = room.waiting("anna", 1)
    second.leave.set()
    assert third.entered.wait(PATIENCE_S)


def test_an_error_inside_frees_the_place() -> None:
    line = Line(1)
    with pytest.raises(ValueError, match="broken"), line.turn("anna", Waiter()):
        raise ValueError("broken")
    with line.turn("ben", Waiter()) as begun:
        assert begun
