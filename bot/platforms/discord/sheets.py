"""The messages of one answer while it is drawn: what each shows, and when it was changed last."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from bot.platforms.discord.boards import Board
from bot.platforms.discord.drawn import Drawn
from bot.posts import Reply
from bot.stage import CannotReply, Note

log = logging.getLogger(__name__)

NEVER = float("-inf")


@dataclass(frozen=True)
class Tempo:
    """How quickly an answer is drawn; seconds."""

    every_s: float = 1.0  # between two changes of one message
    patience_s: float = 3.0  # for a change while it is written; then others go on meanwhile
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep


@dataclass(frozen=True)
class Sheet:
    """A message as it stands."""

    reply: Reply
    shows: Drawn | None = None  # None: nobody here knows
    changed_at: float = NEVER  # or posted; on the tempo's clock
    edited_at: float = NEVER


class Sheets:
    """The messages of one answer. Calls raise `PlatformAway` and `CannotReply`."""

    def __init__(
        self, board: Board, note: Note, standing: Sequence[Reply] = (), tempo: Tempo | None = None
    ) -> None:
        self.board, self.tempo, self._note = board, tempo or Tempo(), note
        each = {reply.message: reply for reply in standing}  # a crash may leave one in two parts
        self._sheets = [Sheet(reply) for reply in sorted(each.values(), key=in_order)]

    @property
    def all(self) -> tuple[Sheet, ...]:
        """The messages in their order."""
        return tuple(self._sheets)

    def at(self, part: int) -> Sheet | None:
        """The message of a part; None: it is not posted yet."""
        return next((sheet for sheet in self._sheets if sheet.reply.part == part), None)

    def due(self, sheet: Sheet) -> bool:
        """Is it time to show more? Also what was just posted can wait a little."""
        return self._rest_s(sheet.changed_at) <= 0

    async def post(self, part: int, drawn: Drawn, streaming: bool) -> None:
        """Post a part, and note it at once."""
        besides = {sheet.reply.message for sheet in self._sheets}
        reply = await self.board.post(part, drawn, besides)
        reply = replace(reply, part=part, streaming=streaming)
        self._keep(Sheet(reply, drawn, self.tempo.clock()))
        await self._note(reply)

    async def change(self, sheet: Sheet, drawn: Drawn) -> bool:
        """Change a message, no sooner than it may be; False: it is there no more."""
        if sheet.shows == drawn:
            return True
        if (rest_s := self._rest_s(sheet.edited_at)) > 0:
            await self.tempo.sleep(rest_s)
        if not await self.board.edit(sheet.reply, drawn):
            self._sheets = [one for one in self._sheets if one.reply != sheet.reply]
            return False
        now = self.tempo.clock()
        self._keep(Sheet(sheet.reply, drawn, now, now))
        return True

    async def complete(self, drawns: Sequence[Drawn]) -> None:
        """Make exactly `drawns` stand, in the messages that stand as far as these can be changed.

        Missing ones are posted, superfluous ones deleted; first of all those that others read, as
        the question is now asked in private or no more. A message that Discord refuses to change
        is deleted when what it was to show stands in another. Done twice, it changes nothing.
        """
        for sheet in self.all:
            if not await self.board.holds(sheet.reply):
                await self.delete(sheet)
        standing, fixed = deque(self._sheets), list[Sheet]()
        for part, drawn in enumerate(drawns):
            await self._stand(part, drawn, standing, fixed)
        for sheet in (*fixed, *standing):
            await self.delete(sheet)

    async def delete(self, sheet: Sheet) -> None:
        """Take a message away."""
        await self.board.delete(sheet.reply)
        self._sheets = [one for one in self._sheets if one.reply != sheet.reply]

    async def _stand(
        self, part: int, drawn: Drawn, standing: deque[Sheet], fixed: list[Sheet]
    ) -> None:
        """Have a part stand in the next message that can be changed, else in a new one.

        Those whose change is refused are added to `fixed`.
        """
        while standing:
            sheet = standing.popleft()
            try:
                changed = await self.change(sheet, drawn)
            except CannotReply as refused:
                log.warning("message %s is written anew: %s", sheet.reply.message, refused)
                fixed.append(sheet)
                continue
            if changed:
                await self._noted(sheet.reply, part, again=bool(fixed))
                return
        await self.post(part, drawn, streaming=False)

    async def _noted(self, reply: Reply, part: int, again: bool) -> None:
        """`again`: another message of that part may have been noted since."""
        whole = replace(reply, part=part, streaming=False)
        if again or whole != reply:
            await self._note(whole)

    def _keep(self, sheet: Sheet) -> None:
        others = [one for one in self._sheets if one.reply.message != sheet.reply.message]
        self._sheets = sorted([*others, sheet], key=lambda one: in_order(one.reply))

    def _rest_s(self, since: float) -> float:
        return since + self.tempo.every_s - self.tempo.clock()


def in_order(reply: Reply) -> int:
    """As people see them: the older first."""
    return int(reply.message) if reply.message.isdecimal() else 0
