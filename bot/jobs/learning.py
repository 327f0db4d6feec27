"""The jobs of learning: harvest, train, evaluate, promote."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.errors import (
    BotError,
    JobFenced,
    NothingToMeasure,
    TooFewExamples,
    TooFewVotes,
    TrainingBusy,
)
from bot.jobs.slices import asking
from bot.jobs.words import Report
from bot.learning.book_words import Wanted
from bot.learning.words import RunState, TrainingRun
from model.errors import ModelError
from model.examples import Review, What

if TYPE_CHECKING:
    from bot.app import App
    from bot.bars import Bars
    from bot.jobs.words import Turn
    from bot.learning.parts import Learning
    from bot.learning.words import ModelVersion
    from model.training.words import Told

BY = "schedule"
LEARNED = (RunState.DONE, RunState.FAILED)  # what failed on the same examples would fail again


def harvest(app: App, turn: Turn) -> Report:
    """Votes become examples, as by `tandem harvest`."""
    from bot.learning.keeping_up import keep_up

    turn.check()
    kept = keep_up(app.learning)
    return Report(str(kept), kept.told())


# -- training ----------------------------------------------------------------------------


def train(app: App, turn: Turn) -> Report:
    """Go on with what was cut off, and train what has enough new examples."""
    told = {str(what): _trained(app, what, turn) for what in What}
    return Report("; ".join(f"{what}: {said}" for what, said in told.items()), told)


def _trained(app: App, what: What, turn: Turn) -> str:
    """What came of one kind."""
    from bot.learning import asking_training, unfinished

    least = app.settings.jobs.train.new_examples
    fresh = new_examples(app.learning, what)
    if fresh < least and not unfinished.cut_off(app.learning, what):
        return f"{fresh} new examples, of {least} that are waited for"

    def tell(_: Told) -> None:
        turn.check()  # what it raises tells the child to stop, which keeps its step

    try:
        asked = asking_training.Asked(str(what))
        version = asking_training.trained(app, asked, tell, silent_bars())
    except (TooFewExamples, TooFewVotes, TrainingBusy) as error:
        return str(error)
    return f"{version.name} is trained"


def silent_bars() -> Bars:
    """Where nobody watches."""
    from rich.console import Console

    from bot.bars import Bars

    return Bars(Console(quiet=True))


def new_examples(parts: Learning, what: What) -> int:
    """How many accepted examples, or judged passages, the last training did not know."""
    last = last_training(parts, what)
    if what is What.RETRIEVER:
        judged = {each.id for each in parts.book.judged()}
        known = {each.id for each in parts.registry.judged_of(last.snapshot)} if last else set()
        return len(judged - known)
    accepted = parts.book.examples(Wanted(what=what, review=Review.ACCEPTED, held_out=False))
    held = {each.id for each in parts.registry.examples_of(last.snapshot)} if last else set()
    return len({each.id for each in accepted} - held)


def last_training(parts: Learning, what: What) -> TrainingRun | None:
    """The newest training that learned all that it was given, or failed at it."""
    ended = (run for run in parts.registry.runs(what=what) if run.state in LEARNED)
    return next(ended, None)


# -- measuring and promoting -------------------------------------------------------------


def evaluate(app: App, turn: Turn) -> Report:
    """Measure the newest candidate of each kind, where it was not yet beside what is live."""
    told = {version.name: _measured(app, version, turn) for version in unmeasured(app.learning)}
    return Report("; ".join(told.values()) or "no candidate waits to be measured", told)


def unmeasured(parts: Learning) -> Iterator[ModelVersion]:
    """The newest candidate of each kind that no evaluation compares with what is live."""
    from bot.learning.gate import newest

    for what in What:
        version = newest_of(parts, what)
        live = parts.registry.live(what)
        if version is None or (live and live.made_at > version.made_at):
            continue
        held = parts.registry.evaluations(version.name)
        if newest(held, live.name if live else "") is None:
            yield version


def newest_of(parts: Learning, what: What) -> ModelVersion | None:
    """The candidate that was made last."""
    from bot.learning.overview import newest_candidate

    return newest_candidate(parts.registry.candidates(what))


def _measured(app: App, version: ModelVersion, turn: Turn) -> str:
    from bot.learning.evaluating import evaluation
    from bot.learning.opening import measuring
    from bot.learning.putting_forward import onward

    parts = measuring(app.learning)
    try:
        found = evaluation(replace(parts, progress=asking(parts.progress, turn)), version.name)
    except NothingToMeasure as error:
        return str(error)
    step = onward(app.learning, found, BY)
    word = "passed the gate" if found.passed else "did not pass the gate"
    return f"{version.name} {word}" + (f": {step.told}" if step else "")


def promote(app: App, turn: Turn) -> Report:
    """Put forward what passed the gate, as [learning] says, and look at what is tried."""
    from bot.learning.canary import tend

    steps = [*_forward(app.learning)]
    turn.check()
    trials = [trial.told for trial in tend(app.learning, datetime.now(UTC))]
    told = [*steps, *trials]
    return Report("; ".join(told) or "nothing waits", {"steps": steps, "trials": trials})


def _forward(parts: Learning) -> Iterator[str]:
    """What became of candidates that passed; without a policy an operator decides."""
    from bot.learning.gate import standing
    from bot.learning.putting_forward import put_forward

    if not (parts.settings.auto_promote or parts.settings.canary):
        return
    for version in filter(None, [newest_of(parts, what) for what in What]):
        if version.canary or not standing(parts.registry, version).passed:
            continue
        try:
            yield put_forward(parts, version.name, BY).told
        except JobFenced:
            raise
        except (BotError, ModelError) as error:
            yield f"{version.name} could not be put forward: {error}"
