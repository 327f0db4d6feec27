"""From what a query found to what is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from knowledge.documents import Chunk, Passage
from knowledge.gathering import Gathering, aged, distinct, gather, joined, mixed

NOW = datetime(2026, 6, 1, tzinfo=UTC)
POLICY = " ".join(f"word{n}" for n in range(60))


def found(
    key: str,
    ordinal: int = 0,
    score: float = 0.5,
    text: str = "",
    url: str = "u",
    when: datetime | None = None,
) -> Passage:
    chunk = Chunk("handbook", key, "T", url, (), ordinal, text or f"{key} {ordinal}", when)
    return Passage(chunk, score, {"vector": score})


def places(passages: Sequence[Passage]) -> list[tuple[str, int]]:
    return [(passage.chunk.key, passage.chunk.ordinal) for passage in passages]


@pytest.mark.parametrize("copy", [POLICY, POLICY.upper() + " .", POLICY + " besides"])
def test_a_policy_that_is_pasted_into_two_pages_is_read_once(copy: str) -> None:
    told = distinct([found("a", text=POLICY), found("b", text=copy), found("c")])
    assert places(told) == [("a", 0), ("c", 0)]


def test_the_same_words_with_another_figure_are_no_copy() -> None:
    texts = [f"{POLICY} Everyone gets {days} days." for days in (25, 27)]
    assert len(distinct([found(text, text=text) for text in texts])) == 2


def test_short_texts_that_differ_are_no_copies() -> None:
    texts = ["Yes.", "No.", "Ask Ann.", "Ask Ben."]
    assert len(distinct([found(text, text=text) for text in texts])) == 4


def test_one_page_does_not_crowd_out_the_second() -> None:
    passages = [*(found("long", 2 * n) for n in range(8)), found("other")]
    told = places(mixed(passages, Gathering(limit=4, per_page=3)))
    assert told == [("long", 0), ("long", 2), ("long", 4), ("other", 0)]


def test_a_page_alone_may_have_all_places() -> None:
    passages = [found("long", 2 * n) for n in range(8)]
    assert mixed(passages, Gathering(limit=4, per_page=3)) == passages[:4]


def test_neighbours_of_one_section_are_one_passage() -> None:
    passages = [found("a", 3, 0.9), found("b", 0, 0.8), found("a", 2, 0.7), found("a", 5, 0.6)]
    told = joined(passages)
    assert places(told) == [("a", 2), ("b", 0), ("a", 5)]
    assert told[0].chunk.text == "a 2\n\na 3"
    assert (told[0].score, told[0].scores) == (0.9, {"vector": 0.9})


def test_neighbours_below_two_headings_stay_apart() -> None:
    passages = [found("a", 0, url="u#one"), found("a", 1, url="u#two")]
    assert joined(passages) == passages


def test_of_passages_as_near_the_newer_goes_first_when_that_is_set() -> None:
    old = found("old", score=0.70, when=NOW - timedelta(days=900))
    new = found("new", score=0.69, when=NOW - timedelta(days=9))
    undated, best = found("undated", score=0.695), found("best", score=0.9)
    passages = [best, old, undated, new]
    assert aged(passages, None, NOW) == passages
    told = aged(passages, timedelta(days=365), NOW)
    assert [passage.chunk.key for passage in told] == ["best", "new", "old", "undated"]


def test_a_date_to_come_is_as_good_as_today() -> None:
    ahead = found("ahead", when=NOW + timedelta(days=9999))
    assert aged([ahead], timedelta(days=1), NOW)[0].score == ahead.score


def test_a_reranker_decides_before_anything_is_left_out() -> None:
    heard: list[str] = []

    def backwards(question: str, passages: Sequence[Passage]) -> Sequence[Passage]:
        heard.append(question)
        return [replace(p, score=float(n)) for n, p in enumerate(passages)][::-1]

    passages = [found("a"), found("b"), found("c", text="a 0")]
    told = gather("Why?", passages, Gathering(limit=2), NOW, backwards)
    assert (heard, places(told)) == (["Why?"], [("c", 0), ("b", 0)])


def test_nothing_found_is_nothing_read() -> None:
    assert gather("Why?", [], Gathering(half_life=timedelta(days=1)), NOW) == []
