"""What the bot shows pings nobody, fetches nothing, and links to cited pages only."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.inert import inert, inert_pieces
from bot.platforms.discord import cutting
from bot.platforms.slack import text as slack_text

PAGE = "https://docs.halden.example/leave#carry-over"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Plain words, 3.5 days, e.g. in May.", "Plain words, 3.5 days, e.g. in May."),
        ("See ![status](https://t.example/p.png?q=secret) here", "See status here"),
        ("See ![status][1] here", "See status here"),
        ("Open [the form](https://evil.example/x).", "Open the form (`https://evil.example/x`)."),
        ("Open [the form](leave.md).", "Open the form."),
        ("Open [the form](javascript:alert(1)).", "Open the form."),
        ("Open [this](data:text/html;base64,AAAA) now", "Open this now"),
        ("Open [the form][1].\n[1]: https://evil.example", "Open the form.\n"),
        ("Go to https://evil.example/x?y=1.", "Go to `https://evil.example/x?y=1`."),
        ("Go to <https://evil.example>!", "Go to `https://evil.example`!"),
        ("Go to <https://evil.example|the form>!", "Go to the form `https://evil.example`!"),
        ("Go to www.evil.example, now", "Go to `www.evil.example`, now"),
        ("Go to evil.com/x now", "Go to `evil.com/x` now"),
        ("Go to //evil.example/x now", "Go to `//evil.example/x` now"),
        ('<img src="https://evil.example/p.png"> and <a href=x>that</a>', " and that"),
        ("Run `curl https://evil.example` there", "Run `curl https://evil.example` there"),
        ("Write to it@halden.com for help", "Write to it@halden.com for help"),
        (
            "Ping @everyone and <!here> and <@U1>",
            "Ping @\u200beveryone and <\u200b!here> and <\u200b@U1>",
        ),
        ("a < b and c > d", "a < b and c > d"),
        ("27 da\u200bys", "27 days"),
        ("It is 27 days. [1][2]", "It is 27 days. [1][2]"),
    ],
)
def test_what_is_written_is_shown_without_its_powers(written: str, shown: str) -> None:
    assert inert(written) == shown


def test_a_link_to_a_cited_page_stays() -> None:
    text = f"See [leave]({PAGE}) or {PAGE}."
    assert inert(text, {PAGE}) == text
    assert "[leave](" not in inert(text, {"https://docs.halden.example/other"})


def test_an_address_that_only_begins_like_a_cited_page_is_no_link() -> None:
    assert inert(f"See [leave]({PAGE}.evil.example).", {PAGE}).endswith("evil.example`).")


@pytest.mark.parametrize("size", [1, 3, 7, 50])
def test_a_stream_is_as_inert_as_the_whole(size: int) -> None:
    text = (
        "Ping @everyone, see ![a b](https://t.example/p.png), [the form](http://x.example) `a b`."
    )
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    assert "".join(inert_pieces(pieces)) == inert(text)


def test_a_stream_does_not_wait_for_a_link_that_never_ends() -> None:
    shown = inert_pieces(["[ and on ", *["and on "] * 200])
    assert len(next(shown)) < 1000


SNIPPETS = (
    "<!-- a remark -->", "<!DOCTYPE html>", "std::vector<std::string> names;", "<xs:element/>",
    "<# a remark #>", "#include <iostream>", "a <& b <@ c",
)  # fmt: skip


@pytest.mark.parametrize("code", SNIPPETS)
def test_code_can_be_copied_as_it_was_written(code: str) -> None:
    for written in (f"`{code}`", f"```\n{code}\n```"):
        assert inert(written) == written
        assert slack_text.shown(written) == written
        assert cutting.parts(written) == [written]


@pytest.mark.parametrize(
    "ping", ["<!here>", "<!subteam^S1|@all>", "<@U1>", "<@!12>", "<@&12>", "<#C1>", "@everyone"]
)
def test_code_pings_nobody(ping: str) -> None:
    for written in (f"`{ping}`", f"```\n{ping}\n```"):
        for shown in (inert(written), slack_text.shown(written), *cutting.parts(written)):
            assert ping not in shown


@given(st.text(alphabet=st.sampled_from("[]()<>!@`htps:/.wa \n|"), max_size=120))
def test_making_inert_never_fails_and_leaves_no_image(text: str) -> None:
    assert "![" not in inert(text) or "](" not in inert(text).partition("![")[2]


@given(st.text(max_size=200))
def test_twice_is_once(text: str) -> None:
    assert inert(inert(text)) == inert(text) or "@" in text or "<" in text


def test_a_stray_backtick_hides_no_link_behind_it() -> None:
    said = inert("a ` stray mark\n\nand [a link](https://evil.example) ` after it")
    assert "](https://evil.example)" not in said


def test_a_link_within_a_link_hides_no_address_of_the_outer_one() -> None:
    said = inert("[a [b](https://evil.example/b) and c](https://evil.example/c)", {PAGE})
    assert said == "[a b (`https://evil.example/b`) and c](`https://evil.example/c`)"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("```a`` https://evil.example", "```a`` `https://evil.example`"),
        ("`` ` `` https://evil.example", "`` ` `` `https://evil.example`"),
        ("a ``` b `c` ``` d", "a ``` b `c` ``` d"),
    ],
)
def test_code_begins_and_ends_with_whole_runs_of_backticks(written: str, shown: str) -> None:
    assert inert(written) == shown


HOSTILE = (
    "[", "![", "[x](", "![x](", "[a][", "[x](a(", "`", "`` ` ", "x```y``z`", "<", "](", "[ [b] "
)  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_marks_that_never_end_take_no_time_by_the_square(piece: str) -> None:
    text = piece * (150_000 // len(piece))
    assert len(inert(text)) >= len(text) / 4
