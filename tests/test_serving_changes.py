"""Versions change while people are served: swapped between answers, never at a loss."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.conversation import Answer, Outcome
from bot.learning.loaded import RETRY_S
from bot.learning.serving import LOOK_S
from model.examples import What
from tests.patience import wait_for
from tests.served import BASE, EVERYTHING, HERE, Breaking, a_version
from tests.writers import House, a_house, asked

STYLE_1, STYLE_2 = a_version("style-1"), a_version("style-2")


@pytest.fixture
def house() -> Iterator[House]:
    with a_house() as made:
        yield made


def test_a_new_version_is_loaded_while_the_old_one_goes_on(house: House) -> None:
    house.versions.promote(STYLE_1)
    assert house.writer() == "style-1"
    house.loader.held_up["style-2"] = threading.Event()
    house.versions.promote(STYLE_2)
    house.later()
    assert [house.writer() for _ in range(3)] == ["style-1"] * 3
    house.loader.held_up["style-2"].set()
    house.until("style-2")
    assert house.writer() == "style-2"
    assert house.loader.retired == ["style-1"]


def test_the_base_goes_on_while_the_first_version_is_loaded(house: House) -> None:
    assert house.writer() == ""
    house.loader.held_up["style-1"] = threading.Event()
    house.versions.promote(STYLE_1)
    house.later()
    assert house.writer() == ""
    house.loader.held_up["style-1"].set()
    house.until("style-1")
    assert house.writer() == "style-1"


def test_a_change_is_seen_within_two_seconds_and_looked_for_no_oftener(house: House) -> None:
    house.writer()
    house.versions.promote(STYLE_1)
    for _ in range(50):
        house.at += LOOK_S / 100
        house.writer()
    assert house.versions.reads == 1
    house.later()
    assert house.versions.reads == 2
    house.until("style-1")
    assert house.writer() == "style-1"


def test_the_old_version_is_closed_when_its_last_answer_has_ended(house: House) -> None:
    house.versions.promote(STYLE_1)
    with house.writers.writer("rewrite", HERE) as one, house.writers.writer("rewrite", HERE):
        house.versions.promote(STYLE_2)
        house.later()
        house.until("style-2")
        assert house.writer() == "style-2"
        assert (one.version, house.loader.retired) == ("style-1", [])
    assert house.loader.retired == ["style-1"]


def test_no_answer_is_dropped_or_mixed_while_versions_change(house: House) -> None:
    house.versions.promote(a_version("style-0", tasks=EVERYTHING))
    bot, ended = house.assistant(), threading.Event()
    answers = list[Answer]()

    def people() -> None:
        while not ended.is_set():
            answers.append(bot.ask(asked()).answer)

    with ThreadPoolExecutor(4) as pool:
        work = [pool.submit(people) for _ in range(4)]
        for number in range(1, 13):
            house.versions.promote(a_version(f"style-{number}", tasks=EVERYTHING))
            house.later()
            house.until(f"style-{number}")
            before = len(answers)
            wait_for(lambda: len(answers) > before + 8)  # noqa: B023
        ended.set()
    for done in work:
        done.result()
    assert {answer.outcome for answer in answers} == {Outcome.WRITTEN}
    assert all(answer.text == f"{answer.version} writes this" for answer in answers)
    assert len(Counter(answer.version for answer in answers)) == 13
    assert house.loader.loaded == [f"style-{number}" for number in range(13)]
    assert set(house.loader.retired) == set(house.loader.loaded[:-1])
    assert len(house.loader.retired) == 12


def test_a_rollback_brings_the_earlier_version_back(house: House) -> None:
    house.versions.promote(STYLE_1)
    house.writer()
    house.versions.promote(STYLE_2)
    house.later()
    house.until("style-2")
    house.writer()
    house.versions.roll_back(What.STYLE, "style-1")
    house.later()
    house.until("style-1")
    assert house.writer() == "style-1"
    house.versions.roll_back(What.STYLE)
    house.later()
    assert house.writer() == ""
    assert house.loader.retired == ["style-1", "style-2", "style-1"]


def test_a_database_that_fails_changes_nothing(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.versions.promote(STYLE_1)
    house.writer()
    house.versions.down = True
    house.later()
    assert house.writer() == "style-1"
    assert "which versions are live cannot be read now" in caplog.text


def test_a_database_that_fails_from_the_start_leaves_it_to_the_base(house: House) -> None:
    house.versions.down = True
    assert house.writer() == ""


# -- versions that are no good ----------------------------------------------------------------


def test_one_that_cannot_be_loaded_leaves_its_place_to_the_one_before(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.versions.promote(STYLE_1)
    house.writer()
    house.loader.broken["style-2"] = "its adapter is cut short"
    house.versions.promote(STYLE_2)
    house.later()
    wait_for(lambda: house.writers.trouble)
    for _ in range(5):
        house.later()
        assert house.writer() == "style-1"
    assert "its adapter is cut short" in house.writers.trouble["style-2"]
    assert house.assistant().serves.trouble.keys() == {"style-2"}
    told = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(told) == 1
    assert house.loader.retired == []


def test_it_is_tried_again_a_minute_later(house: House) -> None:
    house.writer()
    house.loader.broken["style-1"] = "the disk is not there"
    house.versions.promote(STYLE_1)
    house.later()
    wait_for(lambda: house.writers.trouble)
    house.loader.broken.clear()
    house.later()
    assert house.writer() == ""
    house.later(RETRY_S)
    house.until("style-1")
    assert (house.writer(), house.writers.trouble) == ("style-1", {})


def test_one_that_cannot_be_loaded_at_the_start_leaves_it_to_the_base(house: House) -> None:
    house.loader.broken["style-1"] = "its adapter is cut short"
    house.versions.promote(STYLE_1)
    answers = [house.assistant().ask(asked()).answer for _ in range(2)]
    assert [(a.text, a.version) for a in answers] == [("the base writes this", "")] * 2
    assert house.loader.loaded == ["style-1"]


def test_a_version_that_was_taken_back_does_not_serve_in_place_of_a_broken_one(
    house: House,
) -> None:
    house.versions.promote(STYLE_1)
    house.versions.promote(STYLE_2)
    assert house.writer() == "style-2"
    house.loader.broken["style-1"] = "its folder is gone"
    house.versions.roll_back(What.STYLE, "style-1")
    house.later()
    wait_for(lambda: house.writers.trouble)
    house.later()
    assert house.writer() == ""
    assert house.loader.retired == ["style-2"]


def test_a_version_that_breaks_while_it_is_asked_leaves_the_answer_to_the_base(
    house: House,
) -> None:
    house.versions.promote(STYLE_1)
    house.loader.backends["style-1"] = Breaking(name=f"{BASE}+style-1")
    answer = house.assistant().ask(asked()).answer
    assert (answer.text, answer.version) == ("the base writes this", "")
    assert "the memory is full" in house.writers.trouble["style-1"]
    assert house.loader.ended == ["style-1"]


def test_what_people_saw_already_is_not_written_again(house: House) -> None:
    house.versions.promote(STYLE_1)
    house.loader.backends["style-1"] = Breaking("Half an ", "answer", name=f"{BASE}+style-1")
    assert house.assistant().ask(asked()).answer.outcome is Outcome.FAILED
    assert house.style.heard == []


def test_a_base_that_breaks_is_a_failure(house: House) -> None:
    house.style = Breaking(name=BASE)
    assert house.assistant().ask(asked()).answer.outcome is Outcome.FAILED
