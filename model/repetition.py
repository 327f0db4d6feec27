"""Text that goes in circles: seen in a whole text, and while one is written, before it is shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

PERIOD = 30  # words of the longest loop that is looked for
SAME = 20  # of one character in a row
WORD, MARKS = re.compile(r"\w+"), re.compile(r"[^\w\s]*")
LETTER, FIGURE = re.compile(r"[^\W\d_]"), re.compile(r"\d")
# Of an answer that is cut off somebody loses the rest, so it must go in circles for longer than
# one that is only counted as a loop (`loops`).
TIMES, FEWEST = 4, 24  # times that a phrase comes again, and words that this makes at least
SIGNS, LONGEST = 40, 200  # characters of the longest loop of signs, and how far it must go
SHOWN = 20  # characters of such a loop that may be shown before it is one
PATIENT = 4  # times as long where repetition is usual: figures, tables, code
CODE, TABLE = "```", "|"


def loops(text: str) -> bool:
    """The same words come again at once: three times more for a phrase, longer for a word."""
    if re.search(rf"(\S)\1{{{SAME},}}", text):
        return True
    said = WORD.findall(text.casefold())
    return any(_run(said, period) >= max(3 * period, 7) for period in range(1, PERIOD + 1))


def _run(said: Sequence[str], period: int) -> int:
    """How many words in a row are those of `period` words before."""
    longest = run = 0
    for before, now in zip(said, said[period:], strict=False):
        run = run + 1 if before == now else 0
        longest = max(longest, run)
    return longest


def circles(text: str) -> bool:
    """Does it go in circles for so long that an answer would be cut off for it?"""
    straight = Straight()
    for _ in straight.pieces([text]):
        pass
    return straight.circle is not None


@dataclass(frozen=True)
class Circle:
    """Where a text began to go in circles."""

    kept: str  # the text with what is repeated once
    begins: int  # characters before what is repeated
    written: int  # characters when that was seen


@dataclass
class Straight:
    """Passes pieces on, up to where the text goes in circles.

    What may be the beginning of a repetition is held back until it is none, so that all that is
    given is in `Circle.kept`: mostly a word or two. Costs some 50 comparisons for each word and
    each character.
    """

    circle: Circle | None = None  # what was found: the text was cut off
    _text: str = ""
    _given: int = 0  # characters
    _read: int = 0  # characters whose words are known
    _words: list[tuple[str, int, int]] = field(default_factory=list)  # word, begin, end
    _runs: list[int] = field(default_factory=lambda: [0] * (PERIOD + 1))
    _same: list[int] = field(default_factory=lambda: [0] * (SIGNS + 1))
    _fence: bool = False  # within code

    def pieces(self, written: Iterable[str]) -> Iterator[str]:
        """The pieces that stand, as soon as they do."""
        for piece in written:
            for sign in piece:
                self._take(sign)
                if self.circle is not None:
                    yield from self._rest(len(self.circle.kept))
                    return
            yield from self._rest(self._safe())
        self._word_ends()
        yield from self._rest(len(self.circle.kept if self.circle else self._text))

    def _rest(self, end: int) -> Iterator[str]:
        if end > self._given:
            begin, self._given = self._given, end
            yield self._text[begin:end]

    def _take(self, sign: str) -> None:
        if not _of_word(sign):
            self._word_ends()
        self._text += sign
        if self._text.endswith(CODE):
            self._fence = not self._fence
        self._look_at_signs()

    # -- words -------------------------------------------------------------------------

    def _word_ends(self) -> None:
        """A word is whole once something else comes."""
        begin, end = self._read, len(self._text)
        while begin < end and not _of_word(self._text[begin]):
            begin += 1
        self._read = end
        if begin < end and self.circle is None:
            self._words.append((self._text[begin:end].casefold(), begin, end))
            self._look_at_words()

    def _look_at_words(self) -> None:
        words, last = self._words, len(self._words) - 1
        for period in range(1, min(PERIOD, last) + 1):
            same = words[last][0] == words[last - period][0]
            self._runs[period] = run = self._runs[period] + 1 if same else 0
            if run >= max(TIMES * period, FEWEST) and run >= self._needed(period):
                self._cut(last - run - period + 1, last - run)
                return

    def _needed(self, period: int) -> int:
        """Words that must be repeated here."""
        phrase = "".join(word for word, _, _ in self._words[-period:])
        patient = self._usual() or not LETTER.search(phrase)
        return max(TIMES * period, FEWEST) * (PATIENT if patient else 1)

    def _usual(self) -> bool:
        """Is repetition usual in what is written now?"""
        line = self._text.rstrip("\n").rpartition("\n")[2]
        return self._fence or line.lstrip().startswith(TABLE)

    def _cut(self, first: int, last: int) -> None:
        """Keep what ends with the words `first` to `last`, of which the rest is repetition."""
        self._found(self._words[first][1], self._end(last))

    def _end(self, number: int) -> int:
        """Where a word ends, with the marks behind it: a full stop, a bracket."""
        end = self._words[number][2]
        marks = MARKS.match(self._text, end)
        return marks.end() if marks else end

    def _found(self, begin: int, end: int) -> None:
        end = max(end, self._given)
        self.circle = Circle(self._text[:end], begin, len(self._text))

    # -- signs -------------------------------------------------------------------------

    def _look_at_signs(self) -> None:
        """Runs that are no words: "!!!!!", "\\n\\n\\n", "ha" without an end, no spaces at all."""
        text, last = self._text, len(self._text) - 1
        for period in range(1, min(SIGNS, last) + 1):
            same = text[last] == text[last - period]
            self._same[period] = run = self._same[period] + 1 if same else 0
            if run >= LONGEST and run >= self._length(period):
                begin = last - run - period + 1
                self._found(begin, begin + period)
                return

    def _length(self, period: int) -> int:
        signs = self._text[-period:]
        figures = bool(FIGURE.search(signs)) and not LETTER.search(signs)
        patient = self._usual() or figures
        return LONGEST * (PATIENT if patient else 1)

    def _safe(self) -> int:
        """Characters that can be given: up to the last word that begins no repetition."""
        if not self._words:
            return 0
        end = self._end(len(self._words) - 1 - max(self._runs))
        signs = max(self._same)
        return min(end, len(self._text) - signs + SHOWN) if signs > SHOWN else end


def _of_word(sign: str) -> bool:
    return sign.isalnum() or sign == "_"
