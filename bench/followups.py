"""How well follow-ups are found: with our rewrite, a person's, the bare turn, the turn before it.

`--learn FILE` learns the weights of `bot/followups.py` from the half that is not measured on.
"""

from __future__ import annotations

import math
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from bench import corpora, parts
from bench.common import Goal, Line, Table, about, options, publish, say
from bench.followup_sets import DATA, Case, Sets, ours, shared
from bench.followup_weights import learned, written
from bot.followups import standalone
from knowledge.documents import Chunk
from knowledge.embedding import Embedder, Vectors
from knowledge.terms import pairs, terms
from knowledge.words import stems

TOP = 10
MOST = 160  # cases of a set
ALPHA = 0.7  # the weight of the cosine
POINTS = 11.0  # of BM25 for each word of the question weigh as much as a cosine of 1
Ways = Mapping[str, Callable[[Case], str]]


def before(case: Case) -> str:
    """What one would do first: the person's turn before, and the question."""
    said = [turn.text for turn in case.thread if turn.role == "user"]
    return " ".join([*said[-1:], case.text])


WAYS: Ways = {
    "a person's rewrite": lambda case: case.human or case.text,
    "the bare turn": lambda case: case.text,
    "the turn before and it": before,
    "ours": lambda case: standalone(case.question),
}
PERSON, BARE, *_, OURS = WAYS


class Pool:
    """Chunks in memory, searched as `knowledge.search` does: cosine and BM25 added."""

    def __init__(self, chunks: Sequence[Chunk], embedder: Embedder) -> None:
        self.chunks, self.embedder = list(chunks), embedder
        self.vectors = embedder.embed([chunk.embedded_text for chunk in chunks])
        texts = [chunk.embedded_text for chunk in chunks]
        self.words = Bm25([terms(text) for text in texts])
        self.pairs = Bm25([pairs(stems(text)) for text in texts])

    def search(self, text: str) -> list[int]:
        """The places of the best chunks, best first."""
        return self.best(self.embedder.embed_queries([text])[0], text)

    def best(self, vector: Vectors, text: str) -> list[int]:
        """The same for a vector and the words beside it."""
        keyword = self.words.scores(terms(text)) + 0.3 * self.pairs.scores(pairs(stems(text)))
        points = POINTS * max(1, len({*stems(text)}))
        score = ALPHA * (self.vectors @ vector) + (1 - ALPHA) * keyword / points
        return [int(place) for place in np.argsort(-score)[:TOP]]


class Bm25:
    """Okapi BM25 with the numbers of Weaviate (k1 1.2, b 0.75)."""

    def __init__(self, texts: Sequence[Sequence[str]]) -> None:
        self.size = len(texts)
        lengths = np.array([len(text) for text in texts], np.float32)
        norm = 1.2 * (0.25 + 0.75 * lengths / max(1.0, float(lengths.mean())))
        self.postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for place, text in enumerate(texts):
            for word, times in Counter(text).items():
                weight = times * 2.2 / (times + float(norm[place]))
                self.postings[word].append((place, weight))

    def scores(self, words: Sequence[str]) -> Vectors:
        """Points of each text, (n,)."""
        points = np.zeros(self.size, np.float32)
        for word in set(words):
            found = self.postings.get(word, [])
            rarity = math.log(1 + (self.size - len(found) + 0.5) / (len(found) + 0.5))
            for place, weight in found:
                points[place] += rarity * weight
        return points


def found(case: Case, pool: Pool, top: Sequence[int]) -> float:
    """The share of the gold pages that is found; of team chats one chunk with the words will do."""
    chunks = [pool.chunks[place] for place in top]
    keys = {chunk.page for chunk in chunks}
    if next(iter(case.gold))[0] in ("mtrag", "canard"):
        return len(keys & case.gold) / len(case.gold)
    held = [c for c in chunks if c.page in case.gold and holds(c, case.evidence)]
    return float(bool(held))


def holds(chunk: Chunk, evidence: Sequence[str]) -> bool:
    """Are some of the words there, spaces and marks apart?"""
    text = plain(chunk.embedded_text)
    return not evidence or any(plain(words) in text for words in evidence)


def plain(text: str) -> str:
    """Letters and figures only."""
    return "".join(c for c in text.lower() if c.isalnum())


