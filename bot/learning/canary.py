"""Candidates that a share of the places is given first, and what the votes say of them.

Nobody decides alone. Of one person the newest three votes count on each side
(`bot.learning.trial_votes`), and a candidate is worse only if it would be so without the votes
of any one person. With `canary_votes` = 20 a trial so needs seven people on either side.

The votes are looked at whenever one comes, so a candidate that is no worse is refused more often
than at one look: simulated with 100 votes on it, nine on the other side to each, and one thumb
down in five, in 9 of 100 trials where nobody votes twice, and 6 where each votes three times. Of
candidates with twice as many thumbs down, 99 of 100 are found, after about 24 and 29 votes. A
refusal costs little: what is live goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from bot.errors import BotError
from bot.learning.promoting import cleared, offer, promote
from bot.learning.words import ModelVersion, Votes
from model.errors import ModelError
from model.examples import What

if TYPE_CHECKING:
    from bot.learning.parts import Learning

log = logging.getLogger(__name__)

TRIED = (What.STYLE, What.ANSWERS)  # a retriever searches for all, or for none
SURE = 0.05  # the chance of an error that is taken


class Finding(StrEnum):
    """What the votes say of a candidate."""

    EARLY = "too few votes"
    WORSE = "worse"  # significantly more thumbs down: it was refused
    HOLDS = "not worse"


@dataclass(frozen=True)
class Trial:
    """A candidate beside what is live: the votes on their answers of the same time."""

    version: str
    against: str  # empty: the base model
    theirs: Votes  # that count
    others: Votes
    p: float  # that chance gives it so many more thumbs down, without the one who speaks most so
    finding: Finding

    @property
    def told(self) -> str:
        """A sentence for the log and the registry."""
        return (
            f"{self.version} has {self.theirs.down} thumbs down of {_all(self.theirs)}, "
            f"{self.against or 'the base model'} {self.others.down} of {_all(self.others)} "
            f"(p = {self.p:.3f}): {self.finding}"
        )


class Tries(Protocol):
    """What knows the candidates on trial, as `bot.learning.serving.Writers`."""

    @property
    def tried(self) -> frozenset[str]:
        """Their names, as last known."""

    def refresh(self) -> None:
        """Look, if that was not done just now."""


class Trials:
    """Looks at a candidate's votes whenever one of its answers is voted on."""

    def __init__(self, parts: Learning, serves: Tries) -> None:
        self._parts, self._serves = parts, serves

    def voted(self, interaction: int) -> None:
        """A verdict was kept on it; that this fails is no failure of the vote."""
        try:
            self._serves.refresh()
            tried = self._serves.tried
            if tried and (name := self._parts.app.store.written_by(interaction)) in tried:
                self._look(self._parts.registry.version(name))
        except BotError as error:
            log.warning("the votes on a candidate could not be looked at: %s", error)

    def _look(self, version: ModelVersion) -> None:
        if version.canary > 0:  # it may have been taken off just now
            looked_at(self._parts, version, datetime.now(UTC))


def begin_trial(
    parts: Learning, name: str, share: float, why: str = "", forced: bool = False
) -> ModelVersion:
    """Serve a candidate to a share of the places (0: to none any more). Raises as `promote`."""
    registry = parts.registry
    version = registry.version(name)
    if share > 0:
        live = registry.live(version.what)
        cleared(registry, version, live.name if live else "", why, forced)
        offer(parts.app.models, version)
    return registry.set_canary(name, share)


def tend(parts: Learning, now: datetime) -> Sequence[Trial]:
    """What the schedule does with trials: end those that are worse; promote the others, if set.

    Without `auto_promote` one that is not worse stays a candidate, and an operator decides.
    """
    trials = roll_back_worse(parts, now)
    for trial in trials:
        if trial.finding is Finding.HOLDS and parts.settings.auto_promote:
            try:
                promote(parts, trial.version, "schedule", trial.told)
            except (BotError, ModelError) as error:
                log.warning("%s could not be promoted: %s", trial.version, error)
    return trials


def roll_back_worse(parts: Learning, now: datetime) -> Sequence[Trial]:
    """Refuse the candidates that are significantly worse; gives how all of them stand."""
    return [
        looked_at(parts, version, now)
        for what in TRIED
        for version in parts.registry.candidates(what)
        if version.canary > 0
    ]


def looked_at(parts: Learning, version: ModelVersion, now: datetime) -> Trial:
    """How a candidate stands; one that is worse is refused."""
    trial = trial_of(parts, version)
    if trial.finding is Finding.WORSE:
        told = f"On {now:%d %b %Y} the votes said: {trial.told}"
        parts.registry.refuse(trial.version, told)
        log.error("%s; it is not served any more", trial.told)
    elif trial.finding is Finding.HOLDS:
        log.info("%s; `tandem promote %s` makes it live", trial.told, trial.version)
    return trial


def trial_of(parts: Learning, version: ModelVersion) -> Trial:
    """How a candidate stands beside what is live."""
    from bot.learning.trial_votes import trial_votes  # SQL, for those who need it

    live = parts.registry.live(version.what)
    against = live.name if live else ""
    found = trial_votes(parts.app.sessions, version, against)
    theirs, others = together(found.theirs), together(found.others)
    p = more_down_without_one(found.theirs, others)
    finding = judged(theirs, others, p, parts.settings.canary_votes)
    return Trial(version.name, against, theirs, others, p, finding)


def judged(theirs: Votes, others: Votes, p: float, enough: int) -> Finding:
    """What so many votes say."""
    if min(_all(theirs), _all(others)) < enough:
        return Finding.EARLY
    return Finding.WORSE if p < SURE else Finding.HOLDS


def together(people: Sequence[Votes]) -> Votes:
    """The votes of all of them."""
    return Votes(sum(one.up for one in people), sum(one.down for one in people))


def more_down_without_one(theirs: Sequence[Votes], others: Votes) -> float:
    """The chance as `more_down` has it, without the person who makes it least."""
    whole = together(theirs)
    left = {Votes(whole.up - one.up, whole.down - one.down) for one in theirs} or {whole}
    return max(more_down(votes, others) for votes in left)


def more_down(theirs: Votes, others: Votes) -> float:
    """The chance of so large a share of thumbs down if both were alike: Fisher's exact test."""
    from scipy.stats import fisher_exact

    table = [[theirs.down, theirs.up], [others.down, others.up]]
    return float(fisher_exact(table, alternative="greater")[1])


def _all(votes: Votes) -> int:
    return votes.up + votes.down
