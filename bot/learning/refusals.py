"""Tells which lines of a file were refused; many in a row for one reason are told together."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.learning.importing import Refused


class Refusals:
    """Call it with each refusal in turn, and `end` after the last."""

    def __init__(self, file: object, say: Callable[[str], None]) -> None:
        self._file, self._say = file, say
        self._first = self._last = 0
        self._why = ""

    def __call__(self, refused: Refused) -> None:
        """One more."""
        if (refused.line, refused.why) != (self._last + 1, self._why):
            self.end()
            self._first, self._why = refused.line, refused.why
        self._last = refused.line

    def end(self) -> None:
        """Tell what was not told yet."""
        if self._why:
            one = self._first == self._last
            lines = f"line {self._first}" if one else f"lines {self._first} to {self._last}"
            self._say(f"{self._file}, {lines}: {self._why}")
        self._why = ""
