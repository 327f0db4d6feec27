"""What a text states that a rewriting has to keep: dates, times, numbers and names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SHORT = "jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec"
_MONTH = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december"
    rf"|{_SHORT})\b"
)
_BEFORE = "|".join(rf"(?<=\b{w} )" for w in "in of by from til till until since".split())
_ONES = ("two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS = ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen")
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_WORDS = {word: n for n, word in enumerate(("one", *_ONES, *_TEENS, "eighteen", "nineteen"), 1)}
_WORDS |= {word: 10 * n for n, word in enumerate(_TENS, 2)}
_WORDS |= {f"{t}-{o}": _WORDS[t] + _WORDS[o] for t in _TENS for o in ("one", *_ONES)}
_NTHS = "first second third fourth fifth sixth seventh eighth ninth tenth".split()
_NUMBER = r"\d{1,3}(?:[.,]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d{1,2})?(?!\d)|\d+"
_NTH = r"(?:st|nd|rd|th)?"
_ALSO = rf"(?:\s*(?:-|–|to|and|or|&|[+,]|till|until)\s*\d{{1,2}}(?!\d){_NTH})"
_KINDS = {  # in the order in which they are tried at each place of a text
    "channel": r"#[\w-]+",
    "iso": r"20\d\d-\d\d-\d\d",
    "amount": rf"(?:€|\beur\b)\s?(?:{_NUMBER})(?:k\b)?"
    rf"|(?<!\w)(?:{_NUMBER})k?\s?(?:€|euros?\b|eur\b)",
    "numeric": r"(?<!\w)\d{1,2}(?:/\d{1,2}(?:/\d{2,4})?|\.\d{1,2}\.20\d\d)(?!\w)",
    "date": rf"(?<!\w)\d{{1,2}}{_NTH}{_ALSO}{{0,3}}(?:\s+of)?\s+{_MONTH}",
    "month_first": rf"\b{_MONTH}\s+(?:the\s+)?\d{{1,2}}(?!\d|[:.]\d){_NTH}"
    rf"{_ALSO}?(?!\w)",
    "half_past": r"\bhalf past \w+",
    "clock": r"(?<!\w)\d{1,2}(?:[:.]\d{2})?\s?(?:am|pm|a\.m\.|p\.m\.)(?!\w)"
    r"|(?<!\w)\d{1,2}(?::|h)\d{2}(?!\w)",
    "oclock": r"(?<!\w)(?:\d{1,2}|\w+) o.clock\b",
    "named_time": r"\b(?:noon|midday|midnight)\b",
    "version": r"(?<!\w)\d+\.\d+\.\d+(?!\w)",
    "code": r"(?<!\w)[a-z]{1,6}-?\d\w*(?:[.-]\w+)*",
    "ordinal": rf"\b(?:{'|'.join(_NTHS)}|1st|2nd|3rd)\b",
    "number": rf"(?<![\w])(?:{_NUMBER})",
    "word": rf"\b(?:{'|'.join(sorted(_WORDS, key=len, reverse=True))})\b",
    "weekday": r"\b(?:mon|tues?|weds?|thur?s?|fri)s?\b"
    r"|\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|(?-i:\b(?:Sat|Sun)\b)"
    r"|\b(?:sat|sun)\b(?=,? (?:the )?\d)",
    "month": r"(?-i:\b(?:May(?! (?:all|he|I|it|she|they|we|you)\b)|March)\b)"
    rf"|(?:{_BEFORE})(?:may|march|{_SHORT})\b"
    r"|\b(?:january|february|april|june|july|august|september|october|november|december)\b",
}
_ANY = re.compile("|".join(f"(?P<{k}>{v})" for k, v in _KINDS.items()), re.IGNORECASE)
DATED, TIMED = (
    ("iso", "numeric", "date", "month_first"),
    ("half_past", "clock", "oclock", "named_time"),
)
COUNTED = (*DATED, *TIMED, "amount", "version", "number", "word")

TOOLS = frozenset(
    "deventer lisbon roster pennybox quench kilnwatch keyring gatehouse bisque celadon raku "
    "majolica larkmoor".split()
)  # names of the company, also where a jotting leaves them in lower case
_NO_NAME = frozenset("i hi hello dear all not no ok fyi asap ps tbc re subject note".split())
_SENDER = re.compile(
    r"\n[ \t*–—-]*(?:(?:thanks|thx|cheers|best|regards|kind regards|br|greetings)\b)?[\s,.]*"
    r"(?:[A-Z]\w*\W*){1,4}$"
)
_ADDRESSED = re.compile(r"^(?:hi|hey|hello|dear|morning|good morning)\b[^,\n!.:]*", re.IGNORECASE)


@dataclass(frozen=True)
class Mention:
    """One figure of a text, in each of the ways it may be meant."""

    kind: str
    forms: frozenset[str]  # "date 14/5", "time 16:00", "number 1200", "day tue", "#ask-it"

    @property
    def needed(self) -> bool:
        """Whether it has to be kept: "one" and "first" are seldom numbers that matter."""
        return self.kind != "ordinal" and (self.kind != "word" or "number 1" not in self.forms)


def mentions(text: str, loose: bool = False) -> tuple[Mention, ...]:
    """The figures of a text, in its order.

    `loose` is for what people type: "from 9 to 5" may then be times, "4:30" either half of the day.
    """
    return tuple(_read(text, loose))


def names(text: str) -> frozenset[str]:
    """Names in lower case: words with a capital within a sentence, and the company's own words.

    Greetings and the sender below a text don't count: an announcement drops them.
    """
    body = _SENDER.sub("", _ADDRESSED.sub("", text.strip()))
    capital = (_bare(word) for line in _lines(body) for word in line.split()[1:] if _named(word))
    return frozenset(capital) | (words(body) & TOOLS)


def words(text: str) -> frozenset[str]:
    """All words of a text in lower case, without "'s"."""
    return frozenset(_bare(word) for word in re.findall(r"[\w'’]+", text))


def figures_kept(source: str, written: str) -> bool:
    """Does the one state the other's dates, times, numbers and codes, and no more?"""
    there, here = mentions(source, loose=True), mentions(written)
    offered, stated = _forms(there), _forms(here)
    lost = [m for m in there if m.needed and not m.forms & stated]
    return not lost and all(m.forms & offered for m in here if m.needed)


