"""Where a Zendesk is, and as whom it is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from knowledge.sources._services import site


@dataclass(frozen=True)
class Site(site.Site):
    """A help desk's address, and a login: an OAuth token alone, or an API token of a user."""

    written_as: ClassVar[str] = "https://NAME.zendesk.com"

    @property
    def login(self) -> str:
        """The user's part of a basic login, as Zendesk has it for API tokens."""
        return f"{self.user}/token"
