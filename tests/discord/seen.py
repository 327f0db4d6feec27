"""What is seen in the local Discord, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tests.discord.ids import BOT
from tests.discord.refusals import Json


@dataclass(frozen=True)
class Button:
    """A button under a message."""

    label: str
    custom_id: str
    emoji: str = ""
    style: int = 2
    disabled: bool = False
    url: str = ""


@dataclass(frozen=True)
class Shown:
    """A message as it is seen; `raw` as the API gives it."""

    id: str
    channel: str  # where it stands: the thread's id, in a thread
    parent: str  # the channel of that thread, or `channel`
    author: str
    content: str
    drawn: str  # what a person reads: content, embeds, buttons, reactions
    buttons: tuple[Button, ...]
    reactions: Mapping[str, tuple[str, ...]]  # users by emoji
    edited: bool
    deferred: bool  # "… is thinking"
    only_for: str  # seen by this person (id) alone
    replies_to: str  # the message that it answers
    pinged: tuple[str, ...]  # who was notified of it: users, roles, "everyone"
    raw: Json

    @property
    def embeds(self) -> list[Json]:
        """The embeds, as the API gives them."""
        return list(self.raw["embeds"])

    @property
    def nonce(self) -> str:
        """The nonce under which it was sent."""
        return str(self.raw.get("nonce", ""))

    def button(self, what: str) -> Button:
        """The button with this label, emoji or custom_id; an id may be cut off at a ":"."""
        for button in self.buttons:
            if what in (button.label, button.emoji, button.custom_id):
                return button
        for button in self.buttons:
            if what and button.custom_id.startswith(what):
                return button
        raise AssertionError(f"no button {what!r} under {self.drawn!r}")


@dataclass(frozen=True)
class Form:
    """A modal that somebody has open; `raw` as it was sent."""

    person: str  # id
    custom_id: str
    title: str
    fields: tuple[str, ...]  # the custom_ids of what can be filled in
    raw: Json


@dataclass(frozen=True)
class Seen:
    """All that people see at one moment."""

    text: str  # the transcript
    messages: tuple[Shown, ...]
    forms: tuple[Form, ...]  # modals that are open
    typing: Mapping[str, tuple[str, ...]]  # users by the channel or thread in which they type
    shards: int  # that are ready and have a socket
    identified: int  # how often shards identified
    resumed: int  # how often sessions were resumed
    heartbeats: int
    closes: tuple[str, ...]  # why clients were thrown out: "4014: disallowed intents"
    count: int  # of changes

    def __contains__(self, words: str) -> bool:
        return words in self.text

    def by_bot(self, user: str = BOT) -> tuple[Shown, ...]:
        """The messages of the bot."""
        return tuple(message for message in self.messages if message.author == user)

    def message(self, id: str) -> Shown:
        """The message with this id."""
        found = [message for message in self.messages if message.id == id]
        assert found, f"no message {id} among:\n{self.text}"
        return found[0]

    @staticmethod
    def read(told: Json) -> Seen:
        """From what the control API tells."""
        return Seen(
            "\n".join(told["lines"]),
            tuple(shown(message) for message in told["messages"]),
            tuple(Form(**{**form, "fields": tuple(form["fields"])}) for form in told["forms"]),
            {channel: tuple(users) for channel, users in told["typing"].items()},
            told["shards"],
            told["identified"],
            told["resumed"],
            told["heartbeats"],
            tuple(told["closes"]),
            told["count"],
        )


def shown(told: Json) -> Shown:
    """One message from what the control API tells."""
    reactions = {emoji: tuple(users) for emoji, users in told["reactions"].items()}
    buttons = tuple(Button(**button) for button in told["buttons"])
    pinged = tuple(told["pinged"])
    return Shown(**{**told, "reactions": reactions, "buttons": buttons, "pinged": pinged})
