"""What a user would pick instead: haystack and LlamaIndex, on the same Weaviate and weights.

Each peer reads the files with its own reader and is then handed our chunks of them, so that all
embed and write the same texts; that spares it the cutting, which only Tandem is timed with.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

from knowledge.documents import Chunk

NEEDED = (
    "haystack",
    "haystack_integrations",
    "llama_index.core",
    "llama_index.embeddings",
    "llama_index.vector_stores",
)
Cut = Mapping[str, Sequence[Chunk]]
"""The chunks of each file, by its path relative to the corpus."""
Search = Callable[[str], Sequence[str]]
"""The texts found for a question, best first."""


def missing() -> str:
    """What to do where the peers are not installed; empty: they are."""
    for name in NEEDED:
        try:
            found = find_spec(name)
        except ModuleNotFoundError:
            found = None
        if found is None:
            return f"{name} is not installed: `uv run --group bench ...` installs the peers"
    return ""


def by_file(chunks: Sequence[Chunk]) -> Cut:
    """Chunks by the file that they are of."""
    told: dict[str, list[Chunk]] = {}
    for chunk in chunks:
        told.setdefault(chunk.key, []).append(chunk)
    return told


def stored(chunk: Chunk) -> dict[str, str]:
    """What is kept beside a chunk's text, for the filter and for the citation."""
    return {"source": chunk.source, "key": chunk.key, "title": chunk.title, "url": chunk.url}


def kept() -> list[dict[str, object]]:
    """The properties for `stored`, as it is recommended to declare them; our server demands it."""
    return [
        {
            "name": name,
            "dataType": ["text"],
            "tokenization": "field",
            "indexSearchable": False,
            "indexFilterable": name in ("source", "key"),
        }
        for name in ("source", "key", "title", "url")
    ]


def silence() -> None:
    """No telemetry, no look-ups on the hub, no progress bars."""
    os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "False"
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["TQDM_DISABLE"] = "1"


@dataclass(frozen=True)
class Indexer:
    """A way from files to a searchable index."""

    name: str
    run: Callable[[], object]  # timed
    count: Callable[[], int]  # the objects that it has written
    clean: Callable[[], None]
    ready: Callable[[], object] = lambda: None  # before it is timed
