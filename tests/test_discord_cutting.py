"""A long answer in Discord, and one that is written: parts that stand alone and never change."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.platforms.discord.cutting import MOST, Flow, parts
from tests.discord_markdown import dangers, units
from tests.discord_texts import LONG, MARKED_PAGE, PAGE, TEXT

CITED = {PAGE, MARKED_PAGE}


# -- while it is written -----------------------------------------------------------------


def written(text: str, size: int, flow: Flow) -> list[tuple[tuple[str, ...], str]]:
    """What could be shown after each piece: the full parts and the open one."""
    told = list[tuple[tuple[str, ...], str]]()
    for at in range(0, len(text), size):
        flow.add(text[at : at + size])
        told.append((flow.full, flow.open))
    return told


@settings(max_examples=40, deadline=None)
@given(TEXT, st.integers(7, 900), st.sampled_from(["", "> How many days?"]))
def test_full_parts_never_change_and_end_as_those_of_the_whole(
    text: str, size: int, opening: str
) -> None:
    size = max(size, len(text) // 30)
    flow = Flow(CITED, opening)
    told = written(text, size, flow)
    whole = flow.rest()
    assert whole == parts(text, CITED, opening)
    for full, _ in told:
        assert list(full) == whole[: len(full)]


@settings(max_examples=50, deadline=None)
@given(TEXT, st.integers(1, 300))
def test_what_is_shown_meanwhile_is_harmless_and_fits(text: str, size: int) -> None:
    size = max(size, len(text) // 20)
    for _, open in written(text, size, Flow(CITED)):
        assert dangers(open, CITED) == []
        assert units(open) <= MOST


@pytest.mark.parametrize(
    ("begun", "seen"),
    [
        ("You get 27 da", "You get 27"),
        ("It is so. [1", "It is so."),
        ("It is so. [1][2] and", "It is so. [1][2]"),
        (f"See [leave]({PAGE[:20]}", "See"),
        ("See [the le", "See"),
        ("See `the c", "See"),
        ("Be **very ca", "Be **very**"),
        ("Do ** ", "Do"),
        ("```py\nx = 1\ny", "```py\nx = 1\n```"),
        ("```py\n", ""),
        ("```py\nx\n``", "```py\nx\n```"),
        ("So:\n| a | b |\n|--", "So:"),
        ("So:\n| a | b |\n|---|---|\n| 1 |", "So:\n```\na  b\n─  ─\n```"),
        ("## Hea", ""),
        ("> quoted wo", "> quoted"),
    ],
)
def test_no_half_of_a_link_a_mark_or_a_word_is_shown(begun: str, seen: str) -> None:
    flow = Flow(CITED)
    flow.add(begun)
    assert flow.open == seen


def test_a_bracket_that_never_closes_is_shown_after_a_while() -> None:
    flow = Flow()
    flow.add("See [the " + "long " * 100)
    assert flow.open.startswith("See [the long")


def test_line_ends_may_come_in_two_pieces() -> None:
    flow = Flow()
    for piece in ("a\r", "\nb\r", "c"):
        flow.add(piece)
    assert flow.rest() == ["a\nb\nc"]


# -- over several messages ---------------------------------------------------------------


def test_a_part_ends_with_a_paragraph_where_it_can() -> None:
    text = ("A sentence that is read. " * 12 + "\n\n") * 12
    told = parts(text)
    assert len(told) > 1
    assert {part[-5:] for part in told} == {"read."}
    assert all(part.startswith("A sentence") for part in told)


def test_a_long_paragraph_is_cut_behind_a_sentence_and_its_marks() -> None:
    told = parts("It says so there, at length. [1][2] " * 150)
    assert len(told) > 2
    assert all(part.endswith("length. [1][2]") for part in told)


def test_code_that_is_cut_is_closed_and_reopened_in_its_language() -> None:
    first, *_, last = parts("Run:\n\n```python\n" + "print(1)\n" * 600 + "```\nDone.")
    assert first.endswith("print(1)\n```")
    assert last.startswith("```python\nprint(1)")
    assert last.endswith("```\nDone.")


def test_bold_that_is_cut_is_closed_and_reopened() -> None:
    first, second = parts("> **" + "word " * 400 + "*end***")
    assert first.startswith("> **word")
    assert first.endswith("word**")
    assert second.startswith("> **word")
    assert second.endswith("*end***")


def test_a_heading_stays_with_what_it_heads() -> None:
    text = "Words that fill.\n" * 105 + "## Next\n" + "More words. " * 50
    first, second = parts(text)
    assert first.endswith("Words that fill.")
    assert second.startswith("## Next\nMore")


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 400))
def test_no_cut_goes_through_a_link_code_or_citation_marks(before: int) -> None:
    text = "a" * before + f" [the leave page]({PAGE}) `some code` end.[1][2]" * 80
    for part in parts(text, CITED):
        assert part.count("[the leave page (docs.halden.example)](<") == part.count(f"{PAGE}>)")
        assert part.count("`") % 2 == 0
        assert not re.match(r"\[\d+\]", part)


@settings(max_examples=40, deadline=None)
@given(LONG)
def test_the_first_part_begins_with_the_opening(text: str) -> None:
    opening = "> " + "q" * 298
    first, *others = parts(text, (), opening)
    assert first.startswith(opening)
    assert not any(opening in part for part in others)
