"""Text to vectors: unit length, so that a dot product is a cosine."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from knowledge.errors import EmbeddingFailed
from knowledge.onnx_files import session_of, tokenizer_of
from knowledge.unicode import well_formed
from knowledge.yielding import stand_back

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Encoding, Tokenizer

Vectors = npt.NDArray[np.float32]
"""float32, (n, dims), each row of unit length."""


class Embedder(Protocol):
    """Something that turns text into vectors."""

    @property
    def name(self) -> str:
        """Kept with the index: vectors of two embedders never meet."""

    @property
    def dims(self) -> int:
        """The length of a vector."""

    @property
    def max_tokens(self) -> int:
        """Tokens of a text that it sees, its own special tokens included."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages. Raises `EmbeddingFailed`."""

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of questions, with the prefix that the model wants before one, if any."""

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, special tokens included, uncut."""


def cores() -> int:
    """Physical cores that this process may use."""
    import psutil

    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(allowed or 1, psutil.cpu_count(logical=False) or 1))


class OnnxEmbedder:
    """A BERT-like encoder by ONNX Runtime on the CPU.

    One text at a time in each of several one-thread runs: without padding nothing is computed
    for nothing, a text's layers stay in a core's cache, and an int8 model, which scales its
    activations by the whole batch, gives a text the same vector whatever is embedded beside
    it. Measured on 2 cores, 256 texts of 253 tokens: 37 texts/s, against 26 in batches of 16
    and 20 in batches of 32 (bench/README.md).
    """

    max_tokens = 512

    def __init__(
        self,
        folder: Path,
        name: str,
        query_prefix: str = "",
        pooling: str = "cls",
        threads: int | None = None,
    ) -> None:
        self.folder, self._name, self.query_prefix = folder, name, query_prefix
        self.pooling, self.threads = pooling, threads or cores()
        self._loading = threading.Lock()

    @property
    def name(self) -> str:
        """As given."""
        return self._name

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The model's own tokenizer, cutting nothing and padding nothing."""
        try:
            return tokenizer_of(self.folder)
        except Exception as error:
            raise self._failed("its tokenizer.json cannot be read", error) from error

    @cached_property
    def session(self) -> Any:
        """ONNX Runtime's session; one for all threads."""
        try:
            return session_of(self.folder / "model.onnx")
        except Exception as error:
            raise self._failed("its model.onnx cannot be loaded", error) from error

    @cached_property
    def dims(self) -> int:
        """The length of a vector."""
        with self._loading:
            return int(self.session.get_outputs()[0].shape[-1])

    @cached_property
    def _workers(self) -> ThreadPoolExecutor:
        # Many texts are no question: they stand back behind the one that is embedded alone.
        return ThreadPoolExecutor(self.threads, "embed", initializer=stand_back)

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, special tokens included, uncut."""
        return [len(encoding) for encoding in self._encodings(texts)]

    def _encodings(self, texts: Sequence[str]) -> list[Encoding]:
        return self.tokenizer.encode_batch_fast([well_formed(text) for text in texts])

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of questions."""
        return self.embed([self.query_prefix + text for text in texts])

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages, what exceeds `max_tokens` cut off."""
        vectors = np.zeros((len(texts), self.dims), np.float32)
        ids = [self._fit(encoding.ids) for encoding in self._encodings(texts)]
        longest_first = sorted(range(len(ids)), key=lambda i: -len(ids[i]))

        def work(i: int) -> None:
            vectors[i] = self._encode(ids[i])

        if len(ids) == 1:
            work(0)
        else:
            list(self._workers.map(work, longest_first))
        return vectors

    def _fit(self, ids: list[int]) -> list[int]:
        """Cut to what the model sees, the closing special token kept."""
        return ids if len(ids) <= self.max_tokens else [*ids[: self.max_tokens - 1], ids[-1]]

    def _encode(self, ids: list[int]) -> npt.NDArray[np.float32]:
        row = np.asarray([ids], np.int64)
        feeds = {
            "input_ids": row,
            "attention_mask": np.ones_like(row),
            "token_type_ids": np.zeros_like(row),
        }
        try:
            states = self.session.run(None, {n: feeds[n] for n in self._inputs})[0][0]
        except Exception as error:
            raise self._failed("it could not embed a text", error) from error
        pooled = states[0] if self.pooling == "cls" else states.mean(axis=0)
        return np.asarray(pooled / np.linalg.norm(pooled), np.float32)

    @cached_property
    def _inputs(self) -> list[str]:
        return [given.name for given in self.session.get_inputs()]

    def _failed(self, what: str, error: Exception) -> EmbeddingFailed:
        problem = f"{what} ({self.folder}: {str(error).splitlines()[0][:200]})"
        return EmbeddingFailed(self.name, problem, "Delete that folder and it is fetched again")


class SentenceTransformerEmbedder:
    """Any sentence-transformers model, on the CPU or a GPU; batches are sorted by length."""

    def __init__(
        self, model: str, name: str, device: str | None = None, batch: int | None = None
    ) -> None:
        self.source, self._name, self.device, self.batch = model, name, device, batch
        self._loading = threading.Lock()

    @property
    def name(self) -> str:
        """As given."""
        return self._name

    @cached_property
    def model(self) -> SentenceTransformer:
        """The model, loaded at the first need."""
        with self._loading:
            from sentence_transformers import SentenceTransformer
            from transformers.utils import logging as theirs

            theirs.disable_progress_bar()  # type: ignore[no-untyped-call]  # we have our own
            try:
                return SentenceTransformer(self.source, device=self.device)
            except Exception as error:
                problem = f"{self.source} cannot be loaded ({str(error).splitlines()[0][:200]})"
                remedy = "Set [embedder] name to a folder or an id that sentence-transformers takes"
                raise EmbeddingFailed(self.name, problem, remedy) from error

    @cached_property
    def dims(self) -> int:
        """The length of a vector."""
        return int(self.model.get_embedding_dimension() or 0)

    @cached_property
    def max_tokens(self) -> int:
        """Tokens of a text that it sees."""
        return int(self.model.max_seq_length or 512)

    @cached_property
    def _batch(self) -> int:
        """Texts at a time: few on a CPU, whose caches are small; many on a GPU."""
        return self.batch or (4 if str(self.model.device) == "cpu" else 128)

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, special tokens included, uncut."""
        if not texts:
            return []
        clean = [well_formed(text) for text in texts]
        encoded = self.model.tokenizer(clean, truncation=False, verbose=False)
        return [len(ids) for ids in encoded["input_ids"]]

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages."""
        return self._encode(texts, self.model.encode_document)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of questions, with the model's own query prompt."""
        return self._encode(texts, self.model.encode_query)

    def _encode(self, texts: Sequence[str], encode: Any) -> Vectors:
        if not texts:
            return np.zeros((0, self.dims), np.float32)
        try:
            vectors = encode(
                [well_formed(text) for text in texts],
                batch_size=self._batch,
                normalize_embeddings=True,
                convert_to_numpy=True,
                show_progress_bar=False,
            )
        except RuntimeError as error:
            problem = f"it could not embed {len(texts)} texts ({str(error).splitlines()[0][:200]})"
            raise EmbeddingFailed(self.name, problem, "Set a smaller [embedder] batch") from error
        return np.asarray(vectors, np.float32)
