"""What thumbs alone tell of a model: does it find liked answers likelier, disliked ones less?

Where nobody wrote an answer there is nothing to compare a text with. But of each held-out answer
it is known whether people liked it, and how likely each of two models finds it. The log-ratio of
the two is the reward that DPO (Rafailov et al., 2023, section 4) and KTO (Ethayarajh et al., 2024)
teach by; here it is taken as a mean over tokens, so that long answers count no more than short
ones (as SimPO does: Meng et al., 2024).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from model.evaluation.measuring import unaided
from model.evaluation.resampling import compared
from model.evaluation.trials import Array, Figure, Score, Set, TaskCompared, TaskScores, Trial
from model.tasks import Task

PREFERENCE = "preference"
LIKED, DISLIKED = "liked", "disliked"
AT_ONCE = 1_000_000  # comparisons of a liked with a disliked answer, to bound the memory


@dataclass(frozen=True)
class Thumb:
    """An answer that people liked or disliked, and how likely two models find it."""

    group: str  # marks the text: its answers are drawn together
    liked: bool
    version: float  # the mean log-probability of a token of it
    against: float  # by the other model


def evaluate_thumbs(
    task: Task,
    thumbs: Sequence[Thumb],
    version: Sequence[Trial],
    against: Sequence[Trial],
    set: Set = Set.HELD_OUT,
    note: str = "",
) -> TaskCompared:
    """Two models beside each other on a task that nobody wrote an answer to.

    The trials are what both wrote anew to the texts, and are looked at for accidents only;
    `note` says why likelihoods are missing. Raises `ValueError` without trials.
    """
    if not version:
        raise ValueError(f"{task.name}: there is nothing to measure")
    likely = [*zip(*_figures(thumbs), strict=True)] if thumbs else [(), ()]
    both = [
        TaskScores(task.name, set, PREFERENCE, tuple(t.key for t in trials), figures)
        for trials, figures in (
            (version, dict(likely[0]) | unaided(task, version)),
            (against, dict(likely[1]) | unaided(task, against)),
        )
    ]
    liked = sum(thumb.liked for thumb in thumbs)
    made = compared(both[0], both[1])
    return replace(made, liked=liked, disliked=len(thumbs) - liked, note=note)


Named = tuple[str, Figure]


def _figures(thumbs: Sequence[Thumb]) -> list[tuple[Named, Named]]:
    """Of either model, each with its name; preference only where both kinds are there."""
    members = _members([thumb.group for thumb in thumbs])
    liked = np.array([thumb.liked for thumb in thumbs])
    mine = np.array([thumb.version for thumb in thumbs])
    theirs = np.array([thumb.against for thumb in thumbs])
    made = []
    if liked.any() and not liked.all():
        score = gains(mine, theirs, liked)
        nothing = Figure(np.zeros_like(members), score)
        made.append(((PREFERENCE, Figure(members, score)), (PREFERENCE, nothing)))
    for name, kind in ((LIKED, liked), (DISLIKED, ~liked)):
        if kind.any():
            pair = [(name, Figure(members * kind, likelihood(each))) for each in (mine, theirs)]
            made.append((pair[0], pair[1]))
    return made


def _members(groups: Sequence[str]) -> Array:
    """Rows are texts, columns answers: 1 where the answer is one to the text."""
    _, rows = np.unique(groups, return_inverse=True)
    members = np.zeros((rows.max() + 1, len(groups)))
    members[rows, np.arange(len(groups))] = 1
    return members


def likelihood(logs: Array) -> Score:
    """The probability of a token, as a geometric mean; columns say how often an answer counts."""

    def score(times: Array) -> Array:
        count = times.sum(axis=1)
        mean = np.divide(times @ logs, count, out=np.full(len(times), -np.inf), where=count > 0)
        return np.asarray(np.exp(mean), dtype=np.float64)

    return score


def gains(mine: Array, theirs: Array, liked: npt.NDArray[np.bool_]) -> Score:
    """How often a liked answer gained more than a disliked one: 0.5 is no preference, 1 always.

    An answer's gain is `mine` (a log-probability) less what `theirs` lets expect of it, by a line
    through the answers of either kind. So nothing is gained by what befalls liked and disliked
    answers alike: all of them less likely, or all differences flatter or sharper. A model that
    has forgotten everything gains nothing, even where the other one preferred what was disliked.
    Of the gains the area under the ROC curve is taken. Nothing that counts gives 0.5.
    """

    def score(times: Array) -> Array:
        if not times.any():
            return np.full(len(times), 0.5)
        line = _slope(times, mine, theirs, liked)
        found = np.round(mine - line[:, None] * theirs, 6)
        rows = max(1, AT_ONCE // (int(liked.sum()) * int((~liked).sum())))
        parts = range(0, len(times), rows)
        return np.concatenate(
            [_areas(found[n : n + rows], times[n : n + rows], liked) for n in parts]
        )

    return score


def _slope(times: Array, mine: Array, theirs: Array, liked: npt.NDArray[np.bool_]) -> Array:
    """How `mine` follows `theirs` among answers of one kind; 1 where those do not differ."""
    both, spread = np.zeros(len(times)), np.zeros(len(times))
    for kind in (liked, ~liked):
        counts = times * kind
        total = np.maximum(counts.sum(axis=1), 1e-12)
        mean = counts @ theirs / total
        apart = theirs - mean[:, None]
        both += (counts * apart * mine).sum(axis=1)
        spread += (counts * apart * theirs).sum(axis=1)
    return np.divide(both, spread, out=np.ones(len(times)), where=spread > 1e-9)


def _areas(found: Array, times: Array, liked: npt.NDArray[np.bool_]) -> Array:
    """How often a liked one is above a disliked one, row by row; ties are half."""
    one, other = found[:, liked, None], found[:, None, ~liked]
    above = (one > other) + 0.5 * (one == other)
    ups, downs = times[:, liked], times[:, ~liked]
    pairs = ups.sum(axis=1) * downs.sum(axis=1)
    summed = np.einsum("ri,rij,rj->r", ups, above, downs, optimize=True)
    areas = np.divide(summed, pairs, out=np.full(len(times), 0.5), where=pairs > 0)
    return np.asarray(areas, dtype=np.float64)
