"""What the source remembers of Notion between two passes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from knowledge.sources._services.memory import Followed

VERSION = 1
LONG = "!"  # ends the mark of a page that is too long


@dataclass(frozen=True)
class Memory(Followed):
    """How far Notion was followed."""

    count: int = 0  # of all pages that its search tells
    lost: tuple[str, ...] = ()  # keys that could not be read
    blank: Mapping[str, str] = field(default_factory=dict)  # without text, or too long: their marks
