"""Which mode a question gets, and why."""

from __future__ import annotations

import pytest

from bot.conversation import Mode, Place, Question
from bot.routing import choose_route, keyword

HERE = Place("terminal")


def question(text: str, mode: Mode = Mode.AUTO, task: str | None = None) -> Question:
    return Question(text, "ben", HERE, mode=mode, task=task)


@pytest.mark.parametrize(
    ("text", "task"),
    [
        ("Rewrite this in a friendly tone: the kiln is broken, deal with it", "rewrite"),
        ("please summarise: we met, we talked, we agreed to ship on Monday", "summarize"),
        ("tl;dr:\nthe release moved to Tuesday because the tests were red", "summarize"),
        ("Can you rephrase “we regret to inform you of the delay”", "rewrite"),
        ("classify: my card was charged twice this morning", "classify"),
        ("Translate into German: the office is closed on Friday", "translate"),
        ("draft an announcement that the office moves to the second floor", "draft"),
        ("Write a short thank-you note for the workshop crew", "draft"),
    ],
)
def test_a_task_that_brings_its_text_goes_to_the_tuned_model(text: str, task: str) -> None:
    route = choose_route(question(text))
    assert (route.mode, route.task) == (Mode.TUNED, task)


@pytest.mark.parametrize(
    "text",
    [
        "How many days of annual leave do I get?",
        "Summarize our leave policy",
        "what does error E-07 mean",
        "who writes the release notes?",
        "Rewrite rules of nginx: where are they documented",
        "Draft board agenda, where is it kept?",
        "how do I classify an expense",
    ],
)
def test_a_question_goes_to_the_documents(text: str) -> None:
    route = choose_route(question(text))
    assert route.mode is Mode.RAG


def test_every_route_says_its_reason() -> None:
    for text in ("Rewrite: it is what it is now", "Summarize our policy", "Why?"):
        route = choose_route(question(text))
        assert route.reason
        assert 0 < route.confidence <= 1


def test_a_forced_mode_is_kept_whatever_the_text_says() -> None:
    assert choose_route(question("Rewrite: a b c d", Mode.RAG)).mode is Mode.RAG
    forced = choose_route(question("How many days?", Mode.TUNED, "classify"))
    assert (forced.mode, forced.task) == (Mode.TUNED, "classify")


def test_a_forced_tuned_mode_without_a_task_takes_it_from_the_words() -> None:
    assert choose_route(question("summarize what follows", Mode.TUNED)).task == "summarize"
    assert choose_route(question("hello there", Mode.TUNED)).task == "rewrite"


@pytest.mark.parametrize(
    ("text", "rest", "mode", "task"),
    [
        ("rag: how many days?", "how many days?", Mode.RAG, None),
        ("Tuned: make it short", "make it short", Mode.TUNED, None),
        ("tuned rewrite: make it short", "make it short", Mode.TUNED, "rewrite"),
        ("ragtime: a genre", "ragtime: a genre", Mode.AUTO, None),
        ("what is rag: a cloth?", "what is rag: a cloth?", Mode.AUTO, None),
    ],
)
def test_a_leading_keyword_forces_a_mode(
    text: str, rest: str, mode: Mode, task: str | None
) -> None:
    assert keyword(text) == (rest, mode, task)
