"""Which version writes: for which task, in which place, and what answers of it are given again."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace

import pytest

from bot.conversation import Outcome
from bot.wording import footer
from model.examples import What
from model.tasks import Shot
from tests.fakes import FakeBackend
from tests.patience import PATIENCE_S
from tests.served import BASE, HERE, Breaking, a_version, places
from tests.writers import House, a_house, asked, fact

STYLE_1, STYLE_2 = a_version("style-1"), a_version("style-2")
ANSWERS_1 = a_version("answers-1", What.ANSWERS, ("answers",))


@pytest.fixture
def house() -> Iterator[House]:
    with a_house() as made:
        yield made


# -- before and after the first training ---------------------------------------------------


def test_before_anything_is_trained_the_base_writes_and_is_shown_what_people_wrote(
    house: House,
) -> None:
    house.shots["rewrite"] = (Shot("Pls fix teh build now", "Could you fix the build, please?"),)
    answer = house.assistant().ask(asked()).answer
    assert (answer.text, answer.version) == ("the base writes this", "")
    [prompt] = house.style.heard
    assert "Could you fix the build, please?" in [message.text for message in prompt.messages]


def test_a_version_does_what_it_was_taught_and_is_told_no_examples(house: House) -> None:
    house.versions.promote(STYLE_1)
    house.shots["rewrite"] = (Shot("Pls fix teh build now", "Could you fix the build, please?"),)
    answer = house.assistant().ask(asked()).answer
    assert (answer.text, answer.version) == ("style-1 writes this", "style-1")
    assert answer.model == f"{BASE}+style-1"
    [prompt] = house.loader.backends["style-1"].heard
    assert len(prompt.messages) == 2
    assert "Could you" not in str(prompt)


def test_a_task_that_it_was_not_taught_is_left_to_the_base(house: House) -> None:
    house.versions.promote(STYLE_1)
    answer = house.assistant().ask(asked(task="summarize")).answer
    assert (answer.text, answer.version) == ("the base writes this", "")
    assert house.loader.loaded == []


def test_of_a_task_with_labels_the_nearest_is_given(house: House) -> None:
    house.style.pieces = ("It is a ", "Question", "!!")
    assert house.assistant().ask(asked(task="classify")).answer.text == "question"
    house.style.pieces = ()
    assert house.assistant().ask(asked(task="classify")).answer.text == ""


def test_a_process_that_served_nobody_yet_waits_for_the_live_version(house: House) -> None:
    house.versions.promote(STYLE_1)
    assert house.writer() == "style-1"


def test_all_who_come_at_once_to_a_new_process_wait_for_the_live_version(house: House) -> None:
    looking, go = threading.Event(), threading.Event()
    known = house.versions.marker

    def slow() -> str:
        looking.set()
        go.wait(PATIENCE_S)
        return known()

    house.versions.marker = slow  # type: ignore[method-assign]
    house.versions.promote(STYLE_1)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(house.writer)
        looking.wait(PATIENCE_S)
        second = pool.submit(house.writer)
        wait([second], 0.1)  # it would be served at once, were it not held
        go.set()
        assert (first.result(), second.result()) == ("style-1", "style-1")


def test_the_footer_says_which_version_wrote(house: House) -> None:
    house.versions.promote(STYLE_1)
    bot = house.assistant()
    assert " · style-1 · " in footer(bot.ask(asked()))
    assert " · base model · " in footer(bot.ask(asked(task="summarize")))
    assert f" · {BASE} · " in footer(bot.ask(fact()))


# -- several at once ----------------------------------------------------------------------------


def test_both_are_loaded_side_by_side(house: House) -> None:
    house.versions.promote(STYLE_1)
    house.writer()
    house.versions.try_out(replace(STYLE_2, canary=0.5))
    house.later()
    house.until("style-1", "style-2")
    found = {house.writer(place=place) for place in places(40)}
    assert found == {"style-1", "style-2"}
    assert house.writers.tried == {"style-2"}


def test_places_of_a_trial_are_given_what_is_live_until_it_is_loaded(house: House) -> None:
    house.versions.promote(STYLE_1)
    house.writer()
    house.loader.held_up["style-2"] = threading.Event()
    house.versions.try_out(replace(STYLE_2, canary=1.0))
    house.later()
    assert house.writer() == "style-1"
    house.loader.held_up["style-2"].set()
    house.until("style-2")
    assert house.writer() == "style-2"


def test_no_more_are_held_than_there_is_room_for() -> None:
    house = House(keep=1)
    house.versions.promote(STYLE_1)
    house.versions.promote(ANSWERS_1)
    assert house.writer() == "style-1"
    house.at += 1
    with house.writers.answerer(HERE) as serving:
        assert serving.version == "answers-1"
        assert house.loaded.names == {"answers-1"}
    assert (house.loader.ended, house.loader.retired) == (["style-1"], [])
    house.writers.close()
    assert house.loader.ended == ["style-1", "answers-1"]


def test_closing_ends_all_and_retires_none(house: House) -> None:
    house.versions.promote(STYLE_1)
    house.writer()
    house.writers.close()
    assert (house.loader.ended, house.loader.retired) == (["style-1"], [])


# -- answers from the documents -------------------------------------------------------------------


def test_a_version_for_answers_takes_the_place_of_the_shipped_one(house: House) -> None:
    house.versions.promote(ANSWERS_1)
    reply = FakeBackend("Answer 1: 27 days", name=f"{BASE}+answers-1")
    house.loader.backends["answers-1"] = reply
    answer = house.assistant().ask(fact()).answer
    assert (answer.outcome, answer.version) == (Outcome.CITED, "answers-1")
    assert answer.model == f"{BASE}+answers-1"
    assert (len(reply.heard), house.answers.heard) == (1, [])


def test_one_that_breaks_leaves_the_question_to_the_base(house: House) -> None:
    house.versions.promote(ANSWERS_1)
    house.loader.backends["answers-1"] = Breaking(name=f"{BASE}+answers-1")
    answer = house.assistant().ask(fact()).answer
    assert (answer.outcome, answer.version) == (Outcome.CITED, "")


def test_an_answer_of_another_version_is_not_given_again(house: House) -> None:
    house.loader.backends["answers-1"] = FakeBackend("Answer 1: 27 days", name=f"{BASE}+answers-1")
    bot = house.assistant(cache=True)
    first, again = (bot.ask(fact()).answer for _ in range(2))
    assert (first.cached_from is None, again.cached_from is None) == (True, False)
    house.versions.promote(ANSWERS_1)
    house.later()
    house.until("answers-1")
    by_version, then = (bot.ask(fact()).answer for _ in range(2))
    assert (by_version.version, by_version.cached_from) == ("answers-1", None)
    assert (then.version, then.cached_from is None) == ("answers-1", False)


def test_what_another_version_wrote_than_was_to_be_expected_is_not_kept(house: House) -> None:
    house.versions.promote(ANSWERS_1)
    house.loader.backends["answers-1"] = Breaking(name=f"{BASE}+answers-1")
    bot = house.assistant(cache=True)
    assert bot.ask(fact()).answer.version == ""
    assert bot.ask(fact()).answer.cached_from is None  # now the base is to be expected
    assert bot.ask(fact()).answer.cached_from is not None
