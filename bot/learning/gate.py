"""What stands between a version and going live: its newest evaluation against what is live."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.learning.words import Evaluation, ModelVersion
from model.evaluation.trials import Decision
from model.examples import What


class Evaluated(Protocol):
    """What knows how versions were measured, and what is live."""

    def live(self, what: What) -> ModelVersion | None:
        """What everybody is served; None: the base."""

    def evaluations(self, version: str) -> Sequence[Evaluation]:
        """Those of a version, newest first."""


def standing(registry: Evaluated, version: ModelVersion) -> Decision:
    """May the version go live in place of what is live now?

    Only an evaluation against what is live now counts: what another one was beaten by says
    nothing.
    """
    live = registry.live(version.what)
    return judged(registry.evaluations(version.name), version.name, live.name if live else "")


def judged(evaluations: Sequence[Evaluation], name: str, against: str) -> Decision:
    """The same of a version's evaluations, where that version (empty: the base) is live."""
    found = newest(evaluations, against)
    if found is not None:
        return Decision(found.passed, tuple(found.reasons))
    what = against or "the base model"
    told = f"{name} was not measured against {what}: run `tandem evaluate {name}`."
    return Decision(False, (told,))


def newest(evaluations: Sequence[Evaluation], against: str) -> Evaluation | None:
    """The newest evaluation against that version (empty: the base)."""
    return next((each for each in evaluations if each.against == against), None)
