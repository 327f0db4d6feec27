"""What a reader of a page sees of it, where the page is written with Liquid's tags."""

from __future__ import annotations

import pytest

from knowledge.focus import said_in
from knowledge.visible import visible, wordy
from tests.test_answering import passage


def test_what_liquid_comments_out_is_not_seen() -> None:
    text = "Ask early. {% comment %}TODO: link\nto pay{%- endcomment -%} It is free."
    assert visible(text) == "Ask early.  It is free."


def test_code_shows_its_comments() -> None:
    text = "```liquid\n{% comment %}kept{% endcomment %}\n```\n"
    assert visible(text) == text


@pytest.mark.parametrize(
    "text", ["{% comment %} without an end", "{{ page.title }}", "a {b} %} c", "x < y & z", ""]
)
def test_what_is_no_tag_stays(text: str) -> None:
    assert wordy(visible(text)) in (text, text.removeprefix("{% comment %}"))


def test_a_statement_of_a_page_with_tags_is_readable() -> None:
    page = 'Join {% slack_channel "sf" "San Francisco" %}{% comment %}old{% endcomment %}<br/>now.'
    [said] = said_in(passage(page, "sf.md"))
    assert said.text == "Join sf San Francisco now."
