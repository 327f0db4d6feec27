"""What every implementation of a port must do, as tests to inherit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol

import numpy as np
import pytest

from bot.conversation import Feedback, Interaction, Verdict
from bot.errors import UnknownInteraction
from knowledge.documents import Checkpoint, Document, Unchanged
from knowledge.embedding import Embedder
from knowledge.sources import Source
from tests.fakes import Recorder, kept

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class Memory(Recorder, Protocol):
    """What keeps interactions and verdicts."""

    def interaction(self, id: int) -> Interaction: ...
    def error_detail(self, id: int) -> str: ...
    def rate(self, feedback: Feedback) -> None: ...
    def withdraw(self, interaction: int, author: str) -> bool: ...
    def verdicts(self, interaction: int) -> list[Feedback]: ...


class MemoryContract:
    """Give a `memory` fixture that holds nothing yet."""

    def test_what_was_recorded_comes_back(self, memory: Memory) -> None:
        recorded = kept(memory, thread=("Hello", "Leave, please"), asked_at=NOON)
        assert memory.interaction(recorded.id) == recorded

    def test_each_has_an_id_of_its_own(self, memory: Memory) -> None:
        assert len({kept(memory).id for _ in range(3)}) == 3

    def test_the_detail_of_an_error_is_kept_for_the_operator(self, memory: Memory) -> None:
        recorded = kept(memory, error_detail="no answer from 10.0.0.7")
        assert memory.error_detail(recorded.id) == "no answer from 10.0.0.7"

    def test_an_unknown_interaction_is_said_to_be_unknown(self, memory: Memory) -> None:
        with pytest.raises(UnknownInteraction, match="12345"):
            memory.interaction(12345)
        with pytest.raises(UnknownInteraction, match="12345"):
            memory.rate(Feedback(12345, "anna", Verdict.UP, NOON))

    def test_a_later_verdict_replaces_the_earlier(self, memory: Memory) -> None:
        id = kept(memory).id
        up = Feedback(id, "anna", Verdict.UP, NOON)
        later = NOON + timedelta(seconds=1)
        down = Feedback(id, "anna", Verdict.DOWN, later, "wrong", "26 days", {"by": "button"})
        for vote in (up, down, up):  # the last is the first, come late
            memory.rate(vote)
        assert memory.verdicts(id) == [down]

    def test_each_person_has_a_verdict(self, memory: Memory) -> None:
        id, other = kept(memory).id, kept(memory).id
        votes = [Feedback(id, "anna", Verdict.UP, NOON)]
        votes.append(Feedback(id, "ben", Verdict.DOWN, NOON + timedelta(seconds=1)))
        for vote in [*votes, Feedback(other, "anna", Verdict.DOWN, NOON)]:
            memory.rate(vote)
        assert memory.verdicts(id) == votes

    def test_a_verdict_can_be_taken_back(self, memory: Memory) -> None:
        id = kept(memory).id
        memory.rate(Feedback(id, "anna", Verdict.UP, NOON))
        assert [memory.withdraw(id, "anna"), memory.withdraw(id, "anna")] == [True, False]
        assert memory.verdicts(id) == []


class EmbedderContract:
    """Give an `embedder` fixture; `tolerance` says how near equal texts' vectors are."""

    tolerance = 0.0

    def test_vectors_are_unit_length_float32(self, embedder: Embedder) -> None:
        vectors = embedder.embed(["We fire at 1,240 degrees.", "", "x"])
        assert (vectors.dtype, vectors.shape) == (np.float32, (3, embedder.dims))
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)

    def test_no_texts_give_no_vectors(self, embedder: Embedder) -> None:
        for vectors in (embedder.embed([]), embedder.embed_queries([])):
            assert (vectors.dtype, vectors.shape) == (np.float32, (0, embedder.dims))
        assert embedder.count([]) == []

    def test_a_text_has_the_same_vector_whatever_is_beside_it(self, embedder: Embedder) -> None:
        text = "You get 27 days of annual leave."
        others = ["Short.", "The kiln is fired on Tuesdays. " * 30, "Was ist das?"]
        alone = embedder.embed([text])[0]
        for texts in ([text, *others], [*others, text], [others[1], text]):
            vector = embedder.embed(texts)[texts.index(text)]
            assert np.abs(vector - alone).max() <= self.tolerance

    def test_vectors_stand_in_the_order_of_the_texts(self, embedder: Embedder) -> None:
        texts = ["a much longer text than the others are " * 9, "leave", "an invoice of two pages"]
        alone = np.concatenate([embedder.embed([text]) for text in texts])
        assert np.allclose(embedder.embed(texts), alone, atol=1e-5)

    def test_what_exceeds_its_sight_is_cut_off(self, embedder: Embedder) -> None:
        start = "kiln " * (embedder.max_tokens + 50)
        one, other = embedder.embed([start + "glaze", start + "invoice " * 500])
        assert np.allclose(one, other, atol=1e-5)

    def test_tokens_are_counted_uncut(self, embedder: Embedder) -> None:
        few, many = embedder.count(["kiln", "kiln " * 2000])
        assert few < 8
        assert many > 2000

    def test_odd_text_is_embedded(self, embedder: Embedder) -> None:
        odd = ["a\0b", "half a pair: \ud83d", "😀 שלום עולם", "x" * 1_000_000, "\u202e\ufeff", "\n"]
        assert np.isfinite(embedder.embed(odd)).all()
        assert all(tokens > 0 for tokens in embedder.count(odd))
        assert np.isfinite(embedder.embed_queries(odd[:2])).all()


class SourceContract:
    """Give a `source` fixture with at least one document that can be read."""

    def test_keys_are_unique_and_can_be_written_down(self, source: Source) -> None:
        keys = [item.key for item in source.documents(None)]
        assert len(keys) == len(set(keys))
        assert all(key.encode("utf-8") for key in keys)

    def test_the_order_is_the_same_each_time(self, source: Source) -> None:
        assert list(source.documents(None)) == list(source.documents(None))

    def test_documents_have_a_title_and_text(self, source: Source) -> None:
        read = [item for item in source.documents(None) if isinstance(item, Document)]
        assert read
        for document in read:
            assert document.source == source.name
            assert document.title.strip()
            assert document.text.strip()
            assert document.fingerprint
            assert document.modified_at is None or document.modified_at.tzinfo

    def test_what_is_held_already_is_not_read_again(self, source: Source) -> None:
        read = [item for item in source.documents(None) if isinstance(item, Document)]
        held = Checkpoint({document.key: document.fingerprint for document in read})
        again = [item for item in source.documents(held) if item.key in held.held]
        assert again == [Unchanged(document.key) for document in read]
