"""What people in a chat may know of learning, and decide about it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from bot.conversation import Place
from bot.errors import WrongUse
from bot.learning.channels import Channels
from bot.learning.words import ModelVersion
from model.examples import What


class SilentBySettings(WrongUse):
    """Learning was chosen for a channel that the settings keep it out of."""

    def __init__(self, channel: str) -> None:
        self.channel = channel
        super().__init__(
            f"Channel {channel}: nothing is learned there as long as it stands in "
            "`silent_channels` of [learning] in the settings. Take it out there."
        )


def nothing() -> None:
    """Nothing is on the disk."""


@dataclass(frozen=True)
class Openness:
    """Where is learned, what came of it, and that it is forgotten. See `Channels` for errors."""

    channels: Channels
    silent: Collection[str]  # channels in which nothing is learned by the settings
    live: Callable[[What], ModelVersion | None]
    forgotten: Callable[[], None] = nothing  # SQL forgot something: the disk has to; at once back

    def learns_in(self, place: Place) -> bool:
        """May what is said in the channel be learned from?"""
        return not self.settled(place) and self.channels.may_learn(place)

    def settled(self, place: Place) -> bool:
        """Do the settings say that nothing is learned there, whatever is chosen?"""
        return place.channel in self.silent

    def choose(self, place: Place, may_learn: bool) -> None:
        """Keep a choice for the channel; what was learned there goes where it may not."""
        self.channels.choose(place, may_learn)
        if not may_learn:
            self.forgotten()

    @property
    def style(self) -> str:
        """The version that does the stylistic tasks it was taught; empty: the base model."""
        version = self.live(What.STYLE)
        return f"{version.name} ({', '.join(version.tasks)})" if version else ""
