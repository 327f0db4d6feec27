"""Do two questions ask the same? What vectors blur is compared to the letter.

Vectors of "copy from staging to prod" and "copy from prod to staging" have a cosine of 0.99, and
those of "version 2.1" and "version 2.2" one of 0.97: a cosine alone cannot tell a question asked
in other words from another question.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.words import IDENTIFIER, STOP, numbers, stems

ASKED = re.compile(
    r"\b(?:how (?:many|much|often|long|large|far|soon|old|big|high)|how|who|whom|whose|when|where"
    r"|why)\b"
)
ONE_KIND = {"whom": "who", "how many": "how much", "how large": "how big"}
NEGATION = re.compile(r"\b(?:not|no|never|none|cannot|without|nor|neither)\b|n't\b")
TURNS = re.compile(  # small words that make another question of it
    r"\b(?:before|after|under|over|above|below|less|more|fewer|last|next|during|until|since|except"
    r"|only|least|most|first|second|third|previous|current|other|or|all|both|each|if not|unless"
    r"|up|down|out|off)\b"
)
DIRECTED = re.compile(r"\b(?:to|from|by|than|into|onto|against|versus|vs|between|over|under)\b")
SHOUTED = re.compile(r"(?<=\S )(?!I\b)[A-Z]+(?![\w'’])")  # US, IT, plan B: no stop words
NAMED = "named"
CONTRACTED = re.compile(r"\b(what|who|where|when|how|that|it|there|here)'(?:s|re)\b")
PADDING = frozenset(
    {"pleas", "tell", "know", "could", "need", "mani", "much", "exist", "ani", "find", "allow"}
)
ONE_VERB = {
    **{"made": "make", "kept": "keep", "paid": "pay", "lost": "lose", "chosen": "choos"},
    **{"chose": "choos", "sent": "send", "taken": "take", "took": "take", "given": "give"},
    **{"written": "write", "wrote": "write", "held": "hold", "built": "build", "bought": "buy"},
}


@dataclass(frozen=True)
class Letter:
    """What is equal to the letter in two questions that ask the same."""

    asked: frozenset[str]  # "who", "when", "how much", ...
    figures: frozenset[str]
    codes: frozenset[str]
    turns: frozenset[str]
    denies: bool


def letter(text: str) -> Letter:
    """Taken from a question."""
    low = plain(text)
    asked = {ONE_KIND.get(word, word) for word in ASKED.findall(low)}
    return Letter(
        frozenset(asked),
        frozenset(numbers(text)),
        frozenset(code.lower() for code in IDENTIFIER.findall(text)),
        frozenset(TURNS.findall(low)),
        NEGATION.search(low) is not None,
    )


def plain(text: str) -> str:
    """In lower case, with "what's" as "what"."""
    return CONTRACTED.sub(r"\1", text.lower().replace("’", "'"))


def words(text: str) -> list[str]:
    """The stems that say what is asked about, in order."""
    named = SHOUTED.sub(lambda name: f"{name[0]}{NAMED}" if stop(name[0]) else name[0], text)
    found = [stem for stem in stems(plain(named)) if stem not in PADDING]
    return [ONE_VERB.get(stem, stem) for stem in found]


def stop(word: str) -> bool:
    """Would the word be passed over?"""
    return word.lower() in STOP


def same(one: str, other: str) -> bool:
    """Do they ask the same, as far as letters tell? Their meaning is for vectors to compare.

    Both must have the same words that carry meaning. The order may differ by one part that
    moved ("leave policy", "policy on leave"), where no word gives a direction ("from", "to").
    """
    if one == other:
        return True
    first, second = words(one), words(other)
    if letter(one) != letter(other) or set(first) != set(second):
        return False
    directed = DIRECTED.search(plain(one)) or DIRECTED.search(plain(other))
    return first == second or (not directed and moved(first, second))


def moved(first: Sequence[str], second: Sequence[str]) -> bool:
    """Is one the other with two neighbouring parts swapped?"""
    size = len(first)
    if size != len(second):
        return False
    start = next((i for i in range(size) if first[i] != second[i]), size)
    end = next((i for i in range(size, start, -1) if first[i - 1] != second[i - 1]), start)
    part, other = list(first[start:end]), list(second[start:end])
    return any(part[cut:] + part[:cut] == other for cut in range(len(part)))
