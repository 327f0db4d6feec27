"""An answer in Discord: all of it is there, within every limit, and nothing in it has powers."""

from __future__ import annotations

import runpy
from dataclasses import replace
from pathlib import Path

import discord
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import wording
from bot.addresses import address
from bot.conversation import Citation, Earlier, Mode, Outcome, Route, Verdict
from bot.measures import size
from bot.platforms.discord.citing import sources
from bot.platforms.discord.controls import REDO, SHARE, STOP, VOTE, Controls, Mark, marked
from bot.platforms.discord.cutting import MOST, parts
from bot.platforms.discord.drawing import (
    DESCRIPTION,
    OPENING,
    alone,
    found,
    notice,
    opening,
    whole,
    writing,
)
from bot.platforms.discord.drawn import Button, Drawn, view
from knowledge.documents import Chunk, Passage
from tests.discord_markdown import dangers, problems, read, units
from tests.discord_texts import CITATIONS, LEAVE, NOW, PAGE, SHORT, TEXT, interaction

ROOT = Path(__file__).parents[1]
CONTROLS = Controls(item=5, revision=2)
MARK = Mark(5, 2, 0)
WORDS = "Word word. " * 600


def passage(title: str, key: str = "") -> Passage:
    return Passage(Chunk("handbook", key or title, title, PAGE, (), 0, "words"), 1.0)


def labels(drawn: Drawn) -> list[str]:
    return [button.label or button.emoji for button in drawn.buttons]


def embed(drawn: Drawn) -> discord.Embed:
    assert drawn.embed is not None
    return drawn.embed


def description(drawn: Drawn) -> str:
    return embed(drawn).description or ""


def footer(drawn: Drawn) -> str:
    return embed(drawn).footer.text or ""


# -- what a person sees ------------------------------------------------------------------


def test_an_answer_is_its_text_with_sources_footer_and_buttons() -> None:
    (drawn,) = whole(interaction(), CONTROLS)
    assert drawn.content == "You get 27 days. [1]"
    assert embed(drawn).title == "Sources"
    assert labels(drawn) == ["👍", "👎", "Redo as tuned"]


def test_a_source_is_a_link_that_names_where_it_leads_with_the_words_relied_on() -> None:
    (drawn,) = whole(interaction(), CONTROLS)
    assert description(drawn) == (
        f"**[1]** [Leave – docs.halden.example/leave](<{PAGE}>)\n“Full-time staff get 27 days.”"
    )


def test_the_footer_says_mode_model_time_and_number() -> None:
    (drawn,) = whole(interaction(), CONTROLS)
    assert footer(drawn) == "rag: a question for the documents · small-instruct · 3.2 s · #12"


def test_an_answer_given_again_says_since_when_it_stands() -> None:
    told = interaction()
    again = replace(told, answer=replace(told.answer, cached_from=Earlier(3, NOW)))
    assert "answered before, 02 Mar 2026" in footer(whole(again, CONTROLS)[0])


def test_an_answer_without_sources_has_a_footer_and_no_heading() -> None:
    (drawn,) = whole(interaction("Dear team", (), Outcome.WRITTEN), CONTROLS)
    assert (embed(drawn).title, embed(drawn).description) == (None, None)
    assert footer(drawn)


def test_the_thumbs_carry_the_interaction() -> None:
    (drawn,) = whole(interaction(), CONTROLS)
    told = [VOTE.fullmatch(button.custom_id) for button in drawn.buttons[:2]]
    assert [(m["verdict"], m["interaction"]) for m in told if m] == [
        (Verdict.UP, "12"),
        (Verdict.DOWN, "12"),
    ]


@pytest.mark.parametrize(("was", "offered"), [(Mode.RAG, "tuned"), (Mode.TUNED, "rag")], ids=str)
def test_an_answer_can_be_had_in_the_mode_that_it_was_not(was: Mode, offered: str) -> None:
    (drawn,) = whole(interaction(route=Route(was, None, "", 1.0)), CONTROLS)
    (again,) = (found for b in drawn.buttons if (found := REDO.fullmatch(b.custom_id)))
    assert (again["mode"], again["item"]) == (offered, "5")


def test_only_a_private_answer_can_be_shared() -> None:
    ids = [
        b.custom_id for b in alone(interaction(), replace(CONTROLS, share=wording.SHARE)).buttons
    ]
    assert [bool(SHARE.fullmatch(id)) for id in ids] == [False, False, False, True]
    assert labels(alone(interaction(), CONTROLS)) == ["👍", "👎", "Redo as tuned"]


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.STOPPED])
def test_what_is_no_answer_has_no_thumbs_but_another_try(outcome: Outcome) -> None:
    failed = interaction("Something went wrong.", (), outcome)
    (drawn,) = whole(failed, replace(CONTROLS, share=wording.SHARE))
    assert [button.custom_id for button in drawn.buttons] == ["tandem:redo:auto:5"]


