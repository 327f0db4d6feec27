"""Indexing: from files to a searchable index, beside the embedder alone, haystack, LlamaIndex."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench import again, corpora, memory, parts, peers, with_haystack, with_llama_index
from bench.common import Goal, Line, Sample, Table, about, options, publish, say, scratch, turns
from bench.onnx_module import sentence_transformers_folder
from knowledge.embedding import Embedder

PARTS = ("throughput", "again", "memory")
REPEATS = 3  # of the second sync
FLOOR, TANDEM = "the embedder alone on the same chunks", "Tandem: `sync`"
COMPARED = (
    "All embed and write the same texts, our chunks. Tandem reads, cuts, embeds and writes; the "
    "peers read the files with their own reader and are handed the chunks, so that they cut "
    "nothing. What is timed ends when Weaviate has taken the last object. Tandem's collections are "
    "made before (0.4 s, once in an index's life); the peers' stores make theirs within it.",
    "`their embedder`: SentenceTransformersDocumentEmbedder (batch 32) and HuggingFaceEmbedding "
    "(batch 10), through sentence-transformers, with the same model.onnx in ONNX Runtime on all "
    "cores (bench/onnx_module.py says why not optimum). `our embedder`: the same pipelines with a "
    "component that calls `OnnxEmbedder.embed`.",
    "The ratio is Tandem's chunks per second over the line's, medians of turns that alternate.",
)


def throughput(folder: Path, repeats: int) -> tuple[list[Line], list[str]]:
    """Chunks per second of each contestant, who take turns."""
    embedder = parts.embedder()
    chunks = parts.chunks_of("bench", folder, embedder)
    texts = [chunk.embedded_text for chunk in chunks]
    with (
        scratch() as home,
        parts.weaviate(home) as server,
    ):
        theirs = their_embedders(home, embedder)
        warm(server, folder, home, embedder, theirs)
        entrants = contestants(server, folder, peers.by_file(chunks), embedder, theirs)
        floor = peers.Indexer(FLOOR, lambda: embedder.embed(texts), lambda: len(texts), none)
        rates = race([floor, *entrants], len(chunks), repeats)
    tokens = sum(embedder.count(texts))
    note = f"{len(chunks)} chunks, {tokens} tokens, {repeats} turns"
    return [line(name, rates) for name in rates], [note, *COMPARED]


def their_embedders(home: Path, embedder: Embedder) -> tuple[Any, Any]:
    """The components of haystack and LlamaIndex with our weights, loaded."""
    (home / "model").mkdir()
    model = sentence_transformers_folder(parts.weights(), home / "model", embedder.dims)
    return with_haystack.their_embedder(model), with_llama_index.their_embedder(model)


def warm(
    server: parts.Server, folder: Path, home: Path, embedder: Embedder, theirs: tuple[Any, Any]
) -> None:
    """Let each do one file, untimed: what is imported at the first use is imported then."""
    one = corpora.first(folder, 1, home / "one")
    cut = peers.by_file(parts.chunks_of("bench", one, embedder))
    for each in contestants(server, one, cut, embedder, theirs):
        each.run()
        each.clean()


def contestants(
    server: parts.Server,
    folder: Path,
    cut: peers.Cut,
    embedder: Embedder,
    theirs: tuple[Any, Any],
) -> list[peers.Indexer]:
    """Tandem and the peers."""
    hay, llama = with_haystack, with_llama_index
    given = (server, folder, cut)
    return [
        tandem(server, folder, embedder),
        hay.indexer("haystack, their embedder", *given, theirs[0]),
        hay.indexer("haystack, our embedder", *given, hay.our_embedder(embedder)),
        llama.indexer("LlamaIndex, their embedder", *given, theirs[1]),
        llama.indexer("LlamaIndex, our embedder", *given, llama.our_embedder(embedder)),
    ]


def tandem(server: parts.Server, folder: Path, embedder: Embedder) -> peers.Indexer:
    """Tandem itself."""
    return peers.Indexer(
        TANDEM,
        lambda: parts.sync_folder("bench", folder, parts.index(server, embedder), embedder),
        lambda: server.count(parts.searched(), "default"),
        server.empty,
        lambda: parts.index(server, embedder),
    )


def race(entrants: Sequence[peers.Indexer], chunks: int, repeats: int) -> dict[str, Sample]:
    """Chunks per second by name; each round begins with another contestant."""
    rates: dict[str, list[float]] = {each.name: [] for each in entrants}
    for order in turns(len(entrants), repeats):
        for each in (entrants[place] for place in order):
            each.ready()
            started = time.perf_counter()
            each.run()
            seconds = time.perf_counter() - started
            if each.count() != chunks:
                raise SystemExit(f"{each.name} has {each.count()} objects instead of {chunks}")
            each.clean()
            rates[each.name].append(chunks / seconds)
            say(f"{each.name}: {chunks / seconds:.1f} chunks/s")
    return {name: Sample(tuple(values)) for name, values in rates.items()}


def none() -> None:
    """Nothing to clean."""


def line(name: str, rates: dict[str, Sample]) -> Line:
    """A row, with the goal where the issue sets one."""
    own, ours = rates[name], rates[TANDEM].median
    goal = Goal(">=", 0.90) if name == FLOOR else None
    goal = Goal(">=", 1.2) if name.endswith("their embedder") else goal
    ratio = None if name == TANDEM else ours / own.median
    return Line(name, own.median, "chunks/s", own.spread, ratio, goal)


def measured(given: Namespace, work: Path) -> tuple[list[Line], list[str]]:
    """The lines and notes of the parts that are wanted."""
    found = corpora.documents("peps", given.corpus)
    lines, notes = list[Line](), list(found.notes)
    wanted = PARTS if given.part == "all" else (given.part,)
    count = 10**9 if given.full else given.documents or (3 if given.short else 40)
    some = corpora.first(found.folder, count, work / "some")
    if "throughput" in wanted:
        told, said = throughput(some, 1 if given.short else given.repeats)
        lines, notes = [*lines, *told], [*notes, f"corpus: the first files of {found.name}", *said]
    whole = some if given.short else found.folder
    if "again" in wanted:
        told, said = again.measured(
            whole, work / "again", remember=not given.short, repeats=1 if given.short else REPEATS
        )
        lines, notes = [*lines, *told], [*notes, *said]
    if "memory" in wanted:
        told, said = memory.measured(whole, work / "memory", 2 if given.short else 10, given.full)
        lines, notes = [*lines, *told], [*notes, *said]
    return lines, notes


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it."""
    parser = options("Indexing, measured beside the embedder alone, haystack and LlamaIndex.")
    parser.add_argument("--corpus", type=Path, help="a folder instead of the shared peps")
    parser.add_argument("--documents", type=int, help="files in `throughput`; 40 by default")
    parser.add_argument("--full", action="store_true", help="all files in `throughput`")
    parser.add_argument("--repeats", type=int, default=3, help="turns of each; 3 by default")
    parser.add_argument("--part", choices=(*PARTS, "all"), default="all")
    given = parser.parse_args(arguments)
    if problem := peers.missing():
        raise SystemExit(problem)
    peers.silence()
    found = about()
    with scratch() as work:
        lines, notes = measured(given, work)
    publish(Table("bench.index", "Tandem ÷ this", tuple(lines), tuple(notes), found), given.json)


if __name__ == "__main__":
    main()
