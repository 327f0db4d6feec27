"""An operator decides on examples: one by one, by number, and with what the commands print."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from bot.errors import UnknownExample
from bot.learning.book_words import Wanted
from bot.learning.curated import mark
from bot.learning.reviewing import EditWrong, ReviewReport, decide, edit, review_all
from knowledge.documents import Chunk, Passage
from model.examples import Example, Review
from tests.commands import Told
from tests.conftest import is_setting
from tests.harvests import TASKS, Team, empty_database, team_at, wipe

ROOT = Path(__file__).resolve().parent.parent
WAITING = Wanted(review=Review.WAITING)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return empty_database(tmp_path_factory.mktemp("fresh"))


@pytest.fixture(scope="module")
def lasting(fresh: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    with team_at(Path(shutil.copy(fresh, tmp_path_factory.mktemp("team")))) as made:
        yield made


@pytest.fixture
def team(lasting: Team) -> Team:
    """A team under review, of which nothing is known yet."""
    wipe(lasting.sessions)
    return Team(lasting.sessions, "review")


def vote_on_three(team: Team) -> None:
    """Three answers that are corrected."""
    for number in range(3):
        id = team.wrote(f"Rewrite: text of number {number}", f"Bad {number}.")
        team.down(id, correction=f"Text of number {number}.")


def three(team: Team) -> list[int]:
    """Three examples that wait."""
    vote_on_three(team)
    team.harvest()
    return [example.id for example in team.examples()]


def go_through(team: Team, *lines: str) -> tuple[ReviewReport, list[int]]:
    """Review with these lines typed; the report, and what was shown."""
    typed, shown = iter(lines), list[int]()

    def show(example: Example, place: int, all: int) -> None:
        shown.append(example.id)

    def labels(task: str) -> Sequence[str]:
        return TASKS[task].labels

    report = review_all(team.book, WAITING, "olga", show, lambda _: next(typed, None), labels)
    return report, shown


def states(team: Team) -> list[Review]:
    return [example.review for example in team.examples()]


def test_each_is_shown_and_decided_oldest_first(team: Team) -> None:
    ids = three(team)
    report, shown = go_through(team, "a", "r", "tone", "s")
    assert shown == ids
    assert states(team) == [Review.ACCEPTED, Review.REJECTED, Review.WAITING]
    assert (report.accepted, report.rejected, report.skipped, report.waiting) == (1, 1, 1, 0)
    assert team.book.example(ids[1]).doubt == "tone"


def test_an_edit_is_taken_and_accepted(team: Team) -> None:
    ids = three(team)
    report, _ = go_through(team, "e", "Better words,", "in two lines.", ".", "q")
    assert team.book.example(ids[0]).chosen == "Better words,\nin two lines."
    assert (report.edited, report.waiting, states(team)[0]) == (1, 2, Review.ACCEPTED)


@pytest.mark.parametrize("lines", [(), ("q",), ("?", "", "what", "q")])
def test_who_ends_early_decides_nothing(team: Team, lines: tuple[str, ...]) -> None:
    three(team)
    report, _ = go_through(team, *lines)
    assert (report.waiting, states(team)) == (3, [Review.WAITING] * 3)


def test_an_empty_edit_is_asked_about_again(team: Team) -> None:
    three(team)
    report, _ = go_through(team, "e", ".", "", "a", "q")
    assert (report.edited, report.accepted) == (0, 1)


def test_an_example_whose_vote_was_withdrawn_meanwhile_is_passed_over(team: Team) -> None:
    ids = three(team)

    def show(example: Example, place: int, all: int) -> None:
        if place == 1:
            team.book.remove(ids[1:2])

    report = review_all(team.book, WAITING, "olga", show, lambda _: "a")
    assert (report.accepted, report.skipped) == (2, 1)


def test_where_one_is_unknown_none_is_decided(team: Team) -> None:
    ids = three(team)
    with pytest.raises(UnknownExample):
        decide(team.book, [ids[0], 999], Review.ACCEPTED, "olga")
    assert states(team) == [Review.WAITING] * 3


def test_an_answer_that_would_be_given_again_is_decided_with_its_example(team: Team) -> None:
    id = team.answered("Who books trips?", "27 days. [1]")
    team.down(id, correction="Trips are booked by the office.")
    team.harvest()
    assert team.book.curated() == []
    decide(team.book, [team.examples()[0].id], Review.ACCEPTED, "olga")
    [curated] = team.book.curated()
    assert curated.answer == "Trips are booked by the office."


def test_an_answer_in_other_words_than_were_accepted_is_not_given_again(team: Team) -> None:
    id = team.answered("Who books trips?", "27 days. [1]")
    team.down(id, correction="Trips are booked by the office.")
    team.harvest()
    edit(team.book, team.examples()[0].id, "The office books all trips.", None, "olga", accept=True)
    assert team.book.curated() == []


def doubted(team: Team) -> int:
    """An answer that was given again until its source changed; gives its example."""
    team.down(team.answered("Who books trips?", "27 days. [1]"), correction="The office books it.")
    team.harvest()
    id = team.examples()[0].id
    decide(team.book, [id], Review.ACCEPTED, "olga")
    [curated] = team.book.curated()
    team.book.doubt_curated(curated.id, "its source changed")
    return id


def test_an_answer_that_is_doubted_comes_up_again_and_is_bound_to_its_source_as_it_is(
    team: Team,
) -> None:
    id, seen = doubted(team), list[Example]()
    now = Passage(Chunk("handbook", "trips.md", "Trips", "u", ("Booking",), 2, "By Olga."), 0.0)

    def show(example: Example, place: int, all: int) -> None:
        seen.append(example)

    report = review_all(team.book, WAITING, "olga", show, lambda _: "a", bind=lambda _: [now])
    assert (report.accepted, [each.id for each in seen]) == (1, [id])
    assert seen[0].doubt == "its answer is not given again: its source changed"
    [curated] = team.book.curated()
    assert (curated.rests_on, curated.trace) == ((now,), mark([now]))
    assert team.book.example(id).doubt == ""
    assert review_all(team.book, WAITING, "olga", show, lambda _: "a").accepted == 0


def test_an_answer_whose_pages_are_gone_waits_on_and_it_is_said(
    team: Team, caplog: pytest.LogCaptureFixture
) -> None:
    id = doubted(team)
    decide(team.book, [id], Review.ACCEPTED, "olga", bind=lambda _: [])
    assert team.book.curated() == []
    assert "the pages that it rests on are gone" in caplog.text
    decide(team.book, [id], Review.REJECTED, "olga")
    assert team.book.curated_waiting() == []


@pytest.mark.parametrize(
    ("words", "problem"), [("  ", "empty"), ("Bad 0.", "the very answer that was not wanted")]
)
def test_an_edit_that_leaves_nothing_to_learn_is_refused(
    team: Team, words: str, problem: str
) -> None:
    ids = three(team)
    with pytest.raises(EditWrong, match=problem):
        edit(team.book, ids[0], words, None, "olga")


def test_an_edit_is_masked(team: Team) -> None:
    ids = three(team)
    edit(team.book, ids[0], "Write to jo@acme.com about it.", None, "olga")
    assert team.book.example(ids[0]).chosen == "Write to [email] about it."


def test_an_edited_label_is_one_of_the_labels(team: Team) -> None:
    team.up(team.wrote("Classify: it broke", "idea", "classify"))
    team.harvest()
    [example] = team.examples()
    labels = TASKS["classify"].labels
    with pytest.raises(EditWrong, match="is none of question"):
        edit(team.book, example.id, "banana", None, "olga", labels=lambda _: labels)
    edit(team.book, example.id, "PROBLEM", None, "olga", labels=lambda _: labels)
    assert team.book.example(example.id).chosen == "problem"


# -- the commands, in one child: what they log would be the tests' own log otherwise ---------

RUNS = """
import json, sys
from typer.testing import CliRunner
from bot.__main__ import cli
for arguments, given in json.load(sys.stdin):
    told = CliRunner().invoke(cli, arguments, input=given)
    print(json.dumps([told.exit_code, told.stdout, told.stderr]))