def _forms(told: tuple[Mention, ...]) -> frozenset[str]:
    """All forms, and the months that dates lie in."""
    forms = frozenset[str]().union(*(mention.forms for mention in told))
    dates = (form.rpartition("/") for form in forms if form.startswith("date "))
    return forms | {
        f"month {MONTHS[int(month) - 1]}" for _, _, month in dates if 0 < int(month) <= 12
    }


def _read(text: str, loose: bool) -> Iterator[Mention]:
    for found in _ANY.finditer(text):
        kind = found.lastgroup or ""
        for forms in _meant(kind, found[0], loose):
            yield Mention(kind, frozenset(forms))


def _meant(kind: str, told: str, loose: bool) -> Iterator[set[str]]:
    """The forms of each mention; a range of dates is two."""
    if kind in ("date", "month_first"):
        month = _month(told)
        yield from ({f"date {int(day)}/{month}"} for day in re.findall(r"\d+", told))
    elif kind in _AMBIGUOUS:
        yield _AMBIGUOUS[kind](told, loose)
    else:
        yield {_READERS[kind](told)} if kind in _READERS else {told.casefold()}


def _amount(told: str) -> str:
    value = Decimal(_plain(re.sub(r"[^\d.,]", "", told)))
    return _number(value * 1000 if re.search(r"\dk", told, re.IGNORECASE) else value)


def _count(told: str, loose: bool) -> set[str]:
    """A number; typed loosely, "9" and "16.30" may be times too."""
    forms = {_number(Decimal(_plain(told)))}
    hour, _, minute = told.partition(".")
    if loose and hour.isdigit() and int(hour) <= 24 and (not minute or len(minute) == 2):
        forms |= _times(int(hour), int(minute or 0), either=int(hour) <= 12)
    return forms


