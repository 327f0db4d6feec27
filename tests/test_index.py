"""The index in a real Weaviate: what is written, replaced, dropped, refused, switched."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from weaviate.exceptions import (
    WeaviateConnectionError,
    WeaviateDeleteManyError,
    WeaviateQueryError,
    WeaviateTimeoutError,
)

from knowledge.batches import PAGE, write, write_most
from knowledge.documents import Chunk, Document
from knowledge.errors import IndexUnavailable
from knowledge.index import COMPLETE, Edition, Index
from knowledge.objects import Entry, record
from knowledge.putting import PENDING
from knowledge.schema import create_alias
from knowledge.weaviating import asking, connect, insisting
from tests.fakes import FakeEmbedder
from tests.indexes import connected, contents, embedded, entry, finder, prepared

if TYPE_CHECKING:
    from weaviate import WeaviateClient

pytestmark = pytest.mark.real


@pytest.fixture
def index(weaviate: WeaviateClient, prefix: str) -> Index:
    return prepared(weaviate, prefix)


def test_what_is_put_is_held(index: Index) -> None:
    index.put([entry("handbook", "leave.md", "27 days.\n\nAsk early."), entry("wiki", "a", "A.")])
    assert index.fingerprints("handbook") == {"leave.md": "1"}
    assert (index.count("handbook"), index.count()) == ((1, 2), (2, 3))


def test_vectors_come_back_as_they_were_given(index: Index) -> None:
    put = entry("handbook", "leave.md", "27 days.\n\nAsk early.")
    index.put([put])
    held = index.vectors([chunk.digest for chunk in put.chunks] + ["unknown"])
    assert [held[chunk.digest].tolist() for chunk in put.chunks] == put.vectors.tolist()
    assert len(held) == 2


def test_ids_are_the_same_in_every_index(index: Index, weaviate: WeaviateClient) -> None:
    entries = [entry("handbook", f"{n}.md", "Same.\n\nSame.\n\nOther.") for n in range(3)]
    index.put(entries)
    first = contents(index)
    index.put(entries)
    assert contents(index) == first
    assert len(first) == 3 + 9


def test_a_new_version_replaces_the_old(index: Index) -> None:
    index.put([entry("handbook", "a", "One.\n\nTwo.\n\nThree."), entry("handbook", "b", "Stays.")])
    index.put([entry("handbook", "a", "Two.\n\nFour.", fingerprint="2")])
    texts = sorted(str(row["text"]) for row, _ in contents(index).values() if "text" in row)
    assert texts == ["Four.", "Stays.", "Two."]
    assert index.fingerprints("handbook") == {"a": "2", "b": "1"}


def test_what_was_read_differently_is_replaced_under_the_same_fingerprint(index: Index) -> None:
    index.put([entry("handbook", "a", "Same.\n\nSame.\n\nBadly read.")])
    index.put([entry("handbook", "a", "Same.\n\nWell read.")])
    assert index.count("handbook") == (1, 2)


def test_a_document_without_chunks_is_held(index: Index) -> None:
    index.put([entry("handbook", "a", "Something.")])
    index.put([entry("handbook", "a", "", fingerprint="2")])
    assert (index.fingerprints("handbook"), index.count()) == ({"a": "2"}, (1, 0))


def test_dropping_leaves_the_others(index: Index) -> None:
    index.put([entry("handbook", key, f"{key}.\n\nMore.") for key in "abc"])
    index.put([entry("wiki", "a", "Another a.")])
    index.drop("handbook", ["a", "b", "never there"])
    assert index.fingerprints("handbook") == {"c": "1"}
    assert (index.count("handbook"), index.count("wiki")) == ((1, 2), (1, 1))


def test_forgetting_a_source_leaves_the_others(index: Index) -> None:
    for source in ("handbook", "wiki"):
        index.put([entry(source, "a", "One.\n\nTwo.")])
        index.mark_complete(source)
    index.forget("handbook")
    assert (index.count("handbook"), index.count("wiki")) == ((0, 0), (1, 2))
    assert (index.complete("handbook"), index.complete("wiki")) == (False, True)


def test_completeness_is_no_document(index: Index) -> None:
    assert not index.complete("handbook")
    index.mark_complete("handbook", "page 7")
    assert index.complete("handbook")
    assert (index.fingerprints("handbook"), index.count()) == ({}, (0, 0))


def test_a_source_s_state_is_kept_to_the_letter_until_it_is_forgotten(index: Index) -> None:
    assert index.state("handbook") == ""
    for state in ("x", '{"a": "😀 \u0000 שלום"}', " blank ", "s" * 200_000, ""):
        index.mark_complete("handbook", state)
        assert index.state("handbook") == state
    index.mark_complete("handbook", "page 7")
    index.forget("handbook")
    assert (index.state("handbook"), index.complete("handbook")) == ("", False)


def test_sources_of_which_something_is_held_are_listed(index: Index) -> None:
    names = ["wiki", "Wiki", "wiki-2", "the", "😀 шлях", "never finished"]
    for name in names:
        index.put([entry(name, "a", "One.\n\nTwo."), entry(name, "b", "")])
        if name != "never finished":
            index.mark_complete(name)
    index.mark_complete("empty")
    assert index.sources() == sorted([*names, "empty"])
    for name in names[1:]:
        index.forget(name)
    assert index.sources() == ["empty", "wiki"]


ODD = [
    "x",
    " x",
    "x ",
    "X",
    "the",
    "",
    "\t",
    "a\0b",
    "😀 ключ",
    "שלום",
    '"; drop',
    "*",
    "k" * 70_000,
]


def test_keys_are_told_apart_to_the_letter(index: Index) -> None:
    index.put([entry("handbook", key, "Text.") for key in ODD])
    for key in ODD:
        index.drop("handbook", [key])
        held = set(index.fingerprints("handbook"))
        assert held == set(ODD[ODD.index(key) + 1 :]), f"after {key[:10]!r} was dropped"


def test_sources_are_told_apart_to_the_letter(index: Index) -> None:
    names = ["wiki", "Wiki", "wiki-2", "wiki_2", "the", "and"]
    index.put([entry(name, name, f"Of {name}.") for name in names])
    for name in names:
        assert index.fingerprints(name) == {name: "1"}
        assert index.count(name) == (1, 1)


TEXTS = {
    "NUL": "before\0after",
    "a word of a megabyte": "x" * 1_000_000,
    "emoji": "👩‍👩‍👧 😀 🇨🇭",
    "right to left": "שלום \u202eעולם\u202c مرحبا",
    "line ends": "a\r\nb\u2028c\x85d",
    "blanks": "  \t ",
    "not a character": "\ufeff\ufffe\U0010ffff",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_odd_text_comes_back_to_the_letter(
    index: Index, weaviate: WeaviateClient, prefix: str, text: str
) -> None:
    when = datetime(1969, 7, 20, 20, 17, 40, 123456, tzinfo=UTC)
    chunk = Chunk("handbook", "odd", text[:99], "u#😀", ("Ü ber", "b"), 7, text, when)
    index.put([embedded(Document("handbook", "odd", text[:99], text, "u", "1", when), [chunk])])
    (found,) = finder(weaviate, prefix).search("anything")
    assert found.chunk == chunk


def test_many_documents_are_all_listed(index: Index) -> None:
    """More than Weaviate gives for one query; of another source as well."""
    keys = {f"page-{n}" for n in range(PAGE + 50)}
    documents = [Document("big", key, "", "", "", "1") for key in keys]
    write(index._documents, (record(document, "1", 0) for document in documents))
    index.put([entry("wiki", "a", "One.")])
    assert index.fingerprints("big").keys() == keys
    assert index.fingerprints("wiki") == {"a": "1"}
    index.drop("big", sorted(keys)[:300])
    assert (index.count("big"), index.count()) == ((len(keys) - 300, 0), (len(keys) - 299, 1))


def test_a_chunk_that_stands_everywhere_does_not_hide_another(index: Index) -> None:
    """Thousands of equal chunks fill all that one query gives."""
    rare = entry("handbook", "z", "Rare.")
    document = Document("handbook", "a", "Footer", "", "", "1")
    footer = [
        Chunk("handbook", "a", "Footer", "", (), n, "All rights reserved") for n in range(1050)
    ]
    index.put([embedded(document, footer), rare])
    held = index.vectors([footer[0].digest, rare.chunks[0].digest])
    assert held.keys() == {footer[0].digest, rare.chunks[0].digest}


def bad_entry(key: str) -> Entry:
    """A document whose chunk Weaviate refuses, once there are others."""
    return replace(entry("handbook", key, "Bad."), vectors=np.ones((1, 3), np.float32))


def test_a_refused_document_is_told_and_not_done_and_the_others_are(index: Index) -> None:
    index.put([entry("handbook", "good", "First."), entry("handbook", "bad", "Older.")])
    refused = index.put([entry("handbook", "late", "Late."), bad_entry("bad")])
    assert refused.keys() == {"bad"}
    assert "length 3" in refused["bad"]
    assert index.fingerprints("handbook") == {"good": "1", "bad": PENDING, "late": "1"}
    assert texts_held(index) == ["First.", "Late.", "Older."]
    assert index.put([entry("handbook", "bad", "Newer.")]) == {}
    assert index.fingerprints("handbook") == {"good": "1", "bad": "1", "late": "1"}
    assert texts_held(index) == ["First.", "Late.", "Newer."]


def texts_held(index: Index) -> list[str]:
    return sorted(str(row["text"]) for row, _ in contents(index).values() if "text" in row)


def test_a_batch_of_which_nothing_is_taken_is_an_error(index: Index) -> None:
    index.put([entry("handbook", "good", "First.")])
    with pytest.raises(IndexUnavailable, match=r"all of 2 documents were refused.*length 3"):
        index.put([bad_entry("a"), bad_entry("b")])
    assert index.fingerprints("handbook") == {"good": "1", "a": PENDING, "b": PENDING}


class Refusing:
    """A collection that refuses each object as often as it is told, then takes it."""

    def __init__(self, times: int) -> None:
        self.times, self.taken, self.data = dict[str, int](), list[str](), self
        self.refusals = times

    def insert_many(self, objects: Sequence[str]) -> Refusing:
        self.errors = {}
        for place, thing in enumerate(objects):
            self.times[thing] = self.times.get(thing, 0) + 1
            if thing.startswith("bad") and self.times[thing] <= self.refusals:
                self.errors[place] = self
            else:
                self.taken.append(thing)
        return self

    message = "the shard is not ready"
    errors: dict[int, Refusing]


def test_only_what_was_refused_is_tried_again() -> None:
    collection = Refusing(times=2)
    things = ["good-1", "bad-1", "good-2", "bad-2", "good-3"]
    write(collection, things, (0, 0))  # type: ignore[arg-type]
    assert write_most(collection, ["bad-3"], ()) == {0: "the shard is not ready"}  # type: ignore[arg-type]
    assert sorted(collection.taken) == sorted(things)
    assert collection.times["good-2"] == 1


def test_what_is_refused_three_times_is_an_error() -> None:
    with pytest.raises(IndexUnavailable, match=r"2 objects.*the shard is not ready"):
        write(Refusing(times=3), ["good", "bad-1", "bad-2"], (0, 0))  # type: ignore[arg-type]


def test_tenants_do_not_see_each_other(weaviate: WeaviateClient, prefix: str) -> None:
    ours, theirs = (prepared(weaviate, prefix, tenant=name) for name in ("ours", "T1/läng " * 20))
    ours.put([entry("handbook", "a", "Our secret.")])
    theirs.put([entry("handbook", "a", "Their secret."), entry("handbook", "b", "More.")])
    ours.mark_complete("handbook")
    assert (ours.count(), theirs.count()) == ((1, 1), (2, 2))
    assert not theirs.complete("handbook")
    theirs.forget("handbook")
    assert contents(ours)
    assert ours.count() == (1, 1)


def test_preparing_again_keeps_what_is_held(weaviate: WeaviateClient, prefix: str) -> None:
    prepared(weaviate, prefix).put([entry("handbook", "a", "One.")])
    assert prepared(weaviate, prefix).count() == (1, 1)


def test_several_may_prepare_the_same_collections_at_once(
    weaviate: WeaviateClient, weaviate_home: Path, prefix: str
) -> None:
    clients = [connected(weaviate_home) for _ in range(4)]
    together([partial(prepared, client, prefix) for client in clients])
    index = prepared(weaviate, prefix)
    for alias in [f"{prefix}Alias{n}" for n in range(5)]:
        together([partial(create_alias, client, alias, index._chunks_name) for client in clients])
    for client in clients:
        client.close()
    assert index.live


def together(calls: Sequence[Callable[[], object]]) -> None:
    """Do all at once; what one raises is raised."""
    failed: list[BaseException] = []
    gate = threading.Barrier(len(calls))

    def work(call: Callable[[], object]) -> None:
        try:
            gate.wait()
            call()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


def test_work_that_nobody_waits_for_is_tried_again_while_weaviate_is_away() -> None:
    failures = [OSError("refused"), WeaviateConnectionError("gone"), WeaviateTimeoutError("slow")]

    def call() -> str:
        if failures:
            raise failures.pop(0)
        return "done"

    assert insisting(call, pause_s=0) == "done"
    with pytest.raises(IndexUnavailable, match="still away"):
        insisting(partial(fail, OSError("still away")), patience_s=0)


def fail(error: Exception) -> None:
    raise error


def test_a_collection_that_is_not_yet_loaded_is_tried_again() -> None:
    failures: list[Exception] = [
        WeaviateQueryError("tried to browse non-existing index for A", "search"),
        WeaviateDeleteManyError("cannot find index for class A"),
    ]
    insisting(lambda: fail(failures.pop()) if failures else None, pause_s=0)
    assert not failures


def test_what_does_not_pass_by_itself_is_an_error_at_once() -> None:
    errors: list[Exception] = [WeaviateQueryError("no such property", "search"), OSError("late")]
    with pytest.raises(IndexUnavailable, match="no such property"):
        insisting(lambda: fail(errors.pop(0)), pause_s=0)
    assert len(errors) == 1


def test_for_what_somebody_waits_there_is_one_try() -> None:
    errors: list[Exception] = [OSError("away"), OSError("again")]
    with pytest.raises(IndexUnavailable, match="away"):
        asking(lambda: fail(errors.pop(0)))
    assert len(errors) == 1


def test_a_connection_to_nobody_is_a_clear_error() -> None:
    with pytest.raises(IndexUnavailable, match=r"no answer from http://127\.0\.0\.1:1"):
        connect("127.0.0.1", 1, 2, None, secure=False)


def test_an_edition_is_told_by_embedder_and_chunking() -> None:
    editions = [Edition("a", "b"), Edition("a", "c"), Edition("b", "b"), Edition("ab", "")]
    assert len({edition.fingerprint for edition in editions}) == 4


def test_another_edition_is_filled_beside_the_one_that_is_searched(
    weaviate: WeaviateClient, prefix: str
) -> None:
    old, new = prepared(weaviate, prefix, "old"), prepared(weaviate, prefix, "new")
    old.put([entry("handbook", "a", "One.", embedder="old")])
    assert (old.live, new.live, new.fingerprints("handbook")) == (True, False, {})
    new.put([entry("handbook", "a", "One.", embedder="new")])
    new.go_live()
    assert new.live
    assert new.count() == (1, 1)
    with pytest.raises(IndexUnavailable):
        old.count()


def test_an_edition_that_is_spared_can_go_live_again(weaviate: WeaviateClient, prefix: str) -> None:
    names = ("base", "tuned", "gone")
    base, tuned, gone = (prepared(weaviate, prefix, name) for name in names)
    base.put([entry("handbook", "a", "One.", embedder="base")])
    tuned.go_live(spared={"base"})
    assert (base.count(), tuned.live) == ((1, 1), True)
    with pytest.raises(IndexUnavailable):
        gone.count()
    base.go_live(spared={"tuned"})
    assert (base.live, tuned.count()) == (True, (0, 0))


def test_chunks_are_given_up_to_a_number(weaviate: WeaviateClient, prefix: str) -> None:
    index = prepared(weaviate, prefix)
    index.put([entry("handbook", str(n), f"Text {n}.") for n in range(12)])
    assert len({chunk.text for chunk in index.chunks(100)}) == 12
    assert len(list(index.chunks(5))) == 5


def test_going_live_leaves_the_collections_of_others(weaviate: WeaviateClient, prefix: str) -> None:
    others = [prepared(weaviate, f"{prefix}{end}") for end in ("", "0", "Chunks")]
    prepared(weaviate, prefix, "new").go_live()
    for other in others[1:]:
        assert (other.count(), other.live) == ((0, 0), True)


def test_writing_to_a_dropped_edition_is_an_error_and_makes_nothing(
    weaviate: WeaviateClient, prefix: str
) -> None:
    old = prepared(weaviate, prefix, "old")
    prepared(weaviate, prefix, "new").go_live()
    before = sorted(weaviate.collections.list_all())
    with pytest.raises(IndexUnavailable):
        old.put([entry("handbook", "a", "One.")])
    assert sorted(weaviate.collections.list_all()) == before


def test_the_marker_of_completeness_is_no_key_that_a_file_has() -> None:
    assert not COMPLETE.isprintable()


def test_an_embedder_of_other_dimensions_gets_an_edition_of_its_own(
    weaviate: WeaviateClient, prefix: str
) -> None:
    prepared(weaviate, prefix, "small").put([entry("handbook", "a", "One.", embedder="small")])
    wide = FakeEmbedder("wide", dims=32)
    document = Document("handbook", "a", "On a", "One.", "", "1")
    chunk = Chunk("handbook", "a", "On a", "", (), 0, "One.")
    index = prepared(weaviate, prefix, "wide")
    put = replace(embedded(document, [chunk]), vectors=wide.embed([chunk.embedded_text]))
    index.put([put])
    assert index.vectors([chunk.digest])[chunk.digest].shape == (32,)
