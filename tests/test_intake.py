"""What a question must be before it is accepted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import QuestionRefused
from bot.intake import clean


@pytest.mark.parametrize("text", ["", "   \n", "\x00\x01\x02", "\u202e\u2066", "\ud800"])
def test_what_holds_no_words_is_refused(text: str) -> None:
    with pytest.raises(QuestionRefused, match="no question"):
        clean(text, 100)


def test_a_hundred_thousand_characters_are_refused_with_both_numbers() -> None:
    with pytest.raises(QuestionRefused, match=r"100,000 characters.*20,000"):
        clean("x" * 100_000, 20_000)


def test_control_and_direction_marks_go_and_the_words_stay() -> None:
    assert clean("  how\x00 many\u202e days\x1b[31m?\n", 100) == "how many days[31m?"


def test_line_breaks_and_tabs_stay() -> None:
    assert clean("a\n\tb", 10) == "a\n\tb"


@given(st.text(max_size=50))
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    try:
        once = clean(text, 200)
    except QuestionRefused:
        return
    assert clean(once, 200) == once
    once.encode("utf-8")
