"""Searching a real index: who sees what, odd questions, and a new edition going live."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pytest

from knowledge.documents import Chunk, Document, Passage
from knowledge.embedding import OnnxEmbedder
from knowledge.errors import IndexUnavailable
from knowledge.index import Edition, Index
from knowledge.objects import Entry
from knowledge.search import Dials, Finder, summed
from knowledge.sync import sync
from model.weights import resolve
from tests.fakes import FakeEmbedder, FakeSource, paragraphs
from tests.indexes import embedded, entry, finder, prepared
from tests.patience import PATIENCE_S
from tests.servers import CACHE

if TYPE_CHECKING:
    from weaviate import WeaviateClient

pytestmark = pytest.mark.real


def sources(passages: list[Passage]) -> set[str]:
    return {found.chunk.source for found in passages}


def test_before_any_sync_the_error_says_to_sync(weaviate: WeaviateClient, prefix: str) -> None:
    with pytest.raises(IndexUnavailable, match=r"it is empty\. Run `tandem sync`"):
        finder(weaviate, prefix).search("leave")


def test_a_prepared_index_without_documents_finds_nothing(
    weaviate: WeaviateClient, prefix: str
) -> None:
    prepared(weaviate, prefix)
    assert finder(weaviate, prefix).search("leave") == []


@pytest.fixture
def two_sources(weaviate: WeaviateClient, prefix: str) -> Finder:
    index = prepared(weaviate, prefix)
    index.put([entry("secret", f"{n}.md", f"Secret leave {n}.\n\nMore leave.") for n in range(50)])
    index.put([entry("open", "a.md", "Open words.\n\nNothing else.")])
    return finder(weaviate, prefix)


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("fusion", ["relative", "ranked"])
def test_a_passage_of_another_source_never_comes_back(
    two_sources: Finder, alpha: float, fusion: str
) -> None:
    dials = Dials(limit=1000, alpha=alpha, fusion=fusion)
    for text in ("secret leave", "open words", ""):
        assert sources(two_sources.search(text, ["open"], dials)) <= {"open"}
        assert two_sources.search(text, ["Open", "secre", "open "[:3]], dials) == []
        assert two_sources.search(text, [], dials) == []
    both = two_sources.search("secret leave open", ["open", "secret"], dials)
    assert sources(both) == {"open", "secret"}


def test_the_filter_does_not_cost_answers(two_sources: Finder) -> None:
    """Filtering after the query would leave few: the others are nearer to the question."""
    found = two_sources.search("secret leave", ["open"], Dials(limit=2, alpha=1.0))
    assert len(found) == 2


def test_no_sources_given_searches_all(two_sources: Finder) -> None:
    assert sources(two_sources.search("leave open", dials=Dials(limit=1000))) == {"open", "secret"}


def test_the_best_passage_of_each_document(two_sources: Finder) -> None:
    found = two_sources.documents("secret leave", ["secret"], 30, Dials())
    assert len({passage.chunk.key for passage in found}) == 30
    scores = [passage.score for passage in found]
    assert scores == sorted(scores, reverse=True)
    assert len(two_sources.documents("secret leave", None, 100, Dials())) == 51


def test_tenants_do_not_find_each_other(weaviate: WeaviateClient, prefix: str) -> None:
    for tenant in ("ours", "theirs"):
        prepared(weaviate, prefix, tenant=tenant).put([entry("handbook", tenant, "Secret.")])
    for tenant in ("ours", "theirs"):
        found = finder(weaviate, prefix, tenant).search("secret", dials=Dials(limit=1000))
        assert [passage.chunk.key for passage in found] == [tenant]


def test_a_workspace_that_was_never_synced_finds_nothing_of_others(
    weaviate: WeaviateClient, prefix: str
) -> None:
    prepared(weaviate, prefix, tenant="theirs").put([entry("handbook", "a", "Secret.")])
    assert finder(weaviate, prefix, "new one").search("secret") == []


def test_scores_are_told_by_part(weaviate: WeaviateClient, prefix: str) -> None:
    put = entry("handbook", "a", "Leave is granted.\n\nInvoices are paid.")
    prepared(weaviate, prefix).put([put])
    question = "When are invoices paid?"
    best = finder(weaviate, prefix).search(question, dials=Dials(alpha=0.01))[0]
    cosine = put.vectors[1] @ FakeEmbedder().embed([question])[0]
    assert best.chunk == put.chunks[1]
    assert best.scores["vector"] == pytest.approx(cosine, abs=1e-4)
    assert best.scores["keyword"] > 0


def test_titles_and_headings_are_found_by_words(weaviate: WeaviateClient, prefix: str) -> None:
    index, keywords = prepared(weaviate, prefix), Dials(alpha=0.0)
    document = Document("handbook", "a", "Glaze recipes", "Text.", "", "1")
    chunks = [
        Chunk("handbook", "a", "Glaze recipes", "u", headings, place, f"Text {place}.")
        for place, headings in enumerate([(), ("Celadon", "Firing")])
    ]
    index.put([embedded(document, chunks)])
    search = finder(weaviate, prefix).search
    assert len(search("glaze", dials=keywords)) == 2
    assert [p.chunk for p in search("celadon", dials=keywords)] == [chunks[1]]


def test_a_date_comes_back(weaviate: WeaviateClient, prefix: str) -> None:
    when = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    chunk = Chunk("handbook", "a", "T", "u#h", ("H",), 0, "Text.", when)
    document = Document("handbook", "a", "T", "Text.", "u", "1", when)
    prepared(weaviate, prefix).put([embedded(document, [chunk])])
    assert [found.chunk for found in finder(weaviate, prefix).search("text")] == [chunk]


QUESTIONS = {
    "empty": "",
    "blank": " \t\n",
    "stop words alone": "the of and",
    "100,000 characters": "leave " * 16_667,
    "one long word": "x" * 100_000,
    "control characters": "\0\x01\x1b[31mleave\x7f",
    "half a character": "leave \ud83d",
    "emoji": "👩‍👩‍👧",
    "quotes and operators": '"leave AND ({ : \\ *~^ OR',
    "right to left": "\u202eשלום",
}


@pytest.mark.parametrize("text", QUESTIONS.values(), ids=QUESTIONS)
def test_odd_questions_are_answered(two_sources: Finder, text: str) -> None:
    for alpha in (0.0, 0.7, 1.0):
        found = two_sources.search(text, ["open"], Dials(alpha=alpha))
        assert len(found) == 2 or alpha == 0.0


def test_more_than_weaviate_gives_is_a_clear_error(two_sources: Finder) -> None:
    with pytest.raises(IndexUnavailable, match="maximum results"):
        two_sources.search("leave", dials=Dials(limit=50_000))
    assert two_sources.search("leave")


TEXTS = {f"{n}.md": f"Page {n}\n\nLeave {n}\n\nKiln {n}" for n in range(40)}


def filled(weaviate: WeaviateClient, prefix: str, name: str) -> Index:
    index = prepared(weaviate, prefix, name)
    sync(FakeSource(TEXTS), index, FakeEmbedder(name), paragraphs)
    return index


def test_questions_meet_the_vectors_of_the_embedder_that_is_live(
    weaviate: WeaviateClient, prefix: str
) -> None:
    asked: list[str] = []

    def embedder(name: str) -> FakeEmbedder:
        asked.append(name)
        return FakeEmbedder(name)

    filled(weaviate, prefix, "old")
    search = finder(weaviate, prefix, embedders=embedder).search
    new = filled(weaviate, prefix, "new")
    near = "Page 7\nLeave 7"  # what its chunk was embedded as
    assert search(near, dials=Dials(alpha=1.0))[0].scores["vector"] == pytest.approx(1, abs=1e-4)
    new.go_live()
    assert search(near, dials=Dials(alpha=1.0))[0].scores["vector"] == pytest.approx(1, abs=1e-4)
    assert asked[0] == "old"
    assert asked[-1] == "new"


@dataclass
class Asking:
    """Searches without a pause, in a thread, until it is told to end."""

    finder: Finder
    ended: threading.Event = field(default_factory=threading.Event)
    answers: int = 0
    faults: list[str] = field(default_factory=list)

    def work(self) -> None:
        while not self.ended.is_set():
            try:
                found = self.finder.search("leave", ["handbook"], Dials(limit=5))
            except Exception as error:
                self.faults.append(repr(error))
            else:
                self.faults += [] if len(found) == 5 else [f"{len(found)} passages"]
            self.answers += 1


@contextmanager
def asking(*finders: Finder) -> Iterator[list[Asking]]:
    at_work = [Asking(finder) for finder in finders]
    threads = [threading.Thread(target=one.work) for one in at_work]
    for thread in threads:
        thread.start()
    try:
        yield at_work
    finally:
        for one in at_work:
            one.ended.set()
        for thread in threads:
            thread.join()


def test_a_new_edition_goes_live_without_a_gap(weaviate: WeaviateClient, prefix: str) -> None:
    filled(weaviate, prefix, "e0")
    finders = [finder(weaviate, prefix), finder(weaviate, prefix)]
    with asking(*finders) as at_work:
        for edition in ("e1", "e2", "e3"):
            new = filled(weaviate, prefix, edition)
            until_more_answers(at_work)
            new.go_live()
            until_more_answers(at_work)
    assert [one.faults for one in at_work] == [[], []]
    assert {found.searched().embedder for found in finders} == {"e3"}


def test_a_way_back_is_taken_though_the_newer_edition_stays(
    weaviate: WeaviateClient, prefix: str
) -> None:
    old, found = filled(weaviate, prefix, "e0"), finder(weaviate, prefix)
    new = filled(weaviate, prefix, "e1")
    for edition, other in ((new, "e0"), (old, "e1")):
        edition.go_live(spared={other})
        until = time.monotonic() + PATIENCE_S
        while found.searched().embedder != edition.edition.embedder:
            assert time.monotonic() < until
            time.sleep(0.05)
        assert found.search("Norway")


def test_what_people_said_can_bring_a_passage_in(weaviate: WeaviateClient, prefix: str) -> None:
    filled(weaviate, prefix, "e0")
    plain = finder(weaviate, prefix)
    last = plain.search("leave", dials=Dials(limit=10))[-1]

    def prefer(_: str, passages: Sequence[Passage]) -> Sequence[Passage]:
        return sorted(passages, key=lambda found: found.chunk != last.chunk)

    plain.prefer = prefer
    assert [p.chunk for p in plain.search("leave", dials=Dials(limit=1))] == [last.chunk]


def test_the_pieces_of_a_page_come_in_their_order(weaviate: WeaviateClient, prefix: str) -> None:
    filled(weaviate, prefix, "e0")
    found = finder(weaviate, prefix)
    first = found.search("leave")[0].chunk
    pieces = found.pieces(first.source, first.key)
    assert first in pieces
    assert [piece.ordinal for piece in pieces] == list(range(len(pieces)))
    assert found.pieces(first.source, "nowhere") == []


def until_more_answers(at_work: list[Asking]) -> None:
    """Wait until each has asked twice from now on: the first was on its way already."""
    for one in at_work:
        target, pause = one.answers + 2, threading.Event()
        while one.answers < target:
            pause.wait(0.01)


def test_the_real_embedder_finds_what_is_meant(weaviate: WeaviateClient, prefix: str) -> None:
    name = "bge-small-en-v1.5-int8"
    bge = OnnxEmbedder(resolve(name, CACHE).path, name)
    index = Index(weaviate, Edition(name, "paragraphs"), prefix=prefix)
    index.prepare()
    texts = {
        "leave.md": "Annual leave\n\nEveryone gets 27 days in each calendar year.",
        "kiln.md": "Firing\n\nThe big kiln is lit on Tuesdays and reaches cone 9.",
        "pay.md": "Payroll\n\nSalaries arrive on the last working day of the month.",
    }
    sync(FakeSource(texts), index, bge, paragraphs)
    search = Finder(weaviate, {name: bge}.__getitem__, prefix=prefix).search
    for question, key in (
        ("How long may I go on holiday?", "leave.md"),
        ("When do I get my money?", "pay.md"),
        ("How hot does the oven get?", "kiln.md"),
    ):
        best = search(question, ["handbook"])[0]
        assert best.chunk.key == key
    assert np.linalg.norm(bge.embed(["x"])[0]) == pytest.approx(1, abs=1e-5)


def test_an_embedder_that_is_not_to_be_had_is_told(weaviate: WeaviateClient, prefix: str) -> None:
    prepared(weaviate, prefix, "gone").put([Entry(Document("h", "k", "", "", "", "1"), [], NONE)])

    def missing(name: str) -> FakeEmbedder:
        raise IndexUnavailable(f"no weights of {name}", "Fetch them")

    with pytest.raises(IndexUnavailable, match="no weights of gone"):
        finder(weaviate, prefix, embedders=missing).search("leave")


NONE = np.zeros((0, 0), np.float32)


def pages(weaviate: WeaviateClient, prefix: str, texts: dict[str, str]) -> Finder:
    prepared(weaviate, prefix).put([entry("handbook", key, text) for key, text in texts.items()])
    return finder(weaviate, prefix)


@pytest.mark.parametrize(
    ("question", "key"),
    [
        ("What does E-19 mean?", "e19"),
        ("what does e19 mean", "e19"),
        ("Is --no-verify allowed?", "hook"),
        ("CVE-2024-1234", "cve"),
        ("where is foo_bar set", "foo"),
        ("10.0.0.1", "host"),
    ],
)
def test_codes_are_found_literally(
    weaviate: WeaviateClient, prefix: str, question: str, key: str
) -> None:
    texts = {
        "e19": "E-19: the kiln door is open.",
        "e91": "E-91: the kiln is cold. It has 19 parts.",
        "hook": "Never commit with `--no-verify`, please.",
        "verify": "There is no way to verify this. No. Verify.",
        "cve": "The hole CVE-2024-1234 is closed.",
        "other": "The hole CVE-2024-4321 of 2024 is open, not 1234 others.",
        "foo": "Set foo_bar to 1.",
        "bar": "A bar. A foo. Set the bar, then foo.",
        "host": "The printer is at 10.0.0.1, downstairs.",
        "port": "The scanner is at 10.0.1.0, with 1 and 0 and 10.",
    }
    found = pages(weaviate, prefix, texts).search(question, dials=Dials(alpha=0.0))
    assert found[0].chunk.key == key


def test_other_forms_of_a_word_are_found(weaviate: WeaviateClient, prefix: str) -> None:
    texts = {"kiln": "Kilns are fired on Tuesdays.", "pay": "Salaries are paid monthly."}
    search = pages(weaviate, prefix, texts).search
    for question, key in (("firing the kiln", "kiln"), ("salary payment", "pay")):
        found = search(question, dials=Dials(alpha=0.0))
        assert [passage.chunk.key for passage in found] == [key]


def test_words_that_stand_together_weigh_more(weaviate: WeaviateClient, prefix: str) -> None:
    texts = {
        "apart": "Leave the annual report on the desk.",
        "together": "Report the annual leave on the desk.",
    }
    found = pages(weaviate, prefix, texts).search("annual leave", dials=Dials(alpha=0.0))
    assert [passage.chunk.key for passage in found] == ["together", "apart"]


def test_only_what_changed_since_a_day_is_found(weaviate: WeaviateClient, prefix: str) -> None:
    index = prepared(weaviate, prefix)
    for key, year in (("old", 2023), ("new", 2026), ("undated", None)):
        when = None if year is None else datetime(year, 3, 1, tzinfo=UTC)
        chunk = Chunk("handbook", key, "T", "u", (), 0, f"Text of {key}.", when)
        document = Document("handbook", key, "T", "Text.", "u", "1", when)
        index.put([embedded(document, [chunk])])
    since = Dials(modified_since=datetime(2025, 1, 1, tzinfo=UTC))
    for among in (None, ["handbook"]):
        found = finder(weaviate, prefix).search("text", among, since)
        assert [passage.chunk.key for passage in found] == ["new"]
    assert finder(weaviate, prefix).search("text", ["else"], since) == []


def test_an_edition_from_before_the_terms_is_still_searched(
    weaviate: WeaviateClient, prefix: str
) -> None:
    import json

    from weaviate.classes.config import Configure, DataType, Property

    names = ("source", "key", "title", "url", "headings", "text")
    old = weaviate.collections.create(
        f"{prefix}Chunks_00000000",
        description=json.dumps({"embedder": "fake", "chunking": "paragraphs"}),
        properties=[
            *(Property(name=name, data_type=DataType.TEXT) for name in names),
            Property(name="ordinal", data_type=DataType.INT),
            Property(name="modified_at", data_type=DataType.DATE),
        ],
        vector_config=Configure.Vectors.self_provided(),
        multi_tenancy_config=Configure.multi_tenancy(enabled=True, auto_tenant_creation=True),
    )
    weaviate.alias.create(alias_name=f"{prefix}Chunks", target_collection=old.name)
    row = dict.fromkeys(names, "") | {"source": "handbook", "text": "Leave is granted."}
    old.with_tenant("default").data.insert({**row, "ordinal": 0}, vector=[1.0] * 8)
    for alpha in (0.0, 0.7):
        found = finder(weaviate, prefix).search("Leave", ["handbook"], Dials(alpha=alpha))
        assert [passage.chunk.text for passage in found] == ["Leave is granted."]


def test_cosine_and_keywords_are_added_as_they_are() -> None:
    def found(key: str, **scores: float) -> Passage:
        return Passage(Chunk("s", key, "", "", (), 0, ""), 1.0, scores)

    both, far = found("both", vector=0.7, keyword=22), found("far", keyword=22)
    told = summed([found("near", vector=0.6), far, both], alpha=0.5, words=2)
    assert [passage.chunk.key for passage in told] == ["both", "far", "near"]
    assert [passage.score for passage in told] == pytest.approx([0.35 + 0.5, 0.3 + 0.5, 0.3])
    assert told[1].scores == {"keyword": 22}
    assert summed([], 0.5, 0) == []
