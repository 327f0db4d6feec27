"""A long text in several messages: cut where it hurts least, with fences closed and reopened.

It is Markdown as the platforms' own `text` modules write it: a fence is three backticks at the
beginning of a line, code within a line has one backtick on each side.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from bot.measures import clipped, size

FENCE = re.compile(r"^```(\S*)[ \t]*$", re.MULTILINE)
LINK = r"\[[^\[\]\n]*+\]\((?:<[^<>\s]*+>|[^\s()<]*+(?:\([^\s()]*+\)[^\s()]*+)*+)\)"
CODE = r"`[^`\n]*+`"
# What is never cut within: links, code, citation marks, words; white space belongs to what it ends.
ATOM = re.compile(
    rf"[*_~]*(?:{LINK}|{CODE}|<[^<>\s]*>|(?:\[\d+\])+)[*_~]*|\s+|(?:\\.|[^\s\[`<\\])+|.", re.DOTALL
)
UNIT = re.compile(rf"(?:{LINK}|{CODE}|\S)+\s*(?:(?:\[\d+\])++\s*)*|\s+")
SENTENCE = re.compile(r"[.!?…。！？][)\"”*_]*(?:\s*(?:\[\d+\])++)*\s+|[。！？]")
HEADING = re.compile(r"\n#{1,6} [^\n]*\n*\Z")
LOOSE = re.compile(r"(?<=[^\\*_~])[*_~]{1,3}\Z|(?<!\\)(?:\\\\)*\\(?:[*_~])?\Z")
REOPENED = re.compile(r"(?:> )?[*_~]*")
CLOSING = "\n```"
ROOM = 40  # characters that closing and reopening what is open take at most
EARLIEST = 2 / 3  # of a part: a paragraph or sentence that ends before is no place to cut
SHORTEST = 8  # characters of a slice

OpenMarks = Callable[[str], tuple[str, ...]]
"""Which marks, as of bold, are open at the end of the beginning of a line; outermost first."""


class Cutter:
    """Cuts a text as it comes: what it cut off once stays as it is."""

    def __init__(self, most: int, opening: str = "", open_marks: OpenMarks | None = None) -> None:
        """`most` is how long a part may be, in UTF-16 units, above 200; `opening` begins the first.

        The opening is at most a sixth of `most`. Without `open_marks` bold that is cut stays open.
        """
        self.most, self.open_marks = most, open_marks
        self.parts = list[str]()
        self._part, self._size = opening, size(opening)
        self._fence: str | None = None  # the language of the code block that is open

    def copy(self) -> Cutter:
        """Another that goes on from here."""
        other = Cutter(self.most, self._part, self.open_marks)
        other.parts, other._fence = list(self.parts), self._fence
        return other

    def add(self, text: str) -> None:
        """Go on with whole lines, each with its end."""
        for piece in _pieces(text, self.most):
            self._put(piece)

    def rest(self) -> list[str]:
        """All parts; what is left is the last of them. There is at least one, if only empty."""
        last = self._part.rstrip("\n")
        return [*self.parts, last] if last.strip() or not self.parts else list(self.parts)

    def _put(self, piece: str) -> None:
        fence = FENCE.fullmatch(piece.rstrip("\n"))
        if not (fence and self._fence is not None):
            piece = self._with_room(piece)
        begun = self._fence is not None and self._part.endswith(_opening(self._fence))
        if begun and fence:  # a block without code is none to some readers
            self._set(self._part.removesuffix(_opening(self._fence or "")), None)
        elif piece.strip() or (self._part.strip() and not begun):
            if fence:
                self._fence = fence[1] if self._fence is None else None
            self._set(self._part + piece, self._fence, self._size + size(piece))

    def _set(self, part: str, fence: str | None, used: int | None = None) -> None:
        self._part, self._fence = part, fence
        self._size = size(part) if used is None else used

    def _with_room(self, piece: str) -> str:
        """Cut off what stands if the piece does not fit below; gives the piece as it begins."""
        while self._part and self._size + size(piece) + ROOM > self.most:
            kept, part = self._parted()
            self._set(part, self._fence)
            self.parts += [kept] * bool(kept.strip())
        return piece.lstrip(" ") if REOPENED.fullmatch(self._part) else piece

    def _parted(self) -> tuple[str, str]:
        """A full part, and how the next one begins."""
        part = self._part
        if self._fence is not None:
            opening = _opening(self._fence)
            closed = part.rstrip("\n") + CLOSING
            return part.removesuffix(opening) if part.endswith(opening) else closed, opening
        end = _place(part)
        kept, rest = part[:end].rstrip(), part[end:].lstrip("\n")
        if part[end - 1] == "\n" or part[end : end + 1] == "\n":
            return kept, rest
        line = kept.rpartition("\n")[2]
        marks = self.open_marks(line) if self.open_marks else ()
        quoted = "> " if line.startswith("> ") else ""
        return _closed(kept, marks), quoted + "".join(marks) + rest.lstrip()


def cut(text: str, most: int) -> list[str]:
    """The whole text in parts of at most `most` UTF-16 units; `most` is above 200."""
    cutter = Cutter(most)
    cutter.add(text)
    return cutter.rest()


def open_fence(part: str) -> str | None:
    """The language of the fence that is open at the end; None: there is none."""
    marks = FENCE.findall(part)
    return marks[-1] if len(marks) % 2 else None


def _opening(language: str) -> str:
    return f"```{language}\n"


def _closed(kept: str, marks: Sequence[str]) -> str:
    """The part with its open marks closed; those that nothing follows yet are taken away."""
    for opened in range(len(marks), 0, -1):
        bare = kept.rstrip("*_~")
        if kept[len(bare) :] != marks[opened - 1]:
            return kept + "".join(reversed(marks[:opened]))
        kept = bare.rstrip()
    return kept


def _place(part: str) -> int:
    """Where a full part is best cut: at a paragraph's, line's, sentence's end, near its own."""
    earliest = int(len(part) * EARLIEST)
    if part.endswith("\n"):
        heading, paragraph = HEADING.search(part), part.rfind("\n\n", earliest, len(part) - 2)
        if heading:
            return heading.start() + 1
        return paragraph if _outside(part, paragraph) else len(part)
    for mark in ("\n\n", "\n"):
        end = part.rfind(mark, earliest)
        if _outside(part, end):
            return end
    ends = [found.end() for found in SENTENCE.finditer(part, earliest)]
    line = part.rfind("\n") + 1
    return next((end for end in reversed(ends) if _whole(part[line:end])), len(part))


