"""What is said in a thread with the bot: what asks for something, and what only tells."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.statements import LONGEST, only_tells

HERE = Path(__file__).parent


def messages(file: str, part: str, asks: bool) -> list[str]:
    rows = map(json.loads, (HERE / file).read_text("utf-8").splitlines())
    return [row["text"] for row in rows if (row["part"], row["asks"]) == (part, asks)]


@pytest.mark.parametrize("part", ["tune", "seen", "test"])
def test_what_only_tells_is_told_from_requests(part: str) -> None:
    """What first was held out is "seen" once it was tuned on: see `model/LOG.md`."""
    requests = messages("thread_messages.jsonl", part, asks=True)
    statements = messages("thread_messages.jsonl", part, asks=False)
    assert min(len(requests), len(statements)) >= 30
    assert sum(map(only_tells, requests)) <= len(requests) * 0.03
    assert sum(map(only_tells, statements)) >= len(statements) * 0.8


@pytest.mark.parametrize("part", ["tune", "test"])
def test_no_question_of_a_channel_only_tells(part: str) -> None:
    assert not any(map(only_tells, messages("gate_messages.jsonl", part, asks=True)))


def test_no_message_stands_there_twice() -> None:
    lines = (HERE / "thread_messages.jsonl").read_text("utf-8").splitlines()
    texts = [json.loads(line)["text"].casefold() for line in lines]
    assert len(texts) == len(set(texts))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "```I'll tell my boss```",
        "Thanks! https://intranet.example/leave",
        "I'll tell my boss tomorrow. And for part-timers",
        "Thanks, I'll tell my boss, in German please",
        "I'll tell my boss?",
        "I'll tell my boss what the deadline is",
        f"Thanks! {'I will tell Ana. ' * LONGEST}",
    ],
)
def test_where_it_is_not_sure_something_is_asked(text: str) -> None:
    assert not only_tells(text)


@given(st.lists(st.sampled_from("I'll tell my boss if we ok , . and now then it".split())))
def test_any_order_of_words_is_judged(words: list[str]) -> None:
    assert only_tells(" ".join(words)) in (True, False)
