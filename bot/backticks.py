"""Where code stands within Markdown: runs of backticks, paired as CommonMark pairs them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

RUN = re.compile(r"`+")


@dataclass(frozen=True)
class Code:
    """Code with the marks around it; places in the text."""

    start: int
    begin: int  # where the code itself begins
    end: int  # and where it ends
    stop: int

    @property
    def ticks(self) -> int:
        """How many backticks stand on each side."""
        return self.begin - self.start


def code_in(text: str, allowed: Callable[[Code], bool]) -> Iterator[Code]:
    """Give the code in a text, in its order; a run ends at the next one of its length.

    What is not `allowed` is text, and its runs may begin or end other code. Takes time in
    proportion to the text.
    """
    runs = [(run.start(), run.end()) for run in RUN.finditer(text)]
    alike = defaultdict[int, list[int]](list)
    for start, stop in runs:
        alike[stop - start].append(start)
    at = 0
    for start, begin in runs:
        if start < at:
            continue
        code = _closed(start, begin, alike[begin - start])
        if code and allowed(code):
            yield code
            at = code.stop


def _closed(start: int, begin: int, alike: list[int]) -> Code | None:
    """The code that a run begins; `alike` is where the runs of its length stand."""
    place = bisect_right(alike, start)
    return (
        Code(start, begin, alike[place], alike[place] + begin - start)
        if place < len(alike)
        else None
    )
