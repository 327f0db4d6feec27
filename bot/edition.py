"""Which answers may be given again: those of the same models, settings and code."""

from __future__ import annotations

from collections.abc import Sequence

from bot.answer_cache import code_digest, digest, weights_mark
from bot.settings import Settings


def edition(settings: Settings, names: Sequence[str]) -> str:
    """Marks all that an answer follows from, but for the question and the documents.

    `names`: of the models that are used, in the order of their work.
    """
    parts = (
        settings.model,
        settings.embedder,
        settings.chunking,
        settings.search,
        settings.answers,
    )
    set_names = (settings.embedder.name, settings.search.reranker, settings.answers.entailment)
    own = weights_mark((settings.model.name, *set_names))
    return digest(code_digest(), own, *names, *map(repr, parts))
