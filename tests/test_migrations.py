"""The migrations, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from bot.conversation import Feedback, Verdict
from bot.database import connect, current, migrate, revisions, upgrade
from bot.endorsed import tables as endorsed_tables
from bot.errors import DatabaseNewer, DatabaseUnavailable
from bot.jobs import tables as job_tables
from bot.learning import tables as learning_tables
from bot.learning import version_tables
from bot.learning.book import Book
from bot.learning.registry import Registry
from bot.learning.words import RunState
from bot.stale import tables as stale_tables
from bot.store import Store
from bot.tables import Table
from model.examples import What
from tests.fakes import an_answer, kept
from tests.learned import imported
from tests.served import a_version

ROOT = Path(__file__).parents[1]
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
# Imported, they stand among the first.
OTHERS = (learning_tables, version_tables, job_tables, stale_tables, endorsed_tables)


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    engine = connect(url)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def tables(url: str) -> set[str]:
    with connected(url) as connection:
        return set(inspect(connection).get_table_names())


def test_an_empty_database_gets_the_tables_that_the_code_has(database_url: str) -> None:
    assert upgrade(database_url) == tuple(revisions())
    with connected(database_url) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Table.metadata) == []


def test_a_second_upgrade_has_nothing_to_do(database_url: str) -> None:
    upgrade(database_url)
    with closing(Store(database_url)) as store:
        before = kept(store)
        assert upgrade(database_url) == ()
        assert store.interaction(before.id) == before


def test_the_way_down_leaves_nothing_and_leads_up_again(database_url: str) -> None:
    upgrade(database_url)
    made = tables(database_url)
    migrate(database_url, "base")
    assert tables(database_url) == {"alembic_version"}
    assert upgrade(database_url) == tuple(revisions())
    assert tables(database_url) == made


def test_every_step_can_be_taken_alone(database_url: str) -> None:
    for revision in revisions():
        migrate(database_url, revision)
        assert current(database_url) == revision
    for revision in [*revisions()[-2::-1], "base"]:
        migrate(database_url, revision)


def test_answers_from_before_their_confidence_was_kept_stay_without(database_url: str) -> None:
    upgrade(database_url)
    with closing(Store(database_url)) as store:
        before = kept(store, answer=replace(an_answer(), confidence=0.75))
        migrate(database_url, "0002")
        upgrade(database_url)
        assert store.interaction(before.id) == replace(before, answer=an_answer())


def test_verdicts_from_before_learning_are_the_first_to_be_harvested(database_url: str) -> None:
    upgrade(database_url)
    with closing(Store(database_url)) as store, closing(Book(database_url)) as book:
        first, second = kept(store), kept(store)
        late = Feedback(first.id, "anna", Verdict.DOWN, NOON + timedelta(1), "wrong", "27 \0 days")
        votes = [late, Feedback(second.id, "ben", Verdict.UP, NOON)]
        for vote in votes:
            store.rate(vote)
        migrate(database_url, "0004")
        assert upgrade(database_url)[0] == "0005"
        voted = book.harvestable()
        assert [one.interaction for one in voted] == [second, first]
        assert voted[1].verdicts == (replace(late, correction="27 \ufffd days"),)
        assert book.harvestable(voted[1].mark) == []
        assert store.withdraw(first.id, "anna")
        assert [one.id for one in book.harvestable(voted[1].mark)] == [first.id]


def test_examples_and_what_is_live_outlast_the_columns_that_nobody_read(
    database_url: str,
) -> None:
    upgrade(database_url)
    with closing(Book(database_url)) as book, closing(Registry(database_url)) as registry:
        book.keep([imported()])
        run = registry.begin(What.STYLE, [], registry.snapshot(What.STYLE, [], []).id, {}, "").id
        registry.end(run, RunState.DONE)
        registry.add_version(replace(a_version("style-1"), run=run))
        registry.promote("style-1", "olga", "to see", forced=True)
        before = book.examples(), registry.live(What.STYLE), registry.marker()
        migrate(database_url, "0009")
        assert upgrade(database_url)[0] == "0010"
        assert (book.examples(), registry.live(What.STYLE), registry.marker()) == before


def test_upgrades_at_once_do_not_collide(database_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        applied = list(pool.map(upgrade, [database_url] * 4))
    assert sorted(applied) == [(), (), (), tuple(revisions())]


UPGRADE = "import sys; from bot.database import upgrade; print(upgrade(sys.argv[1]))"


def test_two_commands_that_start_at_once_do_not_collide(database_url: str) -> None:
    command = [sys.executable, "-c", UPGRADE, database_url]
    both = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in "ab"]
    told = sorted(each.communicate(timeout=120)[0].strip() for each in both)
    assert told == sorted(["()", str(tuple(revisions()))])


def test_the_database_of_a_newer_tandem_is_left_untouched(database_url: str) -> None:
    upgrade(database_url)
    with connected(database_url) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    before = tables(database_url)
    with pytest.raises(DatabaseNewer, match="Update Tandem") as caught:
        upgrade(database_url)
    assert (caught.value.revision, caught.value.newest) == ("9999", revisions()[-1])
    assert (tables(database_url), current(database_url)) == (before, "9999")


def test_a_step_that_fails_changes_nothing(database_url: str) -> None:
    with connected(database_url) as connection:  # in the way of the last table
        connection.execute(text("CREATE TABLE passage (id INTEGER)"))
    with pytest.raises(DatabaseUnavailable, match="already exists"):
        upgrade(database_url)
    assert (tables(database_url), current(database_url)) == ({"passage"}, None)


def test_migrations_work_without_pyproject(database_url: str, tmp_path: Path) -> None:
    for package in ("bot", "knowledge", "model", "migrations"):
        (tmp_path / package).symlink_to(ROOT / package)
    command = [sys.executable, "-P", "-c", UPGRADE, database_url]
    env = os.environ | {"PYTHONPATH": str(tmp_path)}
    subprocess.run(command, cwd=tmp_path, env=env, check=True, timeout=120)
    assert current(database_url) == revisions()[-1]


def test_alembic_on_the_command_line_takes_the_database_of_the_settings(tmp_path: Path) -> None:
    database_url = f"sqlite:///{tmp_path / 'other.db'}"
    env = os.environ | {"TANDEM_DATABASE__URL": database_url}
    alembic = [sys.executable, "-m", "alembic"]
    for command in (["upgrade", "head"], ["check"]):
        subprocess.run([*alembic, *command], cwd=ROOT, env=env, check=True, timeout=120)
    assert current(database_url) == revisions()[-1]


def test_the_numbers_of_the_revisions_are_their_order() -> None:
    from alembic.script import ScriptDirectory

    walked = list(ScriptDirectory(ROOT / "migrations").walk_revisions())
    assert [script.revision for script in reversed(walked)] == revisions()
