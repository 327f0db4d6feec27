"""A harvest and who wants to be forgotten, at the same moment, on PostgreSQL: both come through."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing, contextmanager, suppress
from itertools import count
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, event

from bot.database import upgrade
from bot.errors import UnknownInteraction
from bot.sessions import Sessions
from bot.tables import Table
from tests.learned import Learned, example
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.postgres
Act = Callable[[], None]


class Turns:
    """Holds a thread up before one of its statements, until it is let go."""

    def __init__(self, at: int) -> None:
        self.at, self.counted = at, count(1)
        self.there, self.go = threading.Event(), threading.Event()
        self.thread = 0

    def __call__(self, *_: Any) -> None:
        if threading.get_ident() == self.thread and next(self.counted) == self.at:
            self.there.set()
            assert self.go.wait(PATIENCE_S)


@contextmanager
def held_up(at: int) -> Iterator[Turns]:
    turns = Turns(at)
    event.listen(Engine, "before_cursor_execute", turns)
    try:
        yield turns
    finally:
        turns.go.set()
        event.remove(Engine, "before_cursor_execute", turns)


@pytest.fixture(scope="module")
def place(postgres_server: str) -> Iterator[tuple[str, Sessions]]:
    """A database with all tables."""
    with psycopg.connect(f"{postgres_server}/postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE at_once")
    url = f"{postgres_server}/at_once"
    upgrade(url)
    with closing(Sessions(url)) as sessions:
        yield url, sessions


@pytest.fixture
def emptied(place: tuple[str, Sessions]) -> Callable[[], Learned]:
    """The stores of that database, with nothing in them."""
    url, sessions = place
    names = ", ".join(f'"{table.name}"' for table in Table.metadata.sorted_tables)

    def again() -> Learned:
        with sessions.writing() as connection:
            connection.exec_driver_sql(f"TRUNCATE {names} CASCADE")
        return Learned(sessions, url)

    return again


def shared(learned: Learned) -> Act:
    """Ben and carl asked the same, and anna corrected both answers; a harvest of one of them."""
    first = learned.asked("ben", text="ben's words")
    second = learned.asked("carl", text="carl's words")
    both = (first, second)
    drawn = [
        example("ben's words", f"{n} anna's words", interactions=both, weight=1.0) for n in range(3)
    ]
    for id in both:
        learned.vote(id, "anna", correction="anna's words")
        learned.draw(id, *drawn, people=["anna", "ben"])
    learned.vote(first, "dora", up=True)
    seen = max(voted.mark for voted in learned.book.harvestable())
    other = [example("ben's words", "dora's words", interactions=both)]
    whose = {place: ["slack:ben", "slack:anna", "slack:dora"] for place in range(3)}
    heavier = [example(e.text, e.chosen, interactions=both, weight=2.0) for e in drawn[:2]]

    def harvest() -> None:
        with suppress(UnknownInteraction):  # it was deleted meanwhile
            learned.book.replace_of(first, [*reversed(heavier), *other], whose, seen)

    return harvest


class Meeting:
    """Has two changes meet, one of which is held up at a statement."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection

    def anybody_waits(self) -> bool:
        """Does anybody wait for another's rows?"""
        asked = (
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        found = self.connection.execute(asked).fetchone()
        return bool(found and found[0])

    def at(self, moment: int, one: Act, other: Act) -> bool:
        """Hold one up until the other is through, or waits; False: it has fewer statements."""

        def first(turns: Turns) -> None:
            turns.thread = threading.get_ident()
            try:
                one()
            finally:
                turns.thread = 0

        with held_up(moment) as turns, ThreadPoolExecutor(2) as pool:
            begun = [pool.submit(first, turns)]
            while not (turns.there.is_set() or begun[0].done()):
                time.sleep(0.001)
            met = turns.there.is_set()
            begun.append(pool.submit(other))
            while not (begun[1].done() or (met and self.anybody_waits())):
                time.sleep(0.002)
            turns.go.set()
            wait(begun, PATIENCE_S)
        for each in begun:
            each.result()
        return met

    def check(self, moment: int, learned: Learned, who: str, held: str) -> bool:
        """Both come through, and no word stays; False: there is no such moment."""
        harvest = shared(learned)

        def forget() -> None:
            learned.store.forget(who, "slack")

        met = self.at(moment, *((harvest, forget) if held == "harvest" else (forget, harvest)))
        everything = learned.everything()
        for gone in (f"{who}'s words", f"slack:{who}"):
            assert gone not in everything, f"they met at statement {moment}"
        return met


@pytest.fixture(scope="module")
def meeting(place: tuple[str, Sessions]) -> Iterator[Meeting]:
    """On that database."""
    with psycopg.connect(place[0], autocommit=True) as connection:
        yield Meeting(connection)


@pytest.mark.parametrize("moment", [3, 5])
def test_who_is_forgotten_while_shared_examples_are_drawn_anew(
    meeting: Meeting, emptied: Callable[[], Learned], moment: int
) -> None:
    assert meeting.check(moment, emptied(), "ben", "harvest")


@pytest.mark.endurance
@pytest.mark.soak
@pytest.mark.parametrize("who", ["ben", "carl", "anna"])
@pytest.mark.parametrize("held", ["harvest", "forget"])
def test_at_whatever_moment_they_meet_both_come_through_and_no_word_stays(
    meeting: Meeting, emptied: Callable[[], Learned], who: str, held: str
) -> None:
    moments = count(1)
    assert next(moment for moment in moments if not meeting.check(moment, emptied(), who, held)) > 8
