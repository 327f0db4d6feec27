"""From what a query found to what is read: copies out, pages mixed, neighbours joined."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby

from knowledge.documents import Passage

Rerank = Callable[[str, Sequence[Passage]], Sequence[Passage]]
"""The passages for a question in a better order, best first, with their new scores."""

SHINGLE = 3  # words that make one
ALIKE = 0.9  # of the shingles of two texts are the same: they are copies of each other
STALE = 0.05  # of a score that age alone may take


@dataclass(frozen=True)
class Gathering:
    """How the passages found become those that are read."""

    limit: int = 8  # passages
    per_page: int = 3  # of them from one page, while other pages have some
    half_life: timedelta | None = None  # until half of `STALE` is gone; None: age says nothing
    width: int = 24  # passages that are asked for, to choose from


def gather(
    question: str,
    found: Sequence[Passage],
    dials: Gathering,
    now: datetime,
    rerank: Rerank | None = None,
) -> list[Passage]:
    """The passages to read, best first. What `rerank` raises goes to the caller."""
    ranked = found if rerank is None else rerank(question, found)
    return joined(mixed(distinct(aged(ranked, dials.half_life, now)), dials))


def aged(
    passages: Sequence[Passage], half_life: timedelta | None, now: datetime
) -> Sequence[Passage]:
    """The passages with a little of the score of old ones taken off, best first.

    Of passages that answer about as well the newer comes first; an undated one counts as old.
    """
    if half_life is None or not passages:
        return passages

    def score(found: Passage) -> float:
        changed = found.chunk.modified_at
        lives = max(0.0, (now - changed) / half_life) if changed else math.inf
        return found.score - STALE * abs(found.score) * (1 - math.exp2(-lives))

    scored = [replace(found, score=score(found)) for found in passages]
    return sorted(scored, key=lambda found: -found.score)


def distinct(passages: Sequence[Passage]) -> list[Passage]:
    """Without copies of what stands before, say a policy that is pasted into two pages.

    Texts with different figures are no copies: last year's policy is not this year's.
    """
    kept: list[Passage] = []
    held: dict[tuple[str, ...], list[frozenset[str]]] = {}  # shingles by the figures of a text
    for found in passages:
        text = found.chunk.text
        same = held.setdefault(tuple(re.findall(r"\d+", text)), [])
        mine = shingles(text)
        if not any(alike(mine, other) for other in same):
            kept.append(found)
            same.append(mine)
    return kept


def shingles(text: str) -> frozenset[str]:
    """Each few words that stand together."""
    words = re.findall(r"\w+", text.lower())
    ends = range(max(1, len(words) - SHINGLE + 1))
    return frozenset(" ".join(words[start : start + SHINGLE]) for start in ends)


def alike(one: frozenset[str], other: frozenset[str]) -> bool:
    """Are these the shingles of the same text, but for a few words?"""
    if min(len(one), len(other)) < ALIKE * max(len(one), len(other)):
        return False
    return len(one & other) >= ALIKE * len(one | other)


def mixed(passages: Sequence[Passage], dials: Gathering) -> list[Passage]:
    """The first `limit`, from each page `per_page` at most unless there is nothing else."""
    seen: dict[tuple[str, str], int] = {}
    first, more = list[Passage](), list[Passage]()
    for found in passages:
        page = found.chunk.page
        seen[page] = seen.get(page, 0) + 1
        (first if seen[page] <= dials.per_page else more).append(found)
    chosen = {id(found) for found in [*first, *more][: dials.limit]}
    return [found for found in passages if id(found) in chosen]


def joined(passages: Sequence[Passage]) -> list[Passage]:
    """Pieces of one section that stand together as one passage, in the place of its best.

    It has the address and the place of its first piece, and the scores of its best. Pieces of
    different sections stay apart, since a citation leads to the heading.
    """
    place = {id(found): rank for rank, found in enumerate(passages)}
    whole = [(min(place[id(f)] for f in run), run) for run in runs(passages)]
    return [run_passage(run) for _, run in sorted(whole, key=lambda each: each[0])]


def runs(passages: Sequence[Passage]) -> Iterator[list[Passage]]:
    """Passages of one section whose chunks follow each other, in their order there."""

    def section(found: Passage) -> tuple[str, str, str, tuple[str, ...]]:
        chunk = found.chunk
        return chunk.source, chunk.key, chunk.url, chunk.headings

    ordered = sorted(passages, key=lambda found: (*section(found), found.chunk.ordinal))
    for _, group in groupby(ordered, key=section):
        held: list[Passage] = []
        for found in group:
            if held and found.chunk.ordinal != held[-1].chunk.ordinal + 1:
                yield held
                held = []
            held = [*held, found]
        yield held


def run_passage(run: Sequence[Passage]) -> Passage:
    """One passage of several that follow each other."""
    if len(run) == 1:
        return run[0]
    best = max(run, key=lambda found: found.score)
    text = "\n\n".join(found.chunk.text for found in run)
    return replace(best, chunk=replace(run[0].chunk, text=text))
