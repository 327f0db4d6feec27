"""Bold, italics and strikethrough within a line: what pairs stays, any other mark is escaped.

Discord pairs marks across lines, code and links, as no other reader of Markdown does; one stray
mark could so undo the code that follows it. Here each line is balanced in itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.measures import GAP

# What no mark is looked for in: code, a link's address, an address, an escaped character.
WHOLE = re.compile(r"`[^`]*`|\]\(<[^<>\s]*>\)|<https?://[^<>\s]*>|\\[^A-Za-z0-9\s]")
TOKEN = re.compile(rf"(?P<whole>{WHOLE.pattern})|(?P<mark>\*+|_+|~{{2,}})")
PAIRS = ("*", "**", "***", "_", "__", "___", "~~")
BOTH = {"***": {"*", "**"}, "___": {"_", "__"}}  # what three marks close at once
STRONG = {"__": "**", "___": "***"}  # two underscores underline in Discord
LONE_STAR = re.compile(r"(?<!\*)(?:\*|\*{3,})(?!\*)")  # within italics, only two stars are no end
LONGEST, DEEPEST = 4_000, 8  # characters of a pair with what it holds, pairs within pairs


@dataclass(frozen=True)
class Mark:
    """A run of marks in a line."""

    start: int
    text: str
    opens: bool
    closes: bool

    @property
    def end(self) -> int:
        """Where it ends in the line."""
        return self.start + len(self.text)


Drawn = dict[int, str]
"""What stands for a mark in the end, by where it begins."""


def balanced(line: str, unfinished: bool = False) -> str:
    """The line with every mark paired or escaped; of an `unfinished` one, the open are closed."""
    marks = list(_marks(line))
    drawn = {mark.start: _escaped(mark) for mark in marks}
    left = _pair(line, marks, drawn)
    closing = _close(line, left[-DEEPEST:], drawn) if unfinished else ""
    told, at = "", 0
    for mark in marks:
        told = _beside(told + line[at : mark.start], drawn[mark.start])
        at = mark.end
    return _beside(told + line[at:], closing)


def open_marks(line: str) -> tuple[str, ...]:
    """The marks that are open at the end of the beginning of a balanced line, outermost first."""
    held = list[str]()
    for mark in _marks(line):
        if mark.text not in PAIRS:
            continue
        if mark.text == "***" and set(held[-2:]) == {"*", "**"}:
            del held[-2:]
        elif held and held[-1] == mark.text:
            held.pop()
        else:
            held.append(mark.text)
    return tuple(held)


def _beside(told: str, mark: str) -> str:
    """The mark behind what stands already; never do two marks become one that is longer."""
    joins = mark[:1] in ("*", "_") and told.endswith(mark[0]) and not told.endswith(f"\\{mark[0]}")
    return f"{told}{GAP * joins}{mark}"


def _marks(line: str) -> Iterator[Mark]:
    for found in TOKEN.finditer(line):
        text = found["mark"]
        if text is None:
            continue
        before, after = line[: found.start()][-1:], line[found.end() : found.end() + 1]
        opens, closes = bool(after.strip()), bool(before.strip())
        if text[0] == "_":
            opens, closes = opens and not before.isalnum(), closes and not after.isalnum()
        yield Mark(found.start(), text, opens and text in PAIRS, closes and text in PAIRS)


def _escaped(mark: Mark) -> str:
    return "".join(f"\\{character}" for character in mark.text)


def _pair(line: str, marks: Sequence[Mark], drawn: Drawn) -> list[Mark]:
    """Draw what pairs; gives the marks that were opened and not closed, outermost first."""
    held = list[Mark]()
    for mark in marks:
        opening = _opened(held, mark) if mark.closes else []
        if opening:
            pairs = [_fitting(each.text, line[each.end : mark.start]) for each in opening]
            drawn |= {each.start: pair for each, pair in zip(opening, pairs, strict=True)}
            struck = mark.text == "~~" and line[mark.end : mark.end + 1] == "_"  # ends nothing
            drawn[mark.start] = "".join(reversed(pairs)) + GAP * struck
            del held[held.index(opening[0]) :]
        elif mark.opens:
            held.append(mark)
    return held


def _opened(held: Sequence[Mark], mark: Mark) -> list[Mark]:
    """The mark that another closes, or the two; none: it closes nothing."""
    near = [each for each in held[-DEEPEST:] if mark.end - each.start <= LONGEST]
    same = [each for each in near if each.text == mark.text]
    if not same and {each.text for each in near[-2:]} == BOTH.get(mark.text):
        return near[-2:]
    return same[-1:]


def _fitting(mark: str, inside: str) -> str:
    """A pair's mark, if Discord reads it to the same end; else what parts, and is not seen."""
    wholes = "".join(found[0] for found in WHOLE.finditer(inside) if found[0][0] != "\\")
    match mark:
        case "_" | "~~":
            fits = mark not in inside
        case "**" | "__":
            fits = "**" not in inside and "__" not in inside
        case "*":
            fits = "*" not in wholes and not LONE_STAR.search(inside) and "___" not in inside
        case _:
            fits = "*" not in inside and "__" not in inside
    return STRONG.get(mark, mark) if fits else GAP


def _close(line: str, left: Sequence[Mark], drawn: Drawn) -> str:
    """Close what is open at the end of a line that goes on; an opening that ends it goes."""
    closing = ""
    for mark in left:
        inside = line[mark.end :]
        drawn[mark.start] = _fitting(mark.text, inside) if inside.strip() else ""
        closing = drawn[mark.start] + closing
    return closing
