"""An answer over several messages, whole or while it is written."""

from __future__ import annotations

from collections.abc import Collection

from bot.cutting import Cutter
from bot.measures import LINE_END
from bot.platforms.discord.emphasis import open_marks
from bot.platforms.discord.text import Block, growing, steady, whole_line

MOST = 1_900  # UTF-16 units of a part's text; the sign of an unfinished one fits below


class Flow:
    """An answer's text in parts while it is written, each fit to be shown as it is.

    The parts that are `full` never change; in the end, `rest` gives them and those that follow.
    """

    def __init__(self, links: Collection[str] = (), opening: str = "") -> None:
        """`links` are the addresses that may be links, `opening` what the first part begins with.

        `opening` is one line of at most 300 units; a quote, that the next one is not part of.
        """
        self._block, self._held = Block(links), ""
        self._cutter = Cutter(MOST, f"{opening}\n\n" if opening else "", open_marks)

    def add(self, piece: str) -> None:
        """Write on."""
        text = self._held + piece
        ends = len(text) - text.endswith("\r")  # a line end may come in two pieces
        *lines, held = LINE_END.sub("\n", text[:ends]).split("\n")
        self._held = held + text[ends:]
        for line in lines:
            self._line(line)

    @property
    def full(self) -> tuple[str, ...]:
        """The parts that are finished; another follows them."""
        return tuple(self._cutter.parts)

    @property
    def open(self) -> str:
        """What the next part can show already; empty: nothing."""
        ahead = self._cutter.copy()
        ahead.add(growing(self._block, steady(self._held[: 2 * MOST])))
        parts = ahead.rest()[len(self._cutter.parts) :]
        return parts[0] if parts else ""

    def rest(self) -> list[str]:
        """All parts of the whole text; nothing is written on after that."""
        if self._held:
            self._line(self._held.removesuffix("\r"))
        self._cutter.add(self._block.rest())
        self._block, self._held = Block(self._block.links), ""
        return self._cutter.rest()

    def _line(self, line: str) -> None:
        self._block, told = self._block.add(whole_line(line))
        self._cutter.add(told)


def parts(text: str, links: Collection[str] = (), opening: str = "") -> list[str]:
    """A whole text in parts, at least one, if only empty; the same as a `Flow` ends with."""
    flow = Flow(links, opening)
    flow.add(text)
    return flow.rest()
