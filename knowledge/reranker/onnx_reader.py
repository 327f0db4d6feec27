"""The reader by ONNX Runtime: int8, on the CPU, one passage per one-thread run."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from knowledge.embedding import cores
from knowledge.errors import EmbeddingFailed
from knowledge.onnx_files import session_of, tokenizer_of
from knowledge.reranker import Page, Reading
from knowledge.reranker.layout import Layout, laid_out, tokens_of
from knowledge.reranker.word_table import WordVectors, word_vectors
from knowledge.unicode import well_formed

if TYPE_CHECKING:
    from tokenizers import Tokenizer

SHIPPED = Path(__file__).with_name("reader.onnx")
BASE = "bge-small-en-v1.5-int8"  # whose tokenizer and word vectors the reader was trained on
WORDLESS = -12.0  # log-odds that a statement answers that has no token


class OnnxReader:
    """The reader that ships with Tandem; `base` is the folder of the embedder it builds on.

    Only the layers ship (23 MB): the word vectors were not trained, so they are those of the
    embedder, which every installation has anyway.
    """

    def __init__(self, base: Path, weights: Path = SHIPPED, threads: int | None = None) -> None:
        self.base, self.weights, self.threads = base, weights, threads or cores()
        self._loading = threading.Lock()

    @property
    def name(self) -> str:
        """The file of the weights."""
        return self.weights.stem

    def read(self, question: str, pages: Sequence[Page]) -> list[Reading]:
        """A reading of each page. Raises `EmbeddingFailed`."""
        with self._loading:
            parts = self.tokenizer, self.words, self.session
        heard = [question, *(page.head for page in pages)]
        asked, *heads = tokens_of(parts[0], list(map(well_formed, heard)))
        said = [tokens_of(parts[0], list(map(well_formed, page.statements))) for page in pages]
        layouts = [laid_out(asked, head, texts) for head, texts in zip(heads, said, strict=True)]
        try:
            return list(self._workers.map(partial(self._reading, parts[1], parts[2]), layouts))
        except Exception as error:
            raise self._failed("a passage could not be read", error) from error

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The base's tokenizer, cutting nothing and padding nothing."""
        try:
            return tokenizer_of(self.base)
        except Exception as error:
            raise self._failed("its tokenizer.json cannot be read", error) from error

    @cached_property
    def words(self) -> WordVectors:
        """The base's word vectors."""
        try:
            return word_vectors(self.base / "model.onnx")
        except Exception as error:
            raise self._failed("its word vectors cannot be read", error) from error

    @cached_property
    def session(self) -> Any:
        """ONNX Runtime's session; one for all threads."""
        try:
            return session_of(self.weights)
        except Exception as error:
            raise self._failed("its weights cannot be loaded", error) from error

    @cached_property
    def _workers(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self.threads, thread_name_prefix="read")

    def _reading(self, words: WordVectors, session: Any, layout: Layout) -> Reading:
        ids = np.asarray(layout.ids)
        types = (np.arange(len(ids)) >= layout.second).astype(np.int64)
        given = {"words": words.of(ids)[None], "types": types[None]}
        relevance, answers, scores = session.run(["relevance", "answers", "evidence"], given)
        evidence = tuple(
            float(scores[0, begin:end].mean()) if begin < end else WORDLESS
            for begin, end in layout.spans
        )
        return Reading(float(relevance.item()), float(answers.item()), evidence)

    def _failed(self, what: str, error: Exception) -> EmbeddingFailed:
        remedy = f"Check the files of {self.weights} and {self.base}"
        return EmbeddingFailed(f"{self.name} on {self.base.name}", f"{what}: {error}", remedy)
