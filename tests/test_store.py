"""What the store keeps, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from bot.conversation import Feedback, Mode, Outcome, Verdict
from bot.database import connect, upgrade
from bot.errors import DatabaseUnavailable, UnknownInteraction
from bot.rendering import interaction_json
from bot.sessions import Sessions
from bot.store import Store, SyncPass
from bot.wanted import Wanted
from tests.contracts import MemoryContract
from tests.fakes import FakeStore, an_answer, kept

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    upgrade(database_url)
    with closing(Store(database_url)) as made:
        yield made


class TestStore(MemoryContract):
    @pytest.fixture
    def memory(self, store: Store) -> Store:
        return store


class TestFakeStore(MemoryContract):
    @pytest.fixture
    def memory(self) -> FakeStore:
        return FakeStore()


def test_a_time_of_another_zone_comes_back_in_utc(store: Store) -> None:
    there = datetime(2026, 3, 1, 9, 30, 0, 123456, tzinfo=timezone(timedelta(hours=-5)))
    back = store.interaction(kept(store, asked_at=there).id).asked_at
    assert (back, back.tzinfo) == (there, UTC)


def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    with pytest.raises(Exception, match="has no zone"):
        kept(store, asked_at=datetime(2026, 3, 1))


def test_text_that_databases_cannot_store_is_kept_without_those_characters(store: Store) -> None:
    odd = "a\0b \ud800 c \ud83d\ude00 d"
    id = kept(store, text=odd, answer=replace(an_answer(), text=odd), thread=(odd,)).id
    back = store.interaction(id)
    assert back.question.text == "a\ufffdb \ufffd c \U0001f600 d"
    assert back.answer.text == back.question.thread[0].text == back.question.text


def test_scores_that_are_no_numbers_do_not_stop_the_record(store: Store) -> None:
    passage = an_answer().passages[0]
    odd = replace(passage, score=float("nan"), scores={"vector": float("inf"), "keyword": 1.5})
    back = store.interaction(kept(store, answer=replace(an_answer(), passages=(odd,))).id)
    assert (back.answer.passages[0].score, back.answer.passages[0].scores) == (0, {"keyword": 1.5})


def test_a_long_passage_is_kept_as_an_excerpt(store: Store) -> None:
    passage = an_answer().passages[0]
    long = replace(passage, chunk=replace(passage.chunk, text="word " * 10_000))
    back = store.interaction(kept(store, answer=replace(an_answer(), passages=(long,))).id)
    assert back.answer.passages[0].chunk.text == ("word " * 10_000)[:2000]


def test_interactions_are_listed_newest_first_and_paged(store: Store) -> None:
    ids = [kept(store, text=f"question {number}").id for number in range(5)]
    first = [kept.id for kept in store.interactions(limit=2)]
    rest = [kept.id for kept in store.interactions(wanted=Wanted(before_id=first[-1]))]
    assert first + rest == ids[::-1]


def test_a_listed_interaction_says_how_sure_its_answer_was(store: Store) -> None:
    kept(store, answer=replace(an_answer(), confidence=0.8125))
    [found] = store.interactions()
    assert interaction_json(found)["confidence"] == 0.812


def test_an_interaction_says_which_version_wrote_its_answer(store: Store) -> None:
    kept(store)
    mine = kept(store, answer=replace(an_answer(), version="style-7"))
    [found] = store.interactions(wanted=Wanted(version="style-7"))
    assert found == mine
    assert interaction_json(found)["version"] == "style-7"


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(asker="anna"),
        Wanted(platform="slack", workspace="T1", channel="C1", thread="1.1"),
        Wanted(outcome="failed"),
        Wanted(code="T-7F3A"),
        Wanted(mode="tuned", task="rewrite"),
        Wanted(words="100%_SURE"),
        Wanted(since=NOON + timedelta(minutes=1)),
    ],
)
def test_interactions_are_filtered(store: Store, wanted: Wanted) -> None:
    kept(store, asked_at=NOON)
    failed = replace(an_answer(), outcome=Outcome.FAILED, code="T-7F3A")
    meant = kept(
        store,
        text="Is it 100%_sure?",
        asker="anna",
        place=("slack", "T1", "C1", "1.1"),
        route=(Mode.TUNED, "rewrite"),
        answer=failed,
        asked_at=NOON + timedelta(minutes=5),
    )
    assert [found.id for found in store.interactions(wanted=wanted)] == [meant.id]


def test_the_operator_finds_what_went_wrong_by_the_code(store: Store) -> None:
    failed = replace(an_answer(), outcome=Outcome.FAILED, code="T-0001")
    kept(store, answer=failed, error_detail="IndexUnavailable: no answer from 10.0.0.7")
    [found] = store.interactions(wanted=Wanted(code="T-0001"))
    assert "10.0.0.7" in store.error_detail(found.id)


def test_the_id_of_a_dropped_interaction_is_never_used_again(
    store: Store, database_url: str
) -> None:
    gone = kept(store).id
    rating = Feedback(gone, "anna", Verdict.UP, NOON)
    store.rate(rating)
    drop(database_url, gone)
    assert kept(store).id > gone
    assert store.verdicts(gone) == []


def drop(database_url: str, id: int) -> None:
    engine = connect(database_url)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DELETE FROM interaction WHERE id = {id}")
    engine.dispose()


def test_two_votes_of_one_person_at_once_leave_one(store: Store) -> None:
    id = kept(store).id
    start, failures = threading.Barrier(8), list[BaseException]()

    def vote(number: int) -> None:
        start.wait()
        try:
            verdict = Verdict.UP if number % 2 else Verdict.DOWN
            store.rate(Feedback(id, "anna", verdict, NOON + timedelta(seconds=number)))
        except BaseException as error:
            failures.append(error)

    voters = [threading.Thread(target=vote, args=(number,)) for number in range(8)]
    for voter in voters:
        voter.start()
    for voter in voters:
        voter.join()
    assert failures == []
    assert [verdict.given_at for verdict in store.verdicts(id)] == [NOON + timedelta(seconds=7)]


WRITER = """
import sys
from bot.store import Store
from tests.fakes import kept
store = Store(sys.argv[1])
for number in range(50):
    kept(store, text=f"{sys.argv[2]} {number}")
