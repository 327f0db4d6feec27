"""Embedders: the real ones, and the fake that stands in for them elsewhere."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from knowledge.embedding import OnnxEmbedder, SentenceTransformerEmbedder
from knowledge.errors import EmbeddingFailed
from model.weights import resolve
from tests.contracts import EmbedderContract
from tests.fakes import FakeEmbedder
from tests.servers import CACHE

BGE, MINILM = "bge-small-en-v1.5-int8", "all-MiniLM-L6-v2"


@pytest.fixture(scope="module")
def bge() -> OnnxEmbedder:
    return OnnxEmbedder(resolve(BGE, CACHE).path, BGE)


@pytest.fixture(scope="module")
def minilm() -> SentenceTransformerEmbedder:
    return SentenceTransformerEmbedder(str(resolve(MINILM, CACHE).path), MINILM, device="cpu")


@pytest.mark.real
class TestOnnx(EmbedderContract):
    @pytest.fixture
    def embedder(self, bge: OnnxEmbedder) -> OnnxEmbedder:
        return bge


@pytest.mark.real
class TestSentenceTransformer(EmbedderContract):
    tolerance = 1e-5  # a batch is padded, and sums come in another order

    @pytest.fixture
    def embedder(self, minilm: SentenceTransformerEmbedder) -> SentenceTransformerEmbedder:
        return minilm


class TestFake(EmbedderContract):
    @pytest.fixture
    def embedder(self) -> FakeEmbedder:
        return FakeEmbedder()


@pytest.mark.real
def test_a_question_is_nearest_to_what_answers_it(bge: OnnxEmbedder) -> None:
    passages = ["Leave: you get 27 days each year.", "The kiln reaches 1,240 degrees.", "Lunch"]
    question = bge.embed_queries(["How many days of holiday do I have?"])[0]
    assert int(np.argmax(bge.embed(passages) @ question)) == 0


@pytest.mark.real
def test_only_questions_get_the_prefix(bge: OnnxEmbedder) -> None:
    prefixed = OnnxEmbedder(bge.folder, "prefixed", query_prefix="query: ")
    assert np.array_equal(prefixed.embed(["kiln"]), bge.embed(["kiln"]))
    assert np.array_equal(prefixed.embed_queries(["kiln"]), bge.embed(["query: kiln"]))


@pytest.mark.real
def test_the_number_of_threads_changes_no_vector(bge: OnnxEmbedder) -> None:
    texts = [f"Page {i} of the handbook. " * (i % 7 + 1) for i in range(12)]
    four = OnnxEmbedder(bge.folder, "four", threads=4)
    assert np.array_equal(four.embed(texts), bge.embed(texts))


@pytest.mark.real
def test_several_threads_may_be_the_first_to_use_it(bge: OnnxEmbedder) -> None:
    fresh, got = (
        OnnxEmbedder(bge.folder, "fresh"),
        list[np.ndarray[tuple[int, ...], np.dtype[np.float32]]](),
    )
    threads = [threading.Thread(target=lambda: got.append(fresh.embed(["kiln"]))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 4
    assert all(np.array_equal(vectors, bge.embed(["kiln"])) for vectors in got)


@pytest.mark.real
@pytest.mark.parametrize("damaged", ["model.onnx", "tokenizer.json"])
def test_a_damaged_folder_is_named(bge: OnnxEmbedder, tmp_path: Path, damaged: str) -> None:
    folder = tmp_path / "weights"
    folder.mkdir()
    for name in ("model.onnx", "tokenizer.json"):
        (folder / name).symlink_to(bge.folder / name)
    (folder / damaged).unlink()
    (folder / damaged).write_bytes(b"not what it says")
    with pytest.raises(EmbeddingFailed, match=damaged) as told:
        OnnxEmbedder(folder, "broken").embed(["kiln"])
    assert str(folder) in told.value.problem


@pytest.mark.real
def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(EmbeddingFailed, match="nowhere"):
        SentenceTransformerEmbedder(str(tmp_path / "nowhere"), "gone").embed(["kiln"])
