"""What happened and when: calls of the Web API, events sent, acknowledged, first answered."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from dataclasses import dataclass, field

from tests.slack.payloads import Json
from tests.slack.settings import Settings

VISIBLE = {
    "chat.postMessage",
    "chat.postEphemeral",
    "chat.startStream",
    "chat.update",
    "assistant.threads.setStatus",
    "agents.sessions.setStatus",
    "reactions.add",
}


@dataclass(frozen=True)
class Call:
    """One call of the Web API; times in seconds of the server's `time.monotonic()`."""

    at: float
    took_s: float
    method: str
    error: str  # empty: it was done
    args: Json


@dataclass
class Sending:
    """One event on its way; times in seconds of the server's `time.monotonic()`."""

    event_id: str
    kind: str  # "events_api", "interactive", "slash_commands"
    payload: Json
    sent_at: float = field(default_factory=time.monotonic)
    tries: int = 0
    acked_at: float | None = None
    reasons: list[str] = field(default_factory=list)  # why tries failed
    given_up: bool = False
    first_sign_at: float | None = None

    @property
    def event(self) -> Json:
        """What the envelope is about; empty for interactions."""
        event = self.payload.get("event")
        return event if isinstance(event, dict) else {}

    @property
    def thread(self) -> tuple[str, str]:
        """The channel and thread that it was said in."""
        event = self.event
        return str(event.get("channel", "")), str(event.get("thread_ts") or event.get("ts", ""))


class Ledger:
    """The latest of each, as many as the settings keep."""

    def __init__(self, settings: Settings) -> None:
        self.keep, self.keep_arguments = settings.keep_events, settings.keep_arguments
        self.calls: deque[Call] = deque(maxlen=settings.keep_calls)
        self.sendings: OrderedDict[str, Sending] = OrderedDict()
        self._waiting: dict[tuple[str, str], list[Sending]] = {}

    def sending(self, sending: Sending) -> None:
        """An event goes out."""
        self.sendings[sending.event_id] = sending
        if sending.event.get("type") in ("app_mention", "message") and not sending.event.get(
            "bot_id"
        ):
            self._waiting.setdefault(sending.thread, []).append(sending)
        while len(self.sendings) > self.keep:
            _, oldest = self.sendings.popitem(last=False)
            self._forget(oldest)

    def _forget(self, sending: Sending) -> None:
        waiting = self._waiting.pop(sending.thread, [])
        if left := [other for other in waiting if other is not sending]:
            self._waiting[sending.thread] = left

    def called(self, method: str, args: Json, began: float, error: str) -> None:
        """A call was answered."""
        kept = args if self.keep_arguments else {}
        self.calls.append(Call(began, time.monotonic() - began, method, error, kept))
        if method in VISIBLE and not error:
            self._sign(args)

    def _sign(self, args: Json) -> None:
        """People see a sign of the bot: the first for all who wait in its thread."""
        channel = str(args.get("channel_id") or args.get("channel", ""))
        thread = str(args.get("thread_ts") or args.get("timestamp") or args.get("ts", ""))
        for sending in self._waiting.pop((channel, thread), []):
            sending.first_sign_at = time.monotonic()
