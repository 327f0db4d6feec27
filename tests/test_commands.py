"""The commands on real parts: a real Weaviate, the real embedder, a small real language model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from knowledge.server import status
from tests.commands import Terminal, terminal
from tests.dying import ask_around_a_death
from tests.servers import until

pytestmark = pytest.mark.real
QUESTION = "How many days of annual leave do I get?"


@pytest.fixture(scope="module")
def person(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    """Somebody who has no settings: everything is set up at the first call."""
    with terminal(tmp_path_factory.mktemp("person")) as somebody:
        yield somebody


def test_the_first_question_sets_everything_up_and_is_answered_with_its_source(
    person: Terminal,
) -> None:
    told = person.tandem("ask", QUESTION)
    assert told.code == 0, told.err
    assert "27" in told.out
    assert "[1]" in told.out
    assert "leave/annual-leave.md" in told.out
    assert "in all" in told.out
    assert "Syncing handbook" in told.err


def test_the_second_question_needs_no_setting_up(person: Terminal) -> None:
    told = person.tandem("ask", QUESTION, "--json")
    assert "Syncing" not in told.err
    [row] = told.rows
    assert row["outcome"] == "cited"
    assert row["citations"][0]["source"] == "handbook"
    assert row["citations"][0]["key"] == "leave/annual-leave.md"
    assert row["citations"][0]["quote"]
    assert row["timings"].keys() == {
        "route_ms",
        "wait_ms",
        "search_ms",
        "first_piece_ms",
        "total_ms",
    }
    expected = {"id", "question", "mode", "task", "route_reason", "outcome", "answer", "model"}
    assert expected <= row.keys()
    assert row["passages"][0]["scores"]
    assert row["cached_from"]["interaction"]  # the first question was the same
    [fresh] = person.tandem("ask", QUESTION, "--json", "--fresh").rows
    assert fresh["cached_from"] is None


def test_a_batch_gives_a_result_for_each_line_in_order(person: Terminal) -> None:
    lines = [
        {"id": "a", "question": QUESTION},
        {"id": 7, "question": ""},
        {"id": "c", "question": "x" * 100_000},
        {
            "id": "d",
            "question": "and how many of those can I keep for next year?",
            "thread": [
                {"role": "user", "text": QUESTION},
                {"role": "assistant", "text": "27 days."},
            ],
        },
    ]
    path = person.write("questions.jsonl", "\n".join(map(json.dumps, lines)))
    told = person.tandem("ask", "--batch", str(path), "--at-once", "3", "--json")
    assert told.code == 0, told.err
    assert [row["id"] for row in told.rows] == ["a", 7, "c", "d"]
    outcomes = [row["outcome"] for row in told.rows]
    assert outcomes[0] == "cited"
    assert outcomes[1:3] == ["failed", "failed"]
    assert told.rows[3]["passages"][0]["key"] == "leave/annual-leave.md"  # by the thread


def test_a_wrong_batch_names_every_wrong_line_and_asks_nothing(person: Terminal) -> None:
    text = '{"id": 1, "question": "ok"}\nnot json\n{"id": 2}\n{"id":3,"question":"x","mode":"y"}'
    told = person.tandem("ask", "--batch", str(person.write("wrong.jsonl", text)), "--json")
    assert (told.code, told.out) == (2, "")
    for place in ("line 2", "line 3", "line 4"):
        assert place in told.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ask", ""], "no question"),
        (["ask", "\x01\x02"], "no question"),
        (["ask", "x" * 100_000], "100,000"),
        (["ask", "hi", "--mode", "loud"], "loud"),
        (["ask", "hi", "--mode", "tuned", "--task", "sing"], "rewrite"),
        (["ask", "hi", "--spaces", "attic"], "everyone"),
        (["sync", "fodler"], "handbook"),
        (["ask", "--batch", "nowhere.jsonl"], "nowhere.jsonl"),
        (["search"], "queries"),
        (["dance"], "dance"),
    ],
)
def test_wrong_use_is_told_with_exit_code_2_and_no_trace(
    person: Terminal, arguments: list[str], said: str
) -> None:
    told = person.tandem(*arguments)
    assert (told.code, told.out) == (2, "")
    assert said in told.err
    assert "Traceback" not in told.err


def test_a_tuned_task_is_written_without_citations(person: Terminal) -> None:
    told = person.tandem("ask", "the kiln is broken, deal with it", "--task", "rewrite", "--json")
    [row] = told.rows
    assert (row["mode"], row["task"], row["outcome"]) == ("tuned", "rewrite", "written")
    assert row["answer"]
    assert row["citations"] == []


def test_passages_are_found_with_their_scores(person: Terminal) -> None:
    told = person.tandem("search", "error E-07 on the display", "-k", "5", "--json")
    [row] = told.rows
    assert len(row["passages"]) == 5
    assert all(passage["scores"] for passage in row["passages"])


def test_a_trec_run_has_a_line_for_each_document(person: Terminal) -> None:
    queries = person.write("queries.tsv", "q1\tannual leave\nq2\tpension\n")
    run = person.folder / "run.trec"
    told = person.tandem("search", "--queries", str(queries), "--run", str(run), "-k", "7")
    assert told.code == 0, told.err
    lines = [line.split(" ") for line in run.read_text().splitlines()]
    assert all(len(line) == 6 and (line[1], line[5]) == ("Q0", "tandem") for line in lines)
    for query in ("q1", "q2"):
        found = [line for line in lines if line[0] == query]
        assert [line[3] for line in found] == [str(n) for n in range(1, len(found) + 1)]
        assert len({line[2] for line in found}) == len(found) == 7


def test_sources_and_interactions_are_listed(person: Terminal) -> None:
    [source] = person.tandem("sources", "--json").rows
    assert (source["name"], source["use"]) == ("handbook", "folder")
    assert source["documents"] >= 40
    assert source["chunks"] > source["documents"]
    asked = person.tandem("interactions", "--json").rows
    assert asked[-1]["question"] == QUESTION
    assert 0 < asked[-1]["confidence"] <= 1
    assert person.tandem("interactions").out


def test_check_says_that_all_is_well(person: Terminal) -> None:
    told = person.tandem("check", "--json")
    assert told.code == 0, told.out
    names = [row["name"] for row in told.rows]
    assert {"settings", "disk", "database", "weaviate", "embedder", "model"} <= set(names)
    assert "source handbook" in names


def test_a_conversation_goes_on_from_what_was_said(person: Terminal) -> None:
    told = person.tandem("chat", given=f"{QUESTION}\nand in Lisbon?\n/quit\n")
    assert told.code == 0, told.err
    assert told.out.count(" · #") == 2  # the ids in the feet of two answers


@pytest.mark.endurance
def test_stop_ends_the_server_and_the_next_question_starts_it(person: Terminal) -> None:
    assert person.tandem("stop").code == 0
    assert not status(person.home).running
    assert person.tandem("stop").code == 0
    assert "27" in person.tandem("ask", QUESTION).out


def test_all_wrong_settings_are_told_at_once(tmp_path: Path) -> None:
    with terminal(tmp_path) as person:
        person.write(
            "tandem.toml", '[sources.a]\nuse = "fodler"\n[model]\nnmae = "x"\n[nonsense]\n'
        )
        told = person.tandem("ask", QUESTION)
        assert (told.code, told.out) == (2, "")
        for word in ("fodler", "nmae", "nonsense"):
            assert word in told.err


@pytest.mark.endurance
def test_a_sync_names_what_it_could_not_read_and_goes_on(tmp_path: Path) -> None:
    with terminal(tmp_path) as person:
        person.write("docs/good.md", "# Lunch\nLunch is at noon.")
        person.write("docs/empty.md", "")
        (person.folder / "docs/odd.bin").write_bytes(b"\x00\x01\x02" * 100)
        person.write("tandem.toml", '[sources.docs]\nuse = "folder"\npath = "docs"\n')
        [report] = person.tandem("sync", "--json").rows
        assert (report["new"], report["seen"]) == (1, 3)
        assert {item["key"] for item in report["unreadable"]} == {"empty.md", "odd.bin"}
        assert all(item["reason"] for item in report["unreadable"])
        [again] = person.tandem("sync", "--json").rows
        assert (again["unchanged"], again["embedded"]) == (1, 0)


READER = """from llama_index.core.readers.base import BaseReader
from llama_index.core.schema import Document

