"""Copies: what is in them, which stay, and how they are put back."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.database import address, upgrade
from bot.errors import BackupFailed
from bot.jobs.backing_up import MANIFEST, Backup, back_up, copies, digest, dump
from bot.jobs.leases import Leases
from bot.jobs.restoring import AHEAD, restore
from bot.sessions import Sessions
from bot.settings import Settings, load_settings
from bot.store import Store
from tests.fakes import kept
from tests.test_promoting import migrated

SETTINGS = """
home = "{home}"
[platforms.slack]
bot_token = {{ env = "SLACK_BOT_TOKEN" }}
app_token = {{ env = "SLACK_APP_TOKEN" }}
[sources.wiki]
use = "folder"
path = "wiki"
# Once it was https://anna:hunter2@wiki.example, which nobody cleaned up.
"""


@pytest.fixture
def settings(home: Path) -> Settings:
    (home / "tandem.db").write_bytes(migrated())
    (home / "tandem.toml").write_text(SETTINGS.format(home=home))
    whole, cut = home / "versions" / "style-1", home / "versions" / "style-2"
    for folder in (whole, cut):
        folder.mkdir(parents=True)
        (folder / "train.jsonl").write_text("words")
    (whole / "manifest.json").write_text("{}")
    return load_settings({"TANDEM_HOME": str(home)}, home)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with closing(Store(settings.database_url().get_secret_value())) as made:
        yield made


def folders(place: Path) -> list[str]:
    return sorted(each.name for each in place.iterdir())


def test_a_copy_has_sql_whole_versions_and_settings_without_secrets(
    settings: Settings, store: Store, tmp_path: Path
) -> None:
    before = kept(store)
    made = back_up(settings, tmp_path / "copies", 7)
    folder = Path(made.folder)
    with closing(Store(f"sqlite:///{folder / 'tandem.db'}")) as copy:
        assert copy.interaction(before.id) == before
    assert folders(folder) == [MANIFEST, "tandem.db", "tandem.toml", "versions"]
    assert folders(folder / "versions") == ["style-1"]  # the other one is being trained
    said = (folder / "tandem.toml").read_text()
    assert '{ env = "SLACK_BOT_TOKEN" }' in said
    assert "hunter2" not in said
    assert (made.versions, made.database, made.trouble) == (1, "tandem.db", "")
    assert oct((folder / "tandem.db").stat().st_mode)[-3:] == "600"
    assert oct((tmp_path / "copies").stat().st_mode)[-3:] == "700"


def test_a_copy_is_of_one_moment_while_others_write(
    settings: Settings, store: Store, tmp_path: Path
) -> None:
    over, wrote = threading.Event(), threading.Event()

    def write() -> None:
        while not over.is_set():
            kept(store)
            wrote.set()

    writer = threading.Thread(target=write)
    writer.start()
    assert wrote.wait(60)
    try:
        made = [back_up(settings, tmp_path / "copies", 7) for _ in range(3)]
    finally:
        over.set()
        writer.join()
    for each in made:
        with closing(sqlite3.connect(Path(each.folder) / "tandem.db")) as copy:
            assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert copy.execute("PRAGMA foreign_key_check").fetchall() == []
            assert copy.execute("SELECT count(*) FROM interaction").fetchone()[0] > 0


def test_only_the_newest_copies_stay_and_nothing_else_is_touched(
    settings: Settings, tmp_path: Path
) -> None:
    place = tmp_path / "copies"
    (place / "tandem-20200101T000000Z").mkdir(parents=True)  # no copy: it has no manifest
    (place / "photos").mkdir()
    (place / ".tandem-20260101T000000Z").mkdir()  # of one that was cut off
    names = [Path(back_up(settings, place, 2).folder).name for _ in range(4)]
    assert [each.name for each in copies(place)] == sorted(names, reverse=True)[:2]
    assert {"photos", "tandem-20200101T000000Z"} < {*folders(place)}
    assert ".tandem-20260101T000000Z" not in folders(place)


def test_one_that_is_stopped_half_way_leaves_no_copy(settings: Settings, tmp_path: Path) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        back_up(settings, tmp_path, 7, stop)
    assert [*copies(tmp_path)] == []


def test_a_place_that_cannot_be_written_is_told(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BackupFailed, match=r"file: .*Look whether the folder is there"):
        back_up(settings, tmp_path / "file", 7)


def test_a_copy_is_put_back_as_it_was(settings: Settings, store: Store, tmp_path: Path) -> None:
    before = kept(store)
    with closing(Sessions(settings.database_url().get_secret_value())) as sessions:
        held = Leases(sessions, "elsewhere/1/0").take("harvest")
        made = Path(back_up(settings, tmp_path, 7).folder)
    (settings.home / "tandem.db").unlink()
    (settings.home / "versions" / "style-1" / "manifest.json").unlink()
    (settings.home / "versions" / "style-1").rename(settings.home / "gone")
    told = [*restore(settings, made, force=False)]
    assert told[0] == f"The database is {settings.home / 'tandem.db'}."
    assert "tandem sync" in told[-1]
    url = settings.database_url().get_secret_value()
    with closing(Store(url)) as again, closing(Sessions(url)) as sessions:
        assert again.interaction(before.id) == before
        assert Leases(sessions, "b").take("harvest").token == held.token + AHEAD + 1
    assert (settings.home / "versions" / "style-1" / "manifest.json").is_file()


def test_what_stands_there_is_only_put_aside_when_that_is_said(
    settings: Settings, store: Store, tmp_path: Path
) -> None:
    made = Path(back_up(settings, tmp_path, 7).folder)
    later = kept(store)
    with pytest.raises(BackupFailed, match=r"it is there already; `--force` puts it aside\.$"):
        [*restore(settings, made, force=False)]
    store.close()
    told = [*restore(settings, made, force=True)]
    aside = told[0].rpartition(" ")[2].rstrip(".")
    with closing(Store(f"sqlite:///{settings.home / aside}")) as old:
        assert old.interaction(later.id) == later
    with closing(Store(settings.database_url().get_secret_value())) as again:
        assert again.interactions() == []


def test_a_database_in_use_is_not_replaced(settings: Settings, tmp_path: Path) -> None:
    made = Path(back_up(settings, tmp_path, 7).folder)
    with closing(Sessions(settings.database_url().get_secret_value())) as sessions:
        Leases(sessions).take("harvest")  # by this process, which lives
        with pytest.raises(BackupFailed, match=r"works with it; end it first\.$"):
            [*restore(settings, made, force=True)]


@pytest.mark.parametrize("harm", ["changed", "missing", "no manifest", "no copy"])
def test_what_is_no_whole_copy_is_refused_before_anything_changes(
    settings: Settings, tmp_path: Path, harm: str
) -> None:
    made = Path(back_up(settings, tmp_path, 7).folder)
    match harm:
        case "changed":
            with (made / "tandem.db").open("ab") as file:
                file.write(b"x")
        case "missing":
            (made / "tandem.db").unlink()
        case "no manifest":
            (made / MANIFEST).unlink()
        case "no copy":
            (made / MANIFEST).write_text("[]")
    held = (settings.home / "tandem.db").read_bytes()
    with pytest.raises(BackupFailed, match=r"Name the folder of one copy|Take another copy"):
        [*restore(settings, made, force=True)]
    assert (settings.home / "tandem.db").read_bytes() == held


@pytest.mark.parametrize("stands", [True, False])
def test_a_copy_whose_database_is_none_is_refused_before_anything_changes(
    settings: Settings, tmp_path: Path, stands: bool
) -> None:
    made = Path(back_up(settings, tmp_path, 7).folder)
    (made / "tandem.db").write_bytes(b"no database")
    told = json.loads((made / MANIFEST).read_text())
    told["files"]["tandem.db"] = digest(made / "tandem.db")
    (made / MANIFEST).write_text(json.dumps(told))
    if not stands:
        (settings.home / "tandem.db").unlink()
    before = folders(settings.home)
    with pytest.raises(BackupFailed, match=r"not a database\); nothing was changed"):
        [*restore(settings, made, force=True)]
    assert folders(settings.home) == before


def test_a_copy_of_a_tandem_without_a_schedule_is_put_back(
    settings: Settings, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(settings.home / "tandem.db")) as opened:
        opened.execute("DROP TABLE job")
        opened.commit()
    made = Path(back_up(settings, tmp_path, 7).folder)
    told = [*restore(settings, made, force=True)]
    assert told[0].startswith("The database is")


def test_a_version_that_was_put_back_in_part_is_completed(
    settings: Settings, tmp_path: Path
) -> None:
    made = Path(back_up(settings, tmp_path, 7).folder)
    (settings.home / "versions" / "style-1" / "manifest.json").unlink()
    (settings.home / "versions" / "style-1" / "train.jsonl").write_text("wo")
    [*restore(settings, made, force=True)]
    there = settings.home / "versions" / "style-1"
    assert (there / "train.jsonl").read_text() == "words"
    assert (there / "manifest.json").read_text() == "{}"


# -- PostgreSQL --------------------------------------------------------------------------


def test_where_there_is_no_pg_dump_the_copy_says_so(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    url = "postgresql://tandem:hunter2@127.0.0.1:1/tandem"
    theirs = settings.model_copy(update={"database": type(settings.database)(url=url)})
    made = back_up(theirs, tmp_path / "copies", 7)
    assert made.database == ""
    assert "`pg_dump` was not found here" in str(made)
    told = json.loads((Path(made.folder) / MANIFEST).read_text())
    assert "hunter2" not in json.dumps(told)


@pytest.mark.postgres
def test_pg_dump_writes_what_pg_restore_reads(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.conftest import postgres_binaries

    binaries = postgres_binaries()
    if binaries is None or not (binaries / "pg_dump").is_file():
        pytest.skip("no pg_dump here")
    monkeypatch.setenv("PATH", str(binaries), prepend=os.pathsep)
    upgrade(postgres_url)
    file, trouble = dump(address(postgres_url), tmp_path)
    assert (file, trouble) == ("tandem.dump", "")
    assert (tmp_path / file).read_bytes()[:5] == b"PGDMP"


def test_a_report_reads_well() -> None:
    made = Backup("/b/tandem-1", "tandem.db", 2, 1_500_000, ("a",), "something is missing")
    told = "/b/tandem-1: 1.5 MB, 2 versions, 1 older ones dropped. something is missing."
    assert str(made) == told
