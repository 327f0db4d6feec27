"""What is private is masked before anything is learned from it; what is not stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.learning.masking import masked

TEXTS = Path(__file__).with_name("private_texts.jsonl")
ROWS = [json.loads(line) for line in TEXTS.read_text("utf-8").splitlines()]
PIECES = (
    *(row["text"] for row in ROWS),
    *("password: ", "tel ", "SSN ", "[email]", "[phone] ", "0301234567", "4111111111111111", "\n"),
    *("@", "://", ":", "+", "(", "eyJ", "-----BEGIN PRIVATE KEY-----", "= ", ". ", "\ud800", "\0"),
)


def test_of_what_is_private_little_is_left_and_little_else_is_masked() -> None:
    """The half that the rules were not tuned on; measured: 47 of 47, and 1 of 44."""
    rows = [row for row in ROWS if row["held_out"]]
    private = [(row["text"], piece) for row in rows for piece in row["private"]]
    left = [(text, piece) for text, piece in private if piece in masked(text).text]
    innocent = [row["text"] for row in rows if not row["private"]]
    spoilt = [masked(text).text for text in innocent if masked(text).kinds]
    assert len(left) <= 1, left
    assert len(spoilt) <= 2, spoilt


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("write to jo@acme.com", "write to [email]"),
        ("call +49 171 2345678!", "call [phone]!"),
        ("pay with 4111 1111 1111 1111, now", "pay with [card], now"),
        ("to DE89 3704 0044 0532 0130 00 please", "to [iban] please"),
        ("password: hunter2", "password: [key]"),
        ("postgres://app:s3cret@db/prod", "postgres://[key]@db/prod"),
        ("SSN 536-90-4399.", "SSN [number]."),
    ],
)
def test_a_mark_says_what_stood_there(text: str, told: str) -> None:
    assert masked(text).text == told


@pytest.mark.parametrize("space", ["\u00a0", "\u202f", "\u2009"])
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("pay with 4111 1111 1111 1111, now", "pay with [card], now"),
        ("to DE89 3704 0044 0532 0130 00 please", "to [iban] please"),
        ("call +49 171 2345678 today", "call [phone] today"),
        ("my tax id 86 095 742 719 is new", "my tax id [number] is new"),
    ],
)
def test_numbers_grouped_by_a_word_processors_spaces_are_masked(
    text: str, told: str, space: str
) -> None:
    assert masked(text.replace(" ", space)).text == told.replace(" ", space)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("call 415\u2011555\u20112671", "call [phone]"),
        ("SSN 536\u201390\u20134399.", "SSN [number]."),
        ("call 415-555-2671\u2013or write", "call [phone]\u2013or write"),
        ("write to _jo@acme.com_", "write to [email]_"),
        ("write to jo\uff20acme.com", "write to [email]"),
        ("pay with \uff14111 1111 1111 1111", "pay with [card]"),
    ],
)
def test_what_is_typeset_otherwise_is_masked(text: str, told: str) -> None:
    assert masked(text).text == told


@pytest.mark.parametrize(
    "text",
    [
        "between 2024\u20132025 we grew by 1\u202f000\u202f000 EUR",
        "from 01.02.2025\u201303.04.2025 in rooms 100\u2013200\u2013300",
        "order\u00a04500\u00a0123\u00a0456, version\u00a010.15.7",
    ],
)
def test_ordinary_figures_that_are_typeset_stay(text: str) -> None:
    assert masked(text).text == text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("pay with 4111.1111.1111.1111, now", "pay with [card], now"),
        ("Amex 3782.822463.10005", "Amex [card]"),
        ("on 12.03 4111 1111 1111 1111", "on 12.03 [card]"),
        ("to DE89-3704-0044-0532-0130-00.", "to [iban]."),
        ("to DE89.3704.0044.0532.0130.00-EUR", "to [iban]-EUR"),
        ("write to jane[at]acme.com", "write to [email]"),
        ("jane (at) acme (dot) com knows", "[email] knows"),
        ("jane@acme[.]co[.]uk, or me", "[email], or me"),
    ],
)
def test_what_is_grouped_or_disguised_otherwise_is_masked(text: str, told: str) -> None:
    assert masked(text).text == told


@pytest.mark.parametrize(
    "text",
    [
        "version 4111.1111.1111.1111 on 192.168.100.200, since 2024.05.06",
        "order number 5555.5555.5555.4444, then 10.0.19041.1586",
        "be71c407-de89-3704-0044-053201300012",
        "DE88-3704-0044-0532-0130-00 has wrong check digits",
        "we meet (at) noon. items[at] and node.next",
    ],
)
def test_versions_addresses_dates_and_orders_that_look_like_it_stay(text: str) -> None:
    assert masked(text).text == text


def test_what_was_masked_is_counted() -> None:
    found = masked("a@b.com, c@d.org and 4111 1111 1111 1111")
    assert found.kinds == {"email": 2, "card": 1}


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1112 has a wrong check digit",
        "DE88 3704 0044 0532 0130 00 has wrong check digits",
        "tax id 36 574 261 808 has a wrong check digit",
    ],
)
def test_a_number_whose_check_digit_is_wrong_stays(text: str) -> None:
    assert masked(text).text == text


def test_a_commit_stays_and_a_key_of_the_same_letters_goes() -> None:
    digits = "3f786850e387550fdab836ed7e6dc881de23001b"
    assert digits in masked(f"reverted in {digits}").text
    assert digits not in masked(f"the api key {digits}").text


def test_words_of_which_marks_alone_are_left_are_told() -> None:
    assert masked("jo@acme.com, 4111 1111 1111 1111").mostly
    assert not masked("please send the report to jo@acme.com today").mostly


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=12), max_size=8).map("".join))
@example("a@b.com+4930123456 tel [phone] 0301234567")
def test_masking_what_is_masked_changes_nothing(text: str) -> None:
    once = masked(text).text
    assert masked(once).text == once


HOSTILE = [
    *("a", "1 ", "a@", "://a:", "eyJa.", "xoxb-1-", "password ", "0", "+1", "4111 ", "DE89 "),
    *(
        "-----BEGIN PRIVATE KEY-----\n",
        "password=" * 3 + "'",
        "aws key '",
        "A1b2",
        "jo [at] ",
        "jo@a[.]",
        "4111.",
        "DE89-3704-",
        "(030) ",
        "é@é.",
    ),
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_long_hostile_text_is_masked_to_its_end(piece: str) -> None:
    """A pattern that took quadratic time would take very long for this."""
    text = piece * (12_000 // len(piece)) + " write to jo@acme.com"
    assert masked(text).text.endswith(" write to [email]")
