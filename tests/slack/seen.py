"""What is seen in the local Slack, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tests.slack.payloads import Json


@dataclass(frozen=True)
class Answered:
    """What the app made of a click, a command, or a form."""

    acked: bool
    payload: Json
    errors: Json  # of a form, by block


@dataclass(frozen=True)
class Shown:
    """A message as it is seen; `raw` as the API gives it."""

    channel: str
    ts: str
    thread_ts: str
    user: str
    bot_id: str
    text: str
    drawn: str  # what a person reads: blocks where there are some
    streaming: bool
    only_for: str  # seen by this person alone
    raw: Json

    @property
    def blocks(self) -> list[Json]:
        """The blocks, with what was streamed first."""
        return list(self.raw["blocks"])


@dataclass(frozen=True)
class Seen:
    """All that people see at one moment."""

    text: str  # the transcript
    messages: tuple[Shown, ...]
    views: Mapping[str, list[Json]]  # the modals of each person (by id), the top one last
    homes: Mapping[str, Json]
    statuses: Mapping[str, str]  # by "channel thread"
    sessions: Mapping[str, Json]  # by "channel thread": status, title
    prompts: Mapping[str, Json]  # by "channel thread"
    titles: Mapping[str, str]  # by "channel thread"
    sockets: int
    count: int  # of changes

    def __contains__(self, words: str) -> bool:
        return words in self.text

    def by_bot(self, user: str = "U0TANDEM") -> tuple[Shown, ...]:
        """The messages of the bot."""
        return tuple(message for message in self.messages if message.user == user)

    @staticmethod
    def read(told: Json) -> Seen:
        """From what the control API tells."""
        return Seen(
            "\n".join(told["lines"]),
            tuple(shown(message) for message in told["messages"]),
            told["views"],
            told["homes"],
            told["statuses"],
            told["sessions"],
            told["prompts"],
            told["titles"],
            told["sockets"],
            told["count"],
        )


def shown(told: Json) -> Shown:
    """One message from what the control API tells."""
    return Shown(
        told["channel"],
        told["ts"],
        told.get("thread_ts", ""),
        told["user"],
        told.get("bot_id", ""),
        told["text"],
        told["drawn"],
        told["streaming"],
        told["only_for"],
        told,
    )
