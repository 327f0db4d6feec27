"""What else of the app people see, and with which keys: views, statuses, sessions, triggers."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field

from tests.slack.payloads import Json, Refused
from tests.slack.settings import Settings


@dataclass
class Trigger:
    """What lets an app open a modal, once and soon."""

    user: str
    made_at: float = field(default_factory=time.monotonic)
    used: bool = False


@dataclass
class ResponseUrl:
    """What lets an app answer an interaction, a few times."""

    channel: str
    user: str
    ts: str = ""  # the message that it belongs to
    only_for: str = ""  # that message is seen by this person alone
    made_at: float = field(default_factory=time.monotonic)
    uses: int = 0


@dataclass(frozen=True)
class Status:
    """What the app says that it does."""

    text: str
    loading: tuple[str, ...]
    set_at: float


@dataclass
class Session:
    """A thread as the agent's session."""

    status: str
    title: str = ""


class Surfaces:
    """Everything of the app that is no message."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.views: dict[str, list[Json]] = {}  # the modals of a person, the top one last
        self.homes: dict[str, Json] = {}
        self.sessions: dict[tuple[str, str], Session] = {}
        self.prompts: dict[tuple[str, str], Json] = {}
        self.titles: dict[tuple[str, str], str] = {}
        self._statuses: dict[tuple[str, str], Status] = {}

    def trigger(self, user: str) -> str:
        """A new trigger for what this person just did."""
        id = f"{time.monotonic_ns()}.{uuid.uuid4().hex[:12]}"
        self.triggers = dict(list(self.triggers.items())[-999:]) | {id: Trigger(user)}
        return id

    def exchange(self, id: str) -> str:
        """Whose trigger it was; it is used up. Refuses what is unknown, used, or old."""
        trigger = self.triggers.get(id)
        if trigger is None:
            raise Refused("invalid_trigger_id")
        if trigger.used:
            raise Refused("exchanged_trigger_id")
        if time.monotonic() - trigger.made_at > self.settings.trigger_age_s:
            raise Refused("expired_trigger_id")
        trigger.used = True
        return trigger.user

    def response_url(self, made: ResponseUrl) -> str:
        """The key of a new response URL."""
        key = uuid.uuid4().hex
        self.response_urls = dict(list(self.response_urls.items())[-999:]) | {key: made}
        return key

    def use(self, key: str) -> ResponseUrl:
        """What a response URL belongs to. Refuses what is unknown, worn out, or old."""
        url = self.response_urls.get(key)
        if url is None or time.monotonic() - url.made_at > self.settings.response_url_age_s:
            raise Refused("expired_url")
        if url.uses >= self.settings.response_url_uses:
            raise Refused("used_url")
        url.uses += 1
        return url

    def set_status(self, channel: str, thread: str, text: str, loading: tuple[str, ...]) -> None:
        """Show a status; an empty one takes it away."""
        self.clear_status(channel, thread)
        if text:
            self._statuses[channel, thread] = Status(text, loading, time.monotonic())

    def clear_status(self, channel: str, thread: str) -> None:
        """The app said something: its status goes."""
        self._statuses.pop((channel, thread), None)

    @property
    def statuses(self) -> dict[tuple[str, str], Status]:
        """Those that people see now."""
        oldest = time.monotonic() - self.settings.status_age_s
        self._statuses = {k: s for k, s in self._statuses.items() if s.set_at >= oldest}
        return self._statuses
