"""What a person reads who sets or runs what cannot work: what, where, what to do; and once."""

from __future__ import annotations

import logging
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot import logs, plugins
from bot.app import build
from bot.errors import DatabaseUnavailable
from bot.health import Finding, disk, source
from bot.jobs.carrying import Carrier
from bot.jobs.cron import Cron, CronWrong
from bot.jobs.known import job_named
from bot.listing import line_of
from tests.bots import settings_for

NOWHERE = {"sources": {"wiki": {"use": "folder", "path": "/nowhere/at/all"}}, "spaces": {}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("61 * * * *", "'61' is no minute of cron's (0 to 59)"),
        ("0 25 * * *", "'25' is no hour of cron's (0 to 23)"),
        ("0 3 */0 * *", "'*/0' is no day of cron's (1 to 31)"),
        ("0 3 * janu *", "'janu' is no month of cron's (1 to 12, or jan)"),
        ("0 3 * * mondey", "'mondey' is no day of the week"),
        ("every day", "has 2 fields"),
    ],
)
def test_the_field_of_cron_that_is_wrong_is_named(text: str, said: str) -> None:
    with pytest.raises(CronWrong) as caught:
        Cron.read(text, ZoneInfo("UTC"))
    assert said in str(caught.value)


@pytest.mark.parametrize("given", ["*.md", 5])
def test_what_must_be_a_list_is_told_so(given: object) -> None:
    _, wrong = plugins.check("source", "folder", {"name": "x", "path": "x", "include": given})
    assert wrong == {"include": f"must be a list (not {given!r})"}


def test_a_data_folder_that_cannot_be_written_is_a_finding_with_its_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with build(settings_for(tmp_path / "file" / "home", {"sources": {}, "spaces": {}})) as app:
        finding = disk(app)
        assert (finding.name, finding.ok) == ("disk", False)
        assert f"{app.settings.home} cannot be written (not a directory)" in finding.told
        assert "TANDEM_HOME" in finding.told
        with pytest.raises(DatabaseUnavailable, match="TANDEM_HOME") as caught:
            assert app.store
        assert "[Errno" not in str(caught.value)


def test_without_a_log_file_it_says_where_it_would_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    try:
        logs.begin(tmp_path / "file", "info", "text")
        assert f"nothing is logged to {tmp_path}/file (file exists)" in capsys.readouterr().err
    finally:
        root.handlers[:] = before
        root.setLevel(level)


def test_a_finding_is_told_with_its_source_once_and_the_same_reason_once() -> None:
    first = dict[str, str]()
    broken = [Finding(name, False, "no disk") for name in ("database", "examples", "trainings")]
    assert [line_of(each, first) for each in (Finding("disk", True, "12 GB"), *broken)] == [
        "ok    disk: 12 GB",
        "WRONG database: no disk",
        "WRONG examples: for the same reason as database",
        "WRONG trainings: for the same reason as database",
    ]


def test_a_source_that_is_looked_at_is_not_named_twice(tmp_path: Path) -> None:
    class Empty:
        def count(self, name: str) -> tuple[int, int]:
            return 0, 0

    with build(settings_for(tmp_path, NOWHERE)) as app:
        app.__dict__["index"] = Empty
        finding = source(app, "wiki")
    assert finding.name == "source wiki"
    assert finding.told.startswith("its folder cannot be listed: there is no /nowhere/at/all")


def test_a_job_that_a_person_runs_is_told_by_who_ran_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    given = {
        "sources": {},
        "spaces": {},
        "jobs": {"backup": {"path": str(tmp_path / "file" / "b")}},
    }
    with build(settings_for(tmp_path, given)) as app:
        ending = Carrier(app.leases, app.sessions).now(job_named(app, "backup"))
    assert ending is not None
    assert "the copy was not made (not a directory)" in ending.error
    assert not [each for each in caplog.records if each.levelno >= logging.WARNING]
