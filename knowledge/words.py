"""Words, numbers and sentences of a text, as matching needs them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:[.,:/]\d+)*(?!\w)|\d+")
IDENTIFIER = re.compile(r"\b[A-Za-z]{1,6}[-_]?\d+(?:[-._]\w+)*\b")  # E-07, SUP-7, K40, T4.2
END = re.compile(r"(?<=[.!?])[\"')\]*_]*\s+(?=[\"'(\[*_]*[A-Z0-9])")
NOT_AN_END = re.compile(
    r"\b(?:e\.g|i\.e|etc|vs|approx|no|nos|fig|sec|art|mr|mrs|ms|dr|st|inc|ltd|co|jr|sr|p|pp|cf)\.$",
    re.IGNORECASE,
)
STOP = frozenset(
    """a about after all also am an and any are as at be because been before being both but by can
    could did do does doing for from get gets got had has have having he her here hers him his how i
    if in into is it its just let like may me might mine must my no nor not of on once one only or
    our ours out over own per please s shall she should so some such t than that the their theirs
    them then there these they this those through to too under until up us very was we were what
    when where which while who whom whose why will with would you your yours dont don't im i'm
    it's""".split()
)
SPELLED = {
    word: str(number)
    for number, word in enumerate(
        """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
        fifteen sixteen seventeen eighteen nineteen twenty""".split()
    )
} | {
    "thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "seventy": "70",
    "eighty": "80", "ninety": "90", "hundred": "100", "dozen": "12",
}  # fmt: skip


@cache
def _stemmer() -> Any:
    import snowballstemmer

    return snowballstemmer.stemmer("english")


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The stem of an English word in lower case."""
    return str(_stemmer().stemWord(word))


def stems(text: str) -> list[str]:
    """Stems of the words that carry meaning, in order; numbers as they stand."""
    words = (word.lower().replace("’", "'") for word in WORD.findall(text))
    return [stem(word.removesuffix("'s")) for word in words if word not in STOP]


def numbers(text: str) -> set[str]:
    """Numbers in figures, thousands unseparated, spelled ones up to a hundred among them."""
    figures = {_plain(found) for found in NUMBER.findall(text)}
    words = (word.lower() for word in re.findall(r"[A-Za-z]+(?:-[A-Za-z]+)?", text))
    return figures | {value for word in words if (value := spelled(word))}


def spelled(word: str) -> str:
    """`27` for `twenty-seven`; nothing for what is no number."""
    tens, _, ones = word.partition("-")
    if not ones:
        return SPELLED.get(tens, "")
    if tens.endswith("ty") and tens in SPELLED and 0 < int(SPELLED.get(ones, 0)) < 10:
        return str(int(SPELLED[tens]) + int(SPELLED[ones]))
    return ""


def _plain(figure: str) -> str:
    """`1250` for `1,250`; a date or a ratio keeps its marks."""
    figure = figure.lstrip("+")
    if re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", figure):
        figure = figure.replace(",", "")
    if re.fullmatch(r"-?\d+\.\d+", figure):
        figure = figure.rstrip("0").rstrip(".")
    return (figure.lstrip("0") or "0") if figure.isdigit() else figure


def sentences(text: str) -> Iterator[str]:
    """Sentences of prose; a line of a list or a table is one of its own."""
    for line in text.splitlines():
        start = 0
        for end in END.finditer(line):
            if NOT_AN_END.search(line[start : end.start()]):
                continue
            yield line[start : end.end()].strip()
            start = end.end()
        if line[start:].strip():
            yield line[start:].strip()
