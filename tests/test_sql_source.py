"""The sql source, on SQLite and on a real PostgreSQL: rows, what changed, and what goes wrong."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import create_engine, text

from knowledge.documents import Checkpoint, Document, Item, Reached, Unchanged, Unreadable
from knowledge.errors import SourceUnreadable
from knowledge.sources.sql import source
from knowledge.sources.sql.querying import SqlSource
from knowledge.sources.sql.rows import Shape, ShapeWrong, said
from knowledge.sync import SyncReport, sync
from tests.contracts import SourceContract
from tests.fakes import FakeEmbedder, FakeIndex, paragraphs

TABLE = "CREATE TABLE faq (id INTEGER, question TEXT, answer TEXT, updated_at TIMESTAMP)"
QUERY = "SELECT id, question, answer, updated_at FROM faq WHERE answer <> 'draft: 12:30 %s' ;"
TEXT = "## $question\n\n$answer"
ROWS = ((1, "Leave?", "27 days."), (2, "Kiln?", "At noon, $5 %d :x."), (3, "Fees?", "None."))


class Database:
    """A database that a team has."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))

    def run(self, statement: str, **values: object) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(statement), values)

    def put(self, rows: Iterable[Sequence[object]], hour: int = 1) -> None:
        when = datetime(2026, 11, 22, hour, 0, 0, 123456)
        for id, question, answer in rows:
            self.run("DELETE FROM faq WHERE id = :id", id=id)
            told = {"id": id, "question": question, "answer": answer, "when": when}
            self.run("INSERT INTO faq VALUES (:id, :question, :answer, :when)", **told)


@pytest.fixture
def database(database_url: str) -> Iterable[Database]:
    made = Database(database_url)
    made.run(TABLE)
    made.put(ROWS)
    yield made
    made.engine.dispose()


BOTH = pytest.mark.parametrize(
    "database_url",
    [
        "sqlite",
        pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.endurance]),
    ],
    indirect=True,
)
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def made(database: Database, **options: Any) -> SqlSource:
    given = {"query": QUERY, "text": TEXT, "title": "$question", "changed": "updated_at"}
    return source("faq", **({"url": database.url} | given | options))


def by_key(found: Iterable[Item]) -> dict[str, Item]:
    return {item.key: item for item in found if not isinstance(item, Reached)}


def counts(report: SyncReport) -> dict[str, int]:
    names = ("new", "changed", "moved", "gone", "unchanged")
    return {name: getattr(report, name) for name in names if getattr(report, name)}


@BOTH
class TestSql(SourceContract):
    @pytest.fixture
    def source(self, database: Database) -> SqlSource:
        return made(database)


@BOTH
class TestSqlByDigest(SourceContract):
    @pytest.fixture
    def source(self, database: Database) -> SqlSource:
        return made(database, changed="")


