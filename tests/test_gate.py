"""Which posts of an auto-answer channel ask something."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gate import asks

MESSAGES = Path(__file__).with_name("gate_messages.jsonl")


def messages(part: str) -> list[tuple[str, bool]]:
    rows = [json.loads(line) for line in MESSAGES.read_text("utf-8").splitlines()]
    return [(row["text"], row["asks"]) for row in rows if row["part"] == part]


def precision_and_recall(labelled: Iterable[tuple[str, bool]]) -> tuple[float, float]:
    told = [(asks(text), truth) for text, truth in labelled]
    hits = sum(said and truth for said, truth in told)
    return hits / sum(said for said, _ in told), hits / sum(truth for _, truth in told)


@pytest.mark.parametrize("part", ["tune", "test"])
def test_questions_are_told_from_what_people_say_to_each_other(part: str) -> None:
    labelled = messages(part)
    assert len(labelled) >= 180
    precision, recall = precision_and_recall(labelled)
    assert precision >= 0.95
    assert recall >= 0.9


def test_no_message_is_labelled_twice() -> None:
    texts = [text.casefold() for part in ("tune", "test") for text, _ in messages(part)]
    assert len(texts) == len(set(texts))


@pytest.mark.parametrize(
    "text",
    [
        "Where do we keep the kiln shelves?",
        "where do we keep the kiln shelves",
        "Morning! New here: how do I book a room?",
        "The scale shows E4 again. What does that mean?",
        "please tell me which form is for a lost badge",
        "Which form?\nhttps://intranet.example/forms?\nI mean for a lost badge, where is it?",
        "opening hours on boxing day?",
        "I can’t find the price list for wholesale",
    ],
)
def test_a_question_of_fact_passes(text: str) -> None:
    assert asks(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "???",
        "right?",
        "who wants coffee?",
        "can you believe it?",
        "https://intranet.example/search?q=where+is+it",
        "`where is the kiln?`",
        "```\nwhat is the kiln doing?\n```",
        "> what is the kiln temperature?\nyes, that.",
        "12:00:01 why is the disk of node3 full?",
        "Could you send me the price list?",
        "The kiln is hot.",
    ],
)
def test_all_else_does_not(text: str) -> None:
    assert not asks(text)


@pytest.mark.parametrize("text", ["what " * 20_000, "(" * 40_000, "a." * 20_000, "`" * 40_001])
def test_an_endless_message_is_no_question(text: str) -> None:
    assert not asks(text)


def test_a_question_behind_a_long_report_is_not_looked_for() -> None:
    report = "The kiln is hot. " * 100
    assert asks(f"{report} Where do we keep the shelves?")
    assert not asks(f"{report * 3} Where do we keep the shelves?")


@given(st.text(max_size=400) | st.text("who what is the?!.,:`>\n😂", max_size=200))
def test_space_around_a_text_changes_nothing(text: str) -> None:
    assert asks(f"\n\n{text}\n") is asks(text)
