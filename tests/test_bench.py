"""The benches in their short form, so that they cannot rot; no figure is judged."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench import peers
from bench.common import Goal, Line, Sample, Table, turns
from bench.corpora import copies, first
from bench.grounded import HANDBOOK
from bench.published import is_third
from bench.scores import answered, read_qrels, read_run, retrieved
from bot.confidence import fitted
from tests import nginx

ROOT = Path(__file__).resolve().parent.parent
needs_peers = pytest.mark.skipif(bool(peers.missing()), reason=peers.missing() or "installed")


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    for number, subject in enumerate(("kilns", "glazes", "clay")):
        parts = [f"# All about {subject}"]
        parts += [
            f"## Part {part} of {subject}\n\n" + f"Fire {subject} at {100 * part} degrees. " * 12
            for part in range(1, 7)
        ]
        (folder / f"{number}.md").write_text("\n\n".join(parts))
    return folder


def bench(name: str, out: Path, *options: str) -> dict[str, Any]:
    """Run a bench as a person does: libraries may warn, and may not be told apart by pytest."""
    asked = [sys.executable, "-m", f"bench.{name}", "--short", "--json", str(out), *options]
    told = subprocess.run(asked, cwd=ROOT, env=os.environ, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr[-3000:]
    assert told.stdout.startswith(f"**bench.{name}**")
    found: dict[str, Any] = json.loads(out.read_text())
    return found


def figures(table: dict[str, Any]) -> dict[str, float]:
    return {line["what"]: line["figure"] for line in table["lines"]}


@pytest.mark.real
@pytest.mark.bench
def test_the_confidence_is_fitted_on_held_out_questions() -> None:
    asked = [sys.executable, "-m", "bench.calibrate", "--short"]
    told = subprocess.run(asked, capture_output=True, text=True, cwd=ROOT, check=True)
    assert "AUC" in told.stderr
    assert json.loads(told.stdout)["weights"].keys() == fitted().weights.keys()


@pytest.mark.real
@pytest.mark.bench
def test_answers_from_a_handbook_are_scored(tmp_path: Path) -> None:
    table = bench("quality", tmp_path / "out.json", "--part", "answers")
    told = figures(table)
    assert (len(told) == 4) is HANDBOOK.exists()
    assert all(0 <= share <= 1 for share in told.values())


@needs_peers
@pytest.mark.real
@pytest.mark.bench
def test_indexing_is_measured_for_tandem_the_floor_and_both_peers(
    corpus: Path, tmp_path: Path
) -> None:
    options = ("--part", "throughput", "--corpus", str(corpus))
    told = figures(bench("index", tmp_path / "out.json", *options))
    assert len(told) == 6
    assert all(rate > 0 for rate in told.values())


@needs_peers
@pytest.mark.real
@pytest.mark.bench
def test_a_second_sync_embeds_nothing(corpus: Path, tmp_path: Path) -> None:
    options = ("--part", "again", "--corpus", str(corpus))
    told = figures(bench("index", tmp_path / "out.json", *options))
    assert [value for what, value in told.items() if what.endswith("embeddings")] == [0]


@needs_peers
@pytest.mark.real
@pytest.mark.bench
def test_the_peak_of_memory_is_measured_once_and_with_copies(corpus: Path, tmp_path: Path) -> None:
    options = ("--part", "memory", "--corpus", str(corpus))
    once, many = figures(bench("index", tmp_path / "out.json", *options)).values()
    assert min(once, many) > 10


@needs_peers
@pytest.mark.real
@pytest.mark.bench
def test_searching_is_measured_for_tandem_the_raw_query_and_both_peers(
    corpus: Path, tmp_path: Path
) -> None:
    told = figures(bench("search", tmp_path / "out.json", "--corpus", str(corpus)))
    assert len(told) == 4
    assert all(took > 0 for took in told.values())


@pytest.mark.real
@pytest.mark.bench
def test_retrieval_is_scored_by_keywords_by_vectors_and_as_set(tmp_path: Path) -> None:
    told = figures(bench("retrieval", tmp_path / "out.json", "--set", "handbook"))
    assert len(told) == 3
    assert all(0.3 < score <= 1 for score in told.values())


@pytest.mark.real
@pytest.mark.bench
def test_retrieval_is_held_against_a_plain_hybrid(tmp_path: Path) -> None:
    told = figures(bench("quality", tmp_path / "out.json", "--part", "retrieval"))
    sets = 2 if (ROOT.parent / "shared" / "data" / "scifact").is_dir() else 0
    assert len(told) == 2 * sets
    assert all(0.3 < score <= 1 for score in told.values())


@pytest.mark.real
@pytest.mark.bench
def test_thumbs_help_the_questions_that_they_were_given_on(tmp_path: Path) -> None:
    told = figures(bench("feedback", tmp_path / "out.json"))
    if (ROOT.parent / "shared" / "data" / "feedbackqa").is_dir():
        title = "questions whose votes were given"
        assert told[f"{title}: with votes"] > told[f"{title}: before"]
    else:
        assert told == {}


@needs_peers
@pytest.mark.real
@pytest.mark.bench
def test_answering_is_measured_for_tandem_and_haystack(tmp_path: Path) -> None:
    told = figures(bench("answer", tmp_path / "out.json"))
    assert len(told) == 6
    assert all(told[what] > 0 for what in told if what.endswith("whole answer"))


@needs_peers
@pytest.mark.real
@pytest.mark.bench
def test_the_peers_embedder_has_the_same_vectors_as_ours(tmp_path: Path) -> None:
    script = """
