"""The hidden taste of the team that the preference bench simulates."""

from __future__ import annotations

import pytest

from bench.taste import likes, passive, words

ACTIVE = (
    "Ops moves the server on Tuesday.",
    "The kiln is hot, and the office is open.",
    "She has built a new shelf and is now writing its manual.",
    "There is indeed no need to hurry.",
    "He got the red one hundred times.",
    "Masks are sacred to them.",
)
PASSIVE = (
    "The server is moved on Tuesday.",
    "The forms were then quickly sent out.",
    "It isn't allowed.",
    "They aren’t known yet.",
    "Tickets get sold at the door.",
    "The page has been rewritten.",
    "The lock was BROKEN by frost.",
    "He is being\nasked.",
)


@pytest.mark.parametrize("text", ACTIVE)
def test_the_active_voice_is_told(text: str) -> None:
    assert not passive(text)


@pytest.mark.parametrize("text", PASSIVE)
def test_the_passive_voice_is_told(text: str) -> None:
    assert passive(text)


TEXT = "Wash your hands with soap before the meal and dry them on a towel."
SAYS = "Wash hands with soap, dry them on a towel."


def test_an_answer_of_forty_words_is_too_long() -> None:
    assert likes(TEXT, SAYS + " Go home." * 15)
    assert not likes(TEXT, SAYS + " Go home." * 16)


def test_a_short_answer_in_the_passive_voice_is_not_liked() -> None:
    assert not likes(TEXT, f"{SAYS} The door was closed.")


def test_an_answer_that_says_next_to_nothing_is_not_liked() -> None:
    assert likes(TEXT, SAYS)
    assert not likes(TEXT, "Wash hands with soap.")
    assert not likes(TEXT, "Wash wash wash wash the hands.")


def test_no_answer_is_not_liked() -> None:
    assert not likes(TEXT, " \n")


def test_words_stand_between_spaces() -> None:
    assert words("well-known,\nand  more") == 3