def test_an_answer_that_was_stopped_half_way_says_so_first_in_its_footer() -> None:
    (drawn,) = whole(interaction("Kindly", (), Outcome.STOPPED), CONTROLS)
    assert drawn.embed is not None
    assert str(drawn.embed.footer.text).startswith("Stopped. ")


def test_an_answer_that_the_sources_do_not_hold_can_be_judged_and_corrected() -> None:
    (drawn,) = whole(interaction("The sources don't say.", (), Outcome.UNKNOWN), CONTROLS)
    assert labels(drawn)[:2] == ["👍", "👎"]


@pytest.mark.parametrize("text", [" \n", "```\n```", "\u200b"])
def test_an_answer_without_words_still_stands(text: str) -> None:
    (drawn,) = whole(interaction(text, ()), CONTROLS)
    assert drawn.content == alone(interaction(text, ()), CONTROLS).content == wording.EMPTY
    (asked,) = whole(interaction(text, ()), CONTROLS, "> Why?")
    assert asked.content == f"> Why?\n\n{wording.EMPTY}"


def test_what_a_command_asked_stands_above_its_answer() -> None:
    told = opening("How many days\nof *leave*, @everyone?")
    assert told == "> How many days of \\*leave\\*, @\u200beveryone?"
    (drawn,) = whole(interaction(), CONTROLS, told)
    assert drawn.content == f"{told}\n\nYou get 27 days. [1]"


# -- over several messages, or in one ----------------------------------------------------


def test_sources_and_buttons_stand_under_the_last_part_only() -> None:
    told = whole(interaction(WORDS), CONTROLS)
    assert len(told) == 4
    assert [len(drawn.buttons) for drawn in told] == [0, 0, 0, 3]
    assert [bool(drawn.embed) for drawn in told] == [False, False, False, True]
    assert [drawn.content for drawn in told] == parts(WORDS)


def test_for_one_person_the_text_goes_on_in_embeds_above_the_sources() -> None:
    drawn = alone(interaction("Word word. " * 500), CONTROLS)
    assert [embed.description for embed in drawn.more] == parts("Word word. " * 500)[1:]
    assert drawn.embeds[-1] is drawn.embed
    assert "docs.halden.example" in description(drawn)


def test_for_one_person_it_is_said_when_not_all_fits_and_the_sources_are_kept() -> None:
    many = tuple(replace(LEAVE, number=n, quote="long words " * 40) for n in range(1, 21))
    drawn = alone(interaction("Word word. " * 2000, many), CONTROLS)
    assert (drawn.more[-1].description or "").endswith(f"\n-# {wording.REST_LEFT}")
    assert description(drawn).count(f"(<{PAGE}>)") >= 5
    assert "[20]" in description(drawn)
    assert problems(drawn) == []


@settings(max_examples=60, deadline=None)
@given(TEXT, CITATIONS, st.booleans(), SHORT, SHORT)
def test_any_answer_is_whole_harmless_and_within_all_limits(
    text: str, citations: tuple[Citation, ...], private: bool, model: str, question: str
) -> None:
    answered = interaction(text, citations, model=model)
    controls = replace(CONTROLS, share=wording.SHARE if private else "")
    pages = {page.url for page in (address(c.url) for c in citations) if page}
    told = whole(answered, controls, opening(question))
    single = alone(answered, controls, opening(question))
    for drawn in (*told, single):
        assert problems(drawn) == []
        assert dangers(drawn.content, pages) == []
    for drawn in (told[-1], single):
        assert dangers(description(drawn), pages) == []
        assert [c.number for c in citations if f"[{c.number}]" not in description(drawn)] == []
        assert len([b for b in drawn.buttons if VOTE.fullmatch(b.custom_id)]) == 2
    texts = [embed.description or "" for embed in single.more]
    said = [text.removesuffix(f"\n-# {wording.REST_LEFT}") for text in texts]
    assert [d for text in said for d in dangers(text, pages)] == []


def test_a_bracket_in_a_title_takes_no_later_source_along() -> None:
    named = (("Plans [draft", "a.md", ""), ("Leave", "b.md", PAGE), ("Notes", f"n]({PAGE})", ""))
    cited = [Citation(n, t, url, "handbook", key, "") for n, (t, key, url) in enumerate(named, 1)]
    told = sources(cited, 4_000)
    assert dangers(told, {PAGE}) == []
    assert [seen.url for seen in read(told) if seen.kind == "link"] == [PAGE]


# -- while it is written -----------------------------------------------------------------


def test_an_unfinished_part_says_so_and_can_be_stopped() -> None:
    drawn = writing("You get", MARK)
    assert drawn.content == "You get\n-# ✍️ still writing…"
    (button,) = drawn.buttons
    assert (button.label, marked(button.custom_id)) == ("Stop", MARK)
    assert STOP.fullmatch(button.custom_id)


