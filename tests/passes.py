"""Passes over a source one after the other, without an index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from knowledge.documents import Checkpoint, Document, Item, Reached
from knowledge.sources import Source


@dataclass
class Passes:
    """Passes one after the other, and what the index holds after them."""

    source: Source
    held: dict[str, str] = field(default_factory=dict)
    state: str = ""

    def next(self) -> list[Item]:
        items = list(self.source.documents(Checkpoint(dict(self.held), self.state)))
        before, self.held = self.held, {}
        for item in items:
            if isinstance(item, Document):
                self.held[item.key] = item.fingerprint
            elif isinstance(item, Reached):
                self.state = item.state
            elif item.key in before:
                self.held[item.key] = before[item.key]
        return items


def keys(items: Sequence[Item]) -> list[str]:
    return [item.key for item in items if not isinstance(item, Reached)]


def read(items: Sequence[Item]) -> dict[str, str]:
    return {item.key: item.text for item in items if isinstance(item, Document)}
