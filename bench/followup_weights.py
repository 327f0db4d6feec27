"""Learns which words of a thread people bring into a follow-up that they make standalone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np

from bench.followup_sets import Case, Sets
from bot.followups import Weights, listened, question_marks
from knowledge.words import stems

SHARES = {  # how much a set weighs beside the others, whatever its size
    "canard": 1.0,
    "mtrag clapnq": 1.0,
    "mtrag fiqa": 1.0,
    "handbook": 1.0,
    "help pages": 0.7,
    "handbook, new topic": 0.7,
}
STRENGTH = 0.02  # of scikit-learn's C, by weights that sum to a thousand for each set: few remain
Example = tuple[frozenset[tuple[str, str]], bool, float]


def examples(sets: Sequence[Sets]) -> Iterator[Example]:
    """Of each word of each thread: its marks with the question's, was it brought, its weight."""
    for name, cases in ((name, held.cases[name]) for held in sets for name in held.cases):
        some = [case for case in cases if not case.held_out and case.thread and case.human]
        for case in some if name in SHARES else ():
            yield from _examples(case, 1000 * SHARES[name] / len(some))


def _examples(case: Case, weight: float) -> Iterator[Example]:
    wanted, asked = {*stems(case.human)}, question_marks(case.question)
    for word, heard in listened(case.question).items():
        brought = {*stems(word)} <= wanted or word in wanted
        yield frozenset(product(heard.marks, asked)), brought, weight


def learned(sets: Sequence[Sets]) -> Weights:
    """A logistic regression that keeps few weights; the half that is held out is not read."""
    from sklearn.linear_model import LogisticRegression

    rows = list(examples(sets))
    names = sorted({name for marks, _, _ in rows for name in marks})
    places = {name: place for place, name in enumerate(names)}
    seen = np.zeros((len(rows), len(names)), np.float32)
    for number, (marks, _, _) in enumerate(rows):
        seen[number, [places[name] for name in marks]] = 1
    model = LogisticRegression(
        C=STRENGTH,
        l1_ratio=1.0,
        solver="liblinear",
        max_iter=500,
        fit_intercept=False,
        random_state=0,
    )
    model.fit(seen, [brought for _, brought, _ in rows], [weight for *_, weight in rows])
    found: dict[str, dict[str, float]] = {}
    for (word, question), weight in zip(names, model.coef_[0], strict=True):
        if abs(weight) >= 0.005:
            found.setdefault(word, {})[question] = round(float(weight), 2)
    return found


def written(weights: Weights) -> str:
    """As `bot/followups.json` holds them: a line for each mark of a word."""
    rows = (f" {json.dumps(mark)}: {json.dumps(found)}" for mark, found in weights.items())
    return "{\n" + ",\n".join(rows) + "\n}\n"
