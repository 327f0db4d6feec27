"""Since when a shard was not listening, kept where a crash cannot lose it.

The last time that anything was heard does not do by itself: as soon as the shard, or another one,
listens again, that is now. So the inbox keeps, as events of a workspace that nobody speaks in,
that a shard was away, and later that what it missed was read. Where nothing was heard ever, it
keeps since when a shard listens: the first question of all may be the one that a crash loses.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.conversation import Place
from bot.inbox import Inbox
from bot.platforms.discord.keeping import keep
from bot.platforms.discord.reading import PLATFORM

MARGIN = timedelta(minutes=3)  # what came then may not be kept; a dead socket shows after 2
REACH = timedelta(hours=24)
EPOCH, INSTANT = datetime(2020, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
KEPT = Place(PLATFORM, "@away")
MARK = re.compile(r"(away|back|here):(\d{1,6}):(\d{1,17})", re.ASCII)


@dataclass(frozen=True)
class Mark:
    """A shard is away since some time."""

    since: datetime  # aware UTC
    shard: int

    def event(self, what: str) -> str:
        """What keeps it: `what` is "away" or, later, "back"; of one that listens, "here"."""
        return f"{what}:{self.shard}:{(self.since - EPOCH) // INSTANT}"


@dataclass(frozen=True)
class Gap:
    """A time, up to now, of which something may not have been heard."""

    since: datetime  # aware UTC
    marks: frozenset[Mark]  # that end when it is read


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)


def still_open(events: Iterable[str]) -> set[Mark]:
    """The marks that were kept and not ended."""
    told = list(events)
    return marks_of(told, "away") - marks_of(told, "back")


def marks_of(events: Iterable[str], what: str) -> set[Mark]:
    """The marks of one kind: "away", "back" or "here"."""
    found = filter(None, map(MARK.fullmatch, events))
    return {Mark(EPOCH + int(m[3]) * INSTANT, int(m[2])) for m in found if m[1] == what}


class Away:
    """When this process's shards were away, and what an earlier process left to be read."""

    def __init__(self, inbox: Inbox, now: Callable[[], datetime] = utc_now) -> None:
        self.inbox, self.now, self.began_at = inbox, now, now()
        self._open: dict[int, set[Mark]] = {}  # of shards that had a session
        self._left: dict[int, Mark] = {}  # of shards without a connection
        self._turn = asyncio.Lock()  # so that of two events of a shard the first is kept first

    async def left(self, shard: int) -> None:
        """A shard has just lost its connection."""
        mark = Mark(self.now() - MARGIN, shard)
        async with self._turn:
            if shard in self._open and shard not in self._left:
                self._left[shard] = mark
                await self._begin(mark)

    async def is_away(self, shard: int) -> bool:
        """Has it no connection now?"""
        async with self._turn:
            return shard in self._left

    async def resumed(self, shard: int) -> None:
        """Discord itself told the shard all that it missed."""
        async with self._turn:
            if (mark := self._left.pop(shard, None)) is not None:
                await self._end(mark)

    async def returned(self, shard: int, shards: int) -> Gap | None:
        """What a shard, whose session is new, has to read; None: nothing was ever missed.

        `shards`: how many there are.
        """
        async with self._turn:
            self._left.pop(shard, None)
            if shard not in self._open:
                await self._begin_first(shard, shards)
            marks = self._open[shard]
            since = [max(mark.since, self.now() - REACH) for mark in marks]
            return Gap(min(since), frozenset(marks)) if since else None

    async def begun(self, shard: int, shards: int) -> None:
        """Wait until it is kept that a shard listens: what is heard before that could be lost."""
        async with self._turn:
            if shard not in self._open:
                await self._begin_first(shard, shards)

    async def read(self, gap: Gap) -> None:
        """All of a gap was read."""
        async with self._turn:
            for mark in gap.marks:
                await self._end(mark)

    async def _begin_first(self, shard: int, shards: int) -> None:
        """The process has begun: an earlier one may have missed something before."""
        heard = await keep(self.inbox.last_heard, PLATFORM, self.began_at, KEPT.workspace)
        told = await keep(self.inbox.events, KEPT, self.now() - 2 * REACH)
        here = [mark.since for mark in marks_of(told, "here") if mark.since < self.began_at]
        unread = still_open(told)
        last = [heard - MARGIN] if heard else sorted(here)[:1]
        times = [mark.since for mark in unread] + last
        self._open[shard] = {mark for mark in unread if mark.shard % shards == shard}
        if times:
            await self._begin(Mark(min(times), shard))
        if heard is None:
            await keep(self.inbox.tell, KEPT, Mark(self.began_at, shard).event("here"))

    async def _begin(self, mark: Mark) -> None:
        self._open[mark.shard].add(mark)
        await keep(self.inbox.tell, KEPT, mark.event("away"))

    async def _end(self, mark: Mark) -> None:
        for marks in self._open.values():
            marks.discard(mark)
        await keep(self.inbox.tell, KEPT, mark.event("back"))
