"""Decides what votes on an answer teach, and what of it an operator should look at first.

An example of `What.ANSWERS` says what should be told from its passages. With `chosen`, those
passages are right that hold it. Where the sources do not tell, `chosen` is empty and every
passage is wrong (`right` is False, never None). A bad answer alone has `rejected`, and of its
passages nobody knows (None), or they were blamed (False).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.answering import SILENT
from bot.learning.masking import LITTLE_LEFT, Masked
from bot.learning.preferences import WRONG_SOURCE
from knowledge.words import numbers, stems
from model.examples import Example, Origin, Review, Shown, What, group_of

CLEAR = 3  # times as many people must think so as think otherwise
ROOM, TIMES = 400, 4  # a correction is far too long beyond so many characters and times the rest
HOLDS = 0.6  # of a correction's words that a passage must have
SILENCE_WORDS = 30  # a correction that the sources do not tell is no longer
REMARK = re.compile(
    r"^\W*(?:(?:this|that|it|the answer|answer)"
    r"(?:'s|’s| is| was| should be| needs to be| must be) (?:\w+ )?"
    r"(?:wrong|bad|incorrect|right|better|short\w*|long\w*|good|nonsense|false|off|polite\w*|clear\w*|formal\w*|outdated|too)\b"
    r"|(?:too|way too|much too) \w+\W*$|(?:please |pls )?(?:make it|be more|be less|try again)\b"
    r"|(?:no|nope|wrong|bad|incorrect|nonsense|false|lol)\W*$)",
    re.IGNORECASE,
)
NOT_TOLD = re.compile(
    r"\b(?:docs?|documents?|documentation|sources?|handbook|wiki|pages?|polic(?:y|ies)|they) "
    r"(?:do(?:es)?(?: not|n't|n’t)|never) (?:\w+ )?"
    r"(?:say|tell|mention|cover|specify|state|know|have)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Vote:
    """One person's verdict on an answer, masked."""

    person: str  # "slack:U1"
    up: bool
    interaction: int
    order: float = 0.0  # when; of one person's several the latest counts
    reason: str = ""
    correction: str = ""  # empty: none that holds a word


@dataclass(frozen=True)
class Case:
    """An answer and all votes on it, wherever it was given."""

    what: What
    task: str
    text: str  # masked, and standalone where it is a question
    answer: str  # masked, without the numbers of citations; empty: "the sources don't say"
    interactions: tuple[int, ...]
    votes: tuple[Vote, ...]
    wish: str = ""
    passages: tuple[Shown, ...] = ()  # `right` tells which were cited
    labels: tuple[str, ...] = ()  # of the task


def drawn(case: Case, policy: str) -> list[Example]:
    """What is learned from the case: a pair for a correction, else one good or bad answer.

    Empty: it teaches nothing. Several: people corrected it differently, and one of them is to
    be chosen by an operator.
    """
    votes = tuple({vote.person: vote for vote in sorted(case.votes, key=_order)}.values())
    case = replace(case, votes=votes)
    made = _corrected(case) if any(vote.correction for vote in votes) else _liked(case)
    return [_reviewed(example, policy) for example in made]


def _order(vote: Vote) -> float:
    return vote.order


def _corrected(case: Case) -> list[Example]:
    """A pair for the correction that most people gave; all of them where none has the most."""
    said = [vote for vote in case.votes if vote.correction]
    counts = Counter(group_of(vote.correction) for vote in said)
    most = max(counts.values())
    best = [group for group, count in counts.items() if count == most]
    words = {group_of(vote.correction): vote.correction for vote in reversed(said)}
    doubt = "people corrected it in different ways" if len(best) > 1 else _split(case)
    liked = any(vote.up for vote in said)
    doubt = doubt or ("who corrected it had given a thumbs-up" if liked else "")
    weight = max(1.0, float(most - sum(vote.up and not vote.correction for vote in case.votes)))
    return [_pair(case, words[group], weight, doubt) for group in best]


def _pair(case: Case, correction: str, weight: float, doubt: str) -> Example:
    chosen, passages = _label(correction, case.labels), case.passages
    doubt = doubt or _doubt(case, chosen)
    if case.what is What.ANSWERS:
        silent = says_silence(correction)
        chosen = "" if silent else chosen
        passages = _all(passages, False) if silent else _holding(passages, correction)
        if not silent and not any(shown.right for shown in passages):
            doubt = doubt or "no passage that was found holds the correction"
    same = _spaced(chosen) == _spaced(case.answer)
    rejected = "" if same else case.answer
    return _example(case, chosen, rejected, passages, weight, Origin.CORRECTION, doubt)


