"""What measuring works with, from the app: the models as people are served by them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from bot.learning.cases import taught
from bot.learning.retriever import Material, material, searched
from bot.learning.shots import MOST, shots
from bot.learning.sides import Measuring
from model.errors import LikelihoodsUnknown, WeightsDamaged, WeightsUnavailable
from model.examples import What

if TYPE_CHECKING:
    from pathlib import Path

    from bot.language_models import LanguageModels
    from bot.learning.parts import Learning
    from bot.learning.words import ModelVersion
    from bot.settings import Settings
    from model.backends import Backend
    from model.evaluation.likelihood import Asked
    from model.tasks import Shot

ELSEWHERE = (
    "Thumbs can be measured by where the weights are: run `tandem evaluate` with the same database "
    'on the machine that trains, with `model.use = "local"`; or have people write what would have '
    "been right"
)


def measuring(learning: Learning) -> Measuring:
    """What `tandem evaluate` works with.

    The base is shown what people wrote, as it is when it serves, but nothing that is held out.
    """
    app = learning.app
    models = app.models
    mine = app.settings.answers

    @cache  # what is shown stays the same for one evaluation
    def shown(task: str) -> tuple[Shot, ...]:
        return shots(taught(learning.book, task, MOST))

    @cache  # both sides are asked the same
    def known() -> Material:
        return material(app)

    return Measuring(
        learning.home,
        learning.tasks,
        learning.book,
        learning.registry,
        lambda what, version: opened(models, what, version),
        lambda what: base_name(models, what),
        shown,
        lambda version: searched(app, version, known()),
        lambda what, version, asked: weighed(app.settings, models, what, version, asked),
        at_once=mine.at_once,
        reply_tokens=mine.max_tokens,
        progress=app.progress,
    )


def weighed(
    settings: Settings,
    models: LanguageModels,
    what: What,
    version: ModelVersion | None,
    asked: Sequence[Asked],
) -> Iterator[tuple[int, float | None]]:
    """How likely a version (None: the base) finds answers, by its weights on this machine.

    Raises `LikelihoodsUnknown` where they are elsewhere, and `ModelError`.
    """
    from model.evaluation.likelihood import log_probs

    adapter = None if version is None else models.check(version)
    device = str(settings.model.options.get("device", "auto"))
    return log_probs(_weights(settings, models, what), adapter, asked, device)


def _weights(settings: Settings, models: LanguageModels, what: What) -> Path:
    """The folder of the base's weights; nothing is fetched for a model that is served elsewhere."""
    from model.backends.local import LocalBackend
    from model.weights import resolve

    base = _base(models, what)
    if isinstance(base, LocalBackend):
        return base.weights().path
    name = settings.model.name
    try:
        return resolve(name, settings.cache, offline=True, substitutes=False).path
    except (WeightsUnavailable, WeightsDamaged) as error:
        problem = f"as it is served elsewhere and the weights of {name!r} are not on this machine"
        raise LikelihoodsUnknown(base.name, problem, ELSEWHERE) from error


@contextmanager
def opened(models: LanguageModels, what: What, version: ModelVersion | None) -> Iterator[Backend]:
    """A model as long as it is needed; the base stays loaded. Raises `ModelError`."""
    if version is None:
        yield _base(models, what)
        return
    backend = models.load(version)
    try:
        yield backend
    finally:
        models.end(backend)


def base_name(models: LanguageModels, what: What) -> str:
    """Which model the base is, once it is known which weights there are."""
    base = _base(models, what)
    find = getattr(base, "weights", None)  # of a local one
    if find is not None:
        find()
    return base.name


def _base(models: LanguageModels, what: What) -> Backend:
    return models.answers if what is What.ANSWERS else models.style