def measured(cases: Sequence[Case], pool: Pool, ways: Ways = WAYS) -> dict[str, dict[str, float]]:
    """By way, means: `recall` of what is known to answer, `agreement` with the person's ten."""
    rows: dict[str, dict[str, list[float]]] = {way: defaultdict(list) for way in ways}
    for case in cases:
        tops = {way: pool.search(make(case)) for way, make in ways.items()}
        for way in ways:
            if case.gold:
                rows[way]["recall"].append(found(case, pool, tops[way]))
            if case.human:
                same = len({*tops[way]} & {*tops[PERSON]}) / TOP
                rows[way]["agreement"].append(same)
    return {
        way: {figure: sum(values) / len(values) for figure, values in figures.items()}
        for way, figures in rows.items()
    }


def lines(name: str, cases: Sequence[Case], pool: Pool) -> list[Line]:
    """A set's part of the table; recall is held against a person's where one rewrote."""
    told = list[Line]()
    rewritten = all(case.human for case in cases)
    for way, figures in measured(cases, pool).items():
        if way == PERSON and not rewritten:
            continue
        agreement = f"{figures['agreement']:.2f} of the person's ten" if rewritten else ""
        recall = figures.get("recall")
        told.append(Line(f"{name}: {way}", recall, "recall@10", f"{agreement}; {len(cases)} cases"))
    if rewritten and told[0].figure:
        last = told.pop()
        ratio = (last.figure or 0.0) / told[0].figure
        goal = Goal(">=", 0.92)
        told.append(Line(last.what, last.figure, last.unit, last.spread, ratio, goal))
    return told


def cost(cases: Sequence[Case]) -> Line:
    """Milliseconds of a rewrite."""
    started = time.perf_counter()
    for case in cases:
        standalone(case.question)
    return Line("a rewrite", 1000 * (time.perf_counter() - started) / len(cases), "ms")


def chunks(embedder: Embedder, short: bool) -> list[Chunk]:
    """The pages of the handbooks, cut as they are indexed."""
    folders = {"handbook": corpora.EXAMPLE, "18f": DATA / "handbook-18f" / "pages"}
    there = {name: folder for name, folder in folders.items() if folder.is_dir()}
    if short:
        there = {"handbook": corpora.EXAMPLE}
    return [c for name, folder in there.items() for c in parts.chunks_of(name, folder, embedder)]


def some(cases: Sequence[Case], most: int) -> list[Case]:
    """Cases of the half that is held out, evenly taken; where there are few, all."""
    held = [case for case in cases if case.held_out] if len(cases) > TOP else list(cases)
    return held[:: math.ceil(len(held) / most)] if held else []


def table(sets: Sequence[Sets], short: bool) -> Table:
    """Embed, search, compare."""
    embedder = parts.Remembering(parts.embedder(), parts.cache() / "bench" / "followups.npz")
    texts = [*chunks(embedder, short), *(chunk for held in sets for chunk in held.chunks)]
    say(f"{len(texts)} passages")
    pool = Pool(texts, embedder)
    embedder.keep()
    named = {
        name: some(held.cases[name], 5 if short else MOST) for held in sets for name in held.cases
    }
    told = [line for name, cases in named.items() for line in lines(name, cases, pool)]
    notes = (
        "one pool of passages: canard's answers in threes, mtrag's passages, squad2's paragraphs, "
        "the pages of both handbooks; searched as knowledge.search does, in memory",
        "only conversations of the half that the weights were not learned from",
        "handbook, help pages: follow-ups and rewrites were written for this project "
        "by a language model, not by people; topics were changed by shuffling",
        "mtrag clapnq and fiqa: what answers is not known here, so only agreement is told",
    )
    every = [case for cases in named.values() for case in cases]
    return Table("bench.followups", "÷ a person's", (*told, cost(every)), notes, about())


def main() -> None:
    """Run `python -m bench.followups`."""
    parser = options(__doc__ or "")
    parser.add_argument("--learn", type=Path, metavar="FILE", help="learn the weights instead")
    asked = parser.parse_args()
    sets = [ours()]
    if DATA.is_dir() and not asked.short:
        sets.append(shared())
    if asked.learn:
        asked.learn.write_text(written(learned(sets)), encoding="utf-8")
    else:
        publish(table(sets, asked.short), asked.json)


if __name__ == "__main__":
    main()
