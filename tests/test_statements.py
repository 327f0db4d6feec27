"""Markdown taken apart into statements that can be read alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.statements import Statement, lines, plain, says, statements
from knowledge.words import numbers, sentences, stems


def told(text: str) -> list[str]:
    return [statement.whole for statement in statements(text)]


def test_prose_is_told_by_sentences_across_lines() -> None:
    text = "Leave is booked in\nthe calendar. It needs\nno approval, e.g. from HR. See v3.5."
    assert told(text) == [
        "Leave is booked in the calendar.",
        "It needs no approval, e.g. from HR.",
        "See v3.5.",
    ]


def test_a_row_of_a_table_carries_the_names_of_its_columns() -> None:
    table = "## Meals\n\n| Country | Limit |\n|---|---|\n| Norway | €45 |\n| Spain | |"
    assert told(table) == ["Meals: Country: Norway; Limit: €45", "Meals: Country: Spain"]


def test_a_table_without_a_head_is_told_by_its_cells() -> None:
    assert told("|  |  |\n|---|---|\n| Name | Days |\n| Bo | 3 |") == ["Name: Bo; Days: 3"]
    assert told("| a | b |") == ["a; b"]


def test_items_carry_the_line_that_introduces_them() -> None:
    text = "You need:\n\n- a form\n  signed\n- a photo\n\nThat is all."
    assert told(text) == [
        "You need:",
        "You need: a form signed",
        "You need: a photo",
        "That is all.",
    ]


def test_a_statement_is_under_its_heading() -> None:
    assert list(statements("# Deadlines #\nOn Friday.")) == [Statement("On Friday.", "Deadlines")]


def test_what_introduces_several_statements_is_told_before_the_first_of_them() -> None:
    text = "You need:\n\n- a form\n- a photo\n\n# Deadlines\nOn Friday. Not later."
    assert lines(list(statements(text))) == [
        "You need:",
        "a form",
        "a photo",
        "Deadlines: On Friday.",
        "Not later.",
    ]


def test_code_is_one_statement() -> None:
    assert told("Run:\n```sh\nuv sync\nuv run\n```\nDone.") == [
        "Run:",
        "Run: uv sync uv run",
        "Done.",
    ]


def test_marks_go_and_words_stay() -> None:
    text = "See **the _form_** [SUP-7](x/y_(1).md) in `shelf`, ![map](m.png) 2 * 3, snake_case_x"
    assert plain(text) == "See the form SUP-7 in shelf, map 2 * 3, snake_case_x"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{% slack_channel "sf" "San Francisco" %}', "sf San Francisco"),
        ('Ask in {%- slack_channel "dc" -%} today', "Ask in dc today"),
        ('See [the map]({% page "/maps/dc#floor" %}).', "See the map."),
        ('{% image "_img/map.png" "A map, 50% size" %}', "A map, 50% size"),
        ('{% include "step.html" steps:3 %}', ""),
        (
            'Write `{% slack_channel "dc" %}` for a channel',
            'Write {% slack_channel "dc" %} for a channel',
        ),
        ("50% {% 'half", "50% {% 'half"),
        (
            '<td class="key"><strong>Floor</strong></td> <td>6th<br />wing 4</td>',
            "Floor; 6th wing 4",
        ),
        ('<a href="x?a=1&b=2">GSA</a> Tenant&nbsp;Support', "GSA Tenant Support"),
        ("5 m<sup>2</sup> is **<em>large</em>**", "5 m2 is large"),
        (
            "Run <file> if 3 < 4 > 2, or <https://x.org>",
            "Run <file> if 3 < 4 > 2, or <https://x.org>",
        ),
        ("Use `<br>` here", "Use <br> here"),
    ],
)
def test_marks_of_liquid_and_html_go_and_their_words_stay(text: str, words: str) -> None:
    assert plain(text) == words


def test_the_rows_of_a_table_in_html_are_told_apart() -> None:
    row = "<tr>\n<td>{}</td>\n<td>{}</td>\n</tr>\n"
    table = f"<table>\n{row.format('Floor', 6)}{row.format('Room', 12)}</table>"
    assert told(table) == ["Floor; 6", "Room; 12"]


def test_marks_without_an_end_are_read_in_no_time() -> None:
    for odd in ("<a " * 3000, '<a "' * 3000, "{% x " * 3000, '{%"' * 3000, "`" * 3000 + "<a"):
        assert isinstance(plain(odd), str)


@pytest.mark.parametrize(
    "text",
    [
        "To request ASL interpreters:",
        '"You need:"',
        "Step 2 of 5:",
        "To get all of your 27 days of annual leave:",
        "When do nominations close?",
        "Why? And who pays?",
        "---",
        "Annual leave",
        "Requesting interpreters",
    ],
)
def test_what_only_leads_to_something_says_nothing(text: str) -> None:
    page = "Leave.\n\n**Requesting interpreters:**\n\nFill in the form."
    assert not says(Statement(text), page, ("annual leave", "Days"))


@pytest.mark.parametrize(
    "text",
    [
        "27 days",
        "Who pays? The office pays.",
        "The detail can be extended for another 120 days, provided that:",
        "Requesting interpreters takes a week.",
        "Write to the office.",
        "Ask:the office",
    ],
)
def test_what_says_something_is_known(text: str) -> None:
    page = "**Write to the office.** Soon.\n\n**Write to the office.**\n\n| **27 days** |"
    assert says(Statement(text), page, ("Interpreters",))


WORDS = st.lists(st.from_regex(r"[a-z]{3,8}", fullmatch=True), min_size=1, max_size=30)


@given(WORDS, st.sampled_from([" ", "\n", ". ", "\n\n", "\n- ", "\n| ", "\n# "]))
def test_every_word_is_in_a_statement(words: list[str], joint: str) -> None:
    text = joint.join(words)
    found = {
        word.strip(".|;")
        for said in [*told(text), *told(text + "\n\nend")]
        for word in said.split()
    }
    missing = set(words) - found
    assert not missing or joint == "\n# "  # a heading with nothing under it says nothing


def test_numbers_are_the_same_in_figures_and_in_words() -> None:
    assert numbers("1,250 kilns, twenty-seven days, 3.50 and +5") == {"1250", "27", "3.5", "5"}
    assert numbers("on 2027-03-12 at 15:00") == {"2027", "3", "12", "15:00"}


def test_words_are_compared_by_their_stems() -> None:
    assert stems("The employee's holidays were booked") == stems("employees holiday booking")


def test_sentences_end_where_they_do() -> None:
    assert list(sentences("Dr. No came at 5 p.m. today. It was No. 7! Why? Yes.")) == [
        "Dr. No came at 5 p.m. today.",
        "It was No. 7!",
        "Why?",
        "Yes.",
    ]
