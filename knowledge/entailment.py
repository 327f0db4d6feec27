"""Does one text say what another claims? A cross-encoder with labels for entailment judges."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

from knowledge.cross_encoding import PairJudge

Entails = Callable[[str, str], float]
"""How surely the first text says what the second claims, 0 to 1. Raises `JudgeUnavailable`."""
SETTING = "[answers] entailment"
NAMED = re.compile(r"entail", re.IGNORECASE)
DENIED = re.compile(r"\b(?:not|non|no|un)[\s_-]*entail", re.IGNORECASE)


def entailment(name: str, device: str | None = None) -> Entails:
    """A judge by a sentence-transformers `CrossEncoder` for entailment: a hub id or a folder.

    Raises `JudgeUnavailable`, also for weights whose labels do not say which one is entailment.
    """
    model = PairJudge(SETTING, name, device)
    at = entailing(model.labels) if model.outputs > 1 else None
    if at is None:
        told = ", ".join(model.labels)
        raise model.unusable(f"its labels do not name entailment once, beside others: {told}")

    def judge(says: str, claim: str) -> float:
        logits = model.logits([(says, claim)])[0].astype(np.float64)
        shares = np.exp(logits - logits.max())
        return float(shares[at] / shares.sum())

    return judge


def entailing(labels: Sequence[str]) -> int | None:
    """Which of the labels is entailment; None: none, or more than one."""
    named = [i for i, label in enumerate(labels) if NAMED.search(label)]
    affirmed = [i for i in named if not DENIED.search(labels[i])]
    return affirmed[0] if len(affirmed) == 1 else None
