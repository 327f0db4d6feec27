"""The training data of the project: whole, ours, and not what is measured with."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bench.corpora import EXAMPLE, lines
from bench.hard import Corpus
from bench.published import judged, squad
from bench.written import HELD_OUT, HOME, Ruler, is_held_out, of_folder, organisation, questions
from bench.written import organisations as named

ROOT = HOME.parent.parent
FILES = sorted(path.stem for path in (HOME / "questions").glob("*.jsonl"))
SHARED = ("peps", "feedbackqa")
RULER = Ruler(lambda texts: [2 + len(text) // 4 for text in texts], None)


def rows(name: str) -> list[dict[str, Any]]:
    return [dict(row) for row in lines(HOME / "questions" / f"{name}.jsonl")]


def test_each_organisation_has_pages_and_questions() -> None:
    assert len(named()) == 12
    assert {*named(), "handbook", *SHARED} == {*FILES}
    assert sum(len(rows(name)) for name in FILES) > 2900


@pytest.mark.parametrize("name", FILES)
def test_each_question_is_whole(name: str) -> None:
    for row in rows(name):
        silent = row["kind"] == "unanswerable"
        assert row["question"].strip(), row
        assert row["pages"], row
        assert silent == (not row["answer"]) == (not (row.get("evidence") or row.get("statements")))
        assert row["kind"] in ("fact", "multi", "followup", "unanswerable")
        assert row["kind"] != "followup" or row["thread"], row


@pytest.mark.parametrize("name", SHARED)
def test_nothing_of_the_shared_sets_is_quoted_as_evidence(name: str) -> None:
    for row in rows(name):
        assert "evidence" not in row
        assert all(len(mark) == 16 and int(mark, 16) >= 0 for mark in row["statements"])


@pytest.mark.parametrize("name", [*named(), "handbook"])
def test_what_answers_a_question_is_found_on_its_page(name: str) -> None:
    root, include = (EXAMPLE, ()) if name == "handbook" else (HOME, (f"{name}/**",))
    among = of_folder(name, root, include, RULER)
    for asked in questions(name):
        assert {*asked.pages} <= {*among.pages}
        found = [
            asked.evidence(s)
            for s, p in zip(among.said, among.pages, strict=True)
            if p in asked.pages
        ]
        assert asked.answerable == any(found), asked.text


def test_one_organisation_is_never_trained_on() -> None:
    out = organisation(HELD_OUT, RULER).lessons
    assert out
    assert all(lesson.held_out for lesson in out)
    taught = organisation("larkspur", RULER).lessons
    assert taught
    assert not any(lesson.held_out for lesson in taught)
    for lesson in taught:
        answering = [c for c in lesson.candidates if c.evidence]
        assert [c.page for c in answering] == [*lesson.gold]
        assert lesson.kind != "unanswerable" or not answering


def test_about_an_eighth_of_pages_is_never_trained_on() -> None:
    share = sum(is_held_out(f"page-{n}.md") for n in range(2000)) / 2000
    assert 0.1 < share < 0.15


def test_a_followup_is_made_standalone_as_the_bot_makes_it() -> None:
    (row, *_) = [row for row in rows("larkspur") if row["kind"] == "followup"]
    (asked,) = [q for q in questions("larkspur") if q.text.endswith(row["question"])]
    assert len(asked.text) >= len(row["question"])


def test_the_wheel_carries_the_handbook_and_the_golden_sets_and_none_of_this() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    included = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    carried = ("handbook", "golden")
    assert included == {f"examples/{name}": f"bot/examples/{name}" for name in carried}


def test_the_likest_text_is_found_by_its_words() -> None:
    corpus = Corpus(["The kiln is hot.", "Leave is 27 days.", "Leave the kiln."], None)
    assert [i for i, _ in corpus.best("days of leave", 3)][:2] == [1, 2]


def test_squad_marks_the_sentence_in_which_the_answer_stands(tmp_path: Path) -> None:
    context = "Oslo is big. Bergen is wet. Oslo has 9 trams."
    place = context.index("9 trams")
    told = {
        "title": "Norway",
        "paragraphs": [
            {
                "context": context,
                "qas": [
                    {"id": "1", "question": "how many trams", "is_impossible": False,
                     "answers": [{"text": "9 trams", "answer_start": place}]},
                    {"id": "2", "question": "who rules", "is_impossible": True, "answers": []},
                ],
            },
            {"context": "Trams are blue.", "qas": []},
        ],
    }  # fmt: skip
    (tmp_path / "train.json").write_text(json.dumps({"data": [told]}))
    one, two = squad(tmp_path / "train.json").lessons
    assert (one.candidates[0].evidence, one.answer, one.held_out) == ((2,), "9 trams", False)
    assert [c.relevant for c in one.candidates] == [True, False]
    assert not two.answerable
    assert {c.relevant for c in two.candidates} == {None}


def test_held_out_queries_see_only_what_the_search_found(tmp_path: Path) -> None:
    corpus = [{"_id": str(n), "title": f"T{n}", "text": f"word{n} of leave"} for n in range(60)]
    (tmp_path / "corpus.jsonl").write_text("\n".join(map(json.dumps, corpus)))
    asked = [{"_id": q, "text": "leave word3"} for q in ("q1", "q2")]
    (tmp_path / "queries.jsonl").write_text("\n".join(map(json.dumps, asked)))
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels" / "train.tsv").write_text("q\td\ts\nq1\t3\t1\nq2\t3\t1\nq2\t59\t0\n")
    taught, out = judged("set", tmp_path, "train", lambda query: query == "q2", None).lessons
    assert (taught.candidates[0].page, len(taught.candidates)) == ("set:3", 13)
    assert len(out.candidates) == 50
    assert out.gold == ("set:3",)
    assert out.ranks
