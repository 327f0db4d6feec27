"""The bench of follow-ups: what it reads, what it counts, and its short form."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.followup_sets import WRITTEN, Case, Sets, chats, mtrag_rewrites
from bench.followup_weights import learned, written
from bench.followups import Bm25
from bot.conversation import Turn
from bot.followups import chance, listened, question_marks
from tests.test_bench import bench, figures


def test_every_written_follow_up_has_a_thread_and_a_standalone_form() -> None:
    cases = list(chats(WRITTEN, "handbook"))
    assert len(cases) > 150
    assert all(case.thread and case.human for case in cases)
    assert 0.4 < sum(case.held_out for case in cases) / len(cases) < 0.6


def test_turns_of_mtrag_become_a_thread_and_first_turns_are_left_out(tmp_path: Path) -> None:
    rows = {
        "questions": "|user|: who is Ada\\n|user|: since when?",
        "rewrite": "since when is Ada?",
    }
    for name, text in rows.items():
        first = '{"_id": "a<::>1", "text": "|user|: who is Ada"}'
        second = f'{{"_id": "a<::>2", "text": "{text}"}}'
        (tmp_path / f"x_{name}.jsonl").write_text(f"{first}\n{second}\n")
    (case,) = mtrag_rewrites(tmp_path, "x")
    assert (case.thread, case.text) == ((Turn("user", "who is Ada"),), "since when?")
    assert case.human == "since when is Ada?"


def test_rarer_words_weigh_more_and_unknown_ones_nothing() -> None:
    words = Bm25([["kiln", "lid"], ["kiln", "clay"], ["kiln"]])
    assert words.scores(["lid"])[0] > words.scores(["kiln"])[0] > 0
    assert not words.scores(["badge"]).any()


def test_weights_are_learned_from_what_people_bring() -> None:
    thread = (Turn("user", "where is Raku"), Turn("assistant", "upstairs"))
    cases = [Case(f"{number}", thread, "is it big?", "is Raku big?") for number in range(40)]
    found = learned([Sets({"handbook": cases}, ())])
    asked = question_marks(cases[0].question)
    likely = {
        word: chance(heard.marks, asked, found)
        for word, heard in listened(cases[0].question).items()
    }
    assert likely["raku"] > 0.5 > likely["upstair"]
    assert written(found).startswith("{\n ")


@pytest.mark.real
@pytest.mark.bench
def test_follow_ups_are_measured_in_every_way(tmp_path: Path) -> None:
    told = figures(bench("followups", tmp_path / "out.json"))
    assert {"handbook: ours", "handbook: the bare turn", "a rewrite"} <= told.keys()
