"""Makes a follow-up standalone: the words of its thread that it leans on are put before it.

Which words those are is told by a logistic regression over what is seen of each word (who said
it, how long ago, is it a name) and of the question (does it point back, does it say much by
itself), learned from people's rewrites (`bench/followups.py`, model/LOG.md). It takes about a
millisecond, and brings nothing to a question that says all by itself.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from bot.conversation import Question, Turn
from knowledge.words import STOP, stem, stems

Weights = Mapping[str, Mapping[str, float]]
"""By the mark of a word, by the mark of the question: what both together speak for it."""

WEIGHTS = "followups.json"
LIKELY = 0.2  # a word of the thread is brought from this probability on,
LEANING = 0.15  # or from this one by a question that points back
LEANS = frozenset({"points", "person", "other", "opens", "says0"})  # marks of such a question
MOST = 8  # words that are brought
TURNS = 12  # the last of the thread, beside its first, that are heard
WORDS = 60  # of a turn that are heard
SHORT = 3  # words with meaning: a turn of so few names its subject
LITTLE = 12  # words: the bot's short answer names what was asked for
BRIEF = 4  # words: a question that is no longer mostly lacks one
LONG = 9  # words: a question that is longer seldom lacks one

POINTING = frozenset("it its they them their theirs that this those these one ones".split())
PERSON = frozenset("he she him her his hers himself herself".split())
OTHER = frozenset(
    """else other others another same more instead then there too also both either such similar
    again afterwards after rest latter former first second""".split()
)
WORD = re.compile(r"[^\W_]+(?:['’.:_-][^\W_]+|,\d+)*")  # E-31, 10:00 and part-time are one
OPENING = re.compile(
    r"^\W*(?:and|but|or|so|ok|okay|then|also|n|what about|how about|what if|why|same|thx|nice|"
    r"thanks)\b",
    re.IGNORECASE,
)
COMMON = frozenset(  # stems of words that name no subject
    """abl answer anyon anyth base best can't come context day earli els ever everyon far find first
    follow found give given go goe good happen hello help hi howev includ inform kind know long
    lot made make mani mean much need ok okay often old pleas provid question realli right say said
    someon someth soon sort sorri specif still sure take tell thank thing think told took
    type use want way yes""".split()
)
MARK = re.compile(r"\[[\d,; ]{1,12}\]|https?://\S+")
LINKS = frozenset("a an and by for from in of on or the to with".split())
JOIN = 3  # such small words between two that are brought are brought too
SILENT = re.compile(r"^\W*(?:the sources that i may read|sorry\b)", re.IGNORECASE)


@dataclass
class Heard:
    """A word of the thread, while it is being heard."""

    marks: set[str] = field(default_factory=lambda: {"any"})
    said: dict[str, set[int]] = field(default_factory=lambda: {"user": set(), "assistant": set()})
    place: tuple[int, int] = (0, 0)  # turn and word where it stands first, or first as a name


@dataclass(frozen=True)
class Token:
    """A word as it stands in a turn."""

    text: str
    name: bool  # written large though no sentence begins there
    after: str = ""  # what stands between the word before and this one

    @property
    def stem(self) -> str:
        """Its stem; nothing for a word that carries no meaning."""
        word = self.text.lower().replace("’", "'")
        return "" if word in STOP else stem(word.removesuffix("'s"))


def standalone(question: Question) -> str:
    """The question, headed by what it takes from the thread: `annual leave: and in June?`."""
    head = ", ".join(brought(question))
    return f"{head}: {question.text}" if head else question.text


def brought(question: Question) -> list[str]:
    """The words of the thread that the question leans on, in their order, neighbours joined."""
    turns = [tokens(turn.text) for turn in heard_turns(question.thread)]
    least = LEANING if question_marks(question) & LEANS else LIKELY
    likely = [found for found in chances(question).values() if found[0] >= least]
    best = sorted(likely, key=lambda found: -found[0])[:MOST]
    return joined(sorted(place for _, place in best), turns)


def chances(question: Question) -> dict[str, tuple[float, tuple[int, int]]]:
    """By stem: the probability that a person would bring the word, and where it stands."""
    known, asked = weights(), question_marks(question)
    return {
        word: (chance(heard.marks, asked, known), heard.place)
        for word, heard in listened(question).items()
    }


def chance(word: Collection[str], asked: Collection[str], known: Weights) -> float:
    """The probability from 0 to 1 that a word of these marks is brought, by the regression."""
    if {"name", "assistant last"} <= {*word} and "person" in asked and "deep" not in asked:
        return 1.0  # who was just named is "she"; in long threads it is mostly someone earlier
    total = sum(known.get(mark, {}).get(other, 0.0) for mark in word for other in asked)
    return 1 / (1 + math.exp(-total))


@cache
def weights() -> Weights:
    """What was learned."""
    told: Weights = json.loads(files("bot").joinpath(WEIGHTS).read_text(encoding="utf-8"))
    return told


def heard_turns(thread: Sequence[Turn]) -> list[Turn]:
    """The first turn and the last ones, without those in which the bot only apologises."""
    told = [turn for turn in thread if turn.role == "user" or not SILENT.match(turn.text)]
    return told if len(told) <= TURNS else [told[0], *told[1 - TURNS :]]


def tokens(text: str) -> list[Token]:
    """The first words of a turn."""
    return [token for token, _ in zip(_tokens(MARK.sub(" ", text)), range(WORDS), strict=False)]


def _tokens(text: str) -> Iterator[Token]:
    last = 0
    for found in WORD.finditer(text):
        before, word = text[: found.start()].rstrip(), found.group()
        begins = not before or before[-1] in '.!?:\n"“'
        inner = any(letter.isupper() for letter in word[1:])
        name = inner or (word[0].isupper() and not begins)
        yield Token(word, name, text[last : found.start()])
        last = found.end()


def question_marks(question: Question) -> set[str]:
    """What is seen of the question; see `model/LOG.md` for what each is worth."""
    found = tokens(question.text)
    words = {token.text.lower() for token in found}
    meaning = len({*stems(question.text)} - COMMON)
    marks = {
        "always": True,
        "points": bool(words & POINTING),
        "person": bool(words & PERSON),
        "other": bool(words & OTHER),
        "opens": bool(OPENING.search(question.text)),
        f"says{min(meaning, 6)}": True,
        "brief": len(found) <= BRIEF,
        "long": len(found) > LONG,
        "names": any(token.name for token in found),
        "deep": sum(turn.role == "user" for turn in question.thread) > 1,
    }
    return {mark for mark, seen in marks.items() if seen}


def listened(question: Question) -> dict[str, Heard]:
    """What is seen of each word of the thread that the question does not say itself."""
    words: dict[str, Heard] = {}
    turns = heard_turns(question.thread)
    ages = _ages(turns)
    for number, (turn, age) in enumerate(zip(turns, ages, strict=True)):
        _listen(turn, number, age, words)
    for heard in words.values():
        heard.marks |= {f"{role} twice" for role, said in heard.said.items() if len(said) > 1}
    own = {*stems(question.text), *(token.stem for token in tokens(question.text))}
    return {word: heard for word, heard in words.items() if word not in own}


def _ages(turns: Sequence[Turn]) -> list[str]:
    """Of each turn: whose it is, and how long ago among that person's."""
    ages, seen = list[str](), {"user": 0, "assistant": 0}
    for turn in reversed(turns):
        ages.append(f"{turn.role} {('last', 'before', 'older')[min(2, seen[turn.role])]}")
        seen[turn.role] += 1
    return ages[::-1]


