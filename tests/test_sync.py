"""Syncing, on a fake index and on a real one: what is read, embedded, kept and forgotten."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bot.app import build
from bot.settings import load_settings
from knowledge.ahead import ahead
from knowledge.documents import Checkpoint, Document, Item, Reached, Unreadable, quiet
from knowledge.embedding import Vectors
from knowledge.errors import EmbeddingFailed, IndexUnavailable, SourceUnreadable
from knowledge.index import Index
from knowledge.objects import Entry
from knowledge.sync import SyncReport, sync
from tests.fakes import FakeEmbedder, FakeIndex, FakeSource, paragraphs
from tests.indexes import contents, prepared
from tests.patience import PATIENCE_S

if TYPE_CHECKING:
    from weaviate import WeaviateClient

PAGES = {
    "leave.md": "Leave\n\nYou get 27 days.\n\nAsk two weeks ahead.",
    "kiln.md": "The kiln\n\nFired on Tuesdays.\n\nAt 1,240 degrees.",
    "lunch.md": "Lunch\n\nAt noon.",
}


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.real)])
def index(request: pytest.FixtureRequest) -> FakeIndex | Index:
    if request.param == "fake":
        return FakeIndex()
    return prepared(request.getfixturevalue("weaviate"), request.getfixturevalue("prefix"))


@pytest.fixture
def embedder() -> FakeEmbedder:
    return FakeEmbedder()


def synced(
    index: FakeIndex | Index,
    embedder: FakeEmbedder,
    texts: Mapping[str, str] = PAGES,
    full: bool = False,
    **source: Any,
) -> SyncReport:
    return sync(FakeSource(texts, **source), index, embedder, paragraphs, full=full)


def keys(index: FakeIndex | Index) -> set[str]:
    return set(index.fingerprints("handbook"))


def counts(report: SyncReport) -> dict[str, int]:
    names = ("seen", "new", "changed", "moved", "gone", "unchanged", "chunks", "embedded")
    return {name: getattr(report, name) for name in names if getattr(report, name)}


Shelves = FakeIndex | Index


def test_all_is_new_at_first(index: Shelves, embedder: FakeEmbedder) -> None:
    report = synced(index, embedder)
    assert counts(report) == {"seen": 3, "new": 3, "chunks": 8, "embedded": 8}
    assert keys(index) == PAGES.keys()
    assert index.complete("handbook")


def test_a_second_sync_reads_embeds_and_changes_nothing(
    index: Shelves, embedder: FakeEmbedder
) -> None:
    synced(index, embedder)
    before, seen = contents(index), len(embedder.seen)
    source = FakeSource(PAGES)
    report = sync(source, index, embedder, paragraphs)
    assert counts(report) == {"seen": 3, "unchanged": 3}
    assert (source.read, len(embedder.seen), contents(index)) == ([], seen, before)


def test_an_unchanged_chunk_of_a_changed_document_is_not_embedded(
    index: Shelves, embedder: FakeEmbedder
) -> None:
    synced(index, embedder)
    embedder.seen.clear()
    changed = {**PAGES, "leave.md": PAGES["leave.md"] + "\n\nCarry over five."}
    report = synced(index, embedder, changed)
    assert embedder.seen == ["Leave\nCarry over five."]
    expected = {"seen": 3, "changed": 1, "unchanged": 2, "chunks": 4, "embedded": 1}
    assert counts(report) == expected
    assert contents(index) == undisturbed(index, changed)


def undisturbed(like: Shelves, texts: Mapping[str, str]) -> Any:
    """What a sync of these texts alone leaves behind in an index of the same kind."""
    if isinstance(like, FakeIndex):
        fresh: Shelves = FakeIndex()
    else:
        fresh = Index(like.client, like.edition, "undisturbed", like.prefix)
        fresh.prepare()
    synced(fresh, FakeEmbedder(), texts)
    return contents(fresh)


def test_a_moved_document_is_not_embedded(index: Shelves, embedder: FakeEmbedder) -> None:
    synced(index, embedder)
    embedder.seen.clear()
    moved = {"staff/leave.md" if key == "leave.md" else key: PAGES[key] for key in PAGES}
    report = synced(index, embedder, moved)
    assert counts(report) == {"seen": 3, "moved": 1, "unchanged": 2, "chunks": 3}
    assert (embedder.seen, contents(index)) == ([], undisturbed(index, moved))


def test_what_is_gone_is_forgotten(index: Shelves, embedder: FakeEmbedder) -> None:
    synced(index, embedder)
    left = {key: PAGES[key] for key in PAGES if key != "kiln.md"}
    report = synced(index, embedder, left)
    assert counts(report) == {"seen": 2, "gone": 1, "unchanged": 2}
    assert contents(index) == undisturbed(index, left)


def test_an_emptied_source_is_forgotten(index: Shelves, embedder: FakeEmbedder) -> None:
    synced(index, embedder)
    assert counts(synced(index, embedder, {})) == {"gone": 3}
    assert keys(index) == set()


def test_other_sources_are_left_alone(index: Shelves, embedder: FakeEmbedder) -> None:
    synced(index, embedder, name="wiki")
    synced(index, embedder, {"leave.md": "Other\n\nWords."})
    assert index.fingerprints("wiki").keys() == PAGES.keys()
    synced(index, embedder, {})
    assert index.fingerprints("wiki").keys() == PAGES.keys()


def test_a_source_that_fails_half_way_forgets_nothing_and_what_it_gave_is_kept(
    index: Shelves, embedder: FakeEmbedder
) -> None:
    synced(index, embedder, {"old.md": "Old\n\nPage.", "leave.md": "Leave\n\n26 days."})
    with pytest.raises(SourceUnreadable, match="the line is dead"):
        synced(index, embedder, PAGES, fails_at="lunch.md")
    assert keys(index) == {"old.md", "leave.md", "kiln.md"}
    embedder.seen.clear()
    report = synced(index, embedder)
    assert counts(report) == {
        "seen": 3, "new": 1, "gone": 1, "unchanged": 2, "chunks": 2, "embedded": 2,
    }  # fmt: skip
    assert contents(index) == undisturbed(index, PAGES)


def test_a_source_that_fails_at_once_changes_nothing(
    index: Shelves, embedder: FakeEmbedder
) -> None:
    synced(index, embedder)
    before = contents(index)
    with pytest.raises(SourceUnreadable):
        synced(index, embedder, PAGES, fails_at="leave.md")
    assert contents(index) == before


def test_a_source_that_never_was_read_to_its_end_is_not_complete(
    index: Shelves, embedder: FakeEmbedder
) -> None:
    with pytest.raises(SourceUnreadable):
        synced(index, embedder, PAGES, fails_at="lunch.md")
    assert not index.complete("handbook")


def test_an_unreadable_document_keeps_what_is_indexed(
    index: Shelves, embedder: FakeEmbedder
) -> None:
    synced(index, embedder)
    before = contents(index)
    changed = {**PAGES, "leave.md": "Leave\n\nNow encrypted."}
    report = synced(index, embedder, changed, unreadable=["leave.md"])
    assert contents(index) == before
    reason = "it is encrypted; store it without a password"
    assert report.unreadable == (Unreadable("leave.md", reason),)
    assert counts(report) == {"seen": 3, "unchanged": 2}
    assert "1 could not be read" in str(report)


def test_what_a_source_reached_is_told_to_its_next_pass(
    index: Shelves, embedder: FakeEmbedder
) -> None:
    source = FakeSource(PAGES, reaches="page 7 😀")
    for _ in range(3):
        sync(source, index, embedder, paragraphs)
    assert source.told == ["", "page 7 😀", "page 7 😀"]
    source.reaches = ""  # nothing new is said, so the old holds
    sync(source, index, embedder, paragraphs)
    assert index.state("handbook") == "page 7 😀"
    assert keys(index) == PAGES.keys()


def test_a_full_sync_is_told_no_state_and_keeps_none_of_before(
    index: Shelves, embedder: FakeEmbedder
) -> None:
    source = FakeSource(PAGES, reaches="page 7")
    sync(source, index, embedder, paragraphs)
    source.reaches = ""
    sync(source, index, embedder, paragraphs, full=True)
    assert (source.told, index.state("handbook")) == (["", ""], "")


def test_a_pass_that_breaks_keeps_the_state_before_it(
    index: Shelves, embedder: FakeEmbedder
) -> None:
    sync(FakeSource(PAGES, reaches="page 7"), index, embedder, paragraphs)

    class Early(FakeSource):
        def documents(self, since: Checkpoint | None) -> Iterator[Item]:
            yield Reached("page 8")
            yield from super().documents(since)

    with pytest.raises(SourceUnreadable):
        sync(Early(PAGES, fails_at="lunch.md"), index, embedder, paragraphs)
    assert index.state("handbook") == "page 7"
    sync(Early(PAGES), index, embedder, paragraphs)
    assert index.state("handbook") == "page 8"


def test_an_index_from_before_states_is_told_none_and_goes_on(
    index: Shelves, embedder: FakeEmbedder
) -> None:
    synced(index, embedder)
    index.mark_complete("handbook")  # as it was always called
    source = FakeSource(PAGES)
    assert counts(sync(source, index, embedder, paragraphs)) == {"seen": 3, "unchanged": 3}
    assert source.told == [""]


def refusing(*keys: str) -> FakeIndex:
    return FakeIndex(refuses=keys)


def test_a_document_that_the_index_refuses_is_told_and_the_rest_goes_on() -> None:
    index = refusing("kiln.md")
    report = synced(index, FakeEmbedder())
    assert report.unreadable == (Unreadable("kiln.md", "is not to its taste"),)
    assert counts(report) == {"seen": 3, "new": 2, "chunks": 5, "embedded": 8}
    assert (keys(index), index.complete("handbook")) == ({"leave.md", "lunch.md"}, True)


def test_a_new_version_that_the_index_refuses_leaves_the_old_one() -> None:
    index = FakeIndex()
    synced(index, FakeEmbedder())
    before, index.refuses = contents(index), ("kiln.md",)
    report = synced(index, FakeEmbedder(), {**PAGES, "kiln.md": "The kiln\n\nBroken."})
    assert (contents(index), counts(report)) == (before, {"seen": 3, "unchanged": 2, "embedded": 1})


def test_a_state_beyond_what_the_index_took_is_not_kept() -> None:
    index, source = FakeIndex(), FakeSource(PAGES, reaches="page 7")
    sync(source, index, FakeEmbedder(), paragraphs)
    source.reaches, index.refuses = "page 8", ("new.md",)
    source.texts = {**PAGES, "new.md": "New"}
    sync(source, index, FakeEmbedder(), paragraphs)
    assert index.state("handbook") == "page 7"
    index.refuses = ()
    sync(source, index, FakeEmbedder(), paragraphs)
    assert (index.state("handbook"), "new.md" in keys(index)) == ("page 8", True)


def test_a_state_beyond_a_document_whose_key_came_twice_is_not_kept() -> None:
    index = FakeIndex()
    source = Given((page("a", "First."), page("a", "Second."), Reached("page 8")))
    sync(source, index, FakeEmbedder(), paragraphs)
    assert index.state("handbook") == ""


def test_a_full_sync_reads_and_embeds_all_again(index: Shelves, embedder: FakeEmbedder) -> None:
    synced(index, embedder)
    before = contents(index)
    embedder.seen.clear()
    report = synced(index, embedder, full=True)
    assert counts(report) == {"seen": 3, "changed": 3, "chunks": 8, "embedded": 8}
    assert (len(embedder.seen), contents(index)) == (8, before)


def test_a_full_sync_replaces_what_was_once_read_worse(
    index: Shelves, embedder: FakeEmbedder
) -> None:
    """A better reader gives other text under the same fingerprint."""

    def badly(document: Document) -> Any:
        return paragraphs(Document(**{**vars(document), "text": document.text[::-1]}))

    sync(FakeSource(PAGES), index, embedder, badly)
    synced(index, embedder, full=True)
    assert contents(index) == undisturbed(index, PAGES)


def test_a_chunk_that_stands_in_many_documents_is_embedded_once(
    index: Shelves, embedder: FakeEmbedder
) -> None:
    texts = {f"{n}.md": "Footer\n\nAll rights reserved." for n in range(20)}
    assert synced(index, embedder, texts).embedded == 2
    assert synced(index, embedder, {**texts, "20.md": texts["0.md"]}).embedded == 0


def test_an_empty_document_is_held_and_not_read_again(
    index: Shelves, embedder: FakeEmbedder
) -> None:
    synced(index, embedder, {"empty.md": ""})
    assert counts(synced(index, embedder, {"empty.md": ""})) == {"seen": 1, "unchanged": 1}


def test_more_than_a_batch_is_synced_whole(index: Shelves, embedder: FakeEmbedder) -> None:
    texts = {f"{n}.md": "\n\n".join(f"{n} {m}" for m in range(n % 9 + 1)) for n in range(150)}
    texts["long.md"] = "\n\n".join(f"Part {n}" for n in range(400))
    texts["none.md"] = ""
    synced(index, embedder, texts)
    held = contents(index)
    assert keys(index) == texts.keys()
    chunks = sum(len([part for part in text.split("\n\n") if part]) for text in texts.values())
    assert len([1 for row, _ in held.values() if "ordinal" in row]) == chunks


def test_halves_of_characters_do_no_harm(index: Shelves, embedder: FakeEmbedder) -> None:
    texts = {"a.md": "Half \ud83d\n\nlone \udcff", "\udcfe.md": "Name\n\nPair \ud83d\ude00 \0"}
    synced(index, embedder, texts)
    assert keys(index) == {"a.md", "\ufffd.md"}
    held = sorted(row["text"] for row, _ in contents(index).values() if "text" in row)
    assert held == ["Half \ufffd", "Name", "Pair 😀 \0", "lone \ufffd"]
    embedder.seen.clear()
    assert counts(synced(index, embedder, texts)) == {"seen": 2, "unchanged": 2}


@dataclass(frozen=True)
class Given:
    """A source that gives just these, whatever is held."""

    items: tuple[Item, ...]
    name: str = "handbook"

    def expected(self) -> None:
        return None

    def documents(self, since: Checkpoint | None) -> Iterator[Item]:
        return iter(self.items)


def page(key: str, text: str) -> Document:
    return Document("handbook", key, "Title", text, "", fingerprint=text)


def test_a_key_that_comes_twice_is_reported_and_its_first_document_kept(
    index: Shelves, embedder: FakeEmbedder
) -> None:
    source = Given((page("a", "First."), page("a", "Second."), page("b", "Third.")))
    for _ in range(2):
        report = sync(source, index, embedder, paragraphs)
        assert [item.key for item in report.unreadable] == ["a"]
        assert index.fingerprints("handbook") == {"a": "First.", "b": "Third."}
    texts = sorted(row["text"] for row, _ in contents(index).values() if "text" in row)
    assert texts == ["First.", "Third."]


def test_a_source_that_always_gives_all_is_not_written_again(
    index: Shelves, embedder: FakeEmbedder
) -> None:
    source = Given((page("a", "First."), page("b", "Second.")))
    sync(source, index, embedder, paragraphs)
    report = sync(source, index, embedder, paragraphs)
    assert counts(report) == {"seen": 2, "unchanged": 2}
    assert sync(source, index, embedder, paragraphs, full=True).embedded == 2


@pytest.mark.real
def test_two_syncs_at_once_end_in_the_same_index(weaviate: WeaviateClient, prefix: str) -> None:
    index, embedder = prepared(weaviate, prefix), FakeEmbedder()
    texts = {f"{n}.md": f"Page {n}\n\nText {n}\n\nFooter" for n in range(60)}
    synced(index, embedder, {**texts, "0.md": "Old\n\nwords", "gone.md": "Gone"})
    threads = [threading.Thread(target=synced, args=(index, FakeEmbedder(), texts)) for _ in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert contents(index) == undisturbed(index, texts)


class Fresh(FakeIndex):
    """An edition that is not searched yet."""

    live = False


@pytest.mark.real
def test_a_second_sync_of_a_source_waits_for_the_first(tmp_path: Path) -> None:
    settings = load_settings({"TANDEM_HOME": str(tmp_path)}, tmp_path)
    waits, index, done = threading.Event(), Fresh(), list[object]()

    def progress(step: str, seconds: int, total: int | None) -> None:
        if step == "Waiting for another sync of handbook":
            waits.set()

    def work() -> None:
        with build(settings, progress) as app:
            done.append(app.syncing.one(FakeSource(PAGES), index, full=False))  # type: ignore[arg-type]

    with build(settings, quiet) as first, first.leases.alone("sync-handbook", lambda _: None):
        second = threading.Thread(target=work)
        second.start()
        assert waits.wait(PATIENCE_S)
        assert not index.records
    second.join()
    assert [report.seen for report in done if isinstance(report, SyncReport)] == [3]


class Deaf(FakeEmbedder):
    """Fails from its third call on."""

    def embed(self, texts: Any) -> Vectors:
        if len(self.seen) > 100:
            raise EmbeddingFailed("deaf", "it hears nothing", "Turn it up")
        return super().embed(texts)


def test_an_embedder_that_fails_keeps_what_was_embedded() -> None:
    index, texts = FakeIndex(), {f"{n}.md": f"Page {n}" for n in range(300)}
    with pytest.raises(EmbeddingFailed):
        synced(index, Deaf(), texts)
    assert 64 <= len(keys(index)) < 300
    assert not index.complete("handbook")
    assert synced(index, FakeEmbedder(), texts).seen == 300
    assert contents(index) == undisturbed(index, texts)


@dataclass
class Away(FakeIndex):
    """Weaviate is away from the second batch on."""

    puts: int = 0
    dropped: list[str] = field(default_factory=list)

    def put(self, entries: Any) -> dict[str, str]:
        self.puts += 1
        if self.puts > 1:
            raise IndexUnavailable("no answer", "Start it")
        return super().put(entries)


def test_an_index_that_fails_is_told_and_nothing_is_forgotten() -> None:
    index = Away()
    FakeIndex.put(index, [Entry(page("gone", "Gone"), [], FakeEmbedder().embed([]))])
    with pytest.raises(IndexUnavailable):
        synced(index, FakeEmbedder(), {f"{n}.md": f"Page {n}" for n in range(300)})
    assert "gone" in keys(index)
    assert not index.complete("handbook")


def test_progress_counts_the_documents() -> None:
    told: list[tuple[str, int, int | None]] = []
    sync(
        FakeSource(PAGES), FakeIndex(), FakeEmbedder(), paragraphs,
        progress=lambda *step: told.append(step),
    )  # fmt: skip
    assert told == [("Syncing handbook", n, 3) for n in (1, 2, 3)]


def test_a_report_reads_as_a_line() -> None:
    report = SyncReport("handbook", seen=4, new=2, moved=1, unchanged=1, chunks=9, embedded=6)
    line = "handbook: 2 new, 1 moved, 1 unchanged (9 chunks written, 6 embedded, 0.0 s)"
    assert (str(report), str(SyncReport("wiki"))[:11]) == (line, "wiki: empty")


def test_things_come_ahead_in_order() -> None:
    with ahead(iter(range(1000)), size=3) as things:
        assert list(things) == list(range(1000))


def test_what_breaks_ahead_is_raised_at_its_place() -> None:
    def things() -> Iterator[int]:
        yield from range(5)
        raise SourceUnreadable("handbook", "broken", "Mend it")

    got = list[int]()
    with ahead(things()) as made:
        got += [next(made) for _ in range(5)]
        with pytest.raises(SourceUnreadable):
            next(made)
    assert got == [0, 1, 2, 3, 4]


def test_leaving_early_ends_the_thread_that_works_ahead() -> None:
    closed = threading.Event()

    def endless() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.set()

    with ahead(endless(), size=2) as things:
        assert next(things) == 1
        (worker,) = [thread for thread in threading.enumerate() if thread.name == "ahead"]
    assert not worker.is_alive()
    assert closed.wait(PATIENCE_S)


def test_who_waits_for_things_can_be_called_away_though_none_comes() -> None:
    silent, asked = threading.Event(), list[int]()

    def things() -> Iterator[int]:
        yield 1
        silent.wait(PATIENCE_S)

    def waiting() -> None:
        asked.append(1)
        if len(asked) == 2:
            silent.set()
            raise TimeoutError

    with pytest.raises(TimeoutError), ahead(things(), waiting=waiting) as made:
        assert list(made) == [1]
    assert len(asked) == 2


def test_a_sync_whose_source_says_nothing_can_be_stopped(embedder: FakeEmbedder) -> None:
    silent, index, told = threading.Event(), FakeIndex(), list[int]()

    class Silent(FakeSource):
        def documents(self, since: Checkpoint | None) -> Iterator[Item]:
            yield from super().documents(since)
            silent.wait(PATIENCE_S)

    def progress(step: str, done: int, total: int | None) -> None:
        told.append(done)
        if len(told) > len(PAGES):
            silent.set()
            raise TimeoutError

    with pytest.raises(TimeoutError):
        sync(Silent(PAGES), index, embedder, paragraphs, progress=progress)
    assert told == [1, 2, 3, 3]
    assert keys(index) == {*PAGES}  # what was read before is kept
    assert not index.complete("handbook")


def test_no_more_is_made_ahead_than_was_asked_for() -> None:
    made, read = list[int](), 0

    def things() -> Iterator[int]:
        for n in range(100):
            made.append(n)
            yield n

    with ahead(things(), size=4) as coming:
        for read, _ in enumerate(coming, start=1):
            assert len(made) <= read + 4 + 1  # one in the maker's hand
    assert read == 100
