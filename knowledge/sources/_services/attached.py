"""Files on pages: what they hold, or why they cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from knowledge import reading
from knowledge.documents import Unreadable
from knowledge.net.asking import MEBIBYTE
from knowledge.net.errors import NetError
from knowledge.reading.plain import Content, NotReadable
from knowledge.sources._services.refusals import whole

READABLE = frozenset({*reading.BY_SUFFIX, ".txt", ".text", ".log"})


def readable(name: str) -> bool:
    """Is it of a format that can be read? Pictures, drawings and recordings are passed over."""
    return PurePosixPath(name.lower()).suffix in READABLE


@dataclass(frozen=True)
class Attached:
    """A file that was listed; nothing of it was read."""

    key: str  # of its document
    name: str  # with its ending
    size: int  # bytes
    content: Callable[[], bytes]  # raises `NetError`

    def read(self, max_bytes: int) -> Content | Unreadable:
        """What it holds. Raises `NetError` when the service itself is not there."""
        if self.size > max_bytes:
            most = f"is over {max_bytes / MEBIBYTE:g} MiB"
            return Unreadable(self.key, f"{most}; raise `max_bytes` or leave files out")
        try:
            return reading.read(self.content(), self.name)
        except NotReadable as error:
            return Unreadable(self.key, error.reason)
        except NetError as error:
            if whole(error):
                raise
            return Unreadable(self.key, error.reason)
