"""An answer over several Slack messages: nothing is lost, code blocks stay whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.platforms.slack.pages import Page, flowing, open_fence, pages

LINES = st.one_of(
    st.sampled_from(["```", "```python", "~~~", "````", "  ```sql", "~~~~ text here", "``", "`x`"]),
    st.text("abcxyz `~.!。é ", max_size=90),
    st.text("ab", min_size=200, max_size=700),
)
TEXTS = st.lists(LINES, max_size=40).map("\n".join)


def in_code_at_the_end(text: str) -> bool:
    """What an independent Markdown reader says: does a paragraph after `text` become code?"""
    last = MarkdownIt("commonmark", {"html": False}).parse(text + "\n\nPROBE")[-1]
    return bool(last.type == "fence")


@given(TEXTS, st.integers(250, 600))
def test_pages_hold_the_whole_text_within_the_limit_and_close_their_code(
    text: str, limit: int
) -> None:
    laid = pages(text, limit)
    assert "".join(page.text for page in laid) == text
    assert max(len(page.whole) for page in laid) <= limit
    assert not any(in_code_at_the_end(page.whole) for page in laid)
    assert all(page.text for page in laid[1:])


@given(TEXTS)
def test_an_open_code_block_is_seen_as_a_markdown_reader_sees_it(text: str) -> None:
    assert (open_fence(text) is not None) == in_code_at_the_end(text)


@given(TEXTS, st.integers(0, 2000))
def test_what_flows_never_ends_within_a_fence(text: str, cut: int) -> None:
    begun = text[:cut]
    shown = flowing(begun)
    assert begun.startswith(shown)
    assert "\n" not in begun[len(shown) :]
    assert not shown.endswith(("\n`", "\n``", "\n```", "\n~", "\n~~~"))


def test_code_goes_on_in_its_language_on_the_next_page() -> None:
    first, second = pages("```sql\n" + "select 1;\n" * 40 + "```\nThat is all.", 300)[:2]
    assert first.whole.startswith("```sql\nselect 1;\n")
    assert first.whole.endswith("\nselect 1;\n```")
    assert second.whole.startswith("```sql\nselect 1;\n")


def test_a_page_ends_with_a_line_where_it_can() -> None:
    text = "A first line that is read.\n" * 30
    assert all(page.whole.endswith("read.\n") for page in pages(text, 250))


def test_a_long_line_is_cut_behind_a_sentence_or_a_word() -> None:
    ends = [page.text[-2:] for page in pages("It says so there. " * 100, 250)[:-1]]
    assert set(ends) == {". "}
    words = [page.text for page in pages("somewhere " * 100, 255)[:-1]]
    assert all(text.endswith("somewhere ") for text in words)


@pytest.mark.parametrize(
    ("begun", "shown"),
    [
        ("So:\n``", "So:\n"),
        ("So:\n```py", "So:\n"),
        ("So:\n```py\n", "So:\n```py\n"),
        ("So: `x` is", "So: `x` is"),
        ("`x` is", "`x` is"),
        ("~", ""),
    ],
)
def test_a_line_that_may_become_a_fence_waits(begun: str, shown: str) -> None:
    assert flowing(begun) == shown


def test_an_empty_page_takes_something_of_any_text() -> None:
    assert Page().take("x" * 1000, 250)
    assert Page("```" + "a" * 60 + "\n").take("`" * 1000, 250)
