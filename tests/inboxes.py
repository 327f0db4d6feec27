"""An inbox whose clock the tests turn, and posts to put into it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from bot.conversation import Place
from bot.database import connect
from bot.inbox import Inbox
from bot.posts import Heard, Item, Post, Reply
from bot.store import Store
from bot.tables import Table
from tests.fakes import kept

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HELP = Place("slack", "T1", "C1", "100.1")
LEASE = timedelta(seconds=30)
events = count(1)


@dataclass
class Clock:
    """The time, which passes when it is told to."""

    at: datetime = NOON

    def __call__(self) -> datetime:
        return self.at

    def pass_by(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


def post(id: str = "100.1", text: str = "How many days of leave?", **changes: Any) -> Post:
    """A post that begins a thread, unless it is given a place or a thread; each a new event."""
    thread = changes.pop("thread", id)
    written = NOON + timedelta(seconds=float(id) if id[:9].replace(".", "").isdigit() else 0)
    plain = Post(f"E{next(events)}", id, replace(HELP, thread=thread), "ben", text, written)
    return replace(plain, **changes)


def edited(before: Post, text: str, **changes: Any) -> Post:
    """The same message with another text, as a new event."""
    return replace(before, event=f"E{next(events)}", text=text, edited=True, **changes)


def again(before: Post) -> Post:
    """The same message, told of by another event."""
    return replace(before, event=f"E{next(events)}")


@dataclass
class Desk:
    """An inbox, the store on the same database, and the clock of both."""

    inbox: Inbox
    store: Store
    clock: Clock = field(default_factory=Clock)

    def take(self, platform: str = "slack") -> Item:
        """The next item, which must be there."""
        item = self.inbox.claim(platform, "w")
        assert item is not None
        return item

    def idle(self, platform: str = "slack") -> bool:
        """Is there nothing to claim?"""
        return self.inbox.claim(platform, "w") is None

    def asked(self, *args: Any, **changes: Any) -> Post:
        """A post that was accepted."""
        made = post(*args, **changes)
        assert self.inbox.accept(made) is Heard.ACCEPTED
        return made

    def record(self, item: Item) -> int:
        """The interaction that answers an item."""
        place = item.post.place
        where = (place.platform, place.workspace, place.channel, place.thread)
        asked_at = item.accepted_at or NOON
        made = kept(self.store, item.post.text, item.post.author, where, asked_at=asked_at)
        return made.id

    def answer(self, item: Item, *messages: str) -> int:
        """Answer an item in these messages, from its recording to its end."""
        for part, message in enumerate(messages):
            self.inbox.note(item, Reply(item.post.place.channel, message, part))
        interaction = self.record(item)
        assert self.inbox.answered(item, interaction)
        assert self.inbox.done(item)
        return interaction


def make_tables(url: str) -> None:
    """All tables, sooner than the migrations make them."""
    engine = connect(url)
    Table.metadata.create_all(engine.execution_options(writes=True))
    engine.dispose()


@contextmanager
def opened(url: str) -> Iterator[Desk]:
    """A desk at a database that is made there."""
    make_tables(url)
    clock = Clock()
    with closing(Inbox(url, LEASE, clock)) as inbox, closing(Store(url)) as store:
        yield Desk(inbox, store, clock)