def _liked(case: Case) -> list[Example]:
    """A good answer, or a bad one, by thumbs alone."""
    ups = sum(vote.up for vote in case.votes)
    downs = len(case.votes) - ups
    if not case.votes or (case.what is What.ANSWERS and not case.answer and ups < downs):
        return []  # that silence was unwanted does not tell what was wanted
    weight, doubt = max(1.0, float(abs(ups - downs))), _split(case)
    if ups < downs:
        blamed = any(vote.reason in WRONG_SOURCE for vote in case.votes)
        passages = tuple(
            replace(shown, right=False if blamed and shown.right else None)
            for shown in case.passages
        )
        return [_example(case, "", case.answer, passages, weight, Origin.THUMB, doubt)]
    passages = _cited(case) if case.answer else _all(case.passages, False)
    return [_example(case, case.answer, "", passages, weight, Origin.THUMB, doubt)]


def _example(
    case: Case,
    chosen: str,
    rejected: str,
    passages: tuple[Shown, ...],
    weight: float,
    origin: Origin,
    doubt: str,
) -> Example:
    return Example(
        case.what,
        case.task,
        case.text,
        chosen,
        rejected,
        case.wish,
        passages,
        weight,
        origin,
        doubt=doubt,
        interactions=case.interactions,
    )


def _reviewed(example: Example, policy: str) -> Example:
    """With whether it may be learned from at once."""
    texts = (example.text, example.chosen, example.rejected)
    if any(Masked(text).mostly for text in texts):
        example = replace(example, doubt=example.doubt or LITTLE_LEFT)
    clear = policy == "auto" and not example.doubt
    return replace(example, review=Review.ACCEPTED if clear else Review.WAITING)


def _split(case: Case) -> str:
    """Why the votes do not decide; empty: they do."""
    ups = sum(vote.up for vote in case.votes)
    downs = len(case.votes) - ups
    clear = max(ups, downs) >= CLEAR * min(ups, downs)
    return "" if clear else f"people disagree: {ups} up, {downs} down"


def _doubt(case: Case, chosen: str) -> str:
    """Why a correction may be none; empty: nothing speaks against it."""
    longest = TIMES * max(len(case.answer), len(case.text)) + ROOM
    if _spaced(chosen) == _spaced(case.answer):
        return "the correction is the answer itself"
    if case.labels:
        return "" if chosen in case.labels else f"{chosen[:40]!r} is no label of {case.task}"
    if REMARK.search(chosen):
        return "the correction reads like a remark, not like an answer"
    if len(chosen) > longest:
        return "the correction is far longer than what it corrects"
    return ""


def _label(correction: str, labels: Sequence[str]) -> str:
    """The label that a correction names, as the task writes it; else the correction."""
    named = group_of(correction)
    return next((label for label in labels if group_of(label) == named), correction.strip())


def says_silence(text: str) -> bool:
    """Does a correction say that the sources do not tell?"""
    short = len(text.split()) <= SILENCE_WORDS
    return short and bool(SILENT.search(text) or NOT_TOLD.search(text))


def _holding(passages: Sequence[Shown], correction: str) -> tuple[Shown, ...]:
    """The passages, those right that hold the correction's words and all its figures."""
    return tuple(replace(shown, right=_holds(shown, correction)) for shown in passages)


def _cited(case: Case) -> tuple[Shown, ...]:
    """The cited passages are right; of others that hold the answer too nobody knows."""
    return tuple(
        shown
        if shown.right
        else replace(shown, right=None if _holds(shown, case.answer) else False)
        for shown in case.passages
    )


def _holds(shown: Shown, text: str) -> bool:
    words, held = set(stems(text)), set(stems(f"{shown.title} {shown.text}"))
    figures = numbers(text) <= numbers(shown.text)
    return bool(words) and figures and len(words & held) >= HOLDS * len(words)


def _all(passages: Sequence[Shown], right: bool) -> tuple[Shown, ...]:
    return tuple(replace(shown, right=right) for shown in passages)


def contradiction(one: Example, other: Example) -> str:
    """Why two examples of one text cannot both be learned from; empty: they can."""
    if _spaced(one.chosen) and _spaced(one.chosen) == _spaced(other.rejected):
        return "what it wants was not wanted elsewhere"
    if _spaced(one.rejected) and _spaced(one.rejected) == _spaced(other.chosen):
        return "what it does not want was wanted elsewhere"
    both = one.origin is not Origin.THUMB and other.origin is not Origin.THUMB
    differ = _spaced(one.chosen) != _spaced(other.chosen)
    if both and differ and _tells(one) and _tells(other):
        return "the same text has another right answer"
    return ""


def _tells(example: Example) -> bool:
    """Does it say what is right, if only that the sources do not tell?"""
    return bool(example.chosen) or example.all_wrong


def _spaced(text: str) -> str:
    return " ".join(text.split())
