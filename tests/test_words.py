"""Words, numbers and sentences as matching sees them."""

from __future__ import annotations

import pytest

from knowledge.unicode import well_formed
from knowledge.words import IDENTIFIER, numbers, sentences, spelled, stems


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The kilns are fired", "firing a kiln"),
        ("employee's holidays", "employees’ holiday"),
        ("INVOICES", "invoice"),
    ],
)
def test_forms_of_a_word_have_one_stem(one: str, other: str) -> None:
    assert set(stems(one)) == set(stems(other))


def test_words_without_meaning_are_left_out() -> None:
    assert stems("How do I get to the office?") == stems("office")
    assert stems("the of and") == []


def test_numbers_stay_among_the_stems() -> None:
    assert "27" in stems("27 days")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1,250 people and 3.50 euros", {"1250", "3.5"}),
        ("twenty-seven days", {"27"}),
        ("Ninety days, a dozen eggs", {"90", "12"}),
        ("2-3 weeks", {"2", "3"}),
        ("from 9:30 to 17:00", {"9:30", "17:00"}),
        ("+5 and -5 degrees", {"5", "-5"}),
        ("10k of v2", {"10", "2"}),
        ("It ends in 2026.", {"2026"}),
        ("version 1.39.0", {"1.39.0"}),
        ("no figure", set()),
    ],
)
def test_numbers_are_read(text: str, found: set[str]) -> None:
    assert numbers(text) == found


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("zero", "0"), ("nineteen", "19"), ("forty-two", "42"), ("hundred", "100"),
        ("twenty-twelve", ""), ("twenty-zero", ""), ("nine-ty", ""), ("kiln", ""), ("", ""),
    ],
)  # fmt: skip
def test_spelled_numbers(word: str, value: str) -> None:
    assert spelled(word) == value


def test_sentences_end_where_a_reader_sees_it() -> None:
    text = 'Leave is e.g. 27 days. See sec. 4 of the rules. "Really?" Yes! Dr. Lark agrees.'
    assert list(sentences(text)) == [
        "Leave is e.g. 27 days.",
        "See sec. 4 of the rules.",
        '"Really?"',
        "Yes!",
        "Dr. Lark agrees.",
    ]


def test_a_line_of_a_list_is_a_sentence_of_its_own() -> None:
    assert list(sentences("- one\n- two. Three\n\n")) == ["- one", "- two.", "Three"]
    assert list(sentences("")) == []


def test_identifiers_are_words_with_digits() -> None:
    assert IDENTIFIER.findall("Use E-2000, ISO-9001, v1.2 and kiln3; not kiln or 27.") == [
        "E-2000", "ISO-9001", "v1.2", "kiln3",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("plain", "plain"),
        ("😀 \0", "😀 \0"),
        ("a pair \ud83d\ude00", "a pair 😀"),
        ("lone \ud83d here", "lone \ufffd here"),
        ("\udcff", "\ufffd"),
        ("", ""),
    ],
)
def test_halves_of_characters_are_joined_or_replaced(text: str, clean: str) -> None:
    assert well_formed(text) == clean
    well_formed(text).encode()
