"""What comes of a version that passed the gate: a trial, or its promotion, where that is set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.learning.canary import TRIED, begin_trial
from bot.learning.promoting import BASE, indexed_for, promote
from bot.learning.words import Evaluation, ModelVersion, State

if TYPE_CHECKING:
    from bot.learning.parts import Learning

PASSED = "it passed the gate"


@dataclass(frozen=True)
class Step:
    """What was done with a version, or what is to be done by whoever decides."""

    version: ModelVersion  # as it stands now
    told: str  # in a sentence
    command: str = ""  # that is to be run next; empty: there is none


def onward(parts: Learning, found: Evaluation, by: str, leave: bool = False) -> Step | None:
    """The step after an evaluation; None: the gate is shut.

    `leave`: nothing is done, whatever is set. Raises as `put_forward` does.
    """
    if not found.passed:
        return None
    version = parts.registry.version(found.version)
    live = parts.registry.live(version.what)
    against = live.name if live else ""
    if found.against != against:
        command = f"tandem evaluate {version.name}"
        told = f"Now {against or BASE} is live: `{command}` measures it against that."
        return Step(version, told, command)
    return offered(version) if leave else put_forward(parts, version.name, by)


def put_forward(parts: Learning, name: str, by: str) -> Step:
    """Try a version that passed, or make it live, as far as that is set; else say how to.

    A retriever searches for all or for none: no share of the places tries it. One that was
    refused, or live before, is left to an operator. Raises as `promote` and `reindex` do.
    """
    version, mine = parts.registry.version(name), parts.settings
    if version.state is not State.CANDIDATE:
        return offered(version)
    if version.canary:
        return Step(version, f"{name} is tried on {version.canary:.0%} of the places already.")
    if mine.canary and version.what in TRIED:
        tried = begin_trial(parts, name, mine.canary)
        told = f"{name} is tried on {tried.canary:.0%} of the places from now on: `learning.canary`"
        return Step(tried, f"{told}.")
    if mine.auto_promote:
        made = promote(parts, name, by, PASSED)
        indexed_for(parts, made.what)
        return Step(made, f"{name} is live: `learning.auto_promote`.")
    return offered(version)


def offered(version: ModelVersion) -> Step:
    """How an operator makes it live."""
    command = f"tandem promote {version.name}"
    if version.state is State.REFUSED:
        command = f'{command} --force --why "…"'
        why = f"It was refused ({version.why or 'nobody said why'})"
        return Step(version, f"{why}: `{command}` overrules that.", command)
    told = f"`{command}` makes it live"
    if version.state is State.CANDIDATE and version.what in TRIED:
        told += ", with `--canary 0.1` for a tenth of the places at first"
    return Step(version, f"{told}.", command)
