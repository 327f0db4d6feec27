"""Making a version live, and taking that back: refused without a gate that was passed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.errors import PromotionRefused, WrongUse
from bot.language_models import LanguageModels
from bot.learning.words import Evaluation, ModelVersion, State
from model.errors import VersionUnusable
from model.examples import What

if TYPE_CHECKING:
    from bot.learning.parts import Learning
    from bot.learning.registry import Registry

BASE = "the base model"
FORCE = 'Or overrule that: `tandem promote {} --force --why "…"`'


def promote(
    parts: Learning, name: str, by: str, why: str = "", forced: bool = False
) -> ModelVersion:
    """Make a version live; one that is live stays so, and nothing is noted.

    Its folder is whole and readable, and a server that shall write with it has taken it, before
    anything is changed. Raises `PromotionRefused`, `UnknownVersion`, `VersionUnusable`,
    `BackendUnavailable`, and `WrongUse` where it is forced without a reason.
    """
    registry = parts.registry
    version = registry.version(name)
    live = registry.live(version.what)
    if live is not None and live.name == name:
        return live
    against = live.name if live else ""
    cleared(registry, version, against, why, forced)
    offer(parts.app.models, version)
    return registry.promote(name, by, why, forced, over=None if forced else against)


def cleared(
    registry: Registry, version: ModelVersion, against: str, why: str, forced: bool
) -> None:
    """Return where it passed the gate against what is live, or is forced with a reason."""
    if forced:
        if not why.strip():
            raise WrongUse('What is forced needs a reason, which is kept: --why "…".')
        return
    if version.state is State.REFUSED:
        problem = f"it was refused ({version.why or 'nobody said why'})"
        raise PromotionRefused(version.name, problem, FORCE.format(version.name))
    passed(registry.evaluations(version.name), version.name, against)


def passed(evaluations: Sequence[Evaluation], name: str, against: str) -> None:
    """Raise `PromotionRefused` unless the last one against that version (or "") was passed."""
    from bot.learning.gate import newest  # with all of measuring: it costs a question its start

    found = newest(evaluations, against)
    if found is None or not found.passed:
        again = f"Measure it: `tandem evaluate {name}`. {FORCE.format(name)}"
        raise PromotionRefused(name, _lacking(evaluations, found, against or BASE), again)


def _lacking(evaluations: Sequence[Evaluation], found: Evaluation | None, live: str) -> str:
    """Why the gate is shut; `found`: the evaluation against what is live, if there is one."""
    if found is not None:
        reasons = "; ".join(reason.rstrip(".") for reason in found.reasons)
        return f"it did not pass the gate against {live}: {reasons or 'no reason given'}"
    if evaluations:
        return f"it was compared with {evaluations[0].against or BASE}, and {live} is live now"
    return "it was not evaluated"


def offer(models: LanguageModels, version: ModelVersion) -> None:
    """Let a server take the version before anybody is told to use it. Raises `ModelError`.

    Where models run in this process, its files are looked at; others load them by themselves.
    """
    models.check(version)
    if models.server is not None and version.what is not What.RETRIEVER:
        models.end(models.load(version))


def rollback(parts: Learning, what: What, by: str, why: str = "") -> ModelVersion | None:
    """Go back to what was live before; None: the base model. What was live is refused.

    An earlier version that cannot be served any more is passed over. Raises `PromotionRefused`
    where the base model is live already.
    """
    back = parts.registry.rollback(what, by, why)
    while back is not None:
        try:
            parts.app.models.check(back)
        except VersionUnusable as error:
            back = parts.registry.rollback(what, by, f"it cannot be served: {error}")
        else:
            break
    return back


def indexed_for(parts: Learning, what: What) -> None:
    """Another retriever searches once the index is complete by it; until then the one before.

    Raises as `reindex` does.
    """
    if what is What.RETRIEVER:
        from bot.learning.retriever import reindex  # with the index: it costs others their start

        reindex(parts.app)