class Reader(BaseReader):
    def load_data(self):
        print("I read")
        return [Document(text="Lunch is at noon.", id_="lunch")]
"""


@pytest.mark.endurance
def test_what_a_reader_of_others_prints_is_no_part_of_the_report(tmp_path: Path) -> None:
    pytest.importorskip("llama_index.core")
    with terminal(tmp_path) as person:
        person.write("talkative.py", READER)
        person.write("tandem.toml", '[sources.a]\nuse = "bridge"\nreader = "talkative.Reader"\n')
        told = person.tandem("sync", "--json")
        assert [row["new"] for row in told.rows] == [1]
        assert "I read" in told.err


@pytest.mark.endurance
def test_a_source_that_was_taken_out_of_the_settings_is_told_and_can_be_forgotten(
    tmp_path: Path,
) -> None:
    section = '[sources.{0}]\nuse = "folder"\npath = "{0}"\n'
    with terminal(tmp_path) as person:
        for name in ("docs", "old"):
            person.write(f"{name}/lunch.md", "# Lunch\nLunch is at noon.")
        person.write("tandem.toml", section.format("docs") + section.format("old"))
        assert "no longer" not in person.tandem("sync").err
        person.write("tandem.toml", section.format("docs"))
        assert "`tandem sync --prune` forgets what is indexed of 'old'" in person.tandem("sync").err
        rows = person.tandem("sync", "--prune", "--json").rows
        assert rows[1:] == [{"source": "old", "pruned": True}]
        assert len(person.tandem("sync", "--prune", "--json").rows) == 1


@pytest.mark.endurance
def test_a_weaviate_that_dies_is_apologised_for_and_the_next_question_works(
    tmp_path: Path,
) -> None:
    with terminal(tmp_path) as person:
        person.write("docs/lunch.md", "# Lunch\nLunch is served at noon in the canteen.")
        person.write("tandem.toml", '[sources.docs]\nuse = "folder"\npath = "docs"\n')
        assert person.tandem("sync").code == 0
        first, second = ask_around_a_death(person, "When is lunch served?")
        assert (first["outcome"], second["outcome"]) == ("failed", "cited")
        assert first["code"] in first["answer"]
        until(lambda: status(person.home).running, "Weaviate is back")


@pytest.mark.endurance
def test_another_chunking_is_built_beside_the_index_that_answers(tmp_path: Path) -> None:
    with terminal(tmp_path) as person:
        person.write("docs/lunch.md", "# Lunch\nLunch is served at noon in the canteen.")
        source = '[sources.docs]\nuse = "folder"\npath = "docs"\n'
        person.write("tandem.toml", source)
        assert person.tandem("sync").code == 0
        person.write("tandem.toml", f"{source}[chunking]\nmax_tokens = 128\n")
        told = person.tandem("search", "when is lunch?", "--json")
        assert told.rows[0]["passages"][0]["key"] == "lunch.md"
        assert "tandem sync" in told.err
        assert "searched from now on" in person.tandem("sync").err
        again = person.tandem("search", "when is lunch?", "--json")
        assert again.rows[0]["passages"][0]["key"] == "lunch.md"
        assert "tandem sync" not in again.err
