"""The names of people and channels, each asked for once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from knowledge.reading.plain import one_line
from knowledge.sources.slack.api import Json, Slack, entry
from knowledge.sources.slack.trouble import Told

MOST = 5000  # names that are remembered between passes
UNTOLD = frozenset({"user_not_found", "user_not_visible", "users_not_found", "user_is_bot"})


@dataclass
class Names:
    """`known` may be remembered. The methods raise `NetError`."""

    slack: Slack
    known: dict[str, str] = field(default_factory=dict)

    def person(self, id: str) -> str:
        """What a person is called; the id of one whom Slack does not tell of."""
        return self.named(f"@{id}", lambda: self.asked_person(id))

    def channel(self, id: str) -> str:
        """What a channel is called, without `#`; the id of one that we may not see."""
        return self.named(f"#{id}", lambda: self.asked_channel(id))

    def named(self, key: str, ask: Callable[[], str]) -> str:
        """A name that was asked for before, or is now."""
        if key not in self.known:
            self.known[key] = ask()
        return self.known[key]

    def asked_person(self, id: str) -> str:
        """As the profile shows it."""
        try:
            answer = self.slack.call("users.info", user=id)
        except Told as error:
            if error.code not in UNTOLD:
                raise
            return id
        told = entry(answer, "user")
        if told.get("id") != id:
            raise answer.garbled("answered another person than was asked for")
        return shown(told) or id

    def asked_channel(self, id: str) -> str:
        """As it is called now."""
        try:
            answer = self.slack.call("conversations.info", channel=id)
        except Told as error:
            if not error.of_channel:
                raise
            return id
        return one_line(str(entry(answer, "channel").get("name") or id))


def shown(user: Json) -> str:
    """The name that people see."""
    profile = user.get("profile")
    told = profile if isinstance(profile, Mapping) else {}
    names = (told.get("display_name"), told.get("real_name"), user.get("real_name"))
    return next((one_line(str(name)) for name in (*names, user.get("name")) if name), "")
