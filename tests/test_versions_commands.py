"""What `tandem evaluate`, `versions` and `versions compare` print."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bot.bars import Bars
from bot.learning import showing
from bot.learning.evaluating import Part, evaluation
from bot.learning.version_showing import lines, version_json
from model.versions import version_folder
from tests.commands import Terminal
from tests.measured import Team, empty_database, plain, team


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return empty_database(tmp_path_factory.mktemp("database"))


@pytest.fixture
def ours(tmp_path: Path, database: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Team]:
    monkeypatch.setenv("COLUMNS", "300")
    with team(tmp_path, database) as made:
        yield made


def rows(printed: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in printed.splitlines()]


def evaluate(ours: Team, version: str | None = None, as_json: bool = False, **told: Any) -> str:
    """Run the command; gives what was told on stderr."""
    notes = io.StringIO()
    part, freeze = told.get("part", Part()), told.get("freeze", False)
    with Bars(Console(file=notes, width=200)) as bars:
        showing.evaluate(ours.parts, bars, version, "live", part, freeze, as_json)
    return notes.getvalue()


def test_the_newest_candidate_is_measured_and_the_gate_gives_its_reasons(
    ours: Team, capsys: pytest.CaptureFixture[str]
) -> None:
    ours.learn()
    ours.version(plain)
    newest = ours.version()
    evaluate(ours)
    printed = capsys.readouterr().out
    assert newest in printed
    assert "rewrite: 20 held-out examples" in printed
    assert "chrf (main)" in printed
    assert "- rewrite: chrf 1.000 against 0." in printed
    assert printed.rstrip().endswith("The gate is open.")


def test_evaluate_gives_one_object_as_json_and_nothing_else(
    ours: Team, capsys: pytest.CaptureFixture[str]
) -> None:
    ours.learn()
    name = ours.version(plain)
    told = evaluate(ours, name, as_json=True, freeze=True)
    (found,) = rows(capsys.readouterr().out)
    assert told.splitlines() == ["Frozen: 20 golden examples of rewrite."]
    assert (found["version"], found["against"], found["whole"]) == (name, "", True)
    assert (found["gate"]["passed"], found["format"]) == (False, 1)
    assert {each["set"] for each in found["tasks"]} == {"held-out", "golden", "shipped"}
    measures = {m["measure"]: m for m in found["tasks"][0]["measures"]}
    assert measures["chrf"].keys() == {
        *("measure", "version", "against", "difference", "low", "high", "p")
    }


def test_without_a_candidate_the_base_is_measured(
    ours: Team, capsys: pytest.CaptureFixture[str]
) -> None:
    evaluate(ours)
    printed = capsys.readouterr().out
    assert "classify: 24 shipped examples" in printed
    assert "The gate stays shut." in printed


def test_versions_are_listed_with_what_is_live_how_good_and_what_to_train_again(
    ours: Team, capsys: pytest.CaptureFixture[str]
) -> None:
    ours.learn()
    live = ours.version(plain, live=True)
    fresh = ours.version()
    evaluation(ours.parts, fresh)
    ours.registry.mark_retrain([live], "Somebody was forgotten.")
    showing.versions(ours.parts, as_json=False)
    printed = capsys.readouterr().out.splitlines()
    first, second, note = [line for line in printed if "style-" in line]
    assert first.index(fresh) < first.index("candidate") < first.index("chrf 1.000 vs ")
    assert f"({live})" in first
    assert "open" in first
    assert "60" in first
    assert second.index(live) < second.index("LIVE") < second.index("not measured")
    assert note == f"{live}: train again: Somebody was forgotten."


def test_the_list_counts_lessons_and_one_version_shows_them_beside_its_examples(
    ours: Team, capsys: pytest.CaptureFixture[str]
) -> None:
    ours.learn()
    name = ours.version()
    showing.versions(ours.parts, as_json=False)
    assert "lessons" in capsys.readouterr().out
    told = version_json(ours.registry, ours.home, name)
    assert (told["lessons"], "examples" in told) == (60, False)
    (shown,) = [line for line in lines(told) if "lessons:" in line]
    assert shown == "  lessons:     60 taught, with those mixed in, without the validation part"


def test_a_damaged_version_is_listed_with_its_problem(
    ours: Team, capsys: pytest.CaptureFixture[str]
) -> None:
    ours.learn()
    name = ours.version()
    (version_folder(ours.home, name) / "manifest.json").write_text("[]")
    showing.versions(ours.parts, as_json=True)
    (found,) = rows(capsys.readouterr().out)
    assert (found["name"], found["lessons"], found["live"]) == (name, None, False)
    assert "manifest.json is damaged" in found["problem"]
    assert "was not measured against the base model" in found["gate"]["reasons"][0]


def test_versions_as_json_have_their_main_scores(
    ours: Team, capsys: pytest.CaptureFixture[str]
) -> None:
    ours.learn()
    evaluation(ours.parts, ours.version())
    showing.versions(ours.parts, as_json=True)
    (found,) = rows(capsys.readouterr().out)
    (score,) = found["scores"]
    assert (score["task"], score["measure"], score["version"]) == ("rewrite", "chrf", 1.0)
    assert score["interval"]["low"] > 0
    assert (found["state"], found["gate"]["passed"]) == ("candidate", True)


def test_without_versions_it_is_said_how_to_make_one(
    ours: Team, capsys: pytest.CaptureFixture[str]
) -> None:
    showing.versions(ours.parts, as_json=False)
    assert "tandem train" in capsys.readouterr().err


def test_two_versions_stand_side_by_side_with_ten_examples_of_each(
    ours: Team, capsys: pytest.CaptureFixture[str]
) -> None:
    ours.learn()
    one, other = ours.version(), ours.version(plain)
    for name in (one, other):
        evaluation(ours.parts, name)
    showing.compare(ours.parts, one, other, 10, as_json=True)
    (found,) = rows(capsys.readouterr().out)
    assert (found["a"], found["b"], len(found["examples"])) == (one, other, 10)
    assert all(each["a"] == each["reference"] != each["b"] for each in found["examples"])
    showing.compare(ours.parts, one, other, 10, as_json=False)
    printed = capsys.readouterr().out
    assert printed.count(":wave: Onwards and upwards!") == 20
    assert "chrf (main)" in printed


def test_marks_in_what_was_written_are_shown_as_they_are(
    ours: Team, capsys: pytest.CaptureFixture[str]
) -> None:
    ours.learn()
    name = ours.version(lambda text: f"[bold]{text}[/bold] [/]")
    evaluation(ours.parts, name)
    showing.compare(ours.parts, name, "base", 2, as_json=False)
    assert capsys.readouterr().out.count("[bold]") == 2


def test_the_command_itself_says_what_is_wrong(tmp_path: Path) -> None:
    told = Terminal(tmp_path / "home", tmp_path).tandem("evaluate", "style-7", "--json")
    assert (told.code, told.out) == (1, "")
    assert "No version called 'style-7'. There are: none." in told.err
