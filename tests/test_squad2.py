"""The bench on held-out SQuAD articles: what is asked of what, and how answers are counted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.squad2 import DATA, Asked, Judgement, Told, auc, every, f1, holds, sampled, shared

ROOT = Path(__file__).resolve().parent.parent
SURE = Judgement("with the confidence", "confidence", 0.5)
ALONE = Judgement("by itself", "leaning", 0.5)


def told(said: str, sure: float, *answers: str, leaning: float = 1.0) -> Told:
    return Told(answers, said, f"> {said or 'a quote'}", sure, leaning)


def article(title: str) -> dict[str, Any]:
    """Five paragraphs, each with a question that it answers and one that none answers."""
    asked = "What is fired at {} degrees?", "Who fires at {} degrees?"
    return {
        "title": title,
        "paragraphs": [
            {
                "context": f"Kilns are fired at {at} degrees.",
                "qas": [
                    {
                        "question": asked[silent].format(at),
                        "is_impossible": bool(silent),
                        "answers": [{"text": "Kilns", "answer_start": 0}] * 2,
                    }
                    for silent in (0, 1)
                ],
            }
            for at in range(100, 600, 100)
        ],
    }


def test_only_articles_that_no_training_saw_are_asked_about() -> None:
    asked = list(every([article("Oxygen"), article("Normans")]))
    assert len(asked) == 10
    assert {each.passages[0].chunk.title for each in asked} == {"Oxygen"}


def test_a_question_is_asked_of_its_own_paragraph_and_three_others() -> None:
    for number, each in enumerate(every([article("Oxygen")])):
        keys = [passage.chunk.key for passage in each.passages]
        assert f"Oxygen:{number // 2}" in keys
        assert len({*keys}) == 4


def test_a_question_without_an_answer_has_none() -> None:
    assert [each.answers for each in every([article("Oxygen")])] == [("Kilns",), ()] * 5


def test_half_of_a_sample_has_no_answer_and_it_is_always_the_same() -> None:
    pool = [Asked(str(n), ("yes",) if n % 3 else (), ()) for n in range(90)]
    drawn = sampled(iter(pool), 21)
    assert [bool(each.answers) for each in drawn].count(False) == 10
    assert drawn == sampled(iter(pool), 21)
    assert drawn != pool[:21]


@pytest.mark.parametrize(
    ("said", "right", "score"),
    [
        ("The Normans!", "normans", 1.0),
        ("in the 10th century", "10th century", 0.8),
        ("Norway", "Denmark", 0.0),
        ("", "Denmark", 0.0),
        ("", "", 1.0),
    ],
)
def test_words_are_compared_as_squad_compares_them(said: str, right: str, score: float) -> None:
    assert shared(said, right) == pytest.approx(score)


def test_the_likest_of_several_right_answers_counts() -> None:
    assert f1(told("10th century", 1.0, "the century", "10th century")) == 1.0


def test_silence_is_right_only_where_nothing_answers() -> None:
    assert SURE.score(told("Kilns", 0.4)) == 1.0
    assert SURE.score(told("Kilns", 0.6)) == 0.0
    assert SURE.score(told("Kilns", 0.4, "Kilns")) == 0.0
    assert SURE.score(told("Kilns", 0.6, "Kilns")) == 1.0


def test_a_sure_quote_is_an_answer_without_words_of_the_model() -> None:
    quoted = told("", 0.9, leaning=0.1)
    assert SURE.answered(quoted)
    assert not ALONE.answered(quoted)


def test_the_words_of_an_answer_are_looked_for_as_whole_words() -> None:
    assert holds(told("It is fired in the kilns.", 1.0, "Kilns"))
    assert not holds(told("It is 1905.", 1.0, "190"))


def test_the_area_under_the_curve_counts_pairs_and_ties_for_half() -> None:
    known, other = told("a", 0.0, "a"), told("a", 0.0)
    assert auc([(0.9, known), (0.4, known), (0.5, other)]) == 0.5
    assert auc([(0.5, known), (0.5, other)]) == 0.5


@pytest.mark.real
@pytest.mark.bench
def test_answers_on_held_out_articles_are_scored_beside_the_plain_model(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    asked = [sys.executable, "-m", "bench.quality", "--part", "squad2", "--short"]
    found = subprocess.run(
        [*asked, "--json", str(out)], cwd=ROOT, env=os.environ, capture_output=True, text=True
    )
    assert found.returncode == 0, found.stderr[-3000:]
    table = json.loads(out.read_text())
    assert bool(table["lines"]) is DATA.is_file()
    assert DATA.is_file() or "is missing" in table["notes"][0]
    assert all(0 <= line["figure"] <= 1 for line in table["lines"])
