"""Where a service of Atlassian is, and as whom it is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from knowledge.sources._services import site

CLOUD = (".atlassian.net", ".jira.com", "api.atlassian.com")


@dataclass(frozen=True)
class Site(site.Site):
    """A service's address, and a login: a token alone, or of a user."""

    told_cloud: bool | None = None  # None: the host's name tells
    written_as: ClassVar[str] = "https://NAME.atlassian.net, or as your server's address"

    @property
    def cloud(self) -> bool:
        """Does Atlassian run it?"""
        return self.host.endswith(CLOUD) if self.told_cloud is None else self.told_cloud
