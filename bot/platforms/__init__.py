"""The port of a platform, and how to add one.

A platform is a file (or a package) of this folder. Its name is its name; its function
`platform(name, ...)` builds it, and that function's signature is the schema of its settings
(`[platforms.NAME]`). Nothing else is edited to add one. It reads an event into a `Post` and hands
it to the desk, which decides whether to speak and keeps it in the inbox; a `Worker` over the
platform's `Stage` (`bot.stage`) answers what lies there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bot.desk import Desk


class Platform(Protocol):
    """Where people speak."""

    @property
    def name(self) -> str:
        """The name given in the settings."""

    async def run(self, desk: Desk) -> None:
        """Listen and answer until cancelled; then leave within 10 s, with nothing lost."""
