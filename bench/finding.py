"""The part `retrieval` of the quality bench: Tandem's search and a plain hybrid, side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bench import corpora, parts, plain
from bench.common import Goal, Line, say
from bench.published import is_third
from bench.retrieval import Judgments, beir, shortened
from bench.scores import Retrieved, retrieved
from bot.settings.sections import Search
from knowledge.documents import Document
from knowledge.gathering import Rerank
from knowledge.search import Dials, Finder
from knowledge.sources.folder import source

BETTER = 0.03  # of nDCG@10 above the plain hybrid
DEPTH = 100
RERANKED = 50  # documents that a reranker sees
SETS = (("scifact", "train"), ("feedbackqa", "valid"))
NOTES = (
    "retrieval: scifact's queries are the third of train whose MD5 is divisible by three; "
    "nothing was trained on them, nor on feedbackqa valid. Each document counts by its best chunk.",
    f"plain hybrid: {parts.EMBEDDER} on whole documents (title and text, 512 tokens) and BM25 on "
    f"their words in the same Weaviate, relative scores, {plain.ALPHA} / {1 - plain.ALPHA:.1f}.",
)

Way = Callable[[str], Sequence[str]]
"""The keys of the documents for a query, best first."""


def measured(short: bool, work: Path, rerank: Rerank | None = None) -> tuple[list[Line], list[str]]:
    """The lines of all sets that are here; the notes say what is missing."""
    rows, notes = list[Line](), list(NOTES)
    for name, part in SETS:
        if not (corpora.SHARED / "data" / name).is_dir():
            notes.append(f"{corpora.SHARED / 'data' / name} is missing: {name} was left out")
            continue
        given = held_out(beir(name, part)) if part == "train" else beir(name, part)
        given = shortened(given, work / name / "part") if short else given
        kept = work if short else parts.cache() / "bench"
        lines = compared(given, work / name, kept / f"{name}-{parts.EMBEDDER}.npz", rerank)
        rows += [replace(line, goal=None) for line in lines] if short else lines
    return rows, notes


def held_out(given: Judgments) -> Judgments:
    """The third of the queries that nothing was tuned on."""
    judged = {query: gains for query, gains in given.judged.items() if is_third(query)}
    texts = {query: given.queries[query] for query in judged}
    return replace(given, name=f"{given.name}, a third", queries=texts, judged=judged)


def compared(given: Judgments, work: Path, kept: Path, rerank: Rerank | None) -> Iterator[Line]:
    """The lines of one set."""
    embedder = parts.Remembering(parts.embedder(), kept)
    with parts.weaviate(work) as server:
        found = source("judged", str(given.folder)).documents(None)
        documents = [item for item in found if isinstance(item, Document)]
        hybrid = plain.fill(server, documents, embedder)
        index = parts.index(server, embedder)
        say(str(parts.sync_folder("judged", given.folder, index, embedder)))
        embedder.keep()
        finder = Finder(server.client, lambda _: embedder)
        scores = {name: scored(given, way) for name, way in ways(finder, hybrid, rerank).items()}
    base = round(scores["plain hybrid"].ndcg10, 3)
    for name, score in scores.items():
        figure, told = round(score.ndcg10, 3), f"recall@100 {score.recall100:.3f}"
        counted = f"{told}, {score.queries} queries"
        ours = name.startswith("Tandem")
        above = round(figure - base, 3) if ours else None
        goal = Goal(">=", BETTER) if ours else None
        yield Line(f"{given.name}: {name}", figure, "nDCG@10", counted, above, goal)


def ways(finder: Finder, hybrid: plain.Plain, rerank: Rerank | None) -> Mapping[str, Way]:
    """What is measured, by name."""
    dials = Dials(alpha=Search().alpha)

    def ours(text: str) -> list[str]:
        return [p.chunk.key for p in finder.documents(text, ["judged"], DEPTH, dials)]

    def reranked(text: str) -> list[str]:
        assert rerank is not None
        found = finder.documents(text, ["judged"], DEPTH, dials)
        best = [*rerank(text, found[:RERANKED]), *found[RERANKED:]]
        return [passage.chunk.key for passage in best]

    made: dict[str, Way] = {"plain hybrid": lambda text: hybrid.search(text, DEPTH)}
    made["Tandem, no reranker"] = ours
    return made | ({"Tandem, reranked": reranked} if rerank else {})


def scored(given: Judgments, way: Way) -> Retrieved:
    """The scores of one way."""
    return retrieved(given.judged, {query: way(text) for query, text in given.queries.items()})