@BOTH
class TestRows:
    def test_a_row_is_a_document_by_templates(self, database: Database) -> None:
        link = "https://faq.acme.example/${id}?cost=$$1"
        found = by_key(made(database, link=link, key="faq/$id").documents(None))
        kiln = found["faq/2"]
        assert isinstance(kiln, Document)
        assert (kiln.source, kiln.title) == ("faq", "Kiln?")
        assert kiln.text == "## Kiln?\n\nAt noon, $5 %d :x."
        assert kiln.url == "https://faq.acme.example/2?cost=$1"
        assert kiln.modified_at == datetime(2026, 11, 22, 1, 0, 0, 123456, UTC)

    @pytest.mark.parametrize(
        ("link", "address"),
        [
            ("https://faq.acme.example/$answer", "https://faq.acme.example/%3Fa%3D1%26b/%C3%BC%20%23"),
            ("$answer", "%3Fa%3D1%26b/%C3%BC%20%23"),
            ("$question", "https://kiln.example/a?b=1&c#d"),
            ("${question}&id=$id", "https://kiln.example/a?b=1&c#d&id=1"),
            ("https://x.example/?of=$question",
             "https://x.example/?of=https%3A//kiln.example/a%3Fb%3D1%26c%23d"),
        ],
    )  # fmt: skip
    def test_what_a_row_puts_into_an_address_is_quoted(
        self, database: Database, link: str, address: str
    ) -> None:
        database.put([(1, "https://kiln.example/a?b=1&c#d", "?a=1&b/ü #")], hour=2)
        first = by_key(made(database, link=link, title="", text="x").documents(None))["1"]
        assert isinstance(first, Document)
        assert first.url == address

    @pytest.mark.parametrize("changed", ["updated_at", ""])
    def test_what_changed_is_new_or_is_gone_is_found(
        self, database: Database, changed: str
    ) -> None:
        index, embedder = FakeIndex(), FakeEmbedder()
        sync(made(database, changed=changed), index, embedder, paragraphs)
        database.put([(2, "Kiln?", "At one."), (4, "Clay?", "In the cellar.")], hour=2)
        database.run("DELETE FROM faq WHERE id = 3")
        report = sync(made(database, changed=changed), index, embedder, paragraphs)
        assert counts(report) == {"new": 1, "changed": 1, "gone": 1, "unchanged": 1}
        again = sync(made(database, changed=changed), index, embedder, paragraphs)
        assert counts(again) == {"unchanged": 3}

    def test_a_row_with_an_old_date_that_is_new_is_found(self, database: Database) -> None:
        index, embedder = FakeIndex(), FakeEmbedder()
        sync(made(database), index, embedder, paragraphs)
        database.put([(9, "Old?", "Imported late.")], hour=0)
        assert counts(sync(made(database), index, embedder, paragraphs)) == {
            "new": 1,
            "unchanged": 3,
        }

    def test_rows_without_a_date_go_by_their_digest(self, database: Database) -> None:
        database.run("UPDATE faq SET updated_at = NULL WHERE id = 1")
        index, embedder = FakeIndex(), FakeEmbedder()
        sync(made(database), index, embedder, paragraphs)
        assert counts(sync(made(database), index, embedder, paragraphs)) == {"unchanged": 3}
        database.run("UPDATE faq SET answer = 'Ask.' WHERE id = 1")
        report = sync(made(database), index, embedder, paragraphs)
        assert counts(report) == {"changed": 1, "unchanged": 2}

    def test_another_template_makes_all_documents_anew(self, database: Database) -> None:
        index, embedder = FakeIndex(), FakeEmbedder()
        sync(made(database), index, embedder, paragraphs)
        report = sync(made(database, text="$answer"), index, embedder, paragraphs)
        assert counts(report) == {"changed": 3}

    def test_many_rows_come_in_a_stream(self, database: Database) -> None:
        query = """WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 2500)
            SELECT id, 'Page ' || id AS question FROM n"""
        options = {"query": query, "text": "$question", "changed": "id"}
        found = list(made(database, **options).documents(None))
        assert len(by_key(found)) == 2500
        with pytest.raises(SourceUnreadable, match="over 2400 rows"):
            list(made(database, max_rows=2400, **options).documents(None))

    def test_a_pass_that_is_left_closes_its_rows_before_the_database(
        self, database: Database, caplog: pytest.LogCaptureFixture
    ) -> None:
        query = "WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 2500)"
        query += " SELECT id, id AS q FROM n"
        given = {"query": query, "text": "$q", "title": "", "changed": ""}
        with pytest.raises(SourceUnreadable, match="over 600 rows"):
            list(made(database, max_rows=600, **given).documents(None))
        left = cast(Generator[Item, None, None], made(database, **given).documents(None))
        next(left)
        left.close()
        assert caplog.records == []

    def test_a_source_writes_nothing(self, database: Database) -> None:
        for query in ("DELETE FROM faq", "DROP TABLE faq", "UPDATE faq SET id = 1"):
            with pytest.raises(SourceUnreadable, match="is no SELECT"):
                list(made(database, query=query).documents(None))
        for query in ("WITH x AS (SELECT 1) DELETE FROM faq", f"{QUERY} DELETE FROM faq"):
            with pytest.raises(SourceUnreadable):
                list(made(database, query=query, changed="").documents(None))
        assert len(by_key(made(database).documents(None))) == 3

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            ({"text": "$anwser"}, "`text` names 'anwser', but the query has the columns id, quest"),
            ({"key": "$nr"}, "`key` names 'nr'"),
            ({"key": "same"}, "all rows have the same key"),
            (
                {"query": "SELECT a.*, b.id, b.answer FROM faq a JOIN faq b ON a.id = b.id"},
                "`key` names 'id', and the query has several columns of that name",
            ),
            ({"title": "costs $ 5"}, r"`title` has a `\$` with no column"),
            ({"changed": "updated"}, "`changed` names 'updated'"),
            ({"query": "SELECT nope FROM faq"}, "the query is wrong .*nope"),
            ({"query": "SELECT * FROM nada"}, "the query is wrong .*nada"),
            ({"query": "SELECT * FORM faq"}, "the query is wrong"),
        ],
    )
    def test_what_does_not_fit_is_told(
        self, database: Database, options: dict[str, str], said: str
    ) -> None:
        with pytest.raises(SourceUnreadable, match=said):
            list(made(database, **options).documents(None))

    def test_a_query_that_takes_too_long_is_ended(self, database: Database) -> None:
        query = """WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n)
            SELECT count(*) AS id FROM n"""
        options = {"query": query, "text": "$id", "title": "", "changed": ""}
        slow = made(database, timeout_s=0.2, **options)
        with pytest.raises(SourceUnreadable, match="took too long") as caught:
            list(slow.documents(None))
        assert "timeout_s" in caught.value.remedy

    def test_rows_that_make_no_document_are_told_and_the_rest_is_read(
        self, database: Database
    ) -> None:
        database.put([(5, "Empty?", "")])
        database.put([(6, "Long?", "x" * 500)])
        database.run("INSERT INTO faq VALUES (NULL, 'No key?', 'x', NULL)")
        database.run("INSERT INTO faq VALUES (1, 'Twice?', 'x', NULL)")
        for changed in ("", "updated_at"):
            found = by_key(
                made(database, text="$answer", max_bytes=400, changed=changed).documents(None)
            )
            told = {key: item.reason for key, item in found.items() if isinstance(item, Unreadable)}
            assert len(told) == 4
            assert "no text" in told["5"]
            assert "max_bytes" in told["6"]
            assert sum("no key" in reason for reason in told.values()) == 1
            assert sum("key of two rows" in reason for reason in told.values()) == 1

    def test_two_rows_with_a_key_are_told_in_later_passes_too(self, database: Database) -> None:
        index, embedder = FakeIndex(), FakeEmbedder()
        database.run("INSERT INTO faq VALUES (1, 'Twice?', 'x', NULL)")
        for _ in range(3):
            report = sync(made(database), index, embedder, paragraphs)
            assert [item.reason for item in report.unreadable if "two rows" in item.reason]
        assert len(index.records) == 3


