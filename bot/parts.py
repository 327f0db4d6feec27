"""A question that asks two things is taken apart, so that each is searched and answered."""

from __future__ import annotations

import re

from bot.conversation import Place, Question, Turn
from bot.followups import COMMON, standalone
from knowledge.words import STOP, stems

ASKS = (
    r"(?:(?:(?:by|at|for|in|on|to|from|until|since)\s+)?(?:when|what|whats|what['’]s|which|who|"
    r"whom|whose|where|how|why)\b"
    r"|(?:do|does|did|is|are|can|could|may|must|should|will)\s+"
    r"(?:i|we|you|it|they|he|she|the|my|our|there)\b)"
)
JOINT = re.compile(
    rf"\s*[,;]?\s+(?:and|n|&|vs\.?|versus|also|plus)\s+(?={ASKS})|\?\s+(?:and\s+|also\s+)?(?={ASKS})",
    re.IGNORECASE,
)
SEVERAL = re.compile(
    rf"\b(?:vs|versus|compared?|both|differences?)\b|\b(?:and|n|&|also|plus)\s+{ASKS}",
    re.IGNORECASE,
)
LEANS = re.compile(
    r"\b(?:it|its|that|this|they|them|their|those|these|ones|one|then|there|he|she)\b", re.I
)
AGAINST = re.compile(r"\s+(?:vs\.?|versus|compared\s+(?:to|with))\s+", re.IGNORECASE)
LEADING = re.compile(r"^(?:.*[.!:]\s+)(?=\S)", re.DOTALL)  # what is told before it is asked
FIRST, LATER = 4, 3  # words of the first part and of each later one, at least
MOST = 3  # parts
SAYING = 2  # words with meaning: a part of so many stands by itself


def parts(question: str) -> list[str]:
    """The things asked, each readable alone; the question itself where it is one thing.

    What is told first ("My laptop was stolen.") goes with each part, and a later part takes from
    the one before what it leans on, as a follow-up does ("and what does it cost?").
    """
    pieces = [piece.strip(" ,;") for piece in JOINT.split(question)]
    told = LEADING.match(pieces[0])
    before = told.group() if told else ""
    asked = [pieces[0].removeprefix(before), *pieces[1:]]
    sizes = [len(piece.split()) for piece in asked]
    if not 1 < len(asked) <= MOST or sizes[0] < FIRST or min(sizes[1:]) < LATER:
        return compared(question) or [question]
    first = asked[0]
    return [f"{before}{first}", *(f"{before}{leaning(piece, first)}" for piece in asked[1:])]


def asks_several(asked: str) -> bool:
    """Are two things asked in one?"""
    return SEVERAL.search(asked) is not None


def leaning(piece: str, first: str) -> str:
    """A later part, with what it takes from the first if it points back or says little."""
    if not LEANS.search(piece) and len({*stems(piece)} - COMMON) >= SAYING:
        return piece
    return standalone(Question(piece, "", Place("terminal"), (Turn("user", first),)))


def compared(question: str) -> list[str]:
    """Both sides of "the fee for a day pass vs a month pass", if one word shows what they share."""
    sides = AGAINST.split(question)
    if len(sides) != 2:
        return []
    left, right = (side.split() for side in sides)
    words = [bare(word) for word in left]
    for place, word in enumerate(map(bare, right)):
        if word in words and word not in STOP:
            at = len(words) - 1 - words[::-1].index(word)
            shared = left[: max(at - place, 0)]
            return [sides[0], " ".join([*shared, *right])] if shared else []
    return []


def bare(word: str) -> str:
    """A word as it is compared."""
    return word.strip(",.;:?!'\"").lower()
