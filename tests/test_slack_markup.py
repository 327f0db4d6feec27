"""Slack's own markup as Markdown, and threads of any chat as documents."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from knowledge.sources._talk.grouping import conversations
from knowledge.sources._talk.since import first_s
from knowledge.sources._talk.words import Message, Reaction, Thread
from knowledge.sources._talk.writing import document, plain
from knowledge.sources.slack.faces import face
from knowledge.sources.slack.mrkdwn import markdown

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("*bold* _slanted_ ~struck~ `co_de*x*`", "**bold** *slanted* ~~struck~~ `co_de*x*`"),
        ("2*3*4 snake_case_name a * b * c", "2*3*4 snake_case_name a * b * c"),
        ("see <https://x.example/a_b_c|the *plan*>", "see [the *plan*](https://x.example/a_b_c)"),
        ("<https://x.example/(a)|[x]> <https://y.example>",
         "[(x)](https://x.example/(a%29) <https://y.example>"),
        ("<mailto:a@x.example|a@x.example> <http://x.example|`run`>",
         "<mailto:a@x.example> [`run`](http://x.example)"),
        ("<@U1> <@U2|eve> in <#C1> and <#C2|glaze>", "@Anna @eve in #kilns and #glaze"),
        ("<!here> <!subteam^S1|@eng> <!date^139^{date}|Feb 18>", "@here @eng Feb 18"),
        ("if a &lt; b &amp;&amp; c &gt; d", "if a < b && c > d"),
        ("&gt; quoted\nnot", "> quoted\nnot"),
        ("• one\n• two\n  ◦ three", "- one\n- two\n  - three"),
        ("run ```x = *1*\ny &lt; 2``` now", "run \n```\nx = *1*\ny < 2\n```\n now"),
        ("```<https://x.example|x.example>```", "```\nx.example\n```"),
        ("# not a heading", "\\# not a heading"),
        (":tada: :+1::skin-tone-3: 10:30:15 :kiln_b:", "🎉 👍 10:30:15 :kiln_b:"),
        ("a < b and <odd> \ue0000\ue001", "a < b and <odd> 0"),
        ("*not\nbold* __x__", "*not\nbold* __x__"),
        ("", ""),
    ],
)  # fmt: skip
def test_slacks_markup_becomes_markdown(text: str, made: str) -> None:
    assert markdown(text, {"U1": "Anna"}.__getitem__, {"C1": "kilns"}.__getitem__) == made


def test_reactions_are_signs_where_they_are_known() -> None:
    assert [face(name) for name in ("+1", "thumbsup::skin-tone-2", "kiln")] == [
        "👍",
        "👍",
        ":kiln:",
    ]


def said(minutes: float, text: str = "Hm.", author: str = "Anna", **more: object) -> Message:
    at = NOON + timedelta(minutes=minutes)
    return Message(str(minutes), author, at, text, "https://x.example", **more)  # type: ignore[arg-type]


def test_a_silence_or_midnight_ends_a_conversation() -> None:
    messages = [said(0), said(10), said(20.1), said(719.9), said(720.1)]
    found = [[one.id for one in group] for group in conversations(messages)]
    assert found == [["0", "10"], ["20.1"], ["719.9"], ["720.1"]]


def test_a_thread_tells_who_answered_and_how_it_was_received() -> None:
    thumbs = (Reaction("👎", 1), Reaction("👍🏽", 3))
    thread = Thread(
        "1", "#kilns",
        (said(0, "# Hi\nHow **hot**?"), said(1, "1,240.", "Ben", reactions=thumbs),
         said(2, "At most.", "Ben", reactions=(Reaction("✔️", 1),)), said(3, "", "Cleo")),
        tags=("heat",),
    )  # fmt: skip
    made = document("talk", thread)
    assert made is not None
    assert (made.title, made.modified_at) == ("Hi How hot?", NOON + timedelta(minutes=3))
    assert made.text.split("\n\n") == [
        "Thread in #kilns by Anna on 2026-11-22; answered by Ben; tagged heat; solved.",
        "## Hi\nHow **hot**?",
        "## Reply by Ben on 2026-11-22",
        "1,240.",
        "Reactions: 👍🏽 3, 👎 1.",
        "## Accepted answer by Ben on 2026-11-22",
        "At most.",
        "Reactions: ✔️ 1.",
    ]


def test_other_words_or_another_form_are_another_version() -> None:
    def mark(text: str, form: str = "") -> str:
        made = document("talk", Thread("1", "#a", (said(0, text),)), form)
        assert made is not None
        return made.fingerprint

    assert len({mark("a"), mark("b"), mark("a", "x"), mark("a")}) == 3


def test_where_nothing_is_said_there_is_no_document() -> None:
    assert document("talk", Thread("1", "#a", (said(0, " \n"),))) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Look:\n```\nx = 1\n```", "Look:"),
        ("```\nx = 1\n```", "x = 1"),
        ("- [the plan](https://x.example) of *1 May*", "the plan of 1 May"),
        ("> see <https://x.example>", "see https://x.example"),
    ],
)
def test_a_title_has_the_words_alone(text: str, words: str) -> None:
    assert plain(text) == words


def test_from_when_on_a_chat_is_read_is_a_date_or_an_age() -> None:
    now = NOON.timestamp()
    assert first_s("", now) == 0
    assert first_s("2026-11-20", now) == first_s("2d", now) == now - 2.5 * 86400
    for odd in ("yesterday", "2026-13-01", "2w"):
        with pytest.raises(ValueError, match=r"write a date"):
            first_s(odd, now)
