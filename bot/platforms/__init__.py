"""The port of a platform, and how to add one.

A platform is a file (or a package) of this folder. Its name is its name; its function
`platform(name, ...)` builds it, and that function's signature is the schema of its settings
(`[platforms.NAME]`). Nothing else is edited to add one. It reads an event into a `Question` (or a
reason for staying silent), asks the assistant in a worker thread, and draws the interaction.
"""

from __future__ import annotations

from typing import Protocol

from bot.assistant import Assistant


class Platform(Protocol):
    """Where people speak."""

    @property
    def name(self) -> str:
        """The name given in the settings."""

    async def run(self, assistant: Assistant) -> None:
        """Listen and answer until cancelled."""
