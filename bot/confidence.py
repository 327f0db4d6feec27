"""How sure an answer is: what the reader and the model say of it, weighed together.

The weights are a logistic regression's, fitted by `bench.calibrate` on 165 questions that neither
was trained on, so 0.7 is about 7 right answers in 10 on pages of that kind.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from knowledge.focus import Signs, log_odds

WEIGHTS = Path(__file__).with_name("confidence.json")
UNNAMED = -8.0  # what counts where the model names no statement, or one that is as far off
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


def weighed(
    signs: Signs, answered: float, pointed: float | None, named: float | None
) -> dict[str, float]:
    """All that is weighed, in log-odds.

    `answered` is the model's own probability that the notes answer the question; `pointed` how
    far the statement that it names is from the reader's best, 0 or less, None: it names none;
    `named` its probability that it is this one, None: it cannot be asked.
    """
    return asdict(signs) | {
        "answered": log_odds(min(answered, LEANING)),
        "pointed": UNNAMED if pointed is None else max(pointed, UNNAMED),
        "named": log_odds(min(SAID if named is None else named, LEANING)),
    }


def confidence(given: Mapping[str, float]) -> float:
    """The probability that the answer is right, of what `weighed` gives."""
    known = fitted()
    total = known.bias + sum(weight * given[name] for name, weight in known.weights.items())
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, total))))


def at_most(signs: Signs) -> float:
    """The confidence that no model can exceed here: below the threshold it need not be asked."""
    return confidence(weighed(signs, LEANING, 0.0, LEANING))


def answers(likely: tuple[float, ...] | None, spoke: bool) -> float:
    """The model's probability that it answers: from its likelihoods, else from what it said."""
    if likely is None or sum(likely) <= 0:
        return SAID if spoke else SILENT
    return likely[0] / sum(likely)
