"""What the keyword half of a search matches."""

from __future__ import annotations

import pytest

from knowledge.documents import Chunk
from knowledge.terms import chunk_terms, literals, pairs, query_terms, terms


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Error E-19: restart.", ["e-19", "e19"]),
        ("Pass `--no-verify`, then commit", ["--no-verify"]),
        ("(see CVE-2024-1234)", ["cve-2024-1234"]),
        ("foo_bar in app.search()", ["foo_bar", "app.search"]),
        ("The host 10.0.0.1.", ["10.0.0.1"]),
        ("**E‑07** with a typeset hyphen", ["e-07", "e07"]),
        ("Ticket #1234, $HOME and /rag", ["#1234", "$home", "/rag"]),
        ("plain words - and dashes -- 27 days, 1,250 people... *so* _it_ is!", []),
    ],
)
def test_codes_stand_as_they_are_written(text: str, found: list[str]) -> None:
    assert list(literals(text)) == found


def test_a_code_is_found_with_and_without_its_hyphen() -> None:
    for typed in ("E-19", "e19", "E_19"):
        assert "e19" in terms(typed)


def test_forms_of_a_word_are_one_term() -> None:
    assert terms("The kilns were fired") == terms("firing a kiln")[::-1]


def test_what_is_longer_than_a_code_is_none() -> None:
    assert list(literals("a-" + "x" * 100)) == []


def test_pairs_are_of_neighbours() -> None:
    assert pairs(["annual", "leav", "day"]) == ["annual+leav", "leav+day"]
    assert pairs(["alone"]) == []


def test_title_and_headings_count_twice() -> None:
    found = chunk_terms(Chunk("s", "k", "Leave", "u", ("Leave", "Parents"), 0, "Ask early."))
    assert found["stems"].split().count("leav") == 2
    assert found["stems"].split().count("parent") == 2
    assert found["pairs"] == "ask+earli"


def test_a_question_looks_for_each_word_once_and_not_for_endlessly_many() -> None:
    assert query_terms("Leave! leave, LEAVES?") == "leav leav+leav"
    assert len(query_terms(" ".join(f"word{n}" for n in range(5000))).split()) < 300
    assert query_terms("the of and") == ""


def test_a_code_in_a_question_weighs_more_than_a_word() -> None:
    asked = query_terms("--no-verify: follow-up?").split()
    assert (asked.count("--no-verify"), asked.count("follow-up"), asked.count("verifi")) == (
        3,
        1,
        1,
    )