@SQLITE
def test_html_is_read_as_markdown(database: Database) -> None:
    database.put([(7, "Bold?", "<p>Very <b>bold</b>.</p>")])
    found = by_key(made(database, text="$answer", format="html").documents(None))
    item = found["7"]
    assert isinstance(item, Document)
    assert item.text == "Very **bold**."


@SQLITE
def test_a_file_that_is_not_there_is_not_made(tmp_path: Path, database: Database) -> None:
    file = tmp_path / "nowhere.db"
    with pytest.raises(SourceUnreadable, match="cannot be reached"):
        list(source("faq", f"sqlite:///{file}", QUERY, TEXT).documents(None))
    assert not file.exists()


@SQLITE
def test_a_damaged_database_forgets_nothing(database: Database, tmp_path: Path) -> None:
    index, embedder = FakeIndex(), FakeEmbedder()
    sync(made(database), index, embedder, paragraphs)
    database.engine.dispose()
    Path(database.url.removeprefix("sqlite:///")).write_bytes(b"no database" * 99)
    with pytest.raises(SourceUnreadable, match="no database, or damaged"):
        sync(made(database), index, embedder, paragraphs)
    assert len(index.records) == 3


@SQLITE
def test_a_pass_sees_one_state_of_the_table(database: Database) -> None:
    database.run("PRAGMA journal_mode = WAL")
    held = Checkpoint({"1": "old", "2": "old", "3": "old"})
    reading = iter(made(database).documents(held))
    first = next(reading)
    database.run("DELETE FROM faq")
    assert len(by_key([first, *reading])) == 3


