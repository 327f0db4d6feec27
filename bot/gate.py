"""The question gate of auto-answer channels: does a post ask something that documents may answer?

Where nobody addressed the bot it speaks up only for a question of fact: not for a greeting, a
joke, an invitation, a favour that is asked of a person, or a piece of a log. Patterns decide
that sentence by sentence, in well under a millisecond (`model/LOG.md` has what was measured).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise, starmap

from bot.gate_words import (
    BANTER,
    BARE,
    DECLARES,
    FAVOUR,
    JOKE,
    LEANS,
    OPENS,
    POLITE,
    SEEKS,
    SURELY,
    SURELY_FOREIGN,
    TAG,
    TELL_ME,
)

LONGEST = 2_000  # characters that are looked at
FEWEST = 3  # words of a question
WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
FENCED = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
NO_WORDS = re.compile(  # quotes of others, addresses, and what machines write
    r"^\s*>.*$|(?:https?://|www\.)\S+|(?<!\w)@[\w.-]+"
    r"|^.*\b\d\d:\d\d:\d\d\b.*$|^\s*(?:at [\w.$]+\(|File \"|Traceback|Exception in ).*$"
    r"|^[\w.]+(?:Error|Exception)\b.*$",
    re.MULTILINE,
)
SENTENCE = re.compile(r"(?:[^.!?…\n]|[.](?=\w))+[.!?…]*")
CLAUSE = re.compile(r"[,;:–—(]\s+|\s[-–—]\s")


def asks(text: str) -> bool:
    """Does this post ask something that documents might answer?"""
    said = NO_WORDS.sub(" ", FENCED.sub(" ", text[:LONGEST].replace("’", "'")))
    if JOKE.search(said):
        return False
    sentences = list(_sentences(said))
    return any(map(_asks, sentences)) or any(starmap(_leans, pairwise(sentences)))


def _sentences(text: str) -> Iterator[str]:
    for found in SENTENCE.finditer(text):
        yield found.group().strip(" \t¿¡*_\"'“”-•")


def _asks(sentence: str) -> bool:
    """Does one sentence ask by itself?"""
    if len(WORD.findall(sentence)) < FEWEST or _banters(sentence):
        return False
    if SEEKS.search(sentence) or SURELY_FOREIGN.match(POLITE.sub("", sentence)):
        return _says_something(sentence)
    opens = OPENS if _marked(sentence) else SURELY
    clauses = (sentence, *CLAUSE.split(sentence))
    if _says_something(sentence) and any(_opens(clause, opens) for clause in clauses):
        return True
    return _marked(sentence) and _unopened(POLITE.sub("", sentence))


def _leans(before: str, sentence: str) -> bool:
    """Does a sentence ask about the one before it?"""
    told = len(WORD.findall(before)) > FEWEST and not _banters(before)
    return told and _marked(sentence) and bool(LEANS.match(POLITE.sub("", sentence)))


def _marked(sentence: str) -> bool:
    return sentence.rstrip(" )\"'”!").endswith("?")


def _banters(clause: str) -> bool:
    """Is it small talk, an invitation, or a favour asked of a person?"""
    plain = POLITE.sub("", clause)
    if TELL_ME.match(plain):
        return False
    return bool(BANTER.search(plain) or FAVOUR.match(plain))


def _opens(clause: str, opening: re.Pattern[str]) -> bool:
    """Does a clause begin as a question does?"""
    plain = POLITE.sub("", clause.strip())
    if _banters(plain):
        return False
    return bool(TELL_ME.match(plain) or opening.match(plain))


def _unopened(sentence: str) -> bool:
    """Words with a question mark behind them, such as "opening hours on Friday?"."""
    if TAG.search(sentence) or DECLARES.match(sentence):
        return False
    return len(WORD.findall(sentence)) > FEWEST and _says_something(sentence)


def _says_something(clause: str) -> bool:
    """Has it a word that names what it is about?"""
    return any(word.casefold() not in BARE for word in WORD.findall(clause))
