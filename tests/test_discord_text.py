"""An answer's Markdown in Discord: it reads as it was meant, nothing in it has powers."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.measures import GAP
from bot.platforms.discord.cutting import MOST, parts
from bot.platforms.discord.emphasis import balanced, open_marks
from bot.platforms.discord.inline import inline, linked, literal
from bot.platforms.discord.text import plain, whole_line, words
from tests.discord_markdown import Seen, dangers, read, units
from tests.discord_texts import MARKED_PAGE, PAGE, SHORT, TEXT

CITED = {PAGE, MARKED_PAGE}


def shown(text: str) -> str:
    """A text that has room in one message."""
    (part,) = parts(text, CITED)
    return part


def kinds(text: str) -> list[str]:
    return [seen.kind for seen in read(text)]


# -- what the Markdown means -------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("# Leave #\n## Carry over\n### When", "# Leave\n## Carry over\n### When"),
        ("#### Deeper\n###### With `code`", "**Deeper**\n**With `code`**"),
        ("#\ntext", "text"),
        ("- a\n* b\n+ c\n  - [ ] d\n  - [x] e", "- a\n- b\n- c\n  - ☐ d\n  - ☑ e"),
        ("1) one\n2. two", "1. one\n2. two"),
        ("- a\n\t- deep", "- a\n    - deep"),
        (">quoted\n>> deeper\n>>> deepest", "> quoted\n> deeper\n> deepest"),
        ("above\n\n---\n\nbelow", "above\n\n———\n\nbelow"),
        ("**b** __s__ *i* _j_ ***bi*** ~~gone~~", "**b** **s** *i* _j_ ***bi*** ~~gone~~"),
        ("**a *b***", "**a *b***"),
        ("R&amp;D &lt; 5", "R&D < 5"),
        ("a line \\\nbroken", "a line\nbroken"),
        ("2 * 3 and snake_case", "2 \\* 3 and snake\\_case"),
        ("\\*no star\\*", "\\*no star\\*"),
        ("a stray ` mark", "a stray ' mark"),
        ("``a ` b``", "`a ' b`"),
        ("~~~py\nx\n~~~", "```py\nx\n```"),
        ("```py title=x\nx", "```py\nx\n```"),
        ("- ```sh\n  run\n  ```", "```sh\nrun\n```"),
        ("> ```js\n> a\n> ```\n> b", "```js\na\n```\n> b"),
        ("> ```js\n> a\nb", "```js\na\n```\nb"),
        ("```\n\n```\nempty", "empty"),
        (f"See [leave]({PAGE}).", f"See [leave (docs.halden.example)](<{PAGE}>)."),
        (f"See {PAGE}.", f"See <{PAGE}>."),
        ("[x](https://evil.example) y", "x (`https://evil.example`) y"),
    ],
)
def test_markdown_is_written_as_discord_reads_it(written: str, read: str) -> None:
    assert shown(written) == read


@pytest.mark.parametrize(
    "written",
    [
        "<@123> and <@&5> and <#7>",
        "@everyone, @here, @hereafter",
        "a || hidden || b",
        "-# small",
        ">>> all of the rest",
        "x >>> y\n>>> z",
        "<t:1618953630:R> <:wave:12> </ask:5> <id:customize>",
        "join discord.gg/abc",
        "éhttps://evil.example",
    ],
)
def test_what_discord_makes_something_of_stays_text(written: str) -> None:
    assert dangers(written) != []
    told = shown(written)
    assert dangers(told) == []
    assert set(kinds(told)) <= {"text", "code", "quote"}
    assert re.sub(r"\W", "", told) == re.sub(r"\W", "", written)


@pytest.mark.parametrize(
    ("title", "label"),
    [
        ("https://bank.example", "bank.example (docs.halden.example)"),
        ("Leave 🎉", "Leave (docs.halden.example)"),
        ("*Leave* [now]", "Leave now (docs.halden.example)"),
        ("@everyone <#5> :tada:", "everyone #5 tada: (docs.halden.example)"),
        ("", "docs.halden.example/leave"),
        ("docs.halden.example", "docs.halden.example"),
    ],
)
def test_a_link_has_words_that_discord_draws_and_says_its_host(title: str, label: str) -> None:
    assert list(read(linked(title, PAGE))) == [Seen("link", label, PAGE)]


def test_an_addresss_own_marks_end_no_link_and_lead_to_the_same() -> None:
    told = linked("Odd", MARKED_PAGE)
    assert not re.search(r"[()*~]|__", told[told.index("<") : told.index(">")])
    assert dangers(f"_*{told}*_", CITED) == []


def test_an_address_that_is_too_long_for_a_link_is_code() -> None:
    assert kinds(linked("Long", f"{PAGE}/{'x' * 600}")) == ["text", "code"]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60) | SHORT)
def test_what_is_literal_is_read_as_it_stands(text: str) -> None:
    told = literal(text)
    assert dangers(told) == []
    assert set(kinds(told.replace("\n", " "))) <= {"text"}


# -- emphasis ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("**open", "\\*\\*open"),
        ("a* b*", "a\\* b\\*"),
        ("**a _b** c_", "**a \\_b** c\\_"),
        ("*a `x*y` b*", f"{GAP}a `x*y` b{GAP}"),
        ("_a `x_y` b_", f"{GAP}a `x_y` b{GAP}"),
        ("_a snake_case b_", f"{GAP}a snake\\_case b{GAP}"),
        ("*_\\__ `x`*`a*b`", f"*{GAP}\\_{GAP} `x`*`a*b`"),
        ("**a `**kw` b**", f"{GAP}a `**kw` b{GAP}"),
        ("****four****", "\\*\\*\\*\\*four\\*\\*\\*\\*"),
        ("__a__*b*", f"**a**{GAP}*b*"),
        ("__init__.py", "**init**.py"),
        ("~~a~~_b_", f"~~a~~{GAP}_b_"),
        ("***_`a*b`_***c", f"{GAP}_`a*b`_{GAP}c"),
        ("a__b__c", "a\\_\\_b\\_\\_c"),
    ],
)
def test_marks_are_paired_within_their_line_or_escaped(written: str, read: str) -> None:
    assert balanced(written) == read


def test_a_line_that_goes_on_is_closed_as_far_as_it_goes() -> None:
    assert balanced("so **bold and *it", unfinished=True) == "so **bold and *it***"
    assert balanced("a `**` b **", unfinished=True) == "a `**` b \\*\\*"


def test_the_marks_that_are_open_are_told_from_the_outside_in() -> None:
    assert open_marks("a **b *c ~~d~~*** e _f") == ("_",)
    assert open_marks("a **b *c ~~d~~") == ("**", "*")


def test_a_stray_mark_takes_no_code_with_it() -> None:
    told = shown("5 * 3 is `a*b` and _x\n\n```py\ny_ = *z\n```")
    assert [seen.text for seen in read(told) if seen.kind in ("code", "block")] == [
        *("a*b", "y_ = *z\n")
    ]


# -- tables ------------------------------------------------------------------------------


def test_a_table_is_aligned_in_a_code_block() -> None:
    table = "| Who | Days |\n|---|--:|\n| **Ana** | 27 |\n| 王 `x` | 5 |\nafter"
    assert shown(table) == "```\nWho   Days\n────  ────\nAna     27\n王 x     5\n```\nafter"


def test_a_table_that_is_wide_is_a_list() -> None:
    table = f"| Who | Why |\n|---|---|\n| Ana | {'because ' * 9}[1] |\n| Ben | |"
    assert shown(table) == f"- Ana\n  - Why: {'because ' * 9}[1]\n- Ben"


@pytest.mark.parametrize("text", ["a | b\nc", "| a | b |\n|---|\n| c |", "|---|---|", "a | b"])
def test_what_is_no_table_stays_as_it_is(text: str) -> None:
    assert shown(text) == text


def test_a_table_names_nobody_and_its_escaped_bars_are_bars() -> None:
    told = shown("| a | b |\n|---|---|\n| @everyone <@1> | x \\| y |\n| only |")
    assert "@everyone" not in told
    assert "x | y" in told
    assert kinds(told) == ["block"]


# -- any text ----------------------------------------------------------------------------


@settings(max_examples=120, deadline=None)
@given(TEXT)
def test_any_text_is_harmless_and_each_part_stands_alone(text: str) -> None:
    for part in parts(text, CITED):
        assert dangers(part, CITED) == []
        assert units(part) <= MOST
        part.encode()  # no half of a character


@settings(max_examples=40, deadline=None)
@given(SHORT)
def test_a_text_that_is_shown_twice_is_as_harmless(text: str) -> None:
    once = "\n".join(parts(text, CITED))
    assert [d for part in parts(once, CITED) for d in dangers(part, CITED)] == []


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.text("ab .,\n", max_size=40) | st.sampled_from(["**x y** ", "[1]"]), max_size=80)
)
def test_no_word_is_lost_or_told_twice(bits: list[str]) -> None:
    text = "".join(bits)
    assert re.findall(r"\w", " ".join(parts(text))) == re.findall(r"\w", text)


# -- one line ----------------------------------------------------------------------------


def test_a_plain_line_has_one_line_end_and_isolates_what_is_read_from_the_right() -> None:
    assert plain(" a\n b\u202e ", 80) == "a b"
    assert plain("שלום", 80) == "\u2068שלום\u2069"
    assert plain("x" * 100, 10) == "x" * 9 + "…"
    assert words("*a* <@1>", 80) == f"\\*a\\* \\<{GAP}@1>"


@settings(max_examples=60, deadline=None)
@given(SHORT)
def test_a_line_never_reaches_into_the_next(text: str) -> None:
    told = inline(" ".join(whole_line(text).split("\n")), CITED)
    assert dangers(f"{told}\n`https://evil.example`\n*a* _b_ `**` ~~c~~ `_`", CITED) == []
