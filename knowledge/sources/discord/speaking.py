"""Discord's messages as what people said: in Markdown, with names, without what is not read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from knowledge.reading.plain import one_line
from knowledge.sources._talk import words
from knowledge.sources._talk.words import Reaction
from knowledge.sources.discord.markup import Names, markdown, quoted
from knowledge.sources.discord.payloads import (
    FORWARD,
    REPLY,
    SAID,
    Embed,
    Message,
    Reacted,
    Words,
)

WEB = "https://discord.com/channels"


@dataclass(frozen=True)
class Said:
    """A message of a list. `words`: None where it is not read (a bot's, our own, a notice)."""

    id: int
    author: int
    at: datetime
    notice: bool = False  # Discord's own: somebody came, something was pinned
    ours: bool = False
    replies_to: int = 0  # the id of another message, in the same place
    threaded: bool = False  # a thread was begun on it
    words: words.Message | None = None


@dataclass(frozen=True)
class Hearing:
    """In which place messages were said, and whose are heard. All ids are Discord's."""

    guild: int
    channel: int
    own: int  # the bot's
    bots: bool
    names: Names

    @property
    def link(self) -> str:
        """Where people see the place."""
        return f"{WEB}/{self.guild}/{self.channel}"

    def within(self, thread: int) -> Hearing:
        """The same in a thread."""
        return replace(self, channel=thread)

    def said(self, message: Message) -> Said:
        """A message of the list."""
        told = message.message_reference
        reply = message.type == REPLY and told is not None and told.channel_id == self.channel
        answered = told.message_id if reply and told is not None else None
        notice, ours = message.type not in SAID, message.author.id == self.own
        return Said(
            message.id,
            message.author.id,
            message.timestamp,
            notice,
            ours,
            answered or 0,
            message.thread is not None,
            self.words(message, self.channel) if not notice and self.hears(message) else None,
        )

    def hears(self, message: Message) -> bool:
        """Is what this one wrote read?"""
        if message.author.id == self.own:
            return False
        return self.bots or not (message.author.bot or message.webhook_id)

    def words(self, message: Message, channel: int) -> words.Message:
        """What was said, by whom and when, and how it was received."""
        return words.Message(
            str(message.id),
            message.author.name,
            message.timestamp,
            "\n\n".join(part for part in self.parts(message) if part),
            f"{WEB}/{self.guild}/{channel}/{message.id}",
            tuple(reaction(one) for one in message.reactions if one.count > one.me),
            message.author.bot or message.webhook_id is not None,
            message.edited_timestamp,
        )

    def parts(self, message: Message) -> Iterator[str]:
        """Its text, what it forwards, and what lies beside it."""
        yield from self.text(message)
        told = message.message_reference
        if told is not None and told.type == FORWARD:
            for shot in message.message_snapshots:
                yield quoted("\n\n".join(("Forwarded:", *self.text(shot.message))))

    def text(self, message: Words) -> Iterator[str]:
        """The words of a message: its own, those of its boxes and poll; the names of files."""
        users = {user.id: user.name for user in message.mentions}
        names = replace(self.names, users=users)
        yield markdown(message.content, names)
        yield from (boxed(box, names) for box in message.embeds if box.type == "rich")
        if message.poll is not None:
            choices = (one.poll_media.text or "" for one in message.poll.answers)
            asked = f"Poll: {one_line(message.poll.question.text or '')}"
            yield "\n".join((asked, *(f"- {one_line(text)}" for text in choices)))
        if message.attachments:
            files = ", ".join(one_line(file.filename) for file in message.attachments)
            yield f"Files: {files}"


def boxed(box: Embed, names: Names) -> str:
    """A box of a bot's own words."""
    parts = [f"**{one_line(box.title)}**" if box.title else ""]
    parts.append(markdown(box.description or "", names))
    parts += [f"{one_line(one.name)}: {markdown(one.value, names)}" for one in box.fields]
    return "\n\n".join(part for part in parts if part)


def reaction(one: Reacted) -> Reaction:
    """How many people reacted so, without ourselves."""
    name = one.emoji.name or "a deleted emoji"
    return Reaction(f":{name}:" if one.emoji.id else name, one.count - one.me)


def is_bare(said: Sequence[Said]) -> bool:
    """Did we alone answer? A question without an answer would be found first for itself."""
    people = {one.author for one in said if one.words is not None}
    return any(one.ours for one in said) and len(people) < 2
