"""An answer in Slack: all of it is there, within every limit, and nothing in it has powers."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.addresses import address
from bot.conversation import (
    Answer,
    Citation,
    Earlier,
    Interaction,
    Mode,
    Outcome,
    Place,
    Question,
    Route,
    Timings,
    Verdict,
)
from bot.platforms.slack.blocks import Block
from bot.platforms.slack.controls import (
    Controls,
    Mark,
    Redo,
    mark,
    mark_of,
    marked,
    read_item,
    read_redo,
    read_vote,
    vote,
)
from bot.platforms.slack.drawing import (
    MOST,
    ROOM,
    apology,
    ending,
    notice,
    parts,
    searching,
    sources_found,
    status,
    stop_button,
    whole,
)
from bot.platforms.slack.text import Flow, shown
from knowledge.documents import Chunk, Passage
from tests.slack_blocks import (
    markdown_dangers,
    marked_texts,
    message_problems,
    mrkdwn_dangers,
    strings,
    units,
)

PAGE = "https://docs.halden.example/leave"
NOW = datetime(2026, 3, 2, 10, 11, tzinfo=UTC)
LEAVE = Citation(1, "Leave", PAGE, "handbook", "leave.md", "Full-time staff get 27 days.")
CONTROLS = Controls(item=5, revision=2)


def interaction(
    text: str = "You get 27 days. [1]",
    citations: tuple[Citation, ...] = (LEAVE,),
    outcome: Outcome = Outcome.CITED,
    route: Route | None = None,
    model: str = "small-instruct",
) -> Interaction:
    route = route or Route(Mode.RAG, None, "a question for the documents", 0.9)
    answer = Answer(text, outcome, citations, (), model)
    question = Question("How many days?", "U1", Place("slack", "T1", "C1", "1.0"))
    return Interaction(12, question, route, answer, Timings(total_ms=3210.0), NOW)


def passage(title: str, url: str) -> Passage:
    return Passage(Chunk("handbook", url, title, url, (), 0, "words"), 1.0)


def drawn(blocks: list[Block]) -> str:
    return "\n".join(marked_texts(blocks))


def named(blocks: list[Block], kind: str) -> list[Block]:
    return [element for b in blocks for element in b.get("elements", ()) if element["type"] == kind]


# -- what a person sees ------------------------------------------------------------------


def test_an_answer_is_its_text_then_sources_footer_thumbs_and_buttons() -> None:
    (posting,) = whole(interaction(), CONTROLS)
    assert [block["type"] for block in posting.blocks] == [
        *("markdown", "context", "context", "context", "context_actions", "actions")
    ]
    assert posting.blocks[0]["text"] == "You get 27 days. [1]"
    assert posting.text == "You get 27 days. [1]"


def test_a_source_is_a_link_that_names_where_it_leads_with_the_words_relied_on() -> None:
    text = drawn(ending(interaction(), CONTROLS))
    assert f"*[1]* <{PAGE}|Leave – docs.halden.example/leave>" in text
    assert "“Full-time staff get 27 days.”" in text


def test_the_footer_says_mode_model_time_and_number() -> None:
    text = drawn(ending(interaction(), CONTROLS))
    assert "rag: a question for the documents · small-instruct · 3.2 s · #12" in text


def test_the_footer_of_a_task_names_it() -> None:
    written = interaction(route=Route(Mode.TUNED, "rewrite", "forced: tuned", 1.0))
    assert "tuned/rewrite: forced: tuned" in drawn(ending(written, CONTROLS))


def test_an_answer_given_again_says_since_when_it_stands() -> None:
    told = interaction()
    again = replace(told, answer=replace(told.answer, cached_from=Earlier(3, NOW)))
    text = drawn(ending(again, CONTROLS))
    assert "answered before, 02 Mar 2026, 10:11 UTC; sources unchanged" in text


def test_the_thumbs_carry_the_interaction() -> None:
    (thumbs,) = named(ending(interaction(), CONTROLS), "feedback_buttons")
    assert thumbs["action_id"] == "verdict"
    values = [thumbs[side]["value"] for side in ("positive_button", "negative_button")]
    assert [read_vote(value) for value in values] == [(Verdict.UP, 12), (Verdict.DOWN, 12)]


@pytest.mark.parametrize(
    ("was", "offered"), [(Mode.RAG, "tuned::5"), (Mode.TUNED, "rag::5")], ids=str
)
def test_an_answer_can_be_had_in_the_mode_that_it_was_not(was: Mode, offered: str) -> None:
    blocks = ending(interaction(route=Route(was, None, "", 1.0)), CONTROLS)
    (button,) = named(blocks, "button")
    assert (button["action_id"], button["value"]) == ("redo", offered)


def test_only_a_private_answer_can_be_shared() -> None:
    private = named(ending(interaction(), replace(CONTROLS, private=True)), "button")
    assert [button["action_id"] for button in private] == ["redo", "share"]
    assert private[1]["value"] == "5"


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.STOPPED])
def test_what_is_no_answer_has_no_thumbs_but_another_try(outcome: Outcome) -> None:
    failed = interaction("Something went wrong.", (), outcome)
    blocks = ending(failed, replace(CONTROLS, private=True))
    assert named(blocks, "feedback_buttons") == []
    assert [b["value"] for b in named(blocks, "button")] == ["auto::5"]


def test_an_answer_that_was_stopped_half_way_says_so_first_in_its_footer() -> None:
    blocks = ending(interaction("Kindly", (), Outcome.STOPPED), CONTROLS)
    (footer,) = [block["elements"][0]["text"] for block in blocks if block["type"] == "context"]
    assert footer.startswith("Stopped. ")


def test_an_answer_that_the_sources_do_not_hold_can_be_judged_and_corrected() -> None:
    unknown = interaction("The sources don't say.", (), Outcome.UNKNOWN)
    assert len(named(ending(unknown, CONTROLS), "feedback_buttons")) == 1


def test_an_answer_without_words_still_stands() -> None:
    (posting,) = whole(interaction(" \n", ()), CONTROLS)
    assert message_problems(posting.blocks) == []
    assert posting.text


# -- the mark ----------------------------------------------------------------------------


def test_every_message_bears_its_mark_in_a_block_whose_id_slack_keeps() -> None:
    postings = whole(interaction("Word word. " * 2500), CONTROLS)
    assert [mark_of(p.blocks) for p in postings] == [Mark(5, 2, n) for n in range(3)]
    assert all("block_id" not in b for p in postings for b in p.blocks if b["type"] == "markdown")


def test_a_mark_is_read_back_and_other_ids_are_none() -> None:
    assert marked(mark(5, 2, 1)) == Mark(5, 2, 1)
    foreign = [
        None,
        7,
        "",
        "x9Fa",
        "tandem-1-2",
        "tandem-1-2-3-4",
        "tandem-1-2-٣",
        "tandem-1-2-3\n",
    ]
    assert [marked(id) for id in foreign] == [None] * len(foreign)


@given(st.one_of(st.none(), st.integers(), st.text(), st.sampled_from(["up:", "rag::x", "up:1 "])))
def test_values_that_are_not_ours_are_none(value: object) -> None:
    if value not in ("0",) and not (isinstance(value, str) and value.isascii() and value.isdigit()):
        assert read_item(value) is None
    assert (read_vote(value), read_redo(value)) == (None, None)


def test_values_are_read_back() -> None:
    assert read_vote(vote(Verdict.DOWN, 7)) == (Verdict.DOWN, 7)
    assert read_redo("tuned:rewrite:9") == Redo(Mode.TUNED, "rewrite", 9)
    assert read_redo("rag::9") == Redo(Mode.RAG, None, 9)
    assert read_item("9") == 9


# -- long answers ------------------------------------------------------------------------

FENCE = re.compile(r"^```.*$", re.MULTILINE)


def said(text: str) -> list[str]:
    """The words of a text, without its fences."""
    return re.findall(r"\w+", FENCE.sub("", text))


PARAGRAPHS = st.lists(
    st.one_of(
        st.tuples(st.text("abc .[]1", min_size=1, max_size=60), st.integers(1, 300)).map(
            lambda told: " ".join([told[0].replace("[]", "")] * told[1])
        ),
        st.integers(1, 900).map(lambda n: "```python\n" + "x = [1]  # one\n" * n + "```"),
        st.integers(1, 500).map(lambda n: f"See [the leave page]({PAGE}) [1][2]. " * n),
        st.integers(1, 14_000).map(lambda n: "w" * n),
        st.integers(1, 500).map(lambda n: "- `code here` and 👍\n" * n),
    ),
    max_size=8,
).map("\n\n".join)


@settings(max_examples=20, deadline=None)
@given(PARAGRAPHS)
def test_the_parts_of_a_long_answer_hold_all_of_it_and_each_stands_alone(text: str) -> None:
    told = parts(interaction(text))
    assert all(units(part) <= MOST for part in told)
    assert units(told[-1]) <= ROOM
    assert [d for part in told for d in markdown_dangers(part, {PAGE})] == []
    whole_text = shown(text, {PAGE})
    if whole_text.strip():
        assert "".join(said("\n".join(told))) == "".join(said(whole_text))
        assert "".join(said(whole_text)).count("w") == "".join(said(text)).count("w")


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 400))
def test_no_cut_goes_through_a_link_code_or_citation_marks(before: int) -> None:
    text = "a" * before + f" [the leave page]({PAGE}) `some code` end.[1][2]" * 800
    for part, follows in pairwise(parts(interaction(text))):
        assert part.count("[the leave page (docs.halden.example)](") == part.count(f"({PAGE})")
        assert part.count("`") % 2 == 0
        assert not re.match(r"\[\d+\]", follows)


def test_an_address_longer_than_a_message_is_code_in_each_of_its_parts() -> None:
    told = parts(interaction("https://evil.example/" + "x" * 20_000))
    assert len(told) > 1
    assert [markdown_dangers(part, ()) for part in told] == [[]] * len(told)


def test_code_that_is_cut_is_closed_and_reopened_in_its_language() -> None:
    first, *_, last = parts(interaction("Run:\n\n```python\n" + "print(1)\n" * 3000 + "```\nDone."))
    assert first.endswith("print(1)\n```")
    assert last.startswith("```python\nprint(1)")
    assert last.endswith("```\nDone.")


def test_sources_and_thumbs_stand_under_the_last_part_only() -> None:
    postings = whole(interaction("Word word. " * 2500), CONTROLS)
    thumbs = [len(named(posting.blocks, "feedback_buttons")) for posting in postings]
    assert thumbs == [0, 0, 1]
    assert ["Leave" in drawn(posting.blocks) for posting in postings] == [False, False, True]
    assert "Part 1 of 3" in drawn(postings[0].blocks)


# -- any text, any sources ---------------------------------------------------------------

HOSTILE = st.sampled_from(
    [
        *(
            "<!channel>",
            "<!here|now>",
            "<!subteam^S1|@all>",
            "<@U1>",
            "<#C1|x>",
            "@here",
            "@Channel",
        ),
        *(
            "[pay](https://evil.example/x)",
            "![p](https://evil.example/p.png)",
            "<https://evil.example>",
        ),
        *("<https://evil.example|docs.halden.example>", "https://evil.example", "www.evil.example"),
        *("[a](javascript:alert(1))", "[a](data:text/html;base64,AA)", "[a]: https://evil.example"),
        *("[a][a]", "[a [b]](https://evil.example)", "[x](\nhttps://evil.example)", "]: ", "]("),
        *(
            "`",
            "``",
            "```",
            "~~~",
            "```py\n",
            "\n```\n",
            "    ```",
            "> ```\n",
            "- ```\n",
            "\\`",
            "\\",
        ),
        *(
            "&lt;!channel&gt;",
            "&#60;!here&#62;",
            "&amp;lt;",
            "https&#58;//evil.example",
            "|",
            ">",
            "<",
        ),
        *(
            "\u202egnp",
            "\u2067x",
            "27 da\u200bys",
            "\u2066",
            "\x00",
            "\x1b[31m",
            "\ud800",
            "\u2028",
        ),
        *("\ue000", "שלום", "مرحبا", "👍🏽", "👩‍👩‍👧", "e\u0301" * 20, "**b**", "# h", "| a | b |"),
        *(
            f"[the page]({PAGE})",
            f"<{PAGE}>",
            PAGE,
            f"{PAGE}.evil.example",
            f"[`x`]({PAGE})",
            "[1]",
        ),
        *(
            "file:///etc/passwd",
            "[f](file:///etc/passwd)",
            "<tel:1|x>",
            "mailto:a@b.example",
            "\n",
            " ",
        ),
        *(
            f"[https://bank.example]({PAGE})",
            f"[]({PAGE})",
            f"[1]: {PAGE}",
            "<img src=//evil.example>",
        ),
    ]
)
TEXT = st.one_of(
    st.lists(st.one_of(HOSTILE, st.text(max_size=20)), max_size=25).map("".join),
    st.lists(HOSTILE, max_size=25).map("".join),
    st.tuples(st.lists(HOSTILE, min_size=1, max_size=5).map("".join), st.integers(1, 40_000)).map(
        lambda told: (told[0] * told[1])[: min(told[1], 40_000)]
    ),
)
URLS = st.one_of(
    st.sampled_from(
        [
            *(PAGE, "http://h.example:8080/a_b/c?d=e&f=g#h", "https://docs.halden.example/(x)"),
            *("https://halden.example@evil.example/x", "https://evil.example\\@halden.example/"),
            *("file:///srv/handbook/leave.md", "javascript:alert(1)", "data:text/html,x", "", "x"),
            *(
                "https://bücher.example/ä b",
                "https://bücher.example/ä",
                "https://[::1]/x",
                "https://[",
            ),
            *(
                "https://h.example/a|b",
                "https://h.example/<!channel>",
                "https://h.example:99999/",
                "//h",
            ),
            *(
                "https://h.example/" + "x" * 1900,
                "https://h.example/" + "x" * 5000,
                "HTTPS://H.EXAMPLE/",
            ),
            *(
                "https://evil.example/\u202ecod",
                "https://h.example/`x`",
                "https://h.example/*x*_y_~z~",
            ),
            "https://" + "a." * 100 + "example/x",
        ]
    ),
    st.text(max_size=30).map(lambda path: f"https://h.example/{path}"),
    st.text(max_size=30),
)
CITATIONS = st.lists(st.tuples(TEXT, URLS, TEXT, TEXT), max_size=60).map(
    lambda told: tuple(
        Citation(n, title, url, "handbook", key, quote)
        for n, (title, url, key, quote) in enumerate(told, 1)
    )
)


@settings(max_examples=120, deadline=None)
@given(TEXT, CITATIONS, st.booleans(), TEXT)
def test_any_answer_is_whole_harmless_and_within_all_limits(
    text: str, citations: tuple[Citation, ...], private: bool, model: str
) -> None:
    answered = interaction(text, citations, model=model)
    postings = whole(answered, replace(CONTROLS, private=private))
    pages = {page.url for page in (address(c.url) for c in citations) if page}
    for posting in postings:
        assert message_problems(posting.blocks) == []
        assert 0 < units(posting.text) <= 3_900
        assert mrkdwn_dangers(re.sub("://", "", posting.text), ()) == []
        for block in posting.blocks:
            if block["type"] == "markdown":
                assert markdown_dangers(block["text"], pages) == []
        assert [d for t in marked_texts(posting.blocks) for d in mrkdwn_dangers(t, pages)] == []
        "".join(strings(posting.blocks)).encode()  # no half of a character
    assert sum(len(named(posting.blocks, "feedback_buttons")) for posting in postings) == 1
    last = drawn(postings[-1].blocks)
    assert [c.number for c in citations if f"[{c.number}]" not in last] == []


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(HOSTILE, st.text(max_size=10)), max_size=20), st.integers(1, 30))
def test_a_stream_is_as_harmless_as_the_whole_however_it_is_cut(bits: list[str], size: int) -> None:
    text, flow = "".join(bits), Flow({PAGE})
    pieces = [flow.add(text[at : at + size]) for at in range(0, len(text), size)]
    assert markdown_dangers("".join([*pieces, flow.rest()]), {PAGE}) == []


def test_words_in_a_stream_are_shown_as_they_come() -> None:
    flow = Flow()
    assert [flow.add("You get "), flow.add("27 days "), flow.add("[1] in")] == [
        *("You get ", "27 days ", "[1] ")
    ]
    assert flow.rest() == "in"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("**Bold**, _italics_, 3 < 4 & R&D", "**Bold**, _italics_, 3 < 4 & R&D"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "| a | b |\n|---|---|\n| 1 | 2 |"),
        (f"See [leave]({PAGE}).", f"See [leave (docs.halden.example)]({PAGE})."),
        ("See file:///srv/leave.md now", "See `file:///srv/leave.md` now"),
        ("a ` b\n\n[x](https://evil.example) `", "a ' b\n\nx (`https://evil.example`) '"),
        ("~~~py\nx\n~~~", "```py\nx\n```"),
        ("```py\nx", "```py\nx\n```"),
        ("R&amp;D", "R&D"),
        (f"\\[leave]({PAGE})", f"\\\u200b[leave (docs.halden.example)]({PAGE})"),
    ],
)
def test_markdown_stays_and_what_could_be_read_otherwise_is_made_plain(
    written: str, read: str
) -> None:
    assert shown(written, {PAGE}) == read


# -- sources -----------------------------------------------------------------------------


def test_a_page_that_is_not_on_the_web_is_named_as_code_without_the_servers_paths() -> None:
    local = replace(LEAVE, url="file:///srv/secret/handbook/leave.md")
    text = drawn(ending(interaction(citations=(local,)), CONTROLS))
    assert "*[1]* Leave `handbook/leave.md`" in text
    assert "/srv" not in text


def test_many_sources_are_cut_by_whole_entries_and_the_rest_is_counted() -> None:
    many = tuple(replace(LEAVE, number=n, quote="long words " * 40) for n in range(1, 61))
    text = drawn(ending(interaction(citations=many), CONTROLS))
    entries = text.count(f"<{PAGE}|")
    assert entries >= 8
    assert f"and {60 - entries} more: [{entries + 1}]" in text


def test_a_title_written_from_right_to_left_turns_nothing_else_round() -> None:
    text = drawn(ending(interaction(citations=(replace(LEAVE, title="חופשה"),)), CONTROLS))
    assert "|\u2068חופשה\u2069 – docs.halden.example/leave>" in text


@pytest.mark.parametrize(
    ("url", "place"),
    [
        (PAGE, "docs.halden.example/leave"),
        ("https://docs.halden.example/leave/?q=1#x", "docs.halden.example/leave"),
        ("http://h.example:8080/", "h.example:8080"),
        ("https://bücher.example/ä", "xn--bcher-kva.example/%C3%A4"),
        ("https://halden.example@evil.example/", None),
        ("https://evil.example\\@halden.example/", None),
        ("file:///srv/leave.md", None),
        ("javascript:alert(1)", None),
        ("https:///x", None),
        ("https://h.example:99999/", None),
    ],
)
def test_an_address_is_a_link_only_if_it_says_where_it_leads(url: str, place: str | None) -> None:
    page = address(url)
    assert (page.place if page else None) == place


# -- notices and signs -------------------------------------------------------------------


def test_a_notice_keeps_its_lines_and_bears_the_mark() -> None:
    posting = notice("Done.\nAsk on & on.", mark(5, 1, 0))
    assert drawn(posting.blocks) == posting.text == "Done.\nAsk on &amp; on."
    assert mark_of(posting.blocks) == Mark(5, 1, 0)


def test_an_apology_says_its_code() -> None:
    assert "(code T-12AB)" in apology("T-12AB", mark(5, 1, 0)).text


@settings(max_examples=60, deadline=None)
@given(TEXT)
def test_any_notice_is_harmless_and_within_all_limits(text: str) -> None:
    posting = notice(text, mark(5, 1, 0))
    assert message_problems(posting.blocks) == []
    assert 0 < units(posting.text) <= 3_900
    assert [d for t in (posting.text, drawn(posting.blocks)) for d in mrkdwn_dangers(t, ())] == []
    assert units(status(text)) <= 100


def test_the_stop_button_carries_its_item() -> None:
    (button,) = named([stop_button(5)], "button")
    assert (button["action_id"], read_item(button["value"])) == ("stop", 5)


def test_a_task_card_names_the_pages_on_the_web_once_each() -> None:
    found = [passage("Leave", PAGE), passage("Leave", PAGE), passage("Local", "file:///srv/x.md")]
    (card,) = sources_found(found)
    assert card["sources"] == [{"type": "url", "url": PAGE, "text": "Leave – docs.halden.example"}]
    assert (card["id"], card["status"], card["title"]) == (
        *(searching()[0]["id"], "complete", "Found 2 pages"),
    )


def test_a_search_without_a_page_on_the_web_names_none() -> None:
    assert "sources" not in sources_found([passage("Local", "file:///srv/x.md")])[0]
    assert sources_found([])[0]["title"] == "Nothing was found"


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(TEXT, URLS), max_size=30))
def test_any_task_card_is_within_limits(pages: list[tuple[str, str]]) -> None:
    (card,) = sources_found([passage(title, url) for title, url in pages])
    assert units(card["title"]) <= 256
    for source in card.get("sources", ()):
        assert source["url"].startswith(("http://", "https://"))
        assert 0 < units(source["text"]) <= 400
