"""What could not be read: of one page it is told, of several in a row it is the service."""

from __future__ import annotations

from dataclasses import dataclass, field

from knowledge.documents import Unreadable
from knowledge.net.errors import NetError, Unreached
from knowledge.sources._services.refusals import whole

MOST = 3  # failures in a row


@dataclass
class Trouble:
    """What a pass could not read, to be asked for again."""

    lost: set[str] = field(default_factory=set)  # keys
    row: int = 0  # failures one after the other

    def passed(self) -> None:
        """Something was read."""
        self.row = 0

    def met(self, key: str, error: NetError) -> Unreadable:
        """What is told of a failure; raises it where the service itself fails."""
        self.row += isinstance(error, Unreached)
        if whole(error) or self.row >= MOST:
            raise error
        return self.unread(key, error.reason)

    def unread(self, key: str, reason: str) -> Unreadable:
        """What is told of a page that cannot be read."""
        self.lost.add(key)
        return Unreadable(key, reason)