import sys; from pathlib import Path
from bench import parts, peers; peers.silence()
from bench.onnx_module import sentence_transformers_folder
from bench.with_llama_index import their_embedder
ours, texts = parts.embedder(), ["Kilns are fired at night.", "Leave is booked in the calendar."]
model = sentence_transformers_folder(parts.weights(), Path(sys.argv[1]), ours.dims)
for mine, theirs in zip(ours.embed(texts), their_embedder(model).get_text_embedding_batch(texts)):
    print(float(mine @ theirs))
"""
    asked = [sys.executable, "-c", script, str(tmp_path)]
    told = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr[-3000:]
    cosines = [float(line) for line in told.stdout.split()]
    assert len(cosines) == 2
    assert min(cosines) > 0.97  # int8 activations are scaled by the whole batch


@pytest.mark.real
@pytest.mark.bench
def test_the_fast_engine_is_compared_with_the_reference(tmp_path: Path) -> None:
    told = figures(bench("parity", tmp_path / "out.json"))
    assert list(told.values())[-1] > 0.2  # of the texts, before they part


@pytest.mark.real
@pytest.mark.bench
def test_writing_is_measured_alone_and_eight_at_once(tmp_path: Path) -> None:
    told = figures(bench("speed", tmp_path / "out.json"))
    assert len(told) == 3
    assert all(rate > 0 for rate in told.values())


@pytest.mark.real
@pytest.mark.bench
def test_searching_is_measured_while_answers_are_written(tmp_path: Path) -> None:
    told = figures(bench("beside", tmp_path / "out.json"))
    assert len(told) == 10
    assert all(figure > 0 for figure in told.values())


@pytest.mark.real
@pytest.mark.bench
def test_eight_askers_are_measured_beside_one(tmp_path: Path) -> None:
    told = figures(bench("askers", tmp_path / "out.json"))
    assert len(told) == 9
    assert all(told[what] > 0 for what in told if "whole answer" in what)


@pytest.mark.bench
def test_slack_is_measured_under_load(tmp_path: Path) -> None:
    told = figures(bench("slack_load", tmp_path / "out.json"))
    assert told["questions put"] > 10
    assert told["lost"] == told["doubled"] == 0
    assert 0 < told["acknowledged, median"] <= told["acknowledged, p99"]


@pytest.mark.bench
def test_discord_is_measured_under_load(tmp_path: Path) -> None:
    told = figures(bench("discord_load", tmp_path / "out.json"))
    assert told["questions among them"] > 10
    assert told["lost"] == told["doubled"] == 0
    assert 0 < told["first response, median"] <= told["first response, p99"]
    assert 0 < told["first sign, median"] <= told["first sign, p99"]


@pytest.mark.bench
def test_a_question_s_way_through_the_inbox_is_measured_beside_the_floor(tmp_path: Path) -> None:
    table = bench("inbox", tmp_path / "out.json")
    told = figures(table)
    calls = {what.removeprefix("floor: ") for what in told if what.startswith("floor: ")}
    assert {"claim", "record", "a whole life"} < calls
    assert calls == {what.removeprefix("SQLite: ") for what in told if what.startswith("SQLite: ")}
    assert all(figure > 0 for figure in told.values())
    ratios = {line["what"] for line in table["lines"] if line["ratio"] is not None}
    assert "SQLite: a whole life" in ratios


@pytest.mark.real
@pytest.mark.bench
def test_a_sync_of_a_repository_is_measured_beside_git_alone(tmp_path: Path) -> None:
    told = figures(bench("git_source", tmp_path / "out.json"))
    assert len(told) == 4
    assert all(took > 0 for took in told.values())


@pytest.mark.real
@pytest.mark.bench
def test_the_time_from_saved_to_found_is_measured(tmp_path: Path) -> None:
    told = figures(bench("watching", tmp_path / "out.json"))
    assert len(told) == 3
    assert all(took > 0 for took in told.values())


@pytest.mark.real
@pytest.mark.bench
def test_a_sync_of_a_website_is_measured_beside_a_bare_loop(tmp_path: Path) -> None:
    if nginx.installed() is None:
        pytest.skip("nginx is not installed")
    told = figures(bench("website", tmp_path / "out.json"))
    assert len(told) == 5
    assert told["60 pages, 5 changed: read in full, at most"] == 5
    assert all(figure > 0 for figure in told.values())


@pytest.mark.real
@pytest.mark.bench
def test_answering_is_measured_while_a_sync_embeds(tmp_path: Path) -> None:
    told = figures(bench("syncing", tmp_path / "out.json"))
    assert len(told) == 3 * 3 * 2 + 1
    assert all(took > 0 for took in told.values())


@pytest.mark.bench
def test_training_is_measured_beside_a_plain_script(tmp_path: Path) -> None:
    table = bench("training_speed", tmp_path / "out.json")
    told = figures(table)
    assert {"ours", "plain TRL"} == told.keys()
    assert all(rate > 0 for rate in told.values())


def test_a_table_says_whether_a_goal_is_reached() -> None:
    lines = (
        Line("floor", 10.0, "chunks/s", ratio=0.95, goal=Goal(">=", 0.9)),
        Line("second sync", 4.0, "s", goal=Goal("<=", 3.0)),
        Line("gone", None),
    )
    said = Table("bench.x", "ratio", lines, about={"date": "today"}).markdown()
    assert "| floor | 10 chunks/s |  | 0.95 | >= 0.9: reached |" in said
    assert "| second sync | 4 s |  |  | <= 3: MISSED |" in said
    assert "| gone | missing |  |  |  |" in said


def test_each_contestant_begins_a_round_in_turn() -> None:
    assert list(turns(3, 3)) == [[0, 1, 2], [1, 2, 0], [2, 0, 1]]


def test_a_sample_tells_its_middle_and_its_tail() -> None:
    sample = Sample((5.0, 1.0, 3.0, 2.0, 4.0))
    assert (sample.median, sample.percentile(0.95), sample.spread) == (3.0, 5.0, "1 to 5")


def test_copies_have_other_names_and_other_first_lines(corpus: Path, tmp_path: Path) -> None:
    made = copies(corpus, 2, tmp_path / "copies")
    texts = {path.read_text() for path in made.rglob("*.md")}
    assert len(texts) == 6
    assert len(list(first(corpus, 2, tmp_path / "first").iterdir())) == 2


def test_retrieval_is_scored_as_the_shared_measure_does(tmp_path: Path) -> None:
    (tmp_path / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\na\tx\t1\na\ty\t1\nb\tz\t1\n")
    (tmp_path / "run").write_text("a Q0 n 1 0.9 t\na Q0 x 2 0.8 t\na Q0 y 3 0.7 t\n")
    score = retrieved(read_qrels(tmp_path / "qrels.tsv"), read_run(tmp_path / "run"))
    ideal = 1 + 0.6309297535714575
    assert score.ndcg10 == pytest.approx((0.6309297535714575 + 0.5) / ideal / 2)
    assert (score.queries, score.recall100) == (2, 0.5)


def test_a_query_is_held_out_or_not_by_its_id_alone() -> None:
    held = [query for query in map(str, range(3000)) if is_third(query)]
    assert 900 < len(held) < 1100
    assert held == [query for query in held if is_third(query)]


def test_an_answer_is_right_when_it_is_cited_and_says_what_must_be_said() -> None:
    questions: list[dict[str, Any]] = [
        {"id": "1", "kind": "fact", "must": [["27 days"]], "pages": ["leave.md"]},
        {"id": "2", "kind": "fact", "must": [["noon", "12:00"]], "pages": ["hours.md"]},
        {"id": "3", "kind": "unanswerable", "must": [], "pages": []},
        {"id": "4", "kind": "unanswerable", "must": [], "pages": []},
    ]
    results: dict[str, dict[str, Any]] = {
        "1": {
            "outcome": "cited",
            "answer": "You get 27  Days.",
            "citations": [{"key": "leave.md"}],
        },
        "2": {"outcome": "unknown", "answer": "At noon."},
        "3": {"outcome": "unknown", "answer": "The sources don't say."},
    }
    told = answered(questions, results)
    assert (told.answerable, told.right, told.gold, told.withheld) == (2, 1, 1, 1)
    assert (told.unanswerable, told.abstained, told.failed) == (2, 1, 1)
