"""Scores of found documents and of answers, by the rules of the shared measures."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Judged = Mapping[str, Mapping[str, int]]
"""The gain of each relevant document, by query."""
ANSWERABLE = ("fact", "multi", "followup")


@dataclass(frozen=True)
class Retrieved:
    """How good a run is."""

    queries: int
    ndcg10: float
    recall100: float


def read_qrels(path: Path) -> dict[str, dict[str, int]]:
    """BEIR's judgments: query, document and gain on a line, below a header."""
    told: dict[str, dict[str, int]] = {}
    for row in path.read_text(encoding="utf-8").splitlines()[1:]:
        query, document, gain = row.split("\t")
        if int(gain) > 0:
            told.setdefault(query, {})[document] = int(gain)
    return told


def read_run(path: Path) -> dict[str, list[str]]:
    """A TREC run: the documents of each query, best first."""
    told: dict[str, dict[str, float]] = {}
    for row in path.read_text(encoding="utf-8").splitlines():
        query, _, document, _, score, _ = row.split()
        held = told.setdefault(query, {})
        held[document] = max(float(score), held.get(document, -math.inf))
    return {query: sorted(held, key=lambda d: -held[d]) for query, held in told.items()}


def retrieved(judged: Judged, run: Mapping[str, Sequence[str]]) -> Retrieved:
    """nDCG@10 and recall@100 over the judged queries; one that is not in the run counts 0."""
    found = [(run.get(query, ()), gains) for query, gains in judged.items()]
    ndcg = sum(ndcg_at(10, ranked, gains) for ranked, gains in found)
    recall = sum(len({*ranked[:100]} & {*gains}) / len(gains) for ranked, gains in found)
    return Retrieved(len(found), ndcg / len(found), recall / len(found))


def ndcg_at(depth: int, ranked: Sequence[str], gains: Mapping[str, int]) -> float:
    """Discounted gain of the first `depth`, over that of the best order."""
    got = discounted(gains.get(document, 0) for document in ranked[:depth])
    return got / discounted(sorted(gains.values(), reverse=True)[:depth])


def discounted(gains: Iterable[int]) -> float:
    """Gains, each worth less than the one before."""
    return sum(gain / math.log2(place + 2) for place, gain in enumerate(gains))


@dataclass(frozen=True)
class Answered:
    """How good answers are; counts."""

    answerable: int
    right: int  # of them: cited, and saying what must be said
    gold: int  # of the right ones: citing a page that has the answer
    withheld: int  # of the answerable ones: "the sources don't say"
    unanswerable: int
    abstained: int  # of them
    failed: int


def answered(
    questions: Sequence[Mapping[str, Any]], results: Mapping[str, Mapping[str, Any]]
) -> Answered:
    """Judge results, by the id of their question; one that is missing has failed."""
    pairs = [(question, results.get(str(question["id"]), {})) for question in questions]
    able = [pair for pair in pairs if pair[0]["kind"] in ANSWERABLE]
    unable = [result for question, result in pairs if question["kind"] == "unanswerable"]
    right = [pair for pair in able if is_right(*pair)]
    return Answered(
        answerable=len(able),
        right=len(right),
        gold=sum(cites_gold(*pair) for pair in right),
        withheld=sum(outcome(result) == "unknown" for _, result in able),
        unanswerable=len(unable),
        abstained=sum(outcome(result) == "unknown" for result in unable),
        failed=sum(outcome(result) in ("", "failed") for _, result in pairs),
    )


def outcome(result: Mapping[str, Any]) -> str:
    """The outcome in lower case."""
    return str(result.get("outcome", "")).lower()


def is_right(question: Mapping[str, Any], result: Mapping[str, Any]) -> bool:
    """Is it a cited answer that holds one alternative of each group?"""
    return outcome(result) == "cited" and holds(
        str(result.get("answer", "")), question.get("must", ())
    )


def holds(answer: str, must: Collection[Collection[str]]) -> bool:
    """Does the answer hold one alternative of each group?"""
    text = " ".join(answer.lower().split())
    return bool(must) and all(any(each.lower() in text for each in group) for group in must)


def cites_gold(question: Mapping[str, Any], result: Mapping[str, Any]) -> bool:
    """Does it cite a page that has the answer?"""
    keys = [str(c.get("key") or c.get("url") or "") for c in result.get("citations", ())]
    return any(key.endswith(page) for key in keys for page in question.get("pages", ()))
