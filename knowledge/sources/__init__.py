"""The port of a source, and how to add one.

A source is a file of this folder. Its file name is its name; its function `source(name, ...)`
builds it, and that function's signature is the schema of its settings (`[sources.NAME]` with
`use = "<file name>"`). One that takes `cache: Path` is given the cache folder, and one with
`watched` and `concerns` (see `bot.watching.Watched`) is read when its folder changes. Nothing
else is edited to add one; `tests/contracts.py` has the `SourceContract` that each inherits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, runtime_checkable

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
        A document that is not yielded is taken to be gone; what a source could not see this
        time it yields as `Unchanged`. Raises `SourceUnreadable` when the source as a whole
        cannot be read: then nothing is taken to be gone.

        A source that asks its service only for what changed since yields `Reached` last, and
        the next pass finds those words in `since.state`. What it yielded as `Unreadable` it
        must ask for again: so it remembers that too.
        """


Allowed = Callable[[str, str, str], bool]
"""May a channel be read? By its platform ("slack"), workspace and id, as `Place` has them."""


@runtime_checkable
class OfChannels(Source, Protocol):
    """A source that reads what people say in a chat's channels."""

    def within(self, allowed: Allowed) -> Source:
        """The same, for the channels that `allowed` lets it read; it is asked in every pass.

        A channel that may not be read is not asked for; of what was read of it nothing is
        yielded, so that it is forgotten. Threads follow their channel. What `allowed` raises
        passes through: then nothing is taken to be gone.
        """
