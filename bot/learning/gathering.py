"""Gathers what a harvest draws from: the answers that changed, and all that stand with them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.conversation import Feedback, Interaction
from bot.errors import UnknownInteraction
from bot.learning.book_words import Voted
from bot.learning.known import Known, Spot, Words, words_at
from bot.learning.readings import Reading, read_alone, reading
from model.examples import Origin

if TYPE_CHECKING:
    from bot.harvest import HarvestParts


@dataclass
class Gathered:
    """What a batch of changed answers touches."""

    readings: dict[int, Reading] = field(default_factory=dict)  # by interaction
    beside: set[int] = field(default_factory=set)  # interactions whose examples stand with these
    said: defaultdict[Words, set[int]] = field(default_factory=lambda: defaultdict(set))
    """Which interactions asked in these words, votes or not; all may be learned from."""
    askers: dict[int, str] = field(default_factory=dict)  # "slack:U1", by interaction


def gathered(
    parts: HarvestParts, known: Known, batch: Sequence[Voted], skipped: Counter[str]
) -> Gathered:
    """What these votes touch; answers that give nothing are counted in `skipped`, by reason."""
    gathering = Gathering(parts, known, skipped)
    gathering.gather(batch)
    return gathering.found


class Gathering:
    """One batch."""

    def __init__(self, parts: HarvestParts, known: Known, skipped: Counter[str]) -> None:
        self.parts, self.known, self.skipped = parts, known, skipped
        self.found = Gathered()

    def gather(self, batch: Sequence[Voted]) -> None:
        """The changed answers, and those that stand with them, now or before."""
        readings = self.found.readings
        for voted in sorted(batch, key=lambda each: each.id):
            if voted.interaction is not None:
                self._put(voted.interaction, voted.verdicts, counted=True)
        spots = {spot for voted in batch for spot in self.known.spots(voted.id)}
        spots |= {spot_read(self.known, each) for each in readings.values()}
        spots |= {spot for voted in batch if (spot := self._left(voted)) is not None}
        under = [e for words in set(map(words_at, spots)) for e in self.known.under(words)]
        self.found.beside = {id for example in under for id in example.interactions}
        for id in sorted(self.found.beside - {voted.id for voted in batch}):
            self._put_kept(id)
        for id in sorted(readings):
            self._let_stand(readings[id])

    def _let_stand(self, read: Reading) -> None:
        """Words that nobody stands for any more are left for those of the oldest answer here."""
        words = words_at(spot_read(self.known, read))
        filed = any(e.origin is Origin.IMPORT for e in self.known.under(words))
        if words not in self.found.said and not filed:
            self.known.instead(words, read.wish_and_text[1])

    def _left(self, voted: Voted) -> Spot | None:
        """Where an answer stood from which nothing is learned any more."""
        if voted.id in self.found.readings or voted.interaction is None:
            return None
        asked, tasks = voted.interaction, self.parts.tasks
        read = read_alone(asked, voted.verdicts, self._first(asked), tasks)
        if not isinstance(read, Reading):
            return None
        wish, text = read.wish_and_text
        found = self.known.found(read.what, read.task_name, text)
        return read.what, read.task_name, wish, found

    def _put_kept(self, id: int) -> None:
        try:
            interaction = self.parts.memory.interaction(id)
        except UnknownInteraction:  # deleted meanwhile
            return
        self._put(interaction, self.parts.memory.verdicts(id), counted=False)

    def _put(self, interaction: Interaction, verdicts: Sequence[Feedback], counted: bool) -> None:
        first = self._first(interaction)
        found = reading(interaction, verdicts, first, self.parts.tasks, self.parts.consent)
        if isinstance(found, Reading):
            self.found.readings[interaction.id] = found
        elif counted:
            self.skipped[found] += 1
        self.found.askers[interaction.id] = asker_of(interaction)
        read = found if isinstance(found, Reading) else self._voteless(interaction, first)
        if read is not None:
            words = (read.what, read.task_name, read.wish_and_text[1])
            self.found.said[words].add(first.id)

    def _voteless(self, interaction: Interaction, first: Interaction) -> Reading | None:
        """Words that may stand for others', vote or no vote; None: nobody may learn from them."""
        consent = self.parts.consent
        if consent.refused(interaction) or consent.refused(first):
            return None
        read = read_alone(interaction, (), first, self.parts.tasks)
        return read if isinstance(read, Reading) else None

    def _first(self, interaction: Interaction) -> Interaction:
        """The interaction whose answer was given again, as long as it is kept."""
        earlier = interaction.answer.cached_from
        try:
            first = self.parts.memory.interaction(earlier.interaction) if earlier else interaction
        except UnknownInteraction:
            first = interaction
        self.found.askers[first.id] = asker_of(first)
        return first


def spot_read(known: Known, read: Reading) -> Spot:
    """Where an answer stands, from now on perhaps under its own words."""
    wish, text = read.wish_and_text
    return read.what, read.task_name, wish, known.text(read.what, read.task_name, text)


def asker_of(interaction: Interaction) -> str:
    """Who asked: "slack:U1"."""
    return f"{interaction.question.place.platform}:{interaction.question.asker}"
