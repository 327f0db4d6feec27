"""The numbers that states give to people: for taxes, insurance, health, identity."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Protocol

from bot.learning.masking.spans import Span, near

NAMES = re.compile(
    r"\b(?:ssn|social security|social insurance|national insurance|n\.?i\.? n(?:umber|o)|nino|nhs|"
    r"tax (?:id|number|file|payer)\w*|taxpayer\w*|tfn|tin|itin|steuer\w*|idnr|bsn|sofi\w*|"
    r"burgerservice\w*|pesel|cpr|personn?umm?er\w*|fødselsnummer|sin|aadhaar|pan(?: card)?|pps\w*|"
    r"\w*versicherungs\w*|svn?r|dni|nie|nif|cpf|rut|hetu|passport\w*|reisepass\w*|passeport|"
    r"national (?:id|identity)\w*|identity (?:card|number)|id (?:card|number)|ausweis\w*|"
    r"sécu\w*|codice fiscale|citizen (?:card|number))\b|\b(?:personal|person) (?:id|number)",
    re.IGNORECASE,
)
COUNTS = re.compile(
    r"\b(?:invoice|order|ticket|issue|serial|part|article|item|tracking|parcel|sku|version|build)\b",
    re.IGNORECASE,
)
EDGE, END = r"(?<![\w.,+-])", r"(?![\w-]|[.,]\d)"


@dataclass(frozen=True)
class Kind:
    """A kind of number: how it is written, and who knows its check digits."""

    module: str  # of stdnum; empty: it has none
    pattern: re.Pattern[str]
    named: bool = False  # it must stand near a word such as "tax id"


def _kind(module: str, pattern: str, named: bool = False) -> Kind:
    return Kind(module, re.compile(EDGE + f"(?:{pattern})" + END), named)


KINDS = (
    _kind("us.ssn", r"\d{3}-\d{2}-\d{4}"),
    _kind("us.ssn", r"\d{3} ?\d{2} ?\d{4}", named=True),
    _kind("us.itin", r"9\d{2}-\d{2}-\d{4}"),
    _kind(
        "", r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-D]"
    ),
    _kind("gb.nhs", r"\d{3}[ -]?\d{3}[ -]?\d{4}", named=True),
    _kind("gb.utr", r"\d{5} ?\d{5}K?", named=True),
    _kind("de.idnr", r"\d{2} \d{3} \d{3} \d{3}"),
    _kind("de.idnr", r"\d{11}", named=True),
    _kind("de.stnr", r"\d{2,3}/\d{3,4}/\d{4,5}|\d{10,13}", named=True),
    _kind("", r"\d{2} ?[0-3]\d[01]\d{3} ?[A-Z] ?\d{3}", named=True),  # German pension insurance
    _kind("fr.nir", r"[12] ?\d\d ?\d\d ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d"),
    _kind("es.dni", r"\d{8}-?[A-Z]|\d{2}\.\d{3}\.\d{3}-?[A-Z]"),
    _kind("es.nie", r"[XYZ]-?\d{7}-?[A-Z]"),
    _kind("it.codicefiscale", r"[A-Za-z]{6}\d{2}[A-Za-z]\d{2}[A-Za-z]\d{3}[A-Za-z]"),
    _kind("nl.bsn", r"\d{4}\.?\d{2}\.?\d{3}", named=True),
    _kind("pl.pesel", r"\d{11}", named=True),
    _kind("be.nn", r"\d{2}\.\d{2}\.\d{2}[- ]\d{3}[.-]\d{2}"),
    _kind("be.nn", r"\d{11}", named=True),
    _kind("se.personnummer", r"(?:\d{2})?\d{6}[-+]\d{4}"),
    _kind("se.personnummer", r"(?:\d{2})?\d{10}", named=True),
    _kind("dk.cpr", r"\d{6}[- ]?\d{4}", named=True),
    _kind("fi.hetu", r"\d{6}[-+A]\d{3}[0-9A-Z]"),
    _kind("no.fodselsnummer", r"\d{6} ?\d{5}", named=True),
    _kind("ch.ssn", r"756\.?\d{4}\.?\d{4}\.?\d{2}"),
    _kind("at.vnr", r"\d{4} ?\d{6}", named=True),
    _kind("pt.cc", r"\d{8} \d ?[A-Z0-9]{2}\d"),
    _kind("ca.sin", r"\d{3}[ -]?\d{3}[ -]?\d{3}", named=True),
    _kind("br.cpf", r"\d{3}\.\d{3}\.\d{3}-\d{2}"),
    _kind("in_.aadhaar", r"\d{4} ?\d{4} ?\d{4}", named=True),
    _kind("in_.pan", r"[A-Z]{5}\d{4}[A-Z]", named=True),
    _kind("au.tfn", r"\d{3} ?\d{3} ?\d{3}", named=True),
    _kind("ie.pps", r"\d{7}[A-W][A-IW]?", named=True),
)
PASSPORT = re.compile(
    r"\b(?:passport|reisepass|passeport|ausweis)\w*\W{1,3}(?:(?:no|nr|number|nummer|id|is)\b\W{0,3})"
    r"{0,2}(?P<number>(?=(?:[A-Z]*\d){4})[A-Z0-9]{7,10})\b",
    re.IGNORECASE,
)


class Checks(Protocol):
    """A module of stdnum."""

    def is_valid(self, number: str) -> bool:
        """Are form and check digits right?"""


def identities(text: str) -> Iterator[Span]:
    """The national numbers of a text."""
    for kind in KINDS:
        for found in kind.pattern.finditer(text):
            if _valid(kind, found[0]) and _told(kind, near(text, *found.span())):
                yield Span(*found.span(), "number")
    for found in PASSPORT.finditer(text):
        yield Span(*found.span("number"), "number")


def _valid(kind: Kind, told: str) -> bool:
    return not kind.module or _checks(kind.module).is_valid(told)


def _told(kind: Kind, around: str) -> bool:
    """Do the words around say that it is one, or at least nothing else?"""
    if NAMES.search(around):
        return True
    return not kind.named and not COUNTS.search(around)


@cache
def _checks(module: str) -> Checks:
    checks: Checks = import_module(f"stdnum.{module}")
    return checks
