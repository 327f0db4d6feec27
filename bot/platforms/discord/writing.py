"""One answer's text on its way into Discord: shown as it grows, by edits, part after part."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Protocol

from bot.platforms.discord.controls import Mark
from bot.platforms.discord.drawing import found, writing
from bot.platforms.discord.drawn import Drawn
from bot.platforms.discord.sheets import Sheet, Sheets
from bot.posts import Item
from bot.stage import PlatformAway
from knowledge.documents import Passage

log = logging.getLogger(__name__)

MOST_TROUBLE = 5  # changes in a row that failed, after which the answer is only shown at its end
NEVER = float("-inf")


class Flowing(Protocol):
    """A text in parts while it is written, as `cutting.Flow`."""

    def add(self, piece: str) -> None:
        """Write on."""

    @property
    def full(self) -> tuple[str, ...]:
        """The parts that are finished."""

    @property
    def open(self) -> str:
        """The part that is being written; empty: nothing to show yet."""


class Late:
    """The edits that Discord lets wait, by item: whoever draws into the same messages waits."""

    def __init__(self) -> None:
        self._edits: dict[int, asyncio.Task[bool]] = {}

    def begin(self, item: int, edit: asyncio.Task[bool]) -> None:
        """An edit is on its way; its failure is for who waits for it, else for the log."""
        self._edits[item] = edit
        edit.add_done_callback(lambda done: self._end(item, done))

    def any(self, item: int) -> bool:
        """Is one on its way?"""
        return item in self._edits

    async def settle(self, item: int) -> None:
        """Wait until none is, whatever becomes of it."""
        if edit := self._edits.get(item):
            await asyncio.wait([edit])

    def _end(self, item: int, done: asyncio.Task[bool]) -> None:
        if self._edits.get(item) is done:
            del self._edits[item]
        if not done.cancelled() and (error := done.exception()):
            log.info("item %d: %s", item, error)


class Writing:
    """Shows one answer while it is written: always the newest text, at most one edit a second.

    An edit that Discord lets wait is left to itself, and no other is made meanwhile; it is among
    `late`, so that what is drawn at the end can wait for it and always wins. Calls come one after
    another and raise `PlatformAway` and `CannotReply`.
    """

    def __init__(
        self, sheets: Sheets, item: Item, flow: Flowing, late: Late, most: int | None = None
    ) -> None:
        """`most` is how many messages there may be; None: as many as it takes."""
        self._sheets, self._item, self._flow, self._late = sheets, item, flow, late
        self._most = most
        self._not_before, self._trouble = NEVER, 0

    async def found(self, passages: Sequence[Passage]) -> None:
        """Show the pages that are read, until there is text."""
        if self._sheets.at(0) is None:
            await self._sheets.post(0, found(passages, self._mark(0)), streaming=True)

    async def add(self, text: str) -> None:
        """Write on: at once if it is time, else with what comes next."""
        self._flow.add(text)
        try:
            await self._advance()
        except PlatformAway as away:
            self._ride(away)

    async def _advance(self) -> None:
        """Bring every part to what it is to show now, as far as it may be changed already."""
        newest = max(self._sheets.all, key=lambda sheet: sheet.reply.part, default=None)
        if self._now() < self._not_before or not (newest is None or self._sheets.due(newest)):
            return
        pages = self._pages()
        for part, text in enumerate(pages):
            if self._late.any(self._item.id):
                return
            await self._show(part, text, last=part == len(pages) - 1)
        self._trouble = 0

    async def _show(self, part: int, text: str, last: bool) -> None:
        sheet, open_form = self._sheets.at(part), writing(text, self._mark(part))
        if sheet is None:
            await self._sheets.post(part, open_form, streaming=True)
            return
        drawn = open_form if last else Drawn(text)
        if sheet.shows != drawn and self._sheets.due(sheet):
            await self._change(sheet, drawn)

    async def _change(self, sheet: Sheet, drawn: Drawn) -> None:
        changing = asyncio.create_task(self._sheets.change(sheet, drawn))
        self._late.begin(self._item.id, changing)
        try:
            await asyncio.wait([changing], timeout=self._sheets.tempo.patience_s)
        except asyncio.CancelledError:
            changing.cancel()
            raise
        if changing.done():
            changing.result()

    def _pages(self) -> list[str]:
        """The texts of the parts, the open one last; nothing while there is nothing to show."""
        growing = self._flow.open
        pages = [*self._flow.full, *([growing] if growing.strip() else [])]
        return pages[: self._most]

    def _mark(self, part: int) -> Mark:
        return Mark(self._item.id, self._item.revision, part)

    def _ride(self, away: PlatformAway) -> None:
        """Go on a little later; in the end, leave it to the last drawing."""
        self._trouble += 1
        if self._trouble > MOST_TROUBLE:
            raise away
        log.info("item %d: %s", self._item.id, away)
        self._not_before = self._now() + max(away.retry_after_s or 0.0, self._sheets.tempo.every_s)

    def _now(self) -> float:
        return self._sheets.tempo.clock()
