"""The table of what every platform does: made from what ran, and held to the suite."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests import parity
from tests.parity import Behaviour, Ran, Subject, cells, finished, mark, page, subjects, told
from tests.parity_words import NAMES
from tests.platform_fixtures import PLATFORMS

GREETS, PARTS = Behaviour("test_platforms", "test_it_greets"), "test_platforms_parting"
SUITE = (
    Subject("test_platforms", "What it does.", (GREETS,)),
    Subject(PARTS, "How it leaves.", (Behaviour(PARTS, "test_a_bot_s_leave_is_kept_in_sql"),)),
)
CASE = '<testcase classname="tests.{file}" name="{name}">{inside}</testcase>'
ON = '<properties><property name="platform" value="{platform}"/></properties>'


def ran(behaviour: Behaviour = GREETS, platform: str = "slack", passed: bool = True) -> Ran:
    return Ran(behaviour, platform, passed, skipped=False)


def report(folder: Path, *cases: str) -> Path:
    """A JUnit file."""
    file = folder / "report.xml"
    file.write_text(f"<testsuites><testsuite>{''.join(cases)}</testsuite></testsuites>")
    return file


def test_the_page_has_every_behaviour_of_the_suite_on_every_platform() -> None:
    """After a change: `python -m tests.parity`."""
    held = cells(parity.TABLE.read_text(encoding="utf-8"))
    assert list(held) == [one.sentence for file in subjects() for one in file.behaviours]
    wanted = {NAMES[platform] for platform in PLATFORMS}
    assert {frozenset(marks) for marks in held.values()} == {frozenset(wanted)}


def test_every_subject_says_what_it_is_about() -> None:
    suite = subjects()
    assert {"Answers", "Modes", "Privacy", "Silence", "Trouble", "Votes"} <= {
        one.title for one in suite
    }
    assert all(one.about.endswith(".") and one.behaviours for one in suite)


def test_a_test_of_no_platform_is_no_behaviour() -> None:
    assert "Every reason has its scene" not in [
        one.sentence for file in subjects() for one in file.behaviours
    ]


def test_the_name_of_a_test_is_read_as_a_sentence() -> None:
    assert SUITE[1].behaviours[0].sentence == "A bot's leave is kept in SQL"


def test_what_ran_is_read_from_the_report_of_pytest(tmp_path: Path) -> None:
    on = ON.format(platform="slack")
    file = report(
        tmp_path,
        CASE.format(file="test_platforms", name="test_it_greets[slack-1]", inside=on),
        CASE.format(
            file="test_platforms",
            name="test_it_greets[slack-2]",
            inside=on + "<failure>no</failure>",
        ),
        CASE.format(file="test_platforms", name="test_it_greets", inside=on + "<skipped/>"),
        CASE.format(file="test_platforms", name="test_every_reason_has_its_scene", inside=""),
        CASE.format(file="test_desk", name="test_it_greets[slack]", inside=on),
    )
    passed = ran()
    wanted = [passed, ran(passed=False), replace(passed, passed=False, skipped=True)]
    assert list(told(file)) == wanted


@pytest.mark.parametrize(
    ("there", "sign"),
    [
        ([ran()], "✓"),
        ([ran(), ran()], "✓"),
        ([], "–"),
        ([ran(platform="discord")], "–"),
        ([ran(), ran(passed=False)], "–"),
    ],
)
def test_a_tick_stands_where_all_cases_ran_and_passed(there: list[Ran], sign: str) -> None:
    assert mark(there, "slack") == sign


def test_the_page_has_a_table_for_each_subject_and_the_differences() -> None:
    parting = SUITE[1].behaviours[0]
    ran_there = [ran(), ran(), ran(platform="discord"), ran(parting, "discord")]
    made = page(SUITE, ran_there)
    assert "## Answers\n\nWhat it does.\n\n| | Slack | Discord |\n" in made
    assert "| It greets (2 cases) | ✓ | ✓ |" in made
    assert "| A bot's leave is kept in SQL | – | ✓ |" in made
    assert "## Where they differ, on purpose\n\n| | Slack | Discord |\n" in made
    assert cells(made) == {
        "It greets": {"Slack": "✓", "Discord": "✓"},
        "A bot's leave is kept in SQL": {"Slack": "–", "Discord": "✓"},
    }


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A page elsewhere."""
    monkeypatch.setattr(parity, "TABLE", tmp_path / "platforms.md")
    return tmp_path / "platforms.md"


def test_a_page_that_is_out_of_date_is_told(table: Path) -> None:
    assert "out of date" in (finished([ran()], check=True) or "")
    assert finished([ran()], check=False) is None
    assert finished([ran()], check=True) is None
    assert "out of date" in (finished([ran(), ran(platform="discord")], check=True) or "")


@pytest.mark.parametrize(
    ("there", "says"), [([], "no test of the suite ran"), ([ran(passed=False)], "test_it_greets")]
)
def test_nothing_is_written_of_a_suite_that_fails(table: Path, there: list[Ran], says: str) -> None:
    assert says in (finished(there, check=False) or "")
    assert not table.exists()
