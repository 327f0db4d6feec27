"""A question that asks two things is taken apart; one that asks one thing stays whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.parts import FIRST, LATER, MOST, parts


@pytest.mark.parametrize(
    ("asked", "apart"),
    [
        (
            "How many days of leave do I get and when is lunch served here?",
            ["How many days of leave do I get", "when is lunch served here?"],
        ),
        (
            "How do I book a leave day? What does the canteen cost?",
            ["How do I book a leave day", "What does the canteen cost?"],
        ),
        (
            "My laptop was stolen. Whom do I tell first and what does the insurance pay?",
            [
                "My laptop was stolen. Whom do I tell first",
                "My laptop was stolen. what does the insurance pay?",
            ],
        ),
        (
            "What is the fee for a day pass vs a month pass?",
            ["What is the fee for a day pass", "What is the fee for a month pass?"],
        ),
        (
            "Can I swap leave days and do I need approval?",
            ["Can I swap leave days", "swap leave days: do I need approval?"],
        ),
    ],
)
def test_two_things_asked_are_taken_apart(asked: str, apart: list[str]) -> None:
    assert parts(asked) == apart


@pytest.mark.parametrize(
    "asked",
    [
        "How many days of leave do I get?",
        "Who approves travel to Norway and Spain?",
        "When and where is the meeting of the works council?",
        "",
        "and",
    ],
)
def test_one_thing_asked_stays_whole(asked: str) -> None:
    assert parts(asked) == [asked]


def test_too_many_things_are_left_together() -> None:
    asked = " and ".join(["what does the canteen cost us"] * (MOST + 1))
    assert parts(asked) == [asked]


def test_a_later_part_takes_what_it_leans_on_from_the_first() -> None:
    first, later = parts("Who sends the E-12 thermocouple and what does it cost?")
    assert first == "Who sends the E-12 thermocouple"
    assert later.endswith("what does it cost?")
    assert "thermocouple" in later


@given(st.text(max_size=120))
def test_any_text_gives_parts_that_can_be_searched(text: str) -> None:
    made = parts(text)
    assert 1 <= len(made) <= MOST
    assert made == [text] or all(len(part.split()) >= min(FIRST, LATER) for part in made)
