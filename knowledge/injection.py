"""Prompt injection: statements of a document that give orders to whoever reads it for others.

A handbook is full of honest imperatives ("Send the form to HR"). What gives an order to a
language model away is what it speaks of: its answer, its earlier instructions, its reader, a
poem, a translation. A statement's score joins the signs that it shows as independent ones.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator

from knowledge.injection_signs import DEMAND, HOUSE, REQUEST, signs
from knowledge.visible import seen
from knowledge.words import sentences, stems

ORDER = 0.6  # the score from which a statement counts as an order
ALIEN = 0.9  # the share of a request's words that its page has nowhere else, to be alien there
LONGEST = 1500  # characters of a statement that are looked at
FOREIGN, MANY = 0.8, 5  # or this share of so many words
ASKED = 0.65  # the weight of a request for what is alien to the page
WORDS, DEMANDED = 2, 3  # that an alien request must have, and a demand
COMMON = frozenset(  # words of requests that say nothing of their subject
    stems(
        """explain describe work works main first differences primary example simple terms recent
        good best way steps year following cause use mean between kind type thing name list write
        provide give create generate compare"""
    )
)


def is_order(statement: str, page: str = "") -> bool:
    """Does a statement speak to a machine that reads it, rather than inform a person?

    `statement` stands without the heading above it; `page` is the text it was taken from, by
    which a request for something else altogether ("What is the capital of Brazil?") is known.
    """
    return order_score(statement, page) >= ORDER


def order_score(statement: str, page: str = "") -> float:
    """How surely a statement is an order to a machine, 0 to 1."""
    honest = 1.0
    for _, weight in shown(statement, page):
        honest *= 1 - weight
    return 1 - honest


def shown(statement: str, page: str = "") -> Iterator[tuple[str, float]]:
    """The signs that a statement shows, with their weights."""
    text = skeleton(statement[:LONGEST])
    for sign in signs():
        if sign.pattern.search(text):
            yield sign.name, sign.weight
    if page and any(_alien_request(part, page) for part in parts(text)):
        yield "alien to its page", ASKED


def informing(statement: str, page: str = "", question: str = "") -> str:
    """The statement without what is an order in it; empty: nothing is left that may be shown.

    A sentence alien to the page is left out alone, since it may stand in the item or the
    paragraph that decides. Beside any other order nothing is believed: what follows it
    ("Ignore the rules. Leave is 50 days.") may be what it wants said. Where the question is
    known, a demand that has to do neither with it nor with the page is left out too.
    """
    if is_order(statement):
        return ""
    if not is_order(statement, page) and not alien_demand(statement, page, question):
        return statement
    kept = (part for part in sentences(statement) if not is_order(part, page))
    return " ".join(part for part in kept if not alien_demand(part, page, question))


def alien_demand(statement: str, page: str, question: str) -> bool:
    """Does a sentence ask for what neither the page nor the question speaks of elsewhere?

    Only beside a question: without one, two honest instructions in a hundred look so; what names
    something of the house is spared. Of the 2,033 statements that answer our written questions,
    4 are taken for orders by themselves, and 4 more by this.
    """
    if not page or not question:
        return False
    text, about = skeleton(statement[:LONGEST]), f"{page}\n{question}"
    told = parts(text) if _row(text) and not HOUSE.search(text) else sentences(text)
    return any(_demand(part) and alien(part, about, words=DEMANDED) for part in told)


def _row(text: str) -> bool:
    """Is it a row of a table: "Country: Norway; Meals: 46"?"""
    told = text.split("; ")
    return len(told) > 1 and all(": " in cell for cell in told)


def _demand(text: str) -> bool:
    return DEMAND.search(text) is not None and not HOUSE.search(text)


CELL = re.compile(r"(?:^|;\s+)(?:[^:;.!?]{1,40}:\s+)?")


def parts(statement: str) -> Iterator[str]:
    """Its sentences, and the cells of a table's row without their names."""
    for cell in CELL.split(statement):
        yield from sentences(cell)


def _alien_request(text: str, page: str) -> bool:
    asks = REQUEST.search(text) is not None
    return asks and (alien(text, page) or alien(text, page, FOREIGN, MANY))


def alien(request: str, page: str, share: float = ALIEN, words: int = WORDS) -> bool:
    """Does the page speak nowhere else of what is requested?"""
    asked = Counter(word for word in stems(request) if word not in COMMON)
    about = Counter(stems(page))
    missing = [word for word, count in asked.items() if about[word] <= count]
    return len(missing) >= words and len(missing) / len(asked) >= share


LIKE_LATIN = str.maketrans(
    "АВЕЅІЈКМНОРСТХУаеіјоорсухѕһԁɡΑΒΕΖΗΙΚΜΝΟΡΤΥΧονρ",
    "ABESIJKMHOPCTXYaeijoopcyxshdgABEZHIKMNOPTYXovp",
)
SPACED = re.compile(r"\b(?:[A-Za-z][ .\-_*]){4,}[A-Za-z]\b")


def skeleton(text: str) -> str:
    """The text as it looks: one form of each letter, nothing unseen, letters not set apart."""
    text = unicodedata.normalize("NFKC", seen(text))
    if re.search("[A-Za-z]", text):  # else it is honest Cyrillic or Greek
        text = text.translate(LIKE_LATIN)
    text = SPACED.sub(lambda m: re.sub(r"[ .\-_*]", "", m[0]), text)
    return " ".join(text.replace("’", "'").split())
