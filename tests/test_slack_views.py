"""Tandem's views in Slack: the thumbs-down's question, a private result, the home tab, help."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import wording
from bot.addresses import address
from bot.conversation import Mode, Outcome
from bot.platforms.slack.controls import FORGET, LEARN
from bot.platforms.slack.mrkdwn import of
from bot.platforms.slack.text import shown
from bot.platforms.slack.views import (
    HomePage,
    Readable,
    Reasoned,
    ViewUnreadable,
    home,
    notice_modal,
    privacy_blocks,
    read_reason,
    reason_modal,
    result_modal,
    said_blocks,
    working_modal,
)
from tests.slack_blocks import marked_texts, message_problems, mrkdwn_dangers, units, view_problems
from tests.test_slack_drawing import CITATIONS, LEAVE, PAGE, TEXT, drawn, interaction, named

ROOT = Path(__file__).resolve().parent.parent
NOW = datetime(2026, 3, 2, 10, 11, tzinfo=UTC)
SUMMARY = "Summarise in our style"


def submitted(interaction_id: int, reason: str | None, correction: str | None) -> dict[str, Any]:
    """The modal as Slack gives it back."""
    option = {"value": reason} if reason else None
    values = {
        "reason": {"reason": {"type": "radio_buttons", "selected_option": option}},
        "correction": {"correction": {"type": "plain_text_input", "value": correction}},
    }
    return reason_modal(interaction_id) | {"state": {"values": values}}


# -- after a thumbs-down -----------------------------------------------------------------


def test_after_a_thumbs_down_the_reason_is_a_choice_and_the_right_answer_is_words() -> None:
    view = reason_modal(12)
    assert view_problems(view) == []
    assert view["callback_id"] == "reason"
    radio = view["blocks"][1]["element"]
    assert [option["value"] for option in radio["options"]] == list(wording.REASONS)
    assert view["blocks"][2]["element"]["multiline"] is True


def test_what_was_submitted_is_read_back() -> None:
    assert read_reason(submitted(12, "outdated", " 28 days. ")) == Reasoned(
        12, "outdated", "28 days."
    )


def test_both_fields_may_be_left_empty() -> None:
    assert read_reason(submitted(12, None, None)) == Reasoned(12, "", "")


def test_a_reason_that_was_not_offered_is_none() -> None:
    assert read_reason(submitted(12, "<!channel>", "x")).reason == ""


def test_the_modal_opens_with_what_was_said_before() -> None:
    view = reason_modal(12, "wrong", "28 days.")
    assert view["blocks"][1]["element"]["initial_option"]["value"] == "wrong"
    assert view["blocks"][2]["element"]["initial_value"] == "28 days."


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2),
        st.dictionaries(
            st.sampled_from(["values", "reason", "correction", "value", "selected_option"]), inner
        ),
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(JSON, JSON, st.one_of(st.text(max_size=10), JSON.map(json.dumps)))
def test_a_view_that_is_not_ours_is_refused_and_never_crashes(
    state: object, values: object, metadata: str
) -> None:
    for told in (state, {"values": values}):
        with pytest.raises(ViewUnreadable):
            read_reason({"private_metadata": metadata, "state": told})


def test_a_view_with_our_metadata_but_another_form_is_refused() -> None:
    forms: tuple[dict[str, object], ...] = (
        {},
        {"reason": {}},
        {"reason": {"reason": []}, "correction": 3},
    )
    for broken in forms:
        view = reason_modal(12) | {"state": {"values": broken}}
        with pytest.raises(ViewUnreadable, match="cannot be read"):
            read_reason(view)


# -- a private result --------------------------------------------------------------------


def test_a_result_is_worked_on_then_shown_with_a_button_that_posts_it() -> None:
    working = working_modal(SUMMARY, "C1:1.0")
    done = result_modal(interaction("It is **27** days. [1]"), SUMMARY, "C1:1.0")
    assert view_problems(working) == view_problems(done) == []
    assert ("submit" in working, done["submit"]["text"]) == (False, "Post to thread")
    assert done["private_metadata"] == working["private_metadata"] == "C1:1.0"
    assert done["callback_id"] == working["callback_id"] == "result"
    assert "It is *27* days. [1]" in drawn(done["blocks"])
    assert f"<{PAGE}|Leave – docs.halden.example/leave>" in drawn(done["blocks"])


def test_a_failure_cannot_be_posted() -> None:
    assert "submit" not in result_modal(interaction("Sorry.", (), Outcome.FAILED), SUMMARY)


def test_what_is_too_long_for_a_modal_is_cut_and_says_so() -> None:
    view = result_modal(interaction("Word & word. " * 20_000), SUMMARY)
    assert view_problems(view) == []
    assert wording.REST_LEFT in drawn(view["blocks"])


def test_metadata_that_slack_would_refuse_is_refused_here() -> None:
    with pytest.raises(ValueError, match="3000"):
        working_modal(SUMMARY, "x" * 3001)


@pytest.mark.parametrize(
    ("markdown", "markup"),
    [
        ("**a** and `b < c` & d", "*a* and `b &lt; c` &amp; d"),
        ("## Head\n- one\n  * two\n> said", "*Head*\n• one\n  • two\n> said"),
        ("```py\nx <y>\n```", "```\nx &lt;y&gt;\n```"),
        (f"[leave (docs.halden.example)]({PAGE}?a=1&b=2)",
         f"<{PAGE}?a=1&amp;b=2|leave (docs.halden.example)>"),
    ],
)  # fmt: skip
def test_markdown_is_told_in_slacks_own_markup(markdown: str, markup: str) -> None:
    assert of(markdown) == markup


@settings(max_examples=80, deadline=None)
@given(TEXT, CITATIONS, TEXT)
def test_any_result_is_harmless_and_within_all_limits(
    text: str, citations: Any, title: str
) -> None:
    view = result_modal(interaction(text, citations), title)
    pages = {page.url for page in (address(c.url) for c in citations) if page}
    assert view_problems(view) == []
    assert [d for t in marked_texts(view) for d in dangers(t, pages)] == []


def dangers(text: str, pages: set[str]) -> list[str]:
    """As anywhere, but that an address may be read in code, which is no link."""
    return mrkdwn_dangers(re.sub("```.*?```|`[^`]*`", unlinked_code, text, flags=re.DOTALL), pages)


def unlinked_code(code: re.Match[str]) -> str:
    return code[0].replace("://", "")


# -- the home tab ------------------------------------------------------------------------

FULL = HomePage(
    (Readable("handbook", 42, NOW), Readable("wiki")),
    (interaction(), replace(interaction("", (), Outcome.UNKNOWN), asked_at=NOW)),
)


def test_the_home_tab_shows_sources_questions_choices_and_how_to_ask() -> None:
    view = home(FULL)
    text = drawn(view["blocks"])
    assert view_problems(view) == []
    assert view["type"] == "home"
    assert "• *handbook* · 42 documents · last read <!date^1772446260^" in text
    assert "How many days?\n_answered from the documents_" in text
    assert wording.LEARNING_ON in text
    assert wording.HELP[0] in text


def test_an_empty_home_tab_says_so() -> None:
    text = drawn(home(HomePage())["blocks"])
    assert wording.READS_NOTHING in text
    assert wording.ASKED_NOTHING in text


def test_many_sources_with_long_names_fit_the_home_tab() -> None:
    view = home(HomePage(tuple(Readable("&" * 90, 3, NOW) for _ in range(60))))
    assert view_problems(view) == []
    assert "and 20 more" in drawn(view["blocks"])


@pytest.mark.parametrize(("may_learn", "asks"), [(True, "no"), (False, "yes")])
def test_the_switch_offers_the_other_choice(may_learn: bool, asks: str) -> None:
    switch, forget = named(privacy_blocks(may_learn), "button")
    assert (switch["action_id"], switch["value"]) == (LEARN, asks)
    assert forget["action_id"] == FORGET
    assert "cannot be undone" in forget["confirm"]["text"]["text"]


@settings(max_examples=40, deadline=None)
@given(st.lists(TEXT, max_size=60), st.lists(TEXT, max_size=30), st.booleans())
def test_any_home_tab_is_harmless_and_within_all_limits(
    names: list[str], questions: list[str], may_learn: bool
) -> None:
    asked = interaction()
    recent = [replace(asked, question=replace(asked.question, text=q)) for q in questions]
    readable = tuple(Readable(name, 3, NOW) for name in names)
    view = home(HomePage(readable, tuple(recent), may_learn))
    assert view_problems(view) == []
    assert [d for t in marked_texts(view) for d in mrkdwn_dangers(t, ())] == []


# -- help and the like -------------------------------------------------------------------


def test_help_names_the_ways_to_ask_and_the_tasks() -> None:
    text = drawn(said_blocks(wording.help_text(["rewrite", "summarize"])))
    assert all(word in text for word in ("rag:", "tuned:", "/ask", "mute", "rewrite, summarize"))


def test_status_says_who_waits_and_what_answers() -> None:
    reads = wording.reads(1, alone=True)
    text = drawn(said_blocks(wording.status("small-instruct", 2, reads)))
    assert "2 questions waiting" in text
    assert "small-instruct and read 1 source for you." in text


@settings(max_examples=40, deadline=None)
@given(TEXT)
def test_anything_said_to_one_person_is_harmless_and_within_limits(text: str) -> None:
    assert message_problems(said_blocks(text)) == []
    assert view_problems(notice_modal(text, text)) == []
    assert mrkdwn_dangers(drawn(said_blocks(text)), ()) == []


@pytest.mark.parametrize("mode", list(Mode))
def test_every_mode_and_outcome_has_words(mode: Mode) -> None:
    assert wording.MODES[mode]
    assert set(wording.OUTCOMES) == set(Outcome)


def test_a_text_that_is_shown_twice_names_its_hosts_once() -> None:
    once = shown(f"See [leave]({PAGE}).", {PAGE})
    assert shown(once, {LEAVE.url}) == once
    assert units(once) == len(once)


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        ("slack-answer", ["Sources", "[1]", "Redo as tuned"]),
        ("slack-reason", [wording.ASK_REASON_TITLE, *wording.REASONS.values(), wording.SEND]),
        ("slack-home", [wording.READABLE, wording.RECENT, *wording.HELP, wording.FORGET_ME]),
    ],
)
def test_the_pictures_in_the_docs_show_what_is_drawn_now(picture: str, words: list[str]) -> None:
    """After a change: `uv run scripts/draw-slack`."""
    drawing = (ROOT / "docs" / f"{picture}.svg").read_text(encoding="utf-8")
    shown_words = html.unescape(re.sub(r"<[^>]*>|\s", "", drawing))
    assert [line for line in words if re.sub(r"\s", "", line) not in shown_words] == []
