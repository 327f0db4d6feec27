"""Phone numbers: international ones, and those of four countries as they are written there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from bot.learning.masking.spans import Span, near

ABROAD = re.compile(r"(?:\+|(?<![\w.,:/-])(?<!\d )00) ?\(?\d[\d ()./-]{5,20}\d(?!\w)")
AMERICAN = re.compile(
    r"(?<![\w.,:/-])(?:1[-. ])?(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}(?![\w-]|[.,]\d)"
)
EUROPEAN = re.compile(r"(?<![\w.,:/-])(?<!\d )\(?0[1-9][\d ()./-]{5,16}\d(?![\w-]|[.,]\d)")
EUROPE = ("GB", "DE", "FR")
DATE = re.compile(r"\b\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})(?:\D|$)|\b\d{4}-\d{2}-\d{2}")
PAIRS = re.compile(r"\d{2}(?:[. -]\d{2}){4}")  # as the French write them
SPEAKS = re.compile(
    r"\b(?:tele?(?:phone|fon|fax)?|phones?|cell|mobile?|mobil|handy|hotline|call|ring|dial|text me|"
    r"sms|whatsapp|reach (?:me|him|her|us|them)|anruf\w*|ruf\w*|durchwahl|rufnummer|"
    r"portable|appel\w*|joindre|contact)\b|☎|📞|\btél",
    re.IGNORECASE,
)
COUNTS = re.compile(
    r"\b(?:invoice|order|ticket|issue|serial|part|article|item|tracking|parcel|sku|ref\w*|case|"
    r"version|build|job|account|customer|contract|batch|lot|asset|room|isbn|ean|"
    r"rechnung\w*|bestell\w*|auftrag\w*|artikel\w*|kunden\w*|vertrag\w*|facture|commande)\b",
    re.IGNORECASE,
)


def phones(text: str) -> Iterator[Span]:
    """The phone numbers of a text."""
    yield from _abroad(text)
    yield from _american(text)
    yield from _european(text)


def _abroad(text: str) -> Iterator[Span]:
    for found in ABROAD.finditer(text):
        told = found[0].rstrip(" (./-")
        for cut in _shorter(told):
            digits = _digits(cut).removeprefix("00")
            if international(digits):
                yield Span(found.start(), found.start() + len(cut), "phone")
                break


def _american(text: str) -> Iterator[Span]:
    for found in AMERICAN.finditer(text):
        around = near(text, *found.span())
        plain = set(found[0]) <= set("0123456789 ")
        clear = SPEAKS.search(around) or not (plain or COUNTS.search(around))
        if clear and national(_digits(found[0]), "US"):
            yield Span(*found.span(), "phone")


def _european(text: str) -> Iterator[Span]:
    for found in EUROPEAN.finditer(text):
        for cut in _shorter(found[0]):
            end = found.start() + len(cut)
            if _written_as_one(cut, near(text, found.start(), end)):
                yield Span(found.start(), end, "phone")
                break


def _written_as_one(told: str, around: str) -> bool:
    """Does a number that begins with 0 look like a phone number, and is it one somewhere?"""
    if DATE.search(told) and not PAIRS.fullmatch(told):
        return False
    digits = _digits(told)
    if not SPEAKS.search(around):
        written = len(digits) >= 9 and (not told.isdigit()) and told.count(".") in (0, 4)
        if not written or COUNTS.search(around):
            return False
    return any(national(digits, region) for region in EUROPE)


def _shorter(told: str) -> Iterator[str]:
    """The number, and what is left when its last groups belong to something else."""
    for _ in range(3):
        yield told
        cut = re.split(r"[ ()./-]+(?=\d+$)", told)[0]
        if cut == told:
            return
        told = cut


def _digits(told: str) -> str:
    return re.sub(r"\D", "", told)


@lru_cache(maxsize=10_000)
def international(digits: str) -> bool:
    """Could these digits, with the country's code first, be dialled?"""
    from phonenumbers import NumberParseException, is_possible_number, parse

    try:
        return len(digits) >= 8 and is_possible_number(parse("+" + digits))
    except NumberParseException:
        return False


@lru_cache(maxsize=10_000)
def national(digits: str, region: str) -> bool:
    """Is there such a number in that country?"""
    from phonenumbers import NumberParseException, is_valid_number, parse

    try:
        return is_valid_number(parse(digits, region))
    except NumberParseException:
        return False