@settings(max_examples=40, deadline=None)
@given(TEXT)
def test_an_unfinished_part_has_room_for_its_sign(text: str) -> None:
    for part in parts(text)[:1]:
        drawn = writing(part, MARK)
        assert problems(drawn) == []
        assert part.strip("\n") in drawn.content
    assert problems(writing("x" * 5_000, MARK)) == []
    assert writing("", MARK).content == "-# ✍️ still writing…"


def test_the_pages_that_are_read_are_named_each_once() -> None:
    drawn = found([passage("Leave"), passage("Lunch"), passage("Leave")], MARK)
    assert drawn.content == "-# 🔎 Found 2 pages: Leave, Lunch"
    assert marked(drawn.buttons[0].custom_id) == MARK


def test_of_many_pages_the_best_are_named() -> None:
    drawn = found([passage(f"Page {n}") for n in range(8)], MARK)
    assert drawn.content.endswith(
        "Found 8 pages: Page 0, Page 1, Page 2, Page 3, Page 4, and 3 more"
    )
    assert found([], MARK).content == "-# 🔎 Nothing was found"


@settings(max_examples=40, deadline=None)
@given(st.lists(SHORT, max_size=8))
def test_the_titles_of_any_pages_are_harmless(titles: list[str]) -> None:
    drawn = found([passage(title, str(n)) for n, title in enumerate(titles)], MARK)
    assert problems(drawn) == []
    assert dangers(drawn.content.removeprefix("-# ")) == []
    assert "\n" not in drawn.content


# -- sources -----------------------------------------------------------------------------


def test_a_page_that_is_not_on_the_web_is_named_as_code_without_the_servers_paths() -> None:
    local = replace(LEAVE, url="file:///srv/secret/handbook/leave.md")
    assert sources((local,), DESCRIPTION).startswith("**[1]** Leave `handbook/leave.md`\n")


def test_many_sources_are_cut_by_whole_entries_and_the_rest_is_counted() -> None:
    many = tuple(replace(LEAVE, number=n, quote="long words " * 40) for n in range(1, 61))
    told = sources(many, DESCRIPTION)
    entries = told.count(f"(<{PAGE}>)")
    assert entries >= 8
    assert told.endswith(
        f"and {60 - entries} more: {' '.join(f'[{n}]' for n in range(entries + 1, 61))}"
    )


def test_where_little_room_is_left_sources_go_without_their_quotes() -> None:
    many = tuple(replace(LEAVE, number=n, quote="long words " * 40) for n in range(1, 5))
    told = sources(many, 800)
    assert told.count("“") < told.count(f"(<{PAGE}>)")
    assert size(told) <= 800


def test_a_page_without_a_title_is_told_as_such() -> None:
    assert "[A page without a title – " in sources((replace(LEAVE, title="\u200b"),), DESCRIPTION)


# -- notices -----------------------------------------------------------------------------


def test_a_notice_keeps_its_lines_and_nothing_in_it_is_drawn() -> None:
    assert notice("Done.\n• rag: *so* `it` is\n").content == "Done.\n• rag: \\*so\\* 'it' is"


def test_help_is_told_whole() -> None:
    told = notice(wording.help_text(["rewrite", "draft"])).content
    assert "".join(seen.text for seen in read(told)) == wording.help_text(["rewrite", "draft"])


@settings(max_examples=60, deadline=None)
@given(TEXT)
def test_any_notice_and_any_question_is_harmless_and_within_all_limits(text: str) -> None:
    drawn = notice(text)
    assert problems(drawn) == []
    assert dangers(drawn.content) == []
    asked = opening(text)
    assert units(asked) <= OPENING
    assert "\n" not in asked
    assert dangers(asked) == []


def test_a_notice_that_is_too_long_is_cut() -> None:
    assert notice("*" * 3_000).content.endswith("…")
    assert problems(notice("*" * 3_000)) == []


# -- buttons as they are sent ------------------------------------------------------------


async def test_buttons_are_sent_five_in_a_row_and_held_on_to_by_nobody() -> None:
    buttons = tuple(Button(f"No. {n}", f"tandem:share:{n}") for n in range(7))
    shown = view(Drawn("x", None, buttons))
    assert shown is not None
    assert [len(row["components"]) for row in shown.to_components()] == [5, 2]
    assert shown.is_finished()
    assert view(Drawn("x")) is None


def test_a_part_of_an_answer_and_its_sign_fit_a_message() -> None:
    assert MOST + size(writing("", MARK).content) + 1 <= 2_000


# -- pictures ----------------------------------------------------------------------------


def test_the_pictures_in_the_docs_show_what_is_drawn_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a change: `uv run scripts/draw-discord`."""
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    script = runpy.run_path(str(ROOT / "scripts" / "draw-discord"))
    drawn = script["pictures"](script["chosen"]("discord", []))
    kept = {name: (ROOT / "docs" / f"{name}.svg").read_text(encoding="utf-8") for name in drawn}
    assert len(drawn) == 3
    assert [name for name in drawn if drawn[name] != kept[name]] == []