def _word(told: str, loose: bool) -> set[str]:
    """A number; typed loosely, "around ten" may be a time too."""
    return _count(str(_WORDS[told.casefold()]), loose)


def _clock(told: str, loose: bool) -> set[str]:
    """A time with its half of the day, or with minutes; "9:30" typed loosely may be either half."""
    hour, minute = (*(int(part) for part in re.findall(r"\d+", told)), 0)[:2]
    half = re.search(r"([ap])\.?m", told, re.IGNORECASE)
    if half:
        afternoon = half[1].casefold() == "p"
        return _times(hour % 12 + 12 * afternoon, minute, either=False)
    return _times(hour, minute, either=loose and not told[:2].isdigit())


def _spoken(told: str, loose: bool) -> set[str]:
    """Either half of the day: "half past three", "4 o'clock"."""
    word = (told.split()[-1] if told[:4].casefold() == "half" else told.split()[0]).casefold()
    hour = int(word) if word.isdigit() else _WORDS.get(word, 0)
    return _times(hour, 30 if told[:4].casefold() == "half" else 0, either=loose)


def _times(hour: int, minute: int, either: bool) -> set[str]:
    """The time as a form; `either`: also twelve hours on."""
    hours = {hour, (hour + 12) % 24} if either else {hour}
    return {f"time {each:02}:{minute:02}" for each in hours}


def _numeric(told: str) -> str:
    day, month = re.findall(r"\d+", told)[:2]
    return f"date {int(day)}/{int(month)}"


def _nth(told: str) -> int:
    return _NTHS.index(told.casefold()) + 1


def _month(told: str) -> int:
    found = re.search(_MONTH, told, re.IGNORECASE)
    return MONTHS.index(found[0][:3].casefold()) + 1 if found else 0


def _plain(told: str) -> str:
    """Digits with a decimal point: "1.200" and "1,200" are 1200, "2,75" is 2.75."""
    joined = re.sub(r"[.,](?=\d{3}(?!\d))", "", told)
    return joined.replace(",", ".")


def _number(value: Decimal) -> str:
    return f"number {value.normalize():f}"


_AMBIGUOUS: dict[str, Callable[[str, bool], set[str]]] = {
    "number": _count,
    "clock": _clock,
    "oclock": _spoken,
    "half_past": _spoken,
    "word": _word,
}
_READERS: dict[str, Callable[[str], str]] = {
    "amount": _amount,
    "numeric": _numeric,
    "iso": lambda told: f"date {int(told[8:10])}/{int(told[5:7])}",
    "named_time": lambda told: "time 00:00" if "night" in told.casefold() else "time 12:00",
    "ordinal": lambda told: f"number {told[0] if told[0].isdigit() else _nth(told)}",
    "weekday": lambda told: f"day {told[:3].casefold()}",
    "month": lambda told: f"month {told[:3].casefold()}",
}


def _lines(text: str) -> list[str]:
    """Stretches whose first word has a capital whatever it is."""
    lines = (re.sub(r"^\W+", "", line) for line in text.splitlines())
    parts = (re.split(r"(?<=[.!?…])[\"')\]]*\s+|:\s+|\s[–—-]+\s", line) for line in lines)
    return [part for line in parts for part in line]


def _named(word: str) -> bool:
    bare = word.strip("\"'“”‘’()[].,;:!?*_")
    shouted = (bare.isupper() and len(bare) > 3) or "." in bare
    return (
        bare[:1].isupper()
        and not shouted
        and not _ANY.fullmatch(bare)
        and _bare(bare) not in _NO_NAME | {*MONTHS, *DAYS}
    )


def _bare(word: str) -> str:
    """In lower case, without what stands around it and without "'s", "'m", "'ll"."""
    stripped = word.strip("\"'“”‘’()[].,;:!?*_").casefold()
    return re.sub(r"['’](?:s|m|ll|ve|d|re)?$", "", stripped)
