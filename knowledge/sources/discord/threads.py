"""A pass over the threads of a channel, or the posts of a forum."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from knowledge.documents import Keyed, Unreadable
from knowledge.net.errors import NetError, Refused, Unreached
from knowledge.sources._talk import words
from knowledge.sources._talk.since import DAY_S
from knowledge.sources.discord.api import Gone, ends, whole
from knowledge.sources.discord.memory import Followed, digest, due
from knowledge.sources.discord.payloads import (
    PRIVATE_THREAD,
    STARTER,
    TEXT,
    Channel,
    Message,
    first_id,
)
from knowledge.sources.discord.places import Place
from knowledge.sources.discord.speaking import WEB, Said, is_bare

FAILING = 3  # threads one after the other that Discord failed to give: it is Discord
COUNTED = first_id(datetime(2022, 7, 1, tzinfo=UTC).timestamp())  # until then, only up to 50
UNCOUNTED = 50
SOLVED = re.compile(
    r"\W*(solved|resolved|answered|done|fixed|closed|gelöst|erledigt|beantwortet|résolu|resuelto)\W*",
    re.I,
)


@dataclass
class Threads:
    """See the module. `after` is what to remember, once `items` came to its end."""

    place: Place
    known: Followed | None
    kind: str = "thread"
    after: Followed | None = None
    marks: dict[int, str] = field(default_factory=dict)
    failing: int = 0

    def __post_init__(self) -> None:
        """Is everything listed this time?"""
        self.full = self.known is None or due(self.known.full_at, self.place.now)
        self.before = self.known or Followed(0.0)

    # -- which there are -------------------------------------------------------------

    def items(self) -> Iterator[Keyed]:
        """Every thread: unchanged, read, or unreadable. Raises `NetError`."""
        found = {thread.id: thread for thread in self.listed()}
        latest = max((archived_s(each) for each in found.values()), default=0.0)
        failed = self.confirmed(found)
        self.marks = {id: mark(thread) for id, thread in found.items()}
        staying = [id for id, thread in found.items() if self.is_same(thread)]
        if not self.full:
            older = {id: told for id, told in self.before.marks.items() if told[:1] == "a"}
            staying += [id for id in older if id not in found and id not in failed]
            self.marks = {**older, **self.marks}
        yield from self.place.unchanged(self.kind, sorted(staying))
        for id, error in failed.items():
            yield self.failed(id, error)
        for id in sorted(found.keys() - set(staying)):
            yield from self.read(found[id])
        full_at = self.place.now if self.full else self.before.full_at
        self.after = Followed(full_at, self.marks, max(latest, self.before.latest))

    def listed(self) -> Iterator[Channel]:
        """The threads that are active, then those that were archived (lately)."""
        here, discord = self.place.channel, self.place.discord
        mine = (each for each in self.place.server.active if each.parent_id == here.id)
        yield from (each for each in mine if self.is_wanted(each))
        until = self.place.since_s
        if not self.full:
            until = max(until, self.before.latest - DAY_S)
        for thread in discord.archived(here.id):
            if archived_s(thread) < until:
                break
            if self.is_wanted(thread):
                yield thread
        if self.place.wanted.private and self.full and here.type == TEXT:
            yield from (each for each in discord.joined(here.id) if self.is_wanted(each))

    def is_wanted(self, thread: Channel) -> bool:
        """Is it read? Private ones only where a setting says so."""
        private = thread.type == PRIVATE_THREAD and not self.place.wanted.private
        return not private and (thread.last_message_id or thread.id) >= self.place.since

    def confirmed(self, found: dict[int, Channel]) -> dict[int, NetError]:
        """Asks for those that seem gone, as they may have moved from list to list meanwhile.

        Those that are there come to what is `found`. Gives why others could not be asked for.
        """
        held, failed = self.place.held_ids(self.kind), dict[int, NetError]()
        known = {id for id, told in self.before.marks.items() if self.full or told[:1] != "a"}
        missing = (known | (set(held) if self.full else set())) - found.keys()
        for id in sorted(missing):
            try:
                thread = self.place.discord.channel(id)
            except Gone:
                continue
            except NetError as error:
                if ends(error):
                    raise
                failed[id] = error
                continue
            if thread.parent_id == self.place.channel.id and self.is_wanted(thread):
                found[id] = thread
        return failed

    def is_same(self, thread: Channel) -> bool:
        """Is it surely as it was? In an archived thread, nothing can be done but to delete."""
        if self.before.marks.get(thread.id) != mark(thread):
            return False
        if is_archived(thread):
            count = thread.message_count or 0
            return not self.full or thread.id >= COUNTED or count < UNCOUNTED
        return not self.full and (thread.last_message_id or thread.id) < self.place.window

    # -- reading them ----------------------------------------------------------------

    def read(self, thread: Channel) -> Iterator[Keyed]:
        """A thread, unless it is gone by now."""
        try:
            made = self.made(thread)
        except Gone:
            del self.marks[thread.id]
            return
        except NetError as error:
            yield self.failed(thread.id, error)
            return
        self.failing = 0
        yield from made

    def failed(self, id: int, error: NetError) -> Unreadable:
        """One that cannot be read. Raises `NetError` when it is all that Discord fails at."""
        self.failing += isinstance(error, Unreached)
        if whole(error) or self.failing >= FAILING:
            raise error
        self.marks[id] = ""
        return Unreadable(self.place.key(self.kind, id), f"({self.place.name}) {error.reason}")

    def made(self, thread: Channel) -> list[Keyed]:
        """A thread as a document. Raises `NetError`."""
        messages = within(self.place, thread.id, 0)
        hearing = self.place.hearing.within(thread.id)
        said = [each for each in map(hearing.said, messages) if not each.notice]
        begun = any(message.type == STARTER for message in messages)
        opening = self.opening(thread.id) if begun else []
        every = [*opening, *said]
        spoken = [each.words for each in every if each.words is not None]
        if is_bare(every) or not spoken:
            return []
        headless = (begun and not opening) or every[0].words is None
        return self.place.made(self.thread(thread, spoken, headless))

    def opening(self, id: int) -> list[Said]:
        """The message that it was begun on, which has its id; none where that is gone."""
        message = self.place.discord.message(self.place.channel.id, id)
        return [self.place.hearing.said(message)] if message is not None else []

    def thread(self, thread: Channel, spoken: list[words.Message], headless: bool) -> words.Thread:
        """It in the words of all chats."""
        tags = self.tags(thread)
        if any(SOLVED.fullmatch(tag) for tag in tags) and not headless:
            spoken = [replace(spoken[0], marked=True), *spoken[1:]]
        return words.Thread(
            self.place.key(self.kind, thread.id),
            self.place.name,
            tuple(spoken),
            thread.name or "",
            tags,
            headless=headless,
            link=f"{WEB}/{self.place.server.guild.id}/{thread.id}",
        )

    def tags(self, thread: Channel) -> tuple[str, ...]:
        """The tags of a forum's post."""
        known = {tag.id: tag.name for tag in self.place.channel.available_tags}
        return tuple(known[id] for id in thread.applied_tags if id in known)


def within(place: Place, channel: int, start: int) -> list[Message]:
    """The messages from an id on. Raises `Refused` where they are too many, and `NetError`."""
    found, most = list[Message](), place.wanted.max_messages
    for message in place.discord.messages(channel, max(0, start - 1)):
        found.append(message)
        if len(found) > most:
            remedy = "Narrow it by `since`, or raise `max_messages`"
            raise Refused(place.name, f"has over {most} messages", remedy)
    return found


def is_archived(thread: Channel) -> bool:
    """Is it?"""
    return thread.thread_metadata is not None and thread.thread_metadata.archived


def archived_s(thread: Channel) -> float:
    """When it was archived, in seconds since 1970; 0: it is not."""
    told = thread.thread_metadata
    return told.archive_timestamp.timestamp() if told is not None and told.archived else 0.0


def mark(thread: Channel) -> str:
    """Marks the state of a thread, as lists tell it; "a…" of one that is archived."""
    told = (
        thread.name,
        thread.last_message_id,
        thread.message_count,
        thread.total_message_sent,
        thread.applied_tags,
        archived_s(thread),
    )
    return f"{'a' if is_archived(thread) else 'o'}{digest(told)}"
