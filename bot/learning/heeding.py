"""What a verdict changes at once, before any harvest: moved passages, and answers given again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.conversation import Feedback, Interaction, Mode, Verdict
from bot.errors import UnknownInteraction
from bot.learning.curated import DISLIKED, CuratedShelf
from bot.learning.lessons import Memory
from bot.learning.masking import masked
from bot.learning.preferences import judgements
from bot.learning.readings import Consent, Reading, reading
from bot.learning.words import Curated, Judged
from model.examples import Review, What


class Shelf(CuratedShelf, Protocol):
    """Where it is kept."""

    def judge(self, interaction: int, judged: Sequence[Judged]) -> None:
        """The judged passages of an interaction become these. Raises `UnknownInteraction`."""

    def curated_of(self, interaction: int) -> Curated | None:
        """The curated answer that a correction there gave; None: there is none."""

    def curate(self, curated: Curated | None, interaction: int) -> None:
        """The curated answer of an interaction. Raises `UnknownInteraction`."""


@dataclass(frozen=True)
class Heeding:
    """Brings what follows from the verdicts on one answer in step; done twice, it is the same.

    The harvest comes to the same later, and makes examples besides.
    """

    shelf: Shelf
    memory: Memory
    consent: Callable[[], Consent]

    def voted(self, id: int) -> None:
        """The verdicts on an interaction are others now. Raises `BotError`."""
        try:
            interaction = self.memory.interaction(id)
            if interaction.route.mode is not Mode.RAG:  # no passage, and no correction to give
                return
            verdicts = self.memory.verdicts(id)
            self.shelf.judge(id, self._judged(interaction, verdicts))
            self._withdraw(interaction, verdicts)
        except UnknownInteraction:  # deleted meanwhile, and all that hung on it
            return
        self._doubt(interaction, verdicts)

    def _judged(self, interaction: Interaction, verdicts: Sequence[Feedback]) -> list[Judged]:
        read = reading(interaction, verdicts, interaction, {}, self.consent())
        if not isinstance(read, Reading) or read.what is not What.ANSWERS:
            return []
        return judgements(interaction, read.verdicts)

    def _withdraw(self, interaction: Interaction, verdicts: Sequence[Feedback]) -> None:
        """A correction that nobody stands by is given to nobody."""
        curated = self.shelf.curated_of(interaction.id)
        if curated is not None and not stands(curated, verdicts):
            self.shelf.curate(None, interaction.id)

    def _doubt(self, interaction: Interaction, verdicts: Sequence[Feedback]) -> None:
        """One thumbs-down where it was given again, and a person decides on it anew."""
        first = interaction.answer.curated_from
        if first is None or all(v.verdict is not Verdict.DOWN for v in verdicts):
            return
        curated = self.shelf.curated_of(first)
        if curated is not None and curated.review is Review.ACCEPTED:
            self.shelf.doubt_curated(curated.id, DISLIKED)


def stands(curated: Curated, verdicts: Sequence[Feedback]) -> bool:
    """Does its author still say so? Other words of theirs wait for the next harvest."""
    own = [v for v in verdicts if curated.author.partition(":")[2] == v.author]
    return any(masked(v.correction.strip()).text == curated.answer for v in own)
