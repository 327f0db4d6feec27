"""What is remembered between two passes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from knowledge.sources._services.memory import Followed
from knowledge.sources._services.memory import read as read_memory
from knowledge.sources._services.memory import written as written_memory

VERSION = 1
OVERLAP_MIN = 30  # the search index lags behind, and clocks differ


@dataclass(frozen=True)
class Memory(Followed):
    """How far the service was followed."""

    count: int = -1  # of all that the search finds; -1: not told
    lost: tuple[str, ...] = ()  # keys that could not be read
    blank: Mapping[str, str] = field(default_factory=dict)  # without text, by key: fingerprint
    hidden: tuple[str, ...] = ()  # restricted ones

    def minutes(self, now: float) -> int:
        """How far back changes are asked for. Minutes have no time zone, as dates here have."""
        return max(0, math.ceil((now - self.since) / 60)) + OVERLAP_MIN


def written(memory: Memory, form: str) -> str:
    """The memory in words; it is good only for the settings of this form."""
    return written_memory(memory, VERSION, form)


def read(state: str, form: str) -> Memory:
    """The memory; an empty one of what is broken, or of other settings."""
    return read_memory(Memory, state, VERSION, form)
