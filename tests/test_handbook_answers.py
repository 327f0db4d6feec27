"""The example handbook is asked every second of its questions, on real parts with the tiny model.

What must hold is what was measured less a margin (bench/README.md has the figures of the default
model): the tiny model's own sentences differ between machines, the documents' words do not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.scores import Answered, answered
from tests.commands import Terminal, terminal

pytestmark = [pytest.mark.real, pytest.mark.endurance]  # minutes, and `.ci/run` runs it
HANDBOOK = Path(__file__).resolve().parent.parent / "examples" / "handbook"
QUESTIONS = Path(__file__).with_name("handbook_questions.jsonl")
Row = dict[str, Any]


@pytest.fixture(scope="module")
def questions() -> list[Row]:
    """The questions with what a right answer must say."""
    return [json.loads(line) for line in QUESTIONS.read_text("utf-8").splitlines()[::2]]


@pytest.fixture(scope="module")
def results(
    tmp_path_factory: pytest.TempPathFactory, questions: list[Row]
) -> Iterator[dict[str, Row]]:
    """What `tandem ask --batch` says to them, by id."""
    with terminal(tmp_path_factory.mktemp("handbook")) as person:
        yield asked(person, questions)


def asked(person: Terminal, questions: list[Row]) -> dict[str, Row]:
    """The results of a batch; short answers, since the model is small and slow."""
    person.write(
        "tandem.toml",
        f'[answers]\nmax_tokens = 24\n[sources.handbook]\nuse = "folder"\npath = "{HANDBOOK}"\n',
    )
    given = [
        {key: row[key] for key in ("id", "question", "thread") if key in row} for row in questions
    ]
    batch = person.write("batch.jsonl", "\n".join(map(json.dumps, given)))
    told = person.tandem("ask", "--batch", str(batch), "--json")
    assert told.code == 0, told.err
    return {row["id"]: row for row in told.rows}


@pytest.fixture(scope="module")
def score(questions: list[Row], results: dict[str, Row]) -> Answered:
    """The score by the rules of bench/scores.py."""
    return answered(questions, results)


def test_every_question_ends_in_an_answer(results: dict[str, Row], score: Answered) -> None:
    assert len(results) == 30
    assert score.failed == 0
    assert {row["outcome"] for row in results.values()} <= {"cited", "unknown"}


def test_half_of_the_answerable_are_answered_right(score: Answered) -> None:
    assert score.right >= 0.5 * score.answerable > 10


def test_right_answers_cite_the_right_page(score: Answered) -> None:
    assert score.gold >= 0.9 * score.right


def test_the_bot_says_when_it_does_not_know(score: Answered) -> None:
    assert score.abstained >= 0.4 * score.unanswerable > 1


def test_every_word_of_a_citation_stands_on_its_page(results: dict[str, Row]) -> None:
    for row in results.values():
        pages: dict[str, set[str]] = {}
        for passage in row["passages"]:
            told = f"{' '.join(passage['headings'])} {passage['text']}"
            pages.setdefault(passage["key"], set()).update(words(told))
        for citation in row["citations"]:
            strange = words(citation["quote"]) - pages[citation["key"]]
            assert not strange, (row["id"], citation["quote"])


def words(text: str) -> set[str]:
    """Its words, in lower case, addresses of links aside."""
    return set(re.findall(r"[^\W_]+", text.lower()))


def test_every_mark_has_its_citation(results: dict[str, Row]) -> None:
    for row in results.values():
        numbers = [citation["number"] for citation in row["citations"]]
        assert numbers == list(range(1, len(numbers) + 1))
        assert all(f"[{number}]" in row["answer"] for number in numbers)
