"""What the source remembers between two passes, of each channel."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from knowledge.sources._services import memory as kept
from knowledge.sources._talk.since import DAY_S

VERSION = 2
PASSES = 20  # after so many, or a day, all is listed
NAMES = 5_000
BLANKS = 5_000


@dataclass(frozen=True)
class Followed:
    """How a channel was left."""

    full_at: float = 0.0  # when all was listed, in seconds since 1970
    passes: int = 0  # since then
    lost: tuple[str, ...] = ()  # threads that could not be read
    blank: Mapping[str, str] = field(default_factory=dict)  # those of no use: mark by ts

    def due(self, now: float) -> bool:
        """Is it time to list all? A clock that went back counts as well."""
        return not 0 <= now - self.full_at < DAY_S or self.passes + 1 >= PASSES


@dataclass(frozen=True)
class Memory:
    """All channels, and the names of those who speak there."""

    channels: Mapping[str, Followed] = field(default_factory=dict)  # by id
    ids: Mapping[str, str] = field(default_factory=dict)  # of channels by name
    names: Mapping[str, str] = field(default_factory=dict)  # see `Names.known`
    names_at: float = 0.0  # since when they are known


def digest(*told: object) -> str:
    """A short mark."""
    return hashlib.blake2b(repr(told).encode("utf-8", "replace"), digest_size=8).hexdigest()


def written(memory: Memory, form: str) -> str:
    """The memory in words; it is good only for the settings of this form."""
    names = dict(list(memory.names.items())[:NAMES])
    return kept.written(replace(memory, names=names), VERSION, form)


def read(state: str, form: str) -> Memory:
    """The memory; an empty one of what is broken, or of other settings."""
    return kept.read(Memory, state, VERSION, form)
