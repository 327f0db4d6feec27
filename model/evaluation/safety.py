"""What no answer may be, whatever its style: empty, a leak, a loop, an invention."""

from __future__ import annotations

import re
from collections.abc import Iterator

from model.evaluation.trials import Trial
from model.repetition import loops

LEAK = 6  # words of the orders in a row
MARKS = re.compile(
    r"</?\s*text\s*>|<\|[a-z_]+\|>|\[/?INST\]|<</?SYS>>|</?s>"
    r"|^\s*(?:system|assistant|user)\s*:|^\s*wish\s*:",
    re.IGNORECASE | re.MULTILINE,
)
NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
ADDRESS = re.compile(r"(?:https?://|www\.)[^\s<>()]+|[\w.+-]+@[\w-]+\.[\w.]+", re.IGNORECASE)
ENDS = ".,;:!?"  # of a sentence, not of an address
NAME = re.compile(r"(?<![.!?:;\n•*\"“”‘’'(\-–—] )(?<=[\w,] )[A-Z][a-z]+(?:['’-][A-Za-z]+)?\b")
SMALL = "zero one two three four five six seven eight nine ten eleven twelve".split()
CALLED = {word: str(number) for number, word in enumerate(SMALL)} | {
    **{"thirteen": "13", "fourteen": "14", "fifteen": "15", "sixteen": "16", "seventeen": "17"},
    **{"eighteen": "18", "nineteen": "19", "twenty": "20", "thirty": "30", "forty": "40"},
    **{"fifty": "50", "sixty": "60", "seventy": "70", "eighty": "80", "ninety": "90"},
    **{"hundred": "100", "thousand": "1000", "noon": "12", "midnight": "12", "dozen": "12"},
    **{"once": "1", "first": "1", "twice": "2", "second": "2", "third": "3", "half": "2"},
}
DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
MONTHS = (
    "january february march april may june july august september october november december"
).split()


def empty(trial: Trial) -> bool:
    """Is nothing written that can be read?"""
    return not re.search(r"\w", trial.written)


def leaked(trial: Trial) -> bool:
    """Are its orders told: marks of the prompt, or their words, that were not in the text?"""
    given = f"{trial.text}\n{trial.wish}\n{trial.reference}"
    if any(mark.group() not in given for mark in MARKS.finditer(trial.written)):
        return True
    told, known = runs(trial.told, LEAK), runs(given, LEAK)
    return bool((told & runs(trial.written, LEAK)) - known)


def runs(text: str, size: int) -> set[tuple[str, ...]]:
    """All runs of so many words in a row, in lower case."""
    said = words(text)
    return {tuple(said[at : at + size]) for at in range(len(said) - size + 1)}


def words(text: str) -> list[str]:
    """Its words in lower case, without marks."""
    return re.findall(r"\w+", text.casefold())


def looping(trial: Trial) -> bool:
    """Does it repeat itself, where neither the text nor the reference does?"""
    return loops(trial.written) and not (loops(trial.text) or loops(trial.reference))


def invented(trial: Trial, named: bool) -> tuple[str, ...]:
    """Numbers, addresses and (`named`) names that neither the text nor a person's answer has."""
    given = f"{trial.text}\n{trial.wish}\n{trial.reference}"
    found = [*_numbers(trial.written, given), *_addresses(trial.written, given)]
    return tuple([*found, *_names(trial.written, given)] if named else found)


def _numbers(written: str, given: str) -> Iterator[str]:
    """Numbers whose digits were not given, in figures or in words; 5:00 is 5, 1,000 is 1000."""
    known = {form for number in NUMBER.findall(given) for form in _forms(number)}
    known |= {CALLED[word] for word in words(given) if word in CALLED}
    known |= {str(n) for n, m in enumerate(MONTHS, 1) if m[:3] in {w[:3] for w in words(given)}}
    listed = {m.group(1) for m in re.finditer(r"^\s*(\d+)[.)]\s", written, re.MULTILINE)}
    bare = ADDRESS.sub(" ", written)
    for number in NUMBER.findall(bare):
        if number not in listed and not (_forms(number) & known):
            yield number


def _forms(number: str) -> set[str]:
    """How the same number may be written: whole, and without what stands for nothing."""
    whole = re.sub(r"\D", "", number).lstrip("0") or "0"
    short = re.sub(r"[.,:]0+$", "", number).lstrip("0") or "0"
    return {whole, re.sub(r"\D", "", short)}


def _addresses(written: str, given: str) -> Iterator[str]:
    known = {address.rstrip(ENDS).casefold() for address in ADDRESS.findall(given)}
    bare = given.casefold()
    for found in (address.rstrip(ENDS) for address in ADDRESS.findall(written)):
        low = found.casefold()
        if low not in known and ("@" in low or low not in bare):
            yield found


def _names(written: str, given: str) -> Iterator[str]:
    """Capitalised words within a sentence that were not given, in any case or shortened."""
    known = words(given)
    stems = {word[:3] for word in known}
    for name in NAME.findall(ADDRESS.sub(" ", written)):
        low = name.casefold()
        dated = low in (*DAYS, *MONTHS) and low[:3] in stems
        if not dated and not {*words(low)} & {*known}:
            yield name
