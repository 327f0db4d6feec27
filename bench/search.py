"""Searching: `Finder.search` beside its own parts called bare, haystack and LlamaIndex."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench import corpora, parts, peers, with_haystack, with_llama_index
from bench.common import Goal, Line, Sample, Table, about, options, publish, say, scratch, turns
from bot.settings.sections import Search
from knowledge.documents import Chunk
from knowledge.embedding import Embedder
from knowledge.objects import SHOWN
from knowledge.search import LEAST_WIDTH, TERMS, Dials, Finder
from knowledge.terms import query_terms
from knowledge.words import sentences

LIMIT, ALPHA = Search().limit, Search().alpha
LARGE = 20_000  # chunks: from here on the goal counts
SEARCHED = "searched"  # the source that is filtered for; another is in the index beside it
FLOOR, TANDEM = "the embedder and a raw Weaviate query", "Tandem: `Finder.search`"
COMPARED = (
    "Every search embeds the question with the same embedder and asks Weaviate for "
    f"{LIMIT} chunks, hybrid with alpha {ALPHA}, filtered by source. The raw query has the "
    f"parameters of Tandem's own, and like it asks for {LEAST_WIDTH} chunks and the explanation of "
    "their scores, of which Tandem keeps the best. The peers search their own collections of the "
    "same chunks with the same vectors, one text field of keywords instead of Tandem's two.",
    "Each question is put to all, one after the other, each time another first. The ratio is "
    "of the medians.",
)


def raw(server: parts.Server, embedder: Embedder) -> peers.Search:
    """What `Finder.search` cannot do without."""
    from weaviate.classes.query import Filter, HybridFusion, MetadataQuery

    chunks = server.client.collections.use(parts.searched()).with_tenant("default")

    def search(text: str) -> list[str]:
        found = chunks.query.hybrid(
            query=query_terms(text),
            vector=embedder.embed_queries([text])[0].tolist(),
            alpha=ALPHA,
            query_properties=list(TERMS),
            fusion_type=HybridFusion.RELATIVE_SCORE,
            filters=Filter.by_property("source").contains_any([SEARCHED]),
            limit=LEAST_WIDTH,
            return_properties=list(SHOWN),
            return_metadata=MetadataQuery(score=True, explain_score=True),
        )
        return [str(row.properties["text"]) for row in found.objects]

    return search


def tandem(server: parts.Server, embedder: Embedder) -> peers.Search:
    """Tandem's own search."""
    finder, dials = Finder(server.client, lambda _: embedder), Dials(LIMIT, ALPHA)

    def search(text: str) -> list[str]:
        return [found.chunk.text for found in finder.search(text, [SEARCHED], dials)]

    return search


def questions(chunks: Sequence[Chunk], count: int) -> list[str]:
    """Titles and sentences of the corpus, always the same ones."""
    chosen = random.Random(3)
    titles = sorted({chunk.title for chunk in chunks})
    some = chosen.sample(list(chunks), min(count, len(chunks)))
    said = [line for chunk in some for line in list(sentences(chunk.text))[:1] if len(line) > 20]
    mixed = [*chosen.sample(titles, min(count // 3, len(titles))), *said]
    return chosen.sample(mixed, min(count, len(mixed)))


def timed(searches: dict[str, peers.Search], asked: Sequence[str]) -> dict[str, Sample]:
    """Milliseconds of each question by name."""
    names, took = list(searches), {name: list[float]() for name in searches}
    for search in searches.values():  # connections are made, caches filled
        search(asked[0])
    for text, order in zip(asked, turns(len(names), len(asked)), strict=True):
        for name in (names[place] for place in order):
            started = time.perf_counter()
            searches[name](text)
            took[name].append(1000 * (time.perf_counter() - started))
    return {name: Sample(tuple(values)) for name, values in took.items()}


def check(searches: dict[str, peers.Search], asked: Sequence[str]) -> None:
    """All find something, Tandem what the raw query finds; else it is not the same work."""
    for text in asked:
        found = {name: list(search(text)) for name, search in searches.items()}
        if not {*found[TANDEM]} <= {*found[FLOOR]}:
            raise SystemExit(f"Tandem and the raw query find different chunks for {text!r}")
        if short := [name for name, texts in found.items() if len(texts) < LIMIT]:
            raise SystemExit(f"fewer than {LIMIT} chunks for {text!r}: {', '.join(short)}")


def lines(took: dict[str, Sample], large: bool) -> list[Line]:
    """The rows."""
    ours = took[TANDEM].median
    made = []
    for name, sample in took.items():
        goal = Goal("<=", 1.10) if name == FLOOR and large else None
        ratio = None if name == TANDEM else ours / sample.median
        tail = f"p95 {sample.percentile(0.95):.1f} ms"
        made.append(Line(name, sample.median, "ms", tail, ratio, goal))
    return made


def filled(
    server: parts.Server, folder: Path, embedder: parts.Remembering
) -> tuple[list[Chunk], dict[str, peers.Search], Any]:
    """Index the corpus for all: the chunks, the searches by name, and what is to be closed."""
    index = parts.index(server, embedder)
    say(str(parts.sync_folder(SEARCHED, folder, index, embedder)))
    with scratch() as aside:
        few = corpora.first(corpora.EXAMPLE, 10, aside)
        say(str(parts.sync_folder("aside", few, index, embedder)))
    chunks = parts.chunks_of(SEARCHED, folder, embedder)
    embedder.keep()
    given = (embedder, SEARCHED, LIMIT, ALPHA)
    searches = {FLOOR: raw(server, embedder), TANDEM: tandem(server, embedder)}
    hay = with_haystack.fill(server, chunks, embedder)
    llama = with_llama_index.fill(server, chunks, embedder)
    searches["haystack: WeaviateHybridRetriever"] = with_haystack.searcher(hay, *given)
    searches["LlamaIndex: hybrid retriever"] = with_llama_index.searcher(llama, *given)
    return chunks, searches, hay


def measured(folder: Path, count: int, file: Path) -> tuple[list[Line], list[str]]:
    """The lines and the notes."""
    embedder = parts.Remembering(parts.embedder(), file)
    with (
        scratch() as home,
        parts.weaviate(home) as server,
    ):
        chunks, searches, hay = filled(server, folder, embedder)
        asked = questions(chunks, count)
        check(searches, asked[:20])
        took = timed(searches, asked)
        hay.close()
    size = f"{len(chunks)} chunks, {len(asked)} questions from titles and sentences of the corpus"
    small = "" if len(chunks) >= LARGE else f"; the goal counts from {LARGE} chunks on"
    return lines(took, not small), [size + small, *COMPARED]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it."""
    parser = options("Searching, measured beside its bare parts, haystack and LlamaIndex.")
    parser.add_argument("--corpus", type=Path, help="a folder instead of the shared peps")
    parser.add_argument("--queries", type=int, default=300, help="how many; 300 by default")
    given = parser.parse_args(arguments)
    if problem := peers.missing():
        raise SystemExit(problem)
    peers.silence()
    details, found = about(), corpora.documents("peps", given.corpus)
    with scratch() as work:
        folder = corpora.first(found.folder, 3, work / "some") if given.short else found.folder
        kept = work if given.short else parts.cache() / "bench"
        count = min(given.queries, 20) if given.short else given.queries
        rows, notes = measured(folder, count, kept / f"{parts.EMBEDDER}.npz")
    table = Table("bench.search", "Tandem ÷ this", tuple(rows), (*found.notes, *notes), details)
    publish(table, given.json)


if __name__ == "__main__":
    main()