"""


def test_two_processes_write_at_once_and_nothing_is_lost(database_url: str) -> None:
    upgrade(database_url)
    commands = [[sys.executable, "-c", WRITER, database_url, who] for who in ("anna", "ben")]
    writers = [subprocess.Popen(command, cwd=Path(__file__).parents[1]) for command in commands]
    assert [writer.wait(timeout=120) for writer in writers] == [0, 0]
    with closing(Store(database_url)) as store:
        assert len(store.interactions(limit=1000)) == 100


def test_the_latest_pass_of_each_source_is_told(store: Store) -> None:
    first = SyncPass("handbook", NOON, NOON + timedelta(seconds=3), {"seen": 42, "new": 42})
    second = replace(
        first,
        started_at=NOON + timedelta(hours=1),
        ended_at=NOON + timedelta(hours=1, seconds=1),
        problems=(("a.pdf", "it is encrypted"),),
        error="the folder vanished",
    )
    wiki = replace(first, source="wiki")
    for done in (first, wiki, second):
        store.record_sync(done)
    assert store.last_syncs() == {"handbook": second, "wiki": wiki}


def test_a_store_without_tables_says_how_to_make_them(database_url: str) -> None:
    with (
        closing(Store(database_url)) as store,
        pytest.raises(DatabaseUnavailable, match="tandem db upgrade"),
    ):
        store.interactions()


def test_an_interaction_that_no_database_could_hold_is_unknown(store: Store) -> None:
    for id in (0, -1, 2**31, 2**70):
        with pytest.raises(UnknownInteraction):
            store.interaction(id)
    with pytest.raises(UnknownInteraction):
        store.rate(Feedback(2**70, "anna", Verdict.UP, NOON))


def test_a_corrupt_file_is_told_and_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "tandem.db"
    file.write_bytes(b"this is no database, whatever its name says" * 100)
    before = file.read_bytes()
    with pytest.raises(DatabaseUnavailable, match=r"not a database\. Restore"):
        upgrade(f"sqlite:///{file}")
    assert file.read_bytes() == before


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DatabaseUnavailable, match="cannot be made"):
        upgrade(f"sqlite:///{tmp_path}/file/tandem.db")
    with pytest.raises(DatabaseUnavailable, match="unable to open"):
        upgrade(f"sqlite:///{tmp_path}")


def test_a_new_file_is_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "new" / "tandem.db"
    upgrade(f"sqlite:///{file}")
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


@pytest.mark.postgres
def test_a_connection_that_was_cut_is_made_anew(postgres_url: str) -> None:
    upgrade(postgres_url)
    with closing(Store(postgres_url)) as store, closing(Sessions(postgres_url)) as other:
        before = kept(store)
        with other.writing() as connection:
            others = "datname = current_database() AND pid <> pg_backend_pid()"
            others += " AND backend_type = 'client backend'"  # not one that vacuums
            cut = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"
            assert connection.exec_driver_sql(cut).all() == [(True,)]
        assert store.interaction(before.id) == before


def test_a_server_that_does_not_answer_is_told_without_the_password() -> None:
    url = "postgresql://anna:hunter2@127.0.0.1:1/tandem"
    with pytest.raises(DatabaseUnavailable) as caught:
        upgrade(url)
    assert "127.0.0.1" in str(caught.value)
    assert "hunter2" not in str(caught.value) + repr(caught.value.__dict__)


@pytest.mark.postgres
def test_a_wrong_password_is_told_without_it(postgres_server: str) -> None:
    url = postgres_server.replace("hunter2-of-the-tests", "hunter3") + "/postgres"
    with pytest.raises(DatabaseUnavailable, match="Check the user and the password") as caught:
        upgrade(url)
    assert "hunter3" not in str(caught.value)


@pytest.mark.parametrize("url", ["", "tandem.db", "mysql://u:hunter2@host/db", "://hunter2@"])
def test_an_address_that_is_none_is_told(url: str) -> None:
    with pytest.raises(DatabaseUnavailable) as caught:
        connect(url)
    assert "hunter2" not in str(caught.value)
