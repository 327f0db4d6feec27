"""Payment cards and bank accounts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from bot.learning.masking.spans import Span

CARD = re.compile(r"(?<![\w.,+-])\d(?:[ -]?\d){12,18}(?![\w-]|[.,]\d)")
DOTTED = re.compile(  # a pattern of its own: in the other one a date before a card would hide it
    r"(?<![\w.,+-])(?:\d{4}(?:\.\d{4}){3}(?:\.\d{1,3})?|\d{4}\.\d{6}\.\d{4,5})(?![\w-]|[.,]\d)"
)
COUNTS = re.compile(  # what has numbers with dots
    r"\b(?:version|build|release|firmware|driver|serial|part|article|item|sku|order|invoice) ?"
    r"(?:no|nr|number|id)?\W{0,3}$",
    re.IGNORECASE,
)
GROUPS = re.compile(
    r"\d+|\d{4}(?:([ .-])\d{4})(?:\1\d{4}){2}(?:\1\d{1,3})?|\d{4}[ .-]\d{6}[ .-]\d{4,5}"
)
ISSUER = re.compile(  # the digits that cards of that length begin with
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}"
    r"|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|6(?:011|4[4-9]\d|5\d\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}"
    r"|(?:50|5[6-8]|6[0-9])\d{10,17}"
)
ACCOUNT = re.compile(  # they may overlap: "on12 ..." hides none that begins within
    r"(?<![^\W_])(?=(?P<told>[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]){11,30}))"
)
GROUPED = re.compile(  # by dashes or dots, in groups of four
    r"(?<![\w.-])(?=(?P<told>[A-Za-z]{2}\d{2}(?P<sign>[.-])[A-Za-z0-9]{4}"
    r"(?:(?P=sign)[A-Za-z0-9]{1,4}){1,7})(?![A-Za-z0-9]))"
)
SIGNS = str.maketrans("", "", " .-")
BEFORE = 30  # characters that are looked at for such words
SHORTEST, LONGEST = 15, 34  # characters of an IBAN


def payments(text: str) -> Iterator[Span]:
    """The cards and accounts of a text, by their check digits."""
    from stdnum import luhn

    dotted = (found for found in DOTTED.finditer(text) if not _counts(text, found))
    for found in chain(CARD.finditer(text), dotted):
        digits = re.sub(r"\D", "", found[0])
        if GROUPS.fullmatch(found[0]) and ISSUER.fullmatch(digits) and luhn.is_valid(digits):
            yield Span(*found.span(), "card")
    for found in chain(ACCOUNT.finditer(text), GROUPED.finditer(text)):
        if end := _account_end(found["told"]):
            yield Span(found.start(), found.start() + end, "iban")


def _counts(text: str, found: re.Match[str]) -> bool:
    """Do the words right before a number say that it is a version, or an article's?"""
    return bool(COUNTS.search(text[max(0, found.start() - BEFORE) : found.start()]))


def _account_end(told: str) -> int:
    """Where the IBAN ends that a text begins with; 0: it is none."""
    from stdnum import iban

    for end in range(len(told), SHORTEST - 1, -1):
        compact = told[:end].translate(SIGNS).upper()
        whole = end == len(told) or not told[end].isalnum()
        fits = whole and SHORTEST <= len(compact) <= LONGEST
        if fits and _adds_up(compact) and iban.is_valid(compact):
            return end
    return 0


def _adds_up(compact: str) -> bool:
    """Are the check digits right? Far cheaper than to ask for the country's form too."""
    turned = compact[4:] + compact[:4]
    return int("".join(str(int(letter, 36)) for letter in turned)) % 97 == 1
