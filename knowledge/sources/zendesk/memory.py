"""What is remembered of a Zendesk between two passes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from knowledge.sources._services.memory import Followed

VERSION = 1
OVERLAP_S = 1800.0  # changes are asked for from so long before: lists take time, and clocks differ


@dataclass(frozen=True)
class Memory(Followed):
    """How far a Zendesk was followed; of articles, what `Followed` has."""

    counts: Mapping[str, int] = field(default_factory=dict)  # of articles, by locale
    lost: tuple[str, ...] = ()  # keys that could not be read
    cursor: str = ""  # of the export of tickets
    exported_at: float = 0.0  # when it was begun anew, in seconds since 1970

    @property
    def start(self) -> float:
        """Since when changed articles are asked for."""
        return self.since - OVERLAP_S
