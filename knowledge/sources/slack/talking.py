"""A pass over one channel: its threads, and the conversations outside of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from knowledge.documents import Document, Keyed, Unchanged, Unreadable
from knowledge.net.errors import NetError, Unreached
from knowledge.sources._talk.grouping import conversations
from knowledge.sources._talk.since import DAY_S, midnight_s
from knowledge.sources._talk.words import Message, Thread
from knowledge.sources._talk.writing import document
from knowledge.sources.slack.listing import Lists, moment
from knowledge.sources.slack.memory import BLANKS, Followed, digest
from knowledge.sources.slack.people import Names
from knowledge.sources.slack.places import Channel
from knowledge.sources.slack.posts import Me, Post, message
from knowledge.sources.slack.trouble import Told, whole

FRESH_S = 2 * DAY_S  # so long after its last answer a thread is read in each pass
TROUBLE = 3  # threads one after the other that Slack fails at: then it is Slack
GONE = frozenset({"thread_not_found", "message_not_found"})


@dataclass(frozen=True)
class Taste:
    """What of a channel is read."""

    bots: bool = False
    loose: bool = True
    gap_s: float = 600.0


@dataclass
class Talk:
    """One pass. `after` is what to remember, once `items` came to its end."""

    source: str
    lists: Lists
    channel: Channel
    me: Me
    names: Names
    taste: Taste
    shape: str
    held: Mapping[str, str]  # of this channel
    before: Followed | None
    after: Followed = field(default_factory=Followed)
    lost: set[str] = field(default_factory=set)
    late: set[str] = field(default_factory=set)  # threads that were answered in the channel
    blank: dict[str, str] = field(default_factory=dict)
    failed: int = 0  # threads one after the other

    def items(self, now: float, first_s: float, days: float) -> Iterator[Keyed]:
        """Every thread: unchanged, read, or unreadable. Raises `NetError`.

        All since `first_s`, or, when all was listed not long ago, those begun in the last `days`.
        """
        known = self.before if self.before and not self.before.due(now) else None
        oldest = max(first_s, midnight_s(now - days * DAY_S)) if known else first_s
        again = now - (FRESH_S if known else days * DAY_S)
        seen = set[str]()
        for day in self.lists.days(oldest):
            for item in self.day(day, again):
                seen.add(item.key)
                yield item
        if known:
            yield from self.older(oldest, first_s, known, seen)
        full_at, passes = (known.full_at, known.passes + 1) if known else (now, 0)
        blank = dict(list(self.blank.items())[:BLANKS])
        self.after = Followed(full_at, passes, tuple(sorted(self.lost)), blank)

    def key(self, ts: str) -> str:
        """A document's: of the thread or conversation that begins then."""
        return f"{self.channel.id}/{ts}"

    # -- a day -----------------------------------------------------------------------

    def day(self, posts: Sequence[Post], again: float) -> Iterator[Keyed]:
        """What was begun on a day; threads answered after `again` are read in any case."""
        self.late |= {post.thread for post in posts if post.thread and not post.is_root}
        yield from self.conversations(posts)
        for post in posts:
            if post.is_root:
                yield from self.thread(post, again)

    def conversations(self, posts: Sequence[Post]) -> Iterator[Keyed]:
        """What was said outside of threads."""
        loose = [post for post in posts if not post.thread and post.is_spoken]
        by_id = {post.ts: post for post in loose}
        if not self.taste.loose:
            return
        for group in conversations(self.messages(loose), self.taste.gap_s):
            if not self.is_asking([by_id[one.id] for one in group]):
                key, name = self.key(group[0].id), self.channel.name
                made = document(self.source, Thread(key, name, group, loose=True), self.shape)
                yield from self.item(made, "")

    def messages(self, posts: Sequence[Post]) -> list[Message]:
        """What people said."""
        return [self.message(post) for post in posts if self.likes(post)]

    def message(self, post: Post) -> Message:
        """What somebody said, with its names."""
        names = self.names
        return message(post, self.me, self.channel.id, names.person, names.channel)

    def likes(self, post: Post) -> bool:
        """Are these words read?"""
        if not post.is_spoken or post.own(self.me):
            return False
        return self.taste.bots or not post.bot

    def is_asking(self, posts: Sequence[Post]) -> bool:
        """Did only one person speak, and to the bot? Then there is nothing to learn of it."""
        asked = any(post.own(self.me) or post.addresses(self.me) for post in posts)
        return asked and len({post.user or post.bot for post in posts if self.likes(post)}) < 2

    def item(self, made: Document | None, mark: str) -> Iterator[Keyed]:
        """A document, unless the index has it so."""
        if made is None:
            return
        found = replace(made, fingerprint=f"{mark}{made.fingerprint}")
        same = self.held.get(found.key) == found.fingerprint
        yield Unchanged(found.key) if same else found

    # -- threads ---------------------------------------------------------------------

    def thread(self, root: Post, again: float) -> Iterator[Keyed]:
        """A thread of the list; one that shows no change there is not read each time."""
        mark, key = self.mark(root), self.key(root.ts)
        lost = self.before.lost if self.before else ()
        blank = self.before.blank.get(root.ts) if self.before else None
        if root.active_s < again and root.ts not in lost:
            if blank == mark:
                self.blank[root.ts] = mark
                return
            if self.held.get(key, "").startswith(mark):
                yield Unchanged(key)
                return
        yield from self.read(root.ts, mark)

    def mark(self, root: Post) -> str:
        """The beginning of a thread's fingerprint: what the list tells of it."""
        return f"{digest(self.shape, root.mark)}-"

    def read(self, ts: str, mark: str = "") -> Iterator[Keyed]:
        """A thread, read; nothing where it is gone."""
        try:
            posts = self.lists.thread(ts)
            made = self.written(posts)
        except NetError as error:
            if isinstance(error, Told) and error.code in GONE:
                return
            yield self.unread(ts, error)
            return
        self.failed = 0
        mark = mark or next((self.mark(post) for post in posts if post.ts == ts), "")
        if made is None:
            self.blank[ts] = mark
        yield from self.item(made, mark)

    def unread(self, ts: str, error: NetError) -> Unreadable:
        """A thread that cannot be read. Raises `NetError` when all of Slack cannot."""
        self.failed += isinstance(error, Unreached)
        ours = isinstance(error, Told) and error.of_channel
        if whole(error) or ours or self.failed >= TROUBLE:
            raise error
        self.lost.add(ts)
        return Unreadable(self.key(ts), error.reason)

    def written(self, posts: Sequence[Post]) -> Document | None:
        """The thread as a document; None where nothing is left of it. Raises `NetError`."""
        said = self.messages(posts)
        if not said or self.is_asking(posts):
            return None
        root = posts[0].thread or posts[0].ts
        headless = said[0].id != root
        link = self.me.link(self.channel.id, root)
        key = self.key(root)
        made = Thread(key, self.channel.name, tuple(said), headless=headless, link=link)
        return document(self.source, made, self.shape)

    # -- what is not in the list -----------------------------------------------------

    def older(
        self, oldest: float, first_s: float, known: Followed, seen: set[str]
    ) -> Iterator[Keyed]:
        """What was begun before: as it is held, but what could not be read or was answered."""
        before = [key for key in self.held if first_s <= said_s(key) < oldest]
        asked = {ts for ts in {*known.lost, *self.late} if first_s <= float(ts) < oldest}
        anew = {self.key(ts) for ts in asked} - seen
        yield from (Unchanged(key) for key in sorted(set(before) - anew - seen))
        self.blank |= {ts: mark for ts, mark in known.blank.items() if float(ts) < oldest}
        for key in sorted(anew, key=lambda key: moment(key.partition("/")[2])):
            yield from self.read(key.partition("/")[2])


def said_s(key: str) -> float:
    """When what a key stands for was begun, in seconds since 1970."""
    return float(key.partition("/")[2])
