"""What people say in a chat, as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

ACCEPTING = frozenset({"✅", "✔", "☑"})  # on a reply: this is the answer; on a question: solved
PLAIN = str.maketrans("", "", "\ufe0f🏻🏼🏽🏾🏿")  # as text or picture, and skin tones


@dataclass(frozen=True)
class Reaction:
    """How many people reacted in one way."""

    emoji: str  # "👍", or the name of the place's own one: ":kiln:"
    count: int

    @property
    def accepts(self) -> bool:
        """Does it mark an answer as accepted?"""
        return self.count > 0 and self.emoji.translate(PLAIN) in ACCEPTING


@dataclass(frozen=True)
class Message:
    """What somebody wrote."""

    id: str
    author: str  # the name that people see
    said_at: datetime  # aware UTC
    text: str  # Markdown, names of people and channels in place of their ids
    link: str
    reactions: tuple[Reaction, ...] = ()
    is_bot: bool = False
    edited_at: datetime | None = None  # aware UTC
    marked: bool = False  # the platform itself says that it is the answer

    @property
    def accepted(self) -> bool:
        """Is it marked as the answer (or, a question, as answered)?"""
        return self.marked or any(reaction.accepts for reaction in self.reactions)

    @property
    def changed_at(self) -> datetime:
        """When it got the words that it has."""
        return max(self.said_at, self.edited_at or self.said_at)


@dataclass(frozen=True)
class Thread:
    """A question with what was said to it, or a conversation outside of threads."""

    key: str  # of its document
    place: str  # as people see it: "#kilns"
    messages: tuple[Message, ...]  # oldest first, at least one; the first is the question
    title: str = ""  # a forum's post has one; else the question's first words are
    tags: tuple[str, ...] = ()  # a forum's post has some
    loose: bool = False  # a conversation outside of threads
    headless: bool = False  # the question is gone, or must not be read: replies are all there is
    link: str = ""  # where it is not that of the first message