def _listen(turn: Turn, number: int, age: str, words: dict[str, Heard]) -> None:
    found = tokens(turn.text)
    few = len({token.stem for token in found} - {""}) <= SHORT
    for place, token in enumerate(found):
        if not (word := token.stem):
            continue
        heard = words.setdefault(word, Heard(place=(number, place)))
        if token.name and "name" not in heard.marks:
            heard.place = (number, place)
        heard.said[turn.role].add(number)
        marks = {
            age: True,
            "first": number == 0,
            "alone": few and turn.role == "user",
            "short answer": turn.role == "assistant" and len(found) <= LITTLE,
            "name": token.name,
            "figure": any(letter.isdigit() for letter in word),
            "common": word in COMMON,
        }
        heard.marks |= {mark for mark, seen in marks.items() if seen}


def joined(places: Sequence[tuple[int, int]], turns: Sequence[Sequence[Token]]) -> list[str]:
    """The words at those places; those that stand together, or nearly, as they stand."""
    pieces, last = list[str](), (-1, -1)
    for turn, place in places:
        between = turns[turn][last[1] + 1 : place]
        near = turn == last[0] and len(between) <= JOIN
        if near and {token.text.lower() for token in between} <= LINKS:
            pieces[-1] += "".join(t.after + t.text for t in turns[turn][last[1] + 1 : place + 1])
        else:
            pieces.append(turns[turn][place].text)
        last = (turn, place)
    return [" ".join(piece.split()) for piece in pieces]
