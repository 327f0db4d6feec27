"""A source that fails among good ones: it is told once, and the others are read."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.app import build
from bot.errors import SourceNotMade
from bot.syncing import Syncing
from bot.watching import one_pass
from knowledge.chunking import ChunkLimits
from knowledge.documents import quiet
from knowledge.errors import SourceUnreadable
from knowledge.sync import SyncReport
from tests.bots import settings_for
from tests.commands import terminal
from tests.fakes import FakeEmbedder, FakeIndex
from tests.test_jobs_works import Free, LiveIndex

GOOD = '[sources.good]\nuse = "folder"\npath = "good"\n'
BROKEN = '[sources.broken]\nuse = "folder"\npath = "nowhere"\n'
UNSET = '[sources.unset]\nuse = "git"\nurl = "https://x/y"\ntoken = { env = "TANDEM_NO_TOKEN" }\n'


@pytest.mark.real
@pytest.mark.endurance
def test_a_command_tells_each_failure_once_and_reads_the_rest(tmp_path: Path) -> None:
    with terminal(tmp_path) as person:
        person.write("good/lunch.md", "# Lunch\nLunch is at noon.")
        person.write("tandem.toml", UNSET + BROKEN + GOOD)
        told = person.tandem("sync")
        assert (told.code, told.out) == (1, "")
        for name in ("unset", "broken"):
            assert told.err.count(f"Source '{name}'") == 1
        assert "good: 1 new" in told.err
        as_json = person.tandem("sync", "--json")
        assert [row.get("error", "")[:15] for row in as_json.rows] == [
            "Source 'unset':", "Source 'broken'", "",
        ]  # fmt: skip
        assert "Source '" not in as_json.err
        logged = (person.home / "tandem.log").read_text()
        assert logged.count("Source 'broken'") == 2  # one for each command


SOURCES: Mapping[str, Mapping[str, object]] = {
    "unset": {"use": "git", "url": "https://x/y", "token": {"env": "TANDEM_NO_TOKEN"}},
    "broken": {"use": "folder", "path": "/nowhere/at/all"},
    "good": {"use": "folder", "path": "good"},
}


@contextmanager
def syncing(
    home: Path, index: FakeIndex, notes: list[str], names: Sequence[str]
) -> Iterator[Syncing]:
    """Of the sources of these names."""
    (home / "good").mkdir()
    (home / "good" / "lunch.md").write_text("Lunch is at noon.")
    sources = {name: dict(SOURCES[name]) for name in names}
    sources.get("good", {})["path"] = str(home / "good")

    @contextmanager
    def alone(job: str, waiting: object) -> Iterator[Free]:
        yield Free()

    with build(settings_for(home, {"sources": sources, "spaces": {}})) as app:
        made = Syncing(
            app.settings, ChunkLimits(), lambda: index, FakeEmbedder, lambda: app.store,  # type: ignore[arg-type,return-value]
            quiet, notes.append, alone,
        )  # fmt: skip
        yield made


def test_what_cannot_even_be_made_ends_no_sync(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with syncing(tmp_path, LiveIndex(), [], tuple(SOURCES)) as mine:
        told = dict(mine.sync())
        assert [type(each) for each in told.values()] == [
            SourceNotMade, SourceUnreadable, SyncReport,
        ]  # fmt: skip
        assert "TANDEM_NO_TOKEN" in str(told["unset"])
        assert str(told["unset"]).startswith("Source 'unset': ")
        kept = mine.store().last_syncs()
        assert [kept[name].error for name in ("unset", "broken", "good")] == [
            str(told["unset"]), str(told["broken"]), "",
        ]  # fmt: skip
    assert not [each for each in caplog.records if each.levelno >= logging.WARNING]


def test_the_first_sync_goes_on_without_what_failed_and_says_so(tmp_path: Path) -> None:
    notes = list[str]()
    with syncing(tmp_path, LiveIndex(), notes, tuple(SOURCES)) as mine:
        mine.first_sync()
    assert [note.partition(":")[0] for note in notes] == [
        "good", "Source 'unset'", "Source 'broken'",
    ]  # fmt: skip


def test_without_one_source_that_could_be_read_there_is_nothing_to_answer_from(
    tmp_path: Path,
) -> None:
    notes = list[str]()
    with (
        syncing(tmp_path, LiveIndex(), notes, ("unset", "broken")) as mine,
        pytest.raises(SourceUnreadable, match="broken"),
    ):
        mine.first_sync()
    assert [note.partition(":")[0] for note in notes] == ["Source 'unset'"]


def test_a_watched_folder_that_fails_is_told_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with syncing(tmp_path, LiveIndex(), [], ("broken",)) as mine:
        one_pass(mine, "broken", threading.Event())
    [said] = [each for each in caplog.records if each.levelno == logging.WARNING]
    assert said.getMessage().startswith("Source 'broken': ")
