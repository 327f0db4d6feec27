"""The port of a source, and how to add one.

A source is a file of this folder. Its file name is its name; its function `source(name, ...)`
builds it, and that function's signature is the schema of its settings (`[sources.NAME]` with
`use = "<file name>"`). Nothing else is edited to add one; `tests/contracts.py` has the
`SourceContract` that every source inherits.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from knowledge.documents import Checkpoint, Item


class Source(Protocol):
    """A place that yields documents."""

    @property
    def name(self) -> str:
        """The name given in the settings."""

    def expected(self) -> int | None:
        """How many documents there are, where that is cheap to know: for time left."""

    def documents(self, since: Checkpoint | None) -> Iterable[Item]:
        """Every document there is now, one at a time, in a stable order.

        A document that `since` already has is yielded as `Unchanged`, at no cost beyond
        finding that out; one that cannot be read as `Unreadable`, and the rest goes on.
        A document that is not yielded is taken to be gone. Raises `SourceUnreadable` when
        the source as a whole cannot be read: then nothing is taken to be gone.
        """
