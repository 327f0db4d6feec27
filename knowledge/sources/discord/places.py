"""What every part of a pass over a channel goes by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.documents import Checkpoint, Keyed, Unchanged
from knowledge.sources._talk import words
from knowledge.sources._talk.since import DAY_S, first_s, midnight_s
from knowledge.sources._talk.writing import document
from knowledge.sources.discord.api import Discord
from knowledge.sources.discord.payloads import Channel, first_id
from knowledge.sources.discord.rooms import Server
from knowledge.sources.discord.speaking import Hearing


@dataclass(frozen=True)
class Wanted:
    """What is read; see `source`."""

    channels: Sequence[str]
    private: bool = False
    bots: bool = False
    loose: bool = True
    days: float = 7.0
    gap_s: float = 600.0
    since: str = ""
    max_messages: int = 50_000

    def problem(self, now_s: float) -> str:
        """What is wrong with it; "" when nothing is."""
        if not any(name.strip() for name in self.channels):
            return "`channels` is empty"
        if min(self.days, self.gap_s, self.max_messages) < 1:
            return "`days`, `gap_s` and `max_messages` are numbers from 1 on"
        try:
            first_s(self.since, now_s)
        except ValueError as error:
            return str(error)
        return ""


@dataclass(frozen=True)
class Place:
    """A channel that is read."""

    source: str
    discord: Discord
    server: Server
    channel: Channel
    hearing: Hearing
    wanted: Wanted
    held: Checkpoint
    shape: str  # of the documents: those of another are written anew
    now: float

    @property
    def name(self) -> str:
        """As people see it."""
        return f"#{self.channel.name or self.channel.id}"

    @property
    def since_s(self) -> float:
        """From when on is read what was said, in seconds since 1970."""
        return first_s(self.wanted.since, self.now)

    @property
    def since(self) -> int:
        """The first id that is read at all."""
        return first_id(self.since_s)

    @property
    def window(self) -> int:
        """The first id of what is read again in each pass: of a midnight, as it parts talks."""
        return first_id(max(self.since_s, midnight_s(self.now - self.wanted.days * DAY_S)))

    def key(self, kind: str, id: int) -> str:
        """A document's: of a "thread", or of a "talk" outside of threads."""
        return f"{self.channel.id}/{kind}/{id}"

    def held_ids(self, kind: str) -> list[int]:
        """The ids of the documents of a kind that the index holds."""
        start = f"{self.channel.id}/{kind}/"
        names = (key.removeprefix(start) for key in self.held.held if key.startswith(start))
        return sorted(int(name) for name in names if name.isdecimal())

    def unchanged(self, kind: str, ids: Sequence[int]) -> list[Keyed]:
        """Those of the ids whose documents the index holds."""
        keys = (self.key(kind, id) for id in ids)
        return [Unchanged(key) for key in keys if key in self.held.held]

    def made(self, thread: words.Thread) -> list[Keyed]:
        """A thread as a document, unless the index has it so, or nothing is said in it."""
        made = document(self.source, thread, self.shape)
        if made is None:
            return []
        if self.held.has(made.key, made.fingerprint):
            return [Unchanged(made.key)]
        return [made]
