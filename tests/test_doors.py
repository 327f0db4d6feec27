"""What the first words of a message force."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation import Mode
from bot.doors import Order, Said, read
from model.tasks import tasks_from

TASKS = [*tasks_from({}), "Thank-You"]


def said(text: str) -> Said:
    return read(text, TASKS)


@pytest.mark.parametrize(
    ("text", "mode", "task", "rest"),
    [
        ("how many days?", Mode.AUTO, None, "how many days?"),
        ("rag: how many days?", Mode.RAG, None, "how many days?"),
        ("  RAG :how many days? ", Mode.RAG, None, "how many days?"),
        ("rag：wie viele?", Mode.RAG, None, "wie viele?"),
        ("Tuned: make it short", Mode.TUNED, None, "make it short"),
        ("tuned rewrite: we are late", Mode.TUNED, "rewrite", "we are late"),
        ("tuned  Rewrite\n: we are late", Mode.TUNED, "rewrite", "we are late"),
        ("tuned summarise: we met", Mode.TUNED, "summarize", "we met"),
        ("tuned summarize this: we met: all", Mode.TUNED, "summarize", "we met: all"),
        ("tuned summarize this please: we met", Mode.TUNED, "summarize", "we met"),
        ("tuned summarize in one line: we met", Mode.TUNED, "summarize", "in one line: we met"),
        ("tuned rewrite in this tone: we met", Mode.TUNED, "rewrite", "in this tone: we met"),
        ("tuned thank-you: Ben", Mode.TUNED, "Thank-You", "Ben"),
        ("tuned sing: we met", Mode.TUNED, "sing", "we met"),
    ],
)
def test_a_keyword_forces_mode_and_task(text: str, mode: Mode, task: str | None, rest: str) -> None:
    assert said(text) == Said(rest, mode, task)


@pytest.mark.parametrize(
    "text",
    [
        "ragtime: a genre",
        "what is rag: a cloth?",
        "tuned pianos sound better: discuss",
        "rag rewrite: x",
        "the rag: where is it",
        "automatic: how do I switch it off?",
        "private rooms: where are they?",
    ],
)
def test_a_sentence_that_only_looks_alike_forces_nothing(text: str) -> None:
    assert said(text) == Said(text)


@pytest.mark.parametrize("word", ["private:", "Only me:", "only me：", "privately :", "just me:"])
def test_an_answer_may_be_asked_for_in_private(word: str) -> None:
    assert said(f"{word} how many days?") == Said("how many days?", private=True)
    forced = Said("how many days?", Mode.RAG, private=True)
    assert said(f"{word} rag: how many days?") == forced
    assert said(f"rag: {word} how many days?") == forced
    assert said(f"tuned rewrite: {word} go") == Said("go", Mode.TUNED, "rewrite", private=True)


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("mute", Order.MUTE),
        (" Mute! ", Order.MUTE),
        ("please mute", Order.MUTE),
        ("mute, please", Order.MUTE),
        ("mute this thread", Order.MUTE),
        ("un-mute", Order.UNMUTE),
        ("unmute in this channel", Order.UNMUTE),
        ("/help", Order.HELP),
        ("HELP?", Order.HELP),
        ("status", Order.STATUS),
        ("privacy", Order.PRIVACY),
        ("Privacy off!", Order.PRIVACY),
        ("privacy-on", Order.PRIVACY),
        ("privacy settings?", Order.PRIVACY),
        ("privacy-channel-off", Order.LEARN_OFF),
        ("Privacy channel off!", Order.LEARN_OFF),
        ("privacy this channel on", Order.LEARN_ON),
        ("forget me", Order.FORGET_ME),
        ("Forget-me.", Order.FORGET_ME),
        ("auto", Order.AUTO),
        ("auto:", Order.AUTO),
    ],
)
def test_an_order_stands_alone(text: str, order: Order) -> None:
    assert said(text) == Said("", order=order)
    assert not said(text).asks


@pytest.mark.parametrize(
    "text",
    [
        "mute people in Zoom?",
        "how do I mute?",
        "help with my laptop",
        "status of the kiln?",
        "privacy policy",
        "privacy off site?",
        "privacy channel",
        "privacy channel offices",
        "forget me not is a flower",
        "unmute. and then?",
        "mutes",
        "auto insurance",
        "rag: mute",
        "mute " * 50,
    ],
)
def test_a_word_that_only_begins_a_sentence_is_no_order(text: str) -> None:
    assert said(text).order is None
    assert said(text).asks


def test_a_text_behind_auto_is_asked_with_the_mode_given_back() -> None:
    assert said("auto: how many days?") == Said("how many days?", order=Order.AUTO)
    assert said("auto: how many days?").asks


@pytest.mark.parametrize(
    ("text", "mode", "task"),
    [("rag:", Mode.RAG, None), ("tuned rewrite: ", Mode.TUNED, "rewrite")],
)
def test_a_mode_alone_asks_nothing(text: str, mode: Mode, task: str | None) -> None:
    assert said(text) == Said("", mode, task, order=Order.MODE)
    assert not said(text).asks


def test_nothing_asks_nothing() -> None:
    for text in ("", "  \n ", "private:"):
        assert not said(text).asks


@given(st.text(max_size=300) | st.text("ragtuned: privateonlymehelp\n：", max_size=80))
def test_any_text_is_read(text: str) -> None:
    assert len(said(text).text) <= len(text)
    assert said(text).text == said(text).text.strip()