@pytest.mark.parametrize(
    ("url", "said", "todo"),
    [
        ("no url", "no SQLAlchemy URL", "postgresql://"),
        ("nosuch://x:hunter2@y/z", "no SQLAlchemy URL", "postgresql://"),
        ("postgresql://x:hunter2@y:port/z", "no SQLAlchemy URL", "postgresql://"),
        ("mysql://x:hunter2@y/z", "driver MySQLdb is not installed", "uv pip install pymysql"),
        ("postgresql+psycopg2://x:hunter2@y/z", "driver psycopg2 is not", "let `url` begin with"),
        ("postgresql://x:hunter2@127.0.0.1:9/z", "cannot be reached", "Check `url`"),
    ],
)
def test_a_wrong_address_is_told_without_its_password(url: str, said: str, todo: str) -> None:
    with pytest.raises(SourceUnreadable, match=said) as caught:
        list(source("faq", url, QUERY, TEXT).documents(None))
    assert todo in caught.value.remedy
    assert "hunter2" not in str(caught.value)


@pytest.mark.endurance
@pytest.mark.postgres
def test_a_login_that_is_refused_is_told(postgres_url: str) -> None:
    wrong = postgres_url.replace("hunter2-of-the-tests", "hunter3-of-the-tests")
    with pytest.raises(SourceUnreadable, match="the login was refused") as caught:
        list(source("faq", wrong, QUERY, TEXT).documents(None))
    assert "hunter3" not in str(caught.value)


@pytest.mark.endurance
@pytest.mark.postgres
@pytest.mark.parametrize("day", ["infinity", "0044-03-15 BC"])
def test_a_date_that_no_calendar_has_is_told(postgres_url: str, day: str) -> None:
    query = f"SELECT 1 AS id, DATE '{day}' AS until"
    with pytest.raises(SourceUnreadable, match="beyond all calendars") as caught:
        list(source("faq", postgres_url, query, "$until").documents(None))
    assert "CAST" in caught.value.remedy
    cast = f"SELECT id, CAST(until AS text) AS until FROM ({query}) AS dated"
    [document] = source("faq", postgres_url, cast, "$until").documents(None)
    assert isinstance(document, Document)
    assert document.text == day


@pytest.mark.endurance
@pytest.mark.postgres
def test_a_database_that_ends_in_mid_sync_costs_nothing(postgres_url: str) -> None:
    database, index, embedder = Database(postgres_url), FakeIndex(), FakeEmbedder()
    database.run(TABLE)
    database.run("INSERT INTO faq SELECT n, 'Page ' || n, 'x' FROM generate_series(1, 1200) AS n")
    sync(made(database), index, embedder, paragraphs)
    reading = iter(made(database, changed="").documents(None))
    next(reading)
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    database.run(f"{ended} WHERE datname = current_database() AND pid <> pg_backend_pid()")
    with pytest.raises(SourceUnreadable, match=r"cannot be reached|failed"):
        list(reading)
    database.engine.dispose()
    assert counts(sync(made(database), index, embedder, paragraphs)) == {"unchanged": 1200}
    database.engine.dispose()


def test_values_are_told_in_words() -> None:
    when = datetime(2026, 1, 2, 3, 4, 5)
    told = [None, 1.5, True, b"caf\xc3\xa9", when, when.date(), {"a": ["é"]}]
    assert [said(value) for value in told] == [
        *("", "1.5", "true", "café", "2026-01-02 03:04:05", "2026-01-02", '{"a": ["é"]}'),
    ]


def test_a_template_only_puts_values_in_places() -> None:
    shape = Shape("$id", "", "${first name} {id.__class__} {{ id }} $id", "")
    found = shape.document("s", "7", {"id": 7, "first name": "$id ${x}"})
    assert isinstance(found, Document)
    assert found.text == "$id ${x} {id.__class__} {{ id }} 7"
    with pytest.raises(ShapeWrong):
        Shape("$id.x", "", "${id!r}", "").check(["id"])


def test_unchanged_rows_are_not_even_fetched(tmp_path: Path) -> None:
    file = tmp_path / "wide.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE page (id, body, v)")
        connection.executemany(
            "INSERT INTO page VALUES (?, ?, ?)", [(n, f"Page {n}", n) for n in range(1000)]
        )
    connection.close()
    query = "SELECT id, body, v FROM page"
    made = source("wide", f"sqlite:///{file}", query, "$body", changed="v")
    held = {i.key: i.fingerprint for i in made.documents(None) if isinstance(i, Document)}
    del held["999"]
    *before, last = made.documents(Checkpoint(held))
    assert before == [Unchanged(str(n)) for n in range(999)]
    assert isinstance(last, Document)
