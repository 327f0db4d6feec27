"""Workers whose process ended: what they held goes on at once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from bot.living import born, is_gone, this_host, this_worker
from tests.inboxes import Desk, opened

NAME = "from bot.living import this_worker; print(this_worker())"


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with opened(database_url) as made:
        yield made


def test_a_process_that_lives_is_not_gone() -> None:
    assert not is_gone(this_worker())


def test_a_process_that_ended_is_gone_also_before_its_parent_looked_after_it() -> None:
    command = [sys.executable, "-c", f"{NAME}; input()"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        name = other.stdout.readline().strip()
        assert not is_gone(name)
        other.kill()
        while born(other.pid) != "ended":
            assert other.returncode is None
        assert is_gone(name)
    assert is_gone(name)


def test_another_process_with_the_same_number_is_not_the_one_that_ended() -> None:
    host, pid, started = this_worker().rsplit("/", 2)
    assert is_gone(f"{host}/{pid}/{int(float(started)) - 1}")


@pytest.mark.parametrize("name", ["", "a", "a/b/c", "elsewhere/1/1", "elsewhere/999999999/1"])
def test_of_processes_elsewhere_nothing_is_known(name: str) -> None:
    assert not is_gone(name)


def test_a_number_that_no_process_has_is_gone() -> None:
    assert is_gone(f"{this_host()}/999999999/1")


def test_what_a_dead_worker_held_is_taken_at_once_and_the_attempt_counts(desk: Desk) -> None:
    desk.asked()
    assert desk.inbox.claim("slack", "dead") is not None
    assert desk.idle()
    assert desk.inbox.release({"dead"}.__contains__) == 1
    item = desk.take()
    assert item.attempt == 2
    assert desk.inbox.release({"dead"}.__contains__) == 0


def test_what_a_living_worker_holds_stays_in_its_hands(desk: Desk) -> None:
    desk.asked("101")
    desk.asked("102")
    living, dead = desk.inbox.claim("slack", "living"), desk.inbox.claim("slack", "dead")
    assert living is not None
    assert dead is not None
    assert desk.inbox.release({"dead"}.__contains__) == 1
    assert desk.inbox.beat(living).held
    assert not desk.inbox.beat(dead).held


def test_what_a_dead_worker_held_is_taken_before_what_was_asked_later(desk: Desk) -> None:
    desk.asked("101")
    desk.clock.pass_by(1)
    desk.asked("102")
    desk.inbox.claim("slack", "dead")
    desk.clock.pass_by(1)
    desk.inbox.release({"dead"}.__contains__)
    assert [desk.take().post.id for _ in range(2)] == ["101", "102"]
