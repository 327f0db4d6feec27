"""What a model is told to answer from numbered notes, and how its reply is read."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.grounding import ANSWERED, LONGEST, UNKNOWN, Notes, Reply, expected, grounded, read_reply

NOTES = [
    Notes("Kilns", ("Close the lid.",)),
    Notes("Leave > Days", ("27 days.", "Ask the office.")),
]


def test_the_notes_are_numbered_through_all_titles_and_stand_before_the_question() -> None:
    system, user = grounded("How many days?", NOTES).messages
    assert (system.role, user.role) == ("system", "user")
    told = ["Kilns:", "1. Close the lid.", "Leave > Days:", "2. 27 days.", "3. Ask the office."]
    assert [line for line in user.text.splitlines() if line in told] == told
    assert user.text.endswith("Question: How many days?")


def test_the_orders_are_the_same_whatever_is_asked() -> None:
    """So that their beginning is read by the model once, and kept."""
    assert grounded("One?", NOTES).messages[0] == grounded("Two?", []).messages[0]


def test_the_orders_say_both_ways_to_begin() -> None:
    orders = grounded("One?", NOTES).messages[0].text
    assert ANSWERED in orders
    assert UNKNOWN in orders


def test_a_note_is_one_line_and_not_too_long() -> None:
    user = grounded("One?", [Notes("Long", ("a\nb\n\n2. c", "word " * 500))]).messages[1].text
    assert "1. a b 2. c\n" in user
    assert user.count("word") == LONGEST


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("Answer 2: 27 days", Reply((2,), "27 days")),
        ("Answer 2, 3: 27 days", Reply((2, 3), "27 days")),
        ("Answer 2 and 3: 27 days", Reply((2, 3), "27 days")),
        ("  Answer 12: It is 15:00.\n", Reply((12,), "It is 15:00.")),
        ("Answer: 27 days", Reply((), "27 days")),
        ("Answer 1: two\nlines", Reply((1,), "two\nlines")),
        ("27 days", Reply((), "27 days")),
        ("Answering mail takes 2 days: ask.", Reply((), "Answering mail takes 2 days: ask.")),
        ("Unknown", Reply((), "")),
        (" unknown.", Reply((), "")),
        ("**Unknown**", Reply((), "")),
        ("Unknown: the notes don't say", Reply((), "")),
        ("", Reply((), "")),
        (" \n", Reply((), "")),
        ("Answer 2:", Reply((2,), "")),
    ],
)
def test_a_reply_is_taken_apart(said: str, read: Reply) -> None:
    assert read_reply(said) == read


@given(st.lists(st.integers(1, 20), max_size=3), st.from_regex(r"[a-z0-9:., ]{1,40}"))
def test_what_a_model_is_trained_to_say_is_read_as_it_was_meant(
    notes: list[int], text: str
) -> None:
    read = read_reply(expected(notes, text))
    assert read == (Reply(tuple(notes), text.strip()) if notes else Reply((), ""))


@given(st.text(max_size=80))
def test_any_reply_can_be_read(said: str) -> None:
    read = read_reply(said)
    assert all(number >= 0 for number in read.notes)
    assert not re.match(r"\s|.*\s$", read.text)
