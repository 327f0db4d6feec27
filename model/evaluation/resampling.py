"""How sure a difference is: the paired bootstrap, and the scores that it can be taken of."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np

from model.evaluation.trials import (
    Array,
    Compared,
    Figure,
    Interval,
    Score,
    TaskCompared,
    TaskScores,
)

RESAMPLES = 2000
AT_ONCE = 200  # resamples that are drawn at a time, to bound the memory


def mean(sums: Array) -> Array:
    """The mean over the items that have the number: columns are the number (else 0), and 1 or 0."""
    return np.divide(sums[:, 0], sums[:, 1], out=np.zeros(len(sums)), where=sums[:, 1] > 0)


def numbers(
    values: Sequence[float] | Sequence[bool], counts: Sequence[bool] | None = None
) -> Array:
    """What `mean` takes: a number for each item, of those that count (default: all)."""
    shown = np.ones(len(values)) if counts is None else np.asarray(counts, dtype=np.float64)
    return np.stack([np.asarray(values, dtype=np.float64) * shown, shown], axis=1)


def macro_f1(sums: Array) -> Array:
    """F1, the mean of the labels met: columns are, per label, right, said and wanted."""
    right, said, wanted = (sums[:, start::3] for start in range(3))
    met = (said + wanted) > 0
    f1 = np.divide(2 * right, said + wanted, out=np.zeros_like(right), where=met)
    return np.asarray(f1.sum(axis=1) / np.maximum(met.sum(axis=1), 1), dtype=np.float64)


def bleu(sums: Array) -> Array:
    """BLEU of all items together, 0 to 1: four counts right, four in all, and two lengths.

    As sacrebleu makes it of the same numbers, smoothing included; thousands of resamples at once.
    """
    right, every, written, wanted = sums[:, :4], sums[:, 4:8], sums[:, 8], sums[:, 9]
    missed = (right == 0) & (every > 0)
    smoothed = np.where(missed, 0.5 ** np.cumsum(missed, axis=1), right)
    logs = np.log(smoothed, out=np.full_like(right, -np.inf), where=smoothed > 0)
    logs -= np.log(every, out=np.zeros_like(right), where=every > 0)
    short = 1 - np.divide(wanted, written, out=np.full_like(written, np.inf), where=written > 0)
    scores = np.exp(np.minimum(short, 0) + logs.mean(axis=1))
    return np.where((right > 0).any(axis=1) & (written > 0), scores, 0.0)


def paired_bootstrap(
    a: Sequence[float] | Array,
    b: Sequence[float] | Array,
    score: Score = mean,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Interval:
    """How much better `a` scores than `b` on the same items, at 95 %.

    Items are numbers (n,) or rows of statistics (n, k), in the same order. Both are drawn
    together, so that an item that is hard for both says nothing. Few items are known to give too
    narrow bounds; they are widened as Student's t is beside the normal distribution. One item
    tells nothing: its bounds are those of no knowledge, -1 and 1. Raises `ValueError` where the
    two are not of the same shape, or empty.
    """
    one, other = _rows(a), _rows(b)
    if one.shape != other.shape or not len(one):
        raise ValueError(f"cannot pair items of shape {one.shape} and {other.shape}")
    observed = _difference(one.sum(0)[None], other.sum(0)[None], score)[0]
    if len(one) == 1:
        return Interval(float(observed), -1.0, 1.0, 1.0)
    drawn = np.concatenate([*_drawn(one, other, score, seed, resamples)])
    spread = observed + (drawn - observed) * widening(len(one))
    low, high = np.percentile(spread, [2.5, 97.5])
    return Interval(float(observed), float(low), float(high), _p(spread))


def _rows(items: Sequence[float] | Array) -> Array:
    rows = np.asarray(items, dtype=np.float64)
    return numbers(rows.tolist()) if rows.ndim == 1 else rows


def _difference(one: Array, other: Array, score: Score) -> Array:
    return score(one) - score(other)


def _drawn(one: Array, other: Array, score: Score, seed: int, resamples: int) -> Iterator[Array]:
    """The differences of resamples, a part at a time."""
    chance, count = np.random.default_rng(seed), len(one)
    for begin in range(0, resamples, AT_ONCE):
        size = min(AT_ONCE, resamples - begin)
        times = chance.multinomial(count, np.full(count, 1 / count), size).astype(np.float64)
        yield _difference(times @ one, times @ other, score)


@cache
def widening(count: int) -> float:
    """How much wider the bounds of so few items should be than the bootstrap's."""
    from scipy.stats import norm, t

    student = float(t.ppf(0.975, count - 1) / norm.ppf(0.975))
    return student * math.sqrt(count / (count - 1))


def _p(spread: Array) -> float:
    below, above = int((spread <= 0).sum()), int((spread >= 0).sum())
    return min(1.0, 2 * (1 + min(below, above)) / (len(spread) + 1))


def compared(version: TaskScores, against: TaskScores, seed: int = 0) -> TaskCompared:
    """Both on the same trials, measure by measure. Raises `ValueError` where the trials differ."""
    if version.keys != against.keys:
        raise ValueError(f"{version.task}: the two were not measured on the same texts")
    shared = [name for name in version.figures if name in against.figures]
    told = tuple(
        _measure(name, version.figures[name], against.figures[name], seed) for name in shared
    )
    return TaskCompared(version.task, version.set, version.main, len(version.keys), told)


def _measure(name: str, version: Figure, against: Figure, seed: int) -> Compared:
    found = paired_bootstrap(version.items, against.items, version.score, seed)
    return Compared(name, version.value, against.value, found)
