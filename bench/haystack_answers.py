"""Answering with haystack: its retriever, prompt builder and local generator in a pipeline."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.with_haystack import query_embedder
from knowledge.embedding import Embedder

TEMPLATE = """Given the following information, answer the question.

Context:
{% for document in documents %}
{{ document.content }}
{% endfor %}

Question: {{ question }}
Answer:"""


@dataclass(frozen=True)
class Told:
    """An answer and how long it took, in milliseconds from the question."""

    text: str
    first_piece_ms: float
    total_ms: float


def answerer(
    held: Any, embedder: Embedder, model: Path, excerpts: int, max_tokens: int, alpha: float
) -> Callable[[str], Told]:
    """What answers a question; the model is loaded now."""
    pipeline = built(held, embedder, generator(model, max_tokens), excerpts, alpha)

    def ask(text: str) -> Told:
        pieces, started = list[float](), time.perf_counter()
        found = pipeline.run(
            {
                "embed": {"text": text},
                "find": {"query": text},
                "prompt": {"question": text},
                "write": {"streaming_callback": lambda _: pieces.append(time.perf_counter())},
            }
        )
        ended = time.perf_counter()
        said = str(found["write"]["replies"][0].text)
        return Told(said, 1000 * (min(pieces, default=ended) - started), 1000 * (ended - started))

    return ask


def generator(model: Path, max_tokens: int) -> Any:
    """The local generator, greedy as Tandem is."""
    from haystack.utils import ComponentDevice
    from haystack_integrations.components.generators.transformers import TransformersChatGenerator

    made = TransformersChatGenerator(
        model=str(model),
        task="text-generation",
        device=ComponentDevice.from_str("cpu"),
        generation_kwargs={"max_new_tokens": max_tokens, "do_sample": False},
    )
    made.warm_up()
    return made


def built(held: Any, embedder: Embedder, write: Any, excerpts: int, alpha: float) -> Any:
    """The pipeline, with the prompt of haystack's own guides."""
    from haystack import Pipeline
    from haystack.components.builders import ChatPromptBuilder
    from haystack.dataclasses import ChatMessage
    from haystack_integrations.components.retrievers.weaviate import WeaviateHybridRetriever

    pipeline = Pipeline()
    pipeline.add_component("embed", query_embedder(embedder))
    retriever = WeaviateHybridRetriever(document_store=held, top_k=excerpts, alpha=alpha)
    pipeline.add_component("find", retriever)
    builder = ChatPromptBuilder(
        template=[ChatMessage.from_user(TEMPLATE)], required_variables=["documents", "question"]
    )
    pipeline.add_component("prompt", builder)
    pipeline.add_component("write", write)
    pipeline.connect("embed.embedding", "find.query_embedding")
    pipeline.connect("find.documents", "prompt.documents")
    pipeline.connect("prompt.prompt", "write.messages")
    return pipeline
