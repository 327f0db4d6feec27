"""The style score: how likely a text is to be in the house's voice, by a small classifier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from model.evaluation.trials import Array
from model.training.answering import area

FEWEST = 20  # texts of either kind; fewer teach nothing
GOOD = 0.75  # ROC area on texts that it was not taught, below which it is not used
FOLDS = 5
WORD = r"\w+|[^\w\s]|\n"  # marks and line breaks are style too


@dataclass(frozen=True)
class StyleJudge:
    """Tells house style from plain text, if it can."""

    texts: int  # that it was taught, of both kinds
    auc: float  # ROC area on texts it was not taught; 0.5 is chance, 0 where it was not measured
    _fitted: Any = None

    @property
    def usable(self) -> bool:
        """May its word count?"""
        return self._fitted is not None and self.auc >= GOOD

    def probabilities(self, texts: Sequence[str]) -> Array:
        """That each text is in house style, 0 to 1; shape (n,). An empty text is in none."""
        if self._fitted is None:
            raise ValueError("there were too few texts to teach a style by")
        if not texts:
            return np.zeros(0)
        found = self._fitted.predict_proba(list(texts))[:, 1]
        return np.where([bool(text.strip()) for text in texts], found, 0.0)


@dataclass(frozen=True)
class StylePair:
    """What a person wrote to a text, and plain texts that say the same: the text, base answers."""

    house: str
    plain: tuple[str, ...]


def style_judge(pairs: Sequence[StylePair], seed: int = 0) -> StyleJudge:
    """A judge taught by `pairs`, which must be none that anything is measured with.

    Its area is measured by folds; all texts of one pair lie in the same fold, so that it cannot
    be had by knowing the subject.
    """
    rows = [(text, kind, n) for n, pair in enumerate(pairs) for text, kind in _labelled(pair)]
    texts, kinds, groups = ([*part] for part in zip(*rows, strict=True)) if rows else ([], [], [])
    house = sum(kinds)
    if min(house, len(kinds) - house) < FEWEST:
        return StyleJudge(len(texts), 0.0)
    return StyleJudge(len(texts), _area(texts, kinds, groups), _model(seed).fit(texts, kinds))


def _labelled(pair: StylePair) -> list[tuple[str, int]]:
    """Its texts with 1 for house style; a plain text that is the house's too teaches nothing."""
    others = [text for text in pair.plain if text.strip() and text.strip() != pair.house.strip()]
    return [(pair.house, 1), *((text, 0) for text in others)] if pair.house.strip() else []


def _model(seed: int) -> Any:
    """Runs of characters and of words, weighed by logistic regression."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline, make_union

    letters = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True, lowercase=False
    )
    said = TfidfVectorizer(token_pattern=WORD, ngram_range=(1, 2), sublinear_tf=True)
    weighed = LogisticRegression(C=10, class_weight="balanced", max_iter=1000, random_state=seed)
    return make_pipeline(make_union(letters, said), weighed)


def _area(texts: Sequence[str], kinds: Sequence[int], groups: Sequence[int]) -> float:
    """How often a house text is above a plain one, of texts that were not taught."""
    from sklearn.model_selection import GroupKFold

    found = np.zeros(len(texts))
    for taught, asked in GroupKFold(FOLDS).split(texts, kinds, groups):
        fitted = _model(0).fit([texts[n] for n in taught], [kinds[n] for n in taught])
        found[asked] = fitted.predict_proba([texts[n] for n in asked])[:, 1]
    values = [*zip(found.tolist(), kinds, strict=True)]
    plain = [value for value, kind in values if not kind]
    return area([value for value, kind in values if kind], plain)
