"""What `/tandem status` says of Discord itself: what the bot may not read, and whom it knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bot import wording
from bot.conversation import Place

DIRECT = "@me"  # the workspace of direct messages


@dataclass(frozen=True)
class Remarks:
    """Sentences for `bot.desk.Desk.remarks`."""

    content: bool  # the app may read what people write
    served: Callable[[str], bool]  # is a server, by its id, one of the team's, or may it be?

    def __call__(self, place: Place) -> Iterator[str]:
        """What is to be said in that place; nothing where all is as usual."""
        if not self.content:
            yield wording.MENTION_ONLY
        if place.workspace != DIRECT and not self.served(place.workspace):
            yield wording.NOT_SERVED
