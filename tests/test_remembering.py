"""The embedder that remembers the last questions."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import pytest

from bot.answer_cache import AnswerCache
from bot.classifying import Fitted, Labelled, fit
from bot.conversation import Place, Question
from bot.learned_routing import LearnedRouter
from knowledge.embedding import Embedder, Vectors
from knowledge.remembering import Remembering
from model.tasks import tasks_from
from tests.contracts import EmbedderContract
from tests.fakes import FakeEmbedder
from tests.kept_answers import FakeShelf


class TestRemembering(EmbedderContract):
    @pytest.fixture
    def embedder(self) -> Embedder:
        return Remembering(FakeEmbedder())


class TestOfOneKind(EmbedderContract):
    @pytest.fixture
    def embedder(self) -> Embedder:
        return Remembering(FakeEmbedder(), alike=True)


@dataclass
class Prefixing(FakeEmbedder):
    """Puts something before questions."""

    asked: list[str] = field(default_factory=list)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        self.asked += texts
        return self.embed([f"query: {text}" for text in texts])


def test_a_question_is_embedded_once() -> None:
    fake = FakeEmbedder()
    embedder = Remembering(fake, alike=True)
    first = embedder.embed(["kiln"])
    assert np.array_equal(embedder.embed_queries(["kiln"]), first)
    assert np.array_equal(embedder.embed(("kiln",)), first)
    assert fake.seen == ["kiln"]


def test_router_cache_and_search_together_embed_a_question_once() -> None:
    fake = FakeEmbedder()
    embedder, asked = Remembering(fake, alike=True), "How many days of leave do I get?"
    cache = AnswerCache(FakeShelf(), embedder.embed, lambda *_: [], lambda: "1")
    route = LearnedRouter(lambda: sorter(embedder), tasks_from({}))
    route.prepare()
    fake.seen.clear()
    route(Question(asked, "ben", Place("terminal")))
    cache.find(cache.asked(asked, None))
    embedder.embed_queries([asked])
    assert fake.seen == [asked]


def sorter(embedder: Embedder) -> Fitted:
    texts = {"question": ("Who pays?", "Where is it?"), "rewrite": ("mend this: a b", "shorten it")}
    return fit([Labelled(text, label) for label in texts for text in texts[label]], embedder)


def test_a_question_with_a_prefix_is_another_text_than_a_passage() -> None:
    fake = Prefixing()
    embedder = Remembering(fake)
    vectors = [embedder.embed(["kiln"]), embedder.embed_queries(["kiln"])]
    assert not np.array_equal(vectors[0], vectors[1])
    assert np.array_equal(embedder.embed_queries(["kiln"]), vectors[1])
    assert (fake.seen, fake.asked) == (["kiln", "query: kiln"], ["kiln"])


def test_only_the_last_ones_are_remembered() -> None:
    fake = FakeEmbedder()
    embedder = Remembering(fake, most=2)
    for text in ("a", "b", "a", "c", "a", "b"):  # c puts out b, which was asked longest ago
        embedder.embed([text])
    assert fake.seen == ["a", "b", "c", "b"]


def test_documents_go_through_and_are_not_held() -> None:
    fake = FakeEmbedder()
    embedder = Remembering(fake)
    for _ in range(2):
        embedder.embed(["a", "b"])
    assert fake.seen == ["a", "b", "a", "b"]


def test_what_was_handed_out_cannot_be_spoilt() -> None:
    embedder = Remembering(FakeEmbedder())
    with pytest.raises(ValueError, match="read-only"):
        embedder.embed(["kiln"])[0, 0] = 9.0


def test_an_error_is_not_remembered() -> None:
    class Failing(FakeEmbedder):
        fails = True

        def embed(self, texts: Sequence[str]) -> Vectors:
            if self.fails:
                raise RuntimeError("no memory")
            return super().embed(texts)

    fake = Failing()
    embedder = Remembering(fake)
    with pytest.raises(RuntimeError):
        embedder.embed(["kiln"])
    fake.fails = False
    assert embedder.embed(["kiln"]).shape == (1, fake.dims)


def test_many_threads_may_ask_and_each_gets_the_vector_of_its_text() -> None:
    fake, start = FakeEmbedder(), threading.Barrier(8)
    embedder = Remembering(fake, most=3)

    def ask(number: int) -> bool:
        start.wait(30)
        texts = [f"text {(number + turn) % 5}" for turn in range(200)]
        return all(np.allclose(embedder.embed([t])[0], fake.draw(t), atol=1e-6) for t in texts)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(8)))
