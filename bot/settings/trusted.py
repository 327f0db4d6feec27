"""The section of tandem.toml that says whose ✅ makes an answer a document."""

from __future__ import annotations

from typing import Literal

from bot.settings.sections import Names, Section


class Trusted(Section):
    """Whose ✅ on a colleague's reply counts: docs/gaps.md. Nobody's: it never does."""

    slack_people: Names = ()
    slack_groups: Names = ()  # user groups, by their ids
    discord_people: Names = ()
    discord_roles: Names = ()  # ids, "<server's id>/<name>"; with one server: names
    policy: Literal["auto", "review"] = "review"  # of what they endorse: a document at once?

    @property
    def anybody(self) -> bool:
        """Is anybody trusted?"""
        return any((self.slack_people, self.slack_groups, self.discord_people, self.discord_roles))

    def people_of(self, platform: str) -> tuple[str, ...]:
        """Who is, by name."""
        return {"slack": self.slack_people, "discord": self.discord_people}.get(platform, ())

    def groups_of(self, platform: str) -> tuple[str, ...]:
        """Whose members are."""
        return {"slack": self.slack_groups, "discord": self.discord_roles}.get(platform, ())
