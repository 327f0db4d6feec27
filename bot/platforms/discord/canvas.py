"""One answer while it is drawn into Discord: a thread, a channel, a direct message, a response."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from bot import wording
from bot.conversation import Interaction
from bot.measures import size
from bot.platforms.discord.boards import Board
from bot.platforms.discord.calls import CANNOT_DM, Refused
from bot.platforms.discord.controls import Controls
from bot.platforms.discord.cutting import Flow
from bot.platforms.discord.drawing import CONTENT, alone, notice, whole
from bot.platforms.discord.drawn import Drawn
from bot.platforms.discord.sheets import Sheets, Tempo
from bot.platforms.discord.writing import Late, Writing
from bot.posts import Item
from bot.stage import Note
from knowledge.documents import Passage

log = logging.getLogger(__name__)

TYPE_EVERY_S = 8.0  # Discord shows it for 10
NO_MUTUAL_SERVER = 50278
UNREACHABLE = frozenset({CANNOT_DM, NO_MUTUAL_SERVER})
NEVER = float("-inf")


@dataclass(frozen=True)
class Look:
    """How an answer is to look."""

    opening: str = ""  # the line that shows what a command asked
    share: str = ""  # the button by which the one who sees it shows it to others
    single: bool = False  # there can be one message only
    stream: bool = True  # show it while it is written


@dataclass(frozen=True)
class Easel:
    """What all canvases share."""

    late: Late
    tempo: Tempo


class AnswerCanvas:
    """Draws one answer: as it is written the first time, in place when it stands already."""

    def __init__(self, easel: Easel, item: Item, board: Board, note: Note, look: Look) -> None:
        self.easel, self.item, self.board, self.look = easel, item, board, look
        self._note = note
        self._sheets = Sheets(board, note, item.replies, easel.tempo)
        flow, most = Flow(opening=look.opening), 1 if look.single else None
        self._writing = Writing(self._sheets, item, flow, easel.late, most)
        self._shown = look.stream and not item.replies
        self._typed = NEVER  # on the clock

    async def status(self, text: str) -> None:  # noqa: ARG002 - as `Canvas` has it
        """The bot types; what exactly it does Discord has no sign for."""
        now = self.easel.tempo.clock()
        if now - self._typed >= TYPE_EVERY_S:
            self._typed = now
            await self.board.sign()

    async def found(self, passages: Sequence[Passage]) -> None:
        """How many pages are read, and which, until there is text."""
        if self._shown and passages:
            await self._writing.found(passages)

    async def piece(self, text: str) -> None:
        """Write on, unless replies stand already: those are changed at the end."""
        if self._shown:
            await self._writing.add(text)

    @property
    def stopped(self) -> bool:
        """Discord has no Stop but our own button, of which the worker learns by itself."""
        return False

    async def finish(self, interaction: Interaction) -> None:
        """Make the whole answer stand, whatever stood; only the last part has sources, buttons."""
        controls = Controls(self.item.id, self.item.revision, self.look.share)
        if self.look.single:
            await self._stand([alone(interaction, controls, self.look.opening)])
        else:
            await self._stand(whole(interaction, controls, self.look.opening))

    async def say(self, text: str) -> None:
        """A notice in place of whatever stood; a command's also shows what was asked."""
        said = notice(text)
        quoted = f"{self.look.opening}\n{said.content}" if self.look.opening else said.content
        fits = size(quoted) <= CONTENT
        await self._stand([replace(said, content=quoted) if fits else said])

    async def retract(self) -> None:
        """Take the replies away."""
        await self.easel.late.settle(self.item.id)
        for sheet in self._sheets.all:
            await self._sheets.delete(sheet)

    async def _stand(self, drawns: Sequence[Drawn]) -> None:
        await self.easel.late.settle(self.item.id)
        await self._sheets.complete(drawns)


class ThreadCanvas(AnswerCanvas):
    """Draws into the thread that is begun on a question, and is named after it."""

    def __init__(
        self,
        easel: Easel,
        item: Item,
        board: Board,
        note: Note,
        look: Look,
        rename: Callable[[str], Awaitable[None]],
    ) -> None:
        """`rename` gives the thread another name, where it is the bot's own."""
        super().__init__(easel, item, board, note, look)
        self._rename = rename

    async def finish(self, interaction: Interaction) -> None:
        """The answer; where the question may have been edited, the name as well."""
        await super().finish(interaction)
        if self.item.revision > 1:
            await self._rename(self.item.post.text)

    async def retract(self) -> None:
        """Take the replies away, and the words of the question off the thread."""
        await super().retract()
        await self._rename(wording.GONE_NAME)


class PrivateCanvas(AnswerCanvas):
    """Draws into a direct message; who takes none is told so where the question stands."""

    def __init__(
        self,
        easel: Easel,
        item: Item,
        board: Board,
        note: Note,
        look: Look,
        beside: Board,
    ) -> None:
        """`beside` is where the question stands, which others may read."""
        super().__init__(easel, item, board, note, look)
        self._beside = beside

    async def _stand(self, drawns: Sequence[Drawn]) -> None:
        try:
            await super()._stand(drawns)
        except Refused as refused:
            if refused.code not in UNREACHABLE:
                raise
            log.info("item %d: %s", self.item.id, refused)
            aside = Sheets(self._beside, self._note, (), self.easel.tempo)
            await aside.complete([notice(wording.NO_DIRECT)])
