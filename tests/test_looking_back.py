"""What was heard before, as a platform asks for it that was away."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from bot.conversation import Place
from bot.inbox.looking_back import Asked
from bot.posts import Door, Reason
from tests.inboxes import HELP, NOON, Desk, opened, post

LATER = NOON + timedelta(hours=1)
ELSEWHERE = Place("slack", "T2")


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with opened(database_url) as made:
        yield made


def test_where_nothing_was_heard_there_is_no_last_time(desk: Desk) -> None:
    assert desk.inbox.last_heard("slack", LATER) is None


def test_the_last_time_is_that_of_the_newest_event_of_the_platform(desk: Desk) -> None:
    desk.asked("100.1")
    desk.clock.pass_by(60)
    desk.inbox.pass_over(post("100.2"), Reason.NO_QUESTION)
    desk.clock.pass_by(60)
    desk.inbox.tell(Place("discord", "1"), "another platform's")
    assert desk.inbox.last_heard("slack", LATER) == NOON + timedelta(seconds=60)


def test_what_came_after_a_time_and_what_one_workspace_told_do_not_count(desk: Desk) -> None:
    for place in (HELP, ELSEWHERE, HELP):
        desk.inbox.tell(place, f"E-{desk.clock.at}")
        desk.clock.pass_by(60)
    before = NOON + timedelta(seconds=120)
    assert desk.inbox.last_heard("slack", before) == NOON + timedelta(seconds=60)
    assert desk.inbox.last_heard("slack", before, but="T2") == NOON


def test_the_events_of_a_workspace_since_some_time_are_told_oldest_first(desk: Desk) -> None:
    for number in (1, 2, 3):
        desk.inbox.tell(HELP, f"E-{number}")
        desk.clock.pass_by(60)
    desk.inbox.tell(ELSEWHERE, "E-4")
    assert desk.inbox.events(HELP, NOON + timedelta(seconds=60)) == ["E-2", "E-3"]


def test_the_last_questions_are_those_that_stand_as_messages(desk: Desk) -> None:
    first, second = desk.asked("100.1"), desk.asked("100.2", thread="100.1")
    desk.asked("command-1", door=Door.COMMAND)
    desk.asked("100.3")
    desk.inbox.remove("D1", HELP, "100.3")
    desk.inbox.pass_over(post("100.4"), Reason.NO_QUESTION)
    found = desk.inbox.questions("slack", NOON, 9)
    assert found == [Asked(second.place, "100.2"), Asked(first.place, "100.1")]
    assert desk.inbox.questions("slack", NOON, 1) == found[:1]
    assert desk.inbox.questions("slack", NOON + timedelta(seconds=1), 9) == []


def test_the_channels_of_a_workspace_are_those_with_questions_newest_first(desk: Desk) -> None:
    for number, channel in enumerate(("D1", "D2", "D3", "D1")):
        desk.asked(f"100.{number}", place=Place("slack", "T1", channel))
    desk.asked("200.1", place=Place("slack", "T2", "D9"))
    desk.inbox.pass_over(post("200.2", place=Place("slack", "T1", "D8")), Reason.BOT)
    assert desk.inbox.channels("slack", "T1", 9) == ["D1", "D3", "D2"]
    assert desk.inbox.channels("slack", "T1", 2) == ["D1", "D3"]
