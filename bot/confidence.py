"""How sure an answer is: what the reader and the model say of it, weighed together.

The weights are a logistic regression's, fitted on 277 questions that neither was trained on, so
0.7 is about 7 right answers in 10 on pages of that kind. `bench.calibrate` fits them anew on a
part of these questions, through the real search.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from knowledge.focus import Signs, log_odds

WEIGHTS = Path(__file__).with_name("confidence.json")
UNNAMED = -5.0  # what counts where the model names no statement
SAID, SILENT = 0.85, 0.15  # that it answers, where a model gives words alone and no likelihoods
LEANING = 0.98  # that it answers, as far as a model can be sure


@dataclass(frozen=True)
class Weights:
    """A logistic regression over the signs."""

    bias: float
    weights: dict[str, float]


@cache
def fitted() -> Weights:
    """The weights that ship."""
    held = json.loads(WEIGHTS.read_text("utf-8"))
    return Weights(float(held["bias"]), {name: float(w) for name, w in held["weights"].items()})


def confidence(signs: Signs, answered: float, pointed: float | None) -> float:
    """The probability that the answer is right.

    `answered` is the model's own probability that the notes answer the question; `pointed` how
    far the statement that it named is from the reader's best, 0 or less, in log-odds; None: it
    named none.
    """
    given = asdict(signs) | {
        "answered": log_odds(answered),
        "pointed": UNNAMED if pointed is None else pointed,
    }
    known = fitted()
    total = known.bias + sum(weight * given[name] for name, weight in known.weights.items())
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, total))))


def at_most(signs: Signs) -> float:
    """The confidence that no model can exceed here: below the threshold it need not be asked."""
    return confidence(signs, LEANING, 0.0)


def answers(likely: tuple[float, ...] | None, spoke: bool) -> float:
    """The model's probability that it answers: from its likelihoods, else from what it said."""
    if likely is None or sum(likely) <= 0:
        return SAID if spoke else SILENT
    return likely[0] / sum(likely)
