"""How good a reader is on lessons that were held out."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from statistics import mean

from knowledge.reranker import Reading
from knowledge.reranker.lessons import Lesson

FIRST = 10  # places that nDCG looks at
MIXED = 0.1  # the weight of the relevance beside the search's score, which is 0 to 1


def scored(
    lessons: Sequence[Lesson], readings: Sequence[Sequence[Reading]]
) -> dict[str, dict[str, float]]:
    """By set (what precedes a colon in its name) the mean of each figure, 0 to 1.

    Where passages were judged: nDCG@10 by the search, by the reader, and by both. Where
    statements were: does one of the first 1 or 3 answer; and how well the certainty that one
    does tells answerable questions from others (the area under the ROC curve).
    """
    groups: dict[str, list[tuple[Lesson, Sequence[Reading]]]] = {}
    for lesson, read in zip(lessons, readings, strict=True):
        groups.setdefault(lesson.set.partition(":")[0], []).append((lesson, read))
    return {name: _figures(group) for name, group in groups.items()}


def _figures(group: Sequence[tuple[Lesson, Sequence[Reading]]]) -> dict[str, float]:
    if group[0][0].ranks:
        ranked = [_ranked(lesson, read) for lesson, read in group]
        figures = {name: mean(each[name] for each in ranked) for name in ranked[0]}
    else:
        figures = _found(group)
    return {"questions": len(group)} | {name: round(value, 4) for name, value in figures.items()}


def _ranked(lesson: Lesson, readings: Sequence[Reading]) -> dict[str, float]:
    keys = [
        (c.page, c.score, r.relevance) for c, r in zip(lesson.candidates, readings, strict=False)
    ]
    ways = {
        "nDCG@10 search": lambda x: x[1],
        "nDCG@10 reader": lambda x: x[2],
        "nDCG@10 both": lambda x: x[1] + MIXED * x[2],
    }
    return {
        name: ndcg([x[0] for x in sorted(keys, key=way, reverse=True)], set(lesson.gold))
        for name, way in ways.items()
    }


def _found(group: Sequence[tuple[Lesson, Sequence[Reading]]]) -> dict[str, float]:
    first, three = list[bool](), list[bool]()
    certain: Mapping[bool, list[float]] = {True: [], False: []}
    for lesson, readings in group:
        gold, ranked = _gold(lesson), ranked_statements(readings)
        certain[bool(gold)].append(certainty(readings))
        if gold:
            first.append(bool(gold & {*ranked[:1]}))
            three.append(bool(gold & {*ranked[:3]}))
    figures = {"first answers": mean(first), "one of 3 answers": mean(three)} if first else {}
    return figures | {"answerable, ROC area": area(certain[True], certain[False])}


def _gold(lesson: Lesson) -> set[tuple[int, int]]:
    return {(row, k) for row, c in enumerate(lesson.candidates) for k in c.evidence or ()}


def ranked_statements(readings: Sequence[Reading]) -> list[tuple[int, int]]:
    """Candidate and statement, the likeliest to answer first."""
    scores = [
        (score, row, k) for row, r in enumerate(readings) for k, score in enumerate(r.evidence)
    ]
    return [(row, k) for _, row, k in sorted(scores, reverse=True)]


def certainty(readings: Sequence[Reading]) -> float:
    """The log-odds that any statement answers, against none."""
    scores = [score for reading in readings for score in reading.evidence]
    top = max(scores, default=-math.inf)
    return top + math.log(sum(math.exp(score - top) for score in scores)) if scores else top


def ndcg(ranked: Sequence[object], gold: Collection[object]) -> float:
    """nDCG@10 of keys in their order; gains are 0 and 1. Without gold: 0."""
    gains = sum(1 / math.log2(i + 2) for i, key in enumerate(ranked[:FIRST]) if key in gold)
    best = sum(1 / math.log2(i + 2) for i in range(min(FIRST, len(gold))))
    return gains / best if best else 0.0


def area(positives: Sequence[float], negatives: Sequence[float]) -> float:
    """How often a positive is above a negative, ties by half; not a number without both."""
    pairs = len(positives) * len(negatives)
    above = sum((p > n) + 0.5 * (p == n) for p in positives for n in negatives)
    return above / pairs if pairs else math.nan