def _outside(part: str, end: int) -> bool:
    """Is it a place, and outside of code blocks?"""
    return end > 0 and open_fence(part[:end]) is None


def _whole(line: str) -> bool:
    """Does the beginning of a line end outside of code and links?"""
    return line.count("`") % 2 == 0 and line.rfind("[") <= line.rfind("]")


def _pieces(text: str, most: int) -> Iterator[str]:
    """Lines; of lines that are long the words, so that a part is well filled."""
    for line in text.splitlines(keepends=True):
        if size(line) <= most // 3:
            yield line
        else:
            yield from _words(line, most - 3 * ROOM)


def _words(line: str, most: int) -> Iterator[str]:
    for unit in UNIT.findall(line):
        if size(unit) <= most:
            yield unit
            continue
        for atom in ATOM.findall(unit):
            yield from _sliced(atom, most)


def _sliced(atom: str, most: int) -> Iterator[str]:
    """An atom that is too long, in slices; each slice of code is code."""
    code = atom[0] == atom[-1] == "`" and size(atom) > most
    rest, tick, room = (atom[1:-1], "`", most - 3) if code else (atom, "", most)
    while size(rest) > room:
        first = clipped(rest, min(room, size(rest) - SHORTEST))
        first = first if code else LOOSE.sub("", first) or first
        yield f"{tick}{first}{tick}{' ' * code}"
        rest = rest[len(first) :]
    yield f"{tick}{rest}{tick}"
