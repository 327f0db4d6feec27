"""The rules of the example company's announcements (examples/voice/README.md), as checks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from bench.voice_facts import COUNTED, DATED, TIMED, figures_kept, mentions, names, words

Rule = Callable[[str, str], bool]
"""Of a source and what was written from it: does the writing follow the rule?"""

TEAMS = (
    *("IT", "Engineering", "People team", "Finance", "Front desk", "Lisbon office"),
    *("Travel desk", "Production", "Bench", "Sales", "Safety", "Management"),
)
WORDS, OF_A_SENTENCE, OF_A_HEADLINE, OF_AN_ITEM, ITEMS, FIGURES = 90, 22, 9, 14, 5, 3
"""The most words of an announcement, of a sentence, of a headline's thing and of an item; the
most items; the figures of a source from which on there is a list."""

_MARK, _GREETING, _DO, _NOTHING = "📣 ", "Hi all,", "What you need to do: ", "Nothing to do."
_HEADLINE = re.compile(rf"{_MARK}(?P<team>{'|'.join(TEAMS)}): (?P<thing>[A-Z0-9€#].*[^.,:;!? ])")
_NOT_SAID = re.compile(
    r"!|\b(?:please (?:be advised|note)|be advised|kindly|utili[sz]\w+|leverag\w+|in order to"
    r"|prior to|going forward|moving forward|as per|asap|reach out|touch base|fyi|hesitate"
    r"|inconvenience\w*|aforementioned|at this time|effective immediately|etc)\b",
    re.IGNORECASE,
)
_DAY, _MONTH = (
    "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)",
    "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)",
)
_HOUSE_DATE = re.compile(rf"(?<!\w)(?:{_DAY} )?[1-9]\d? {_MONTH}\b")
_LOOSE_DAY = re.compile(rf"\b(?:{_DAY}s?|Tues|Weds|Thurs?)\b\.?(?! [1-9]\d? {_MONTH}\b)")
_LOOSE_MONTH = re.compile(r"(?<!\d )\b(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b")
_LONG_DAY = re.compile(
    rf"\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day,? (?:the )?\d{{1,2}} {_MONTH}\b"
)
_HOUSE_TIME = re.compile(r"(?<![\w:.])(?:[01]\d|2[0-4]):[0-5]\d(?!\w|:\d)")
_HOUSE_AMOUNT = re.compile(r"€(?:\d{1,3}(?:,\d{3})+|\d{1,3})(?:\.\d\d)?(?![\w]|[.,]\d)")
_AMOUNT = re.compile(r"€|\b(?:EUR|euros?)\b", re.IGNORECASE)
_BE = r"(?:am|is|are|was|were|be|been|being|(?:is|are|was|were)n['’]t|gets?|got|getting)"
_SHORT_BE = r"(?:it|that|there|he|she|who|what)['’]s|(?:we|you|they)['’]re|I['’]m"
_ADVERB = (
    r"(?:\w+ly|not|also|now|only|already|still|all|both|never|always|just|no longer|soon|then)"
)
_IRREGULAR = (
    r"done|made|given|taken|shown|sent|held|paid|kept|seen|known|written|built|found|left|lost|told"
    r"|sold|bought|brought|begun|broken|chosen|drawn|driven|eaten|flown|forgotten|frozen|hidden|hung"
    r"|laid|led|lent|met|put|read|run|said|set|shut|spent|stolen|swept|taught|thrown|torn"
    r"|understood|woken|won|worn|cut|hit|reset|upset|rebuilt|withdrawn|overdrawn|caught|dealt|felt"
)
_PASSIVE = re.compile(
    rf"\b(?:{_BE}|{_SHORT_BE})\s+(?:{_ADVERB}\s+)*"
    r"(?!(?:red|tired|pleased|excited|delighted|interested|worried|thrilled|broken|need|used to)\b)"
    rf"(?:\w+[^e\W]ed|{_IRREGULAR})\b",
    re.IGNORECASE,
)


def rules() -> Mapping[str, Rule]:
    """Each rule by its name, in the order of the README."""
    return {
        "opening": _alone(_opening),
        "brief": _alone(_brief),
        "active": _alone(lambda written: not _PASSIVE.search(written)),
        "dates": _dates,
        "times": _times,
        "amounts": _amounts,
        "list": _listing,
        "action": _alone(_action),
        "signature": _alone(_signature),
        "plain_words": _alone(lambda written: not _NOT_SAID.search(written)),
        "figures": figures_kept,
        "names": _names,
    }


def kept(source: str, written: str) -> dict[str, bool]:
    """Which rules `written`, an announcement of what `source` says, follows."""
    return {name: rule(source, written) for name, rule in rules().items()}


def _alone(check: Callable[[str], bool]) -> Rule:
    """A rule that needs no look at the source."""
    return lambda _, written: check(written)


def _opening(written: str) -> bool:
    """A headline with the team and the thing; then the greeting."""
    first, second = (*_lines(written), "", "")[:2]
    headline = _HEADLINE.fullmatch(first)
    return bool(headline and _count(headline["thing"]) <= OF_A_HEADLINE and second == _GREETING)


def _brief(written: str) -> bool:
    """Few words, and few in each sentence."""
    sentences = [each for line in _lines(written) for each in re.split(r"(?<=[.!?])\s+", line)]
    return 0 < _count(written) <= WORDS and all(_count(s) <= OF_A_SENTENCE for s in sentences)


def _dates(source: str, written: str) -> bool:
    """As "Tue 14 May"; a weekday alone, or a month, in full."""
    rest = _HOUSE_DATE.sub("", written)
    foreign = any(mention.kind in DATED for mention in mentions(rest))
    loose = any(wrong.search(written) for wrong in (_LOOSE_DAY, _LOOSE_MONTH, _LONG_DAY))
    return not foreign and not loose and _said(_HOUSE_DATE, written, source, DATED)


def _times(source: str, written: str) -> bool:
    """As "09:00" and "16:00"."""
    rest = _HOUSE_TIME.sub("", written)
    foreign = any(mention.kind in TIMED for mention in mentions(rest))
    return not foreign and _said(_HOUSE_TIME, written, source, TIMED)


def _amounts(source: str, written: str) -> bool:
    """As "€1,200" and "€2.75"."""
    foreign = _AMOUNT.search(_HOUSE_AMOUNT.sub("", written))
    return not foreign and _said(_HOUSE_AMOUNT, written, source, ("amount",))


def _said(form: re.Pattern[str], written: str, source: str, kinds: tuple[str, ...]) -> bool:
    """Is the form used, if the source has such a figure at all?"""
    return bool(form.search(written)) or all(m.kind not in kinds for m in mentions(source))


def _listing(source: str, written: str) -> bool:
    """One list at most, of short items; one at least where the source has several figures."""
    lines = _lines(written)
    places = [n for n, line in enumerate(lines) if line.startswith("- ")]
    counted = {m.forms for m in mentions(source) if m.kind in COUNTED and m.needed}
    if not places:
        return len(counted) < FIGURES and not re.search(
            r"(?m)^\s*(?:[*•–]|\d+[.)])\s", _middle(lines)
        )
    together = places[-1] - places[0] == len(places) - 1
    return together and 2 <= len(places) <= ITEMS and all(_item(lines[n][2:]) for n in places)


def _item(text: str) -> bool:
    """An item is no sentence: short, from a capital to no full stop."""
    return _count(text) <= OF_AN_ITEM and not text[:1].islower() and text[-1:] not in ".;,"


def _action(written: str) -> bool:
    """The last line but one says what to do; no other does."""
    line = ("", "", *_lines(written))[-2]
    told = bool(re.fullmatch(rf"{_DO}\S.*\.", line)) or line == _NOTHING
    return told and written.count(_DO.strip()) + written.count(_NOTHING) == 1


def _signature(written: str) -> bool:
    """The last line is a dash and the team of the headline."""
    lines = _lines(written) or [""]
    headline = _HEADLINE.fullmatch(lines[0])
    return bool(headline and lines[-1] == f"– {headline['team']}")


def _names(source: str, written: str) -> bool:
    """Does the one name whom and what the other names, and nobody more?"""
    return names(source) <= words(written) and names(_without_team(written)) <= words(source)


def _without_team(written: str) -> str:
    """Without what the voice itself brings: the headline's team, the signature."""
    body = re.sub(rf"(?m)^– (?:{'|'.join(TEAMS)})$", "", written)
    return re.sub(rf"^{_MARK}[^:\n]*: ", "", body)


def _middle(lines: list[str]) -> str:
    """What stands between the greeting and the signature."""
    return "\n".join(lines[2:-1])


def _lines(written: str) -> list[str]:
    return [line.strip() for line in written.splitlines() if line.strip()]


def _count(text: str) -> int:
    """Words; a lone sign is none."""
    return sum(1 for word in text.split() if re.search(r"\w", word))
