"""`tandem jobs`, `tandem runs` and `tandem run --only jobs`: what is typed, what is seen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from bot import running
from bot.app import App, build
from bot.bars import Bars
from bot.errors import NothingToRun, UnknownJob, UnknownPart
from bot.jobs import by_hand, showing
from bot.jobs.leases import Leases
from bot.jobs.words import Ending, Report, RunState
from tests.bots import settings_for
from tests.test_promoting import migrated

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def app(home: Path) -> Iterator[App]:
    (home / "tandem.db").write_bytes(migrated())
    with build(settings_for(home)) as made:
        yield made


def screen() -> tuple[Bars, StringIO]:
    out = StringIO()
    return Bars(Console(file=out, width=160)), out


def rows(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_jobs_are_listed_with_what_is_next_first(
    app: App, capsys: pytest.CaptureFixture[str]
) -> None:
    bars, out = screen()
    showing.jobs(app, bars, as_json=False)
    said = out.getvalue()
    assert said.index("promote") < said.index("sync-handbook") < said.index("train")
    assert "every 10 min" in said
    assert "by hand" in said
    showing.jobs(app, bars, as_json=True)
    told = {row["job"]: row for row in rows(capsys)}
    assert (told["train"]["schedule"], told["train"]["due_at"]) == ("never", None)
    assert told["harvest"]["due_at"] is not None
    assert told["harvest"]["last"] is None


def test_a_job_is_run_by_hand_and_its_run_is_listed(
    app: App, capsys: pytest.CaptureFixture[str]
) -> None:
    bars, out = screen()
    assert by_hand.run(app, bars, "harvest", as_json=False) == 0
    assert "harvest done: No new votes." in out.getvalue()
    assert by_hand.run(app, bars, "harvest", as_json=True) == 0
    [told] = rows(capsys)
    assert (told["job"], told["state"], told["told"]) == ("harvest", "done", "No new votes.")
    showing.runs(app, bars, 20, None, as_json=True)
    listed = rows(capsys)
    assert [(row["id"], row["job"], row["asked"]) for row in listed] == [
        (2, "harvest", "hand"),
        (1, "harvest", "hand"),
    ]
    showing.runs(app, bars, 20, "backup", as_json=True)
    assert rows(capsys) == []


def test_one_run_is_shown_whole(app: App) -> None:
    bars, out = screen()
    by_hand.run(app, bars, "harvest", as_json=False)
    showing.run(app, bars, 1, as_json=False)
    said = out.getvalue()
    assert "state: done" in said
    assert "report: {'seen': 0" in said


def test_a_job_that_fails_ends_with_one(app: App, capsys: pytest.CaptureFixture[str]) -> None:
    (app.settings.home / "backups").write_text("")  # a file, where the folder would be
    bars, out = screen()
    assert by_hand.run(app, bars, "backup", as_json=False) == 1
    assert "Look whether the folder is there" in out.getvalue()


def test_an_unknown_job_is_told_with_those_that_there_are(app: App) -> None:
    with pytest.raises(UnknownJob, match="harvest, train, evaluate"):
        by_hand.run(app, screen()[0], "harvset", as_json=False)


def test_a_run_whose_process_is_gone_is_shown_as_lost(app: App) -> None:
    bars, out = screen()
    Leases(app.sessions, "elsewhere/1/0", clock=lambda _: NOW - timedelta(days=3)).take("harvest")
    showing.runs(app, bars, 20, None, as_json=False)
    assert "lost" in out.getvalue()
    assert "running" not in out.getvalue()


def test_a_job_under_way_is_shown_as_such(app: App) -> None:
    bars, out = screen()
    held = app.leases.take("harvest")
    showing.jobs(app, bars, as_json=False)
    assert " now " in out.getvalue()
    app.leases.end(held, Ending(RunState.DONE, Report("a [bold]line[/bold]")))
    showing.jobs(app, bars, as_json=False)
    assert "a [bold]line[/bold]" in out.getvalue()  # marks are text


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (timedelta(seconds=-5), "now"),
        (timedelta(seconds=90), "in 90 s (2026-11-23 12:01 UTC)"),
        (timedelta(minutes=12), "in 12 min (2026-11-23 12:12 UTC)"),
        (timedelta(hours=6), "in 6 h (2026-11-23 18:00 UTC)"),
        (timedelta(days=3), "in 3 d (2026-11-26 12:00 UTC)"),
    ],
)
def test_what_is_next_is_told_in_words(left: timedelta, said: str) -> None:
    assert showing.until(NOW + left, NOW) == said
    assert showing.until(None, NOW) == "by hand"


def test_what_is_next_leaves_out_what_is_done_by_hand(app: App) -> None:
    told = [*showing.upcoming(app, 50)]
    assert told[0].startswith("promote in 10 min")
    assert not any(each.startswith(("train", "evaluate")) for each in told)


def test_jobs_are_a_part_that_may_run_alone(app: App) -> None:
    assert running.chosen(app, ("jobs",)) == []
    assert {*running.scheduled(app).jobs} >= {"sync-handbook", "harvest"}
    with pytest.raises(NothingToRun, match="tandem run --only jobs"):
        running.chosen(app, ())
    with pytest.raises(UnknownPart, match="No platform 'slack' is set"):
        running.chosen(app, ("slack", "jobs"))