"""
CHANNEL = ["C1", "--platform", "slack", "--workspace", "T1"]
COMMANDS: dict[str, tuple[list[str], str]] = {
    "harvest": (["harvest", "--json"], ""),
    "again": (["harvest"], ""),
    "waiting": (["examples", "--review", "waiting", "--json"], ""),
    "edit": (["examples", "edit", "1", "--chosen", "-", "--json"], "Not today, sorry.\n"),
    "accept": (["examples", "accept", "1", "--json"], ""),
    "show": (["examples", "show", "1", "--json"], ""),
    "export": (["export", "examples", "--format", "dpo", "--out", "pairs.jsonl", "--json"], ""),
    "review": (["examples", "review", "--json"], "a\nr\nwhy not\nq\n"),
    "import": (["import", "examples", "some.jsonl", "--task", "rewrite", "--json"], ""),
    "table": (["examples"], ""),
    "people": (["examples", "show", "2"], ""),
    "drafts": (["examples", "--task", "draft", "--json"], ""),
    "corrections": (["examples", "--origin", "correction", "-n", "2", "--json"], ""),
    "words": (["examples", "--words", "number 1", "--json"], ""),
    "off": (["learning", "channels", "off", *CHANNEL], ""),
    "silent": (["learning", "channels", "--json"], ""),
    "on": (["learning", "channels", "on", *CHANNEL], ""),
    "listening": (["learning", "channels", "--json"], ""),
    "nothing": (["examples", "edit", "1"], ""),
}


@pytest.fixture(scope="module")
def told(fresh: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Told]:
    """What each of the commands said, one after the other, to a team with four corrections."""
    home = tmp_path_factory.mktemp("commands")
    with team_at(Path(shutil.copy(fresh, home))) as team:
        team.down(team.wrote("Rewrite: cant come", "I cant."), correction="I can't come, sorry.")
        vote_on_three(team)
    (home / "tandem.toml").write_text('[learning]\nsilent_channels = ["SET"]\n', "utf-8")
    (home / "some.jsonl").write_text('{"text": "a b", "answer": "A b."}\n{"text"\n', "utf-8")
    theirs = {name: value for name, value in os.environ.items() if not is_setting(name)}
    done = subprocess.run(
        [sys.executable, "-c", RUNS],
        cwd=home,
        env=theirs | {"TANDEM_HOME": str(home), "PYTHONPATH": str(ROOT)},
        input=json.dumps(list(COMMANDS.values())),
        capture_output=True,
        text=True,
    )
    lines = done.stdout.splitlines()
    assert len(lines) == len(COMMANDS), done.stderr
    results = {name: Told(*json.loads(line)) for name, line in zip(COMMANDS, lines, strict=True)}
    results["file"] = Told(0, (home / "pairs.jsonl").read_text("utf-8"), "")
    return results


def test_a_vote_goes_all_the_way_by_commands(told: dict[str, Told]) -> None:
    assert [row["added"] for row in told["harvest"].rows] == [4]
    assert len(told["waiting"].rows) == 4
    [edited], [accepted] = told["edit"].rows, told["accept"].rows
    assert (edited["chosen"], accepted["review"]) == ("Not today, sorry.", "accepted")
    [whole] = told["show"].rows
    [asked] = whole["lineage"]["interactions"]
    assert (asked["id"], asked["votes"][0]["corrected"]) == (1, True)
    assert [row["rows"] for row in told["export"].rows] == [1]
    assert told["file"].rows[0]["chosen"][0]["content"] == "Not today, sorry."


def test_a_second_harvest_says_that_nothing_was_new(told: dict[str, Told]) -> None:
    assert "No new votes." in told["again"].err


def test_review_takes_what_is_piped_in(told: dict[str, Told]) -> None:
    [report] = told["review"].rows
    assert (report["accepted"], report["rejected"], report["waiting"]) == (1, 1, 1)


def test_an_import_with_bad_lines_names_them_and_ends_with_1(told: dict[str, Told]) -> None:
    refused, report = told["import"].rows
    assert (told["import"].code, refused["line"], report["added"]) == (1, 2, 1)


def test_lists_and_whole_examples_are_printed_for_people(told: dict[str, Told]) -> None:
    assert "correction" in told["table"].out
    whole = told["people"].out
    made_from = "made from: interaction #"
    assert all(part in whole for part in ("Bad 0.", "Text of number 0.", made_from))


def test_filters_choose(told: dict[str, Told]) -> None:
    assert told["drafts"].rows == []
    assert len(told["corrections"].rows) == 2
    assert len(told["words"].rows) == 1


def test_a_channel_can_be_silenced_and_listened_to_again(told: dict[str, Told]) -> None:
    silent = [(row["channel"], row["learns"]) for row in told["silent"].rows]
    assert silent == [("C1", False), ("SET", False)]
    assert told["on"].out == "slack T1 C1: learned from\n"
    assert [row["channel"] for row in told["listening"].rows] == ["SET"]


def test_an_edit_of_nothing_is_wrong_use(told: dict[str, Told]) -> None:
    assert told["nothing"].code == 2
