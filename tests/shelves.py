"""A shelf of examples in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.learning.book_words import Kept
from bot.learning.book_words import Wanted as ExamplesWanted
from model.examples import Example


@dataclass
class FakeShelf:
    """Examples in memory."""

    held: list[Example]

    def examples(self, wanted: ExamplesWanted | None = None) -> list[Example]:
        """Those that are wanted, newest first."""
        asked = wanted or ExamplesWanted()
        told = ("what", "task", "review", "held_out")
        limits = {name: getattr(asked, name) for name in told if getattr(asked, name) is not None}
        found = [e for e in self.held if all(getattr(e, n) == v for n, v in limits.items())]
        before = [e for e in found if asked.before_id is None or e.id < asked.before_id]
        return sorted(before, key=lambda example: -example.id)[: asked.limit]

    def keep(
        self, examples: Sequence[Example], people: Mapping[int, Sequence[str]] | None = None
    ) -> Kept:
        """Keep them, in no other way than they came."""
        self.held += [replace(e, id=len(self.held) + n) for n, e in enumerate(examples, 1)]
        return Kept(added=len(examples))
