"""How good replies from notes are: given where a note answers, by that note, and only there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import mean

from model.grounding import read_reply
from model.training.answers import Written, plain


def scored(written: Sequence[Written]) -> dict[str, dict[str, float]]:
    """By set (what precedes a colon in its name) the mean of each figure, 0 to 1."""
    groups: dict[str, list[Written]] = {}
    for each in written:
        groups.setdefault(each.example.case.set.partition(":")[0], []).append(each)
    return {name: _figures(group) for name, group in groups.items()}


def _figures(group: Sequence[Written]) -> dict[str, float]:
    known = [each for each in group if each.example.right]
    unknown = [each for each in group if not each.example.right]
    sure, unsure = [x.certainty for x in known], [x.certainty for x in unknown]
    figures = {"replies": float(len(group)), "certainty, ROC area": area(sure, unsure)}
    if known:
        figures["answers where a note does"] = mean(bool(_said(each)) for each in known)
        figures["by the right note"] = mean(named_right(each) for each in known)
        figures["words shared with the answer, F1"] = mean(shared(each) for each in known)
    if unknown:
        figures["silent where none does"] = mean(not _said(each) for each in unknown)
    return {name: round(value, 4) for name, value in figures.items()}


def _said(written: Written) -> str:
    return read_reply(written.text).text


def named_right(written: Written) -> bool:
    """Is the first note that it names one that answers?"""
    return bool(written.example.right & {*read_reply(written.text).notes[:1]})


def shared(written: Written) -> float:
    """The words that the reply and the wanted answer share, as F1; 0 to 1."""
    said, wanted = plain(_said(written)).split(), plain(written.example.case.answer).split()
    both = sum(min(said.count(word), wanted.count(word)) for word in {*said})
    return 2 * both / (len(said) + len(wanted)) if both else 0.0


def area(positives: Sequence[float], negatives: Sequence[float]) -> float:
    """How often a positive is above a negative, ties by half; not a number without both."""
    pairs = len(positives) * len(negatives)
    above = sum((p > n) + 0.5 * (p == n) for p in positives for n in negatives)
    return above / pairs if pairs else math.nan
