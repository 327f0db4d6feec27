"""What may be said to one question: the reader and the model are heard, and weighed together.

The model reads the notes once and is asked three things, each only while the answer can still
become sure enough: do they answer, which of them does, and what is the answer in few words.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.answering import Claim, Composed, compose, deciding, pointed, quoted, supported
from bot.confidence import answers, at_most, confidence, weighed
from bot.parts import asks_several
from bot.support import Evidence, Proof
from knowledge.focus import Focused
from model.backends import Backend, Prompt
from model.grounding import ANSWERED, UNKNOWN, Reply, answering, naming, read_reply

Write = Callable[[Prompt], str]
"""The model's words to a prompt, as far as it was let write."""

HALF = 0.7  # how sure a part must be to be shown where another part stays open


@dataclass(frozen=True)
class Bar:
    """What an answer must reach, and how much of the documents it quotes."""

    confidence: float = 0.0
    quotes: int = 3


@dataclass(frozen=True)
class Judged:
    """What may be said to a question, nothing if too little is sure, and how sure it is."""

    claims: tuple[Claim, ...] = ()
    confidence: float = 0.0
    signs: Mapping[str, float] = field(default_factory=dict)  # all that was weighed, at the end
    reply: str = ""  # the model's own words, whether they may stand or not


@dataclass(frozen=True)
class Pointing:
    """The note that a model points at, from 1, and how surely."""

    number: int
    chance: float


def judge(
    asked: str, focused: Focused, backend: Backend, write: Write, bar: Bar, proof: Proof | None
) -> Judged:
    """Hear the model on one standalone question, where it can matter. Raises `ModelError`."""
    findings, things = focused.findings, 2 if asks_several(asked) else 1
    hope = at_most(focused.signs) ** things
    if not findings or hope < bar.confidence:
        return Judged(confidence=hope if findings else 0.0)
    composed = compose(asked, findings)
    likely = backend.likelihoods(composed.prompt, (ANSWERED, UNKNOWN))
    hope = confidence(weighed(focused.signs, answers(likely, True), 0.0, 1.0)) ** things
    if hope < bar.confidence:
        return Judged(confidence=hope)
    to = pointing(backend, composed)
    reply = replied(write, composed, to)
    named = composed.named(reply)
    near = pointed(findings, named)
    told = None if to is None else to.chance
    given = weighed(focused.signs, answers(likely, bool(reply.text)), near, told)
    sure = confidence(given) ** things  # each of two things asked in one must be answered
    if sure < bar.confidence:
        return Judged((), sure, given, reply.text)
    chosen = deciding(asked, findings, named, max(bar.quotes, 1))
    said = supported([reply.text], Evidence(chosen, asked, proof))
    return Judged((*said, *quoted(chosen[: bar.quotes])), sure, given, reply.text)


def pointing(backend: Backend, composed: Composed) -> Pointing | None:
    """Which note the model would name if it had to answer; None: it cannot be asked that."""
    numbers = [str(number) for number in range(1, min(len(composed.numbered), 9) + 1)]
    if not backend.continues:
        return None
    if len(numbers) == 1:
        return Pointing(1, 1.0)
    likely = backend.likelihoods(naming(composed.prompt), numbers)
    if likely is None:
        return None
    best = max(range(len(numbers)), key=likely.__getitem__)
    return Pointing(best + 1, likely[best])


def replied(write: Write, composed: Composed, to: Pointing | None) -> Reply:
    """The model's answer from the note that it points at, or from any where it does not."""
    if to is None:
        return read_reply(write(composed.prompt))
    begun = answering(composed.prompt, to.number)
    return read_reply(begun.begun + write(begun))


@dataclass(frozen=True)
class Whole:
    """What may be said to all that was asked."""

    claims: tuple[Claim, ...]
    opened: tuple[str, ...]  # parts that stay open, if others do not
    confidence: float  # that all of it is right


def together(parts: Sequence[tuple[str, Judged]], least: float) -> Whole:
    """All parts where they are sure enough together; else those that are sure by themselves."""
    sure = math.prod(judged.confidence for _, judged in parts)
    whole = sure >= least and all(judged.claims for _, judged in parts)
    bar = 0.0 if whole or len(parts) == 1 else HALF
    shown = [judged.claims if judged.confidence >= bar else () for _, judged in parts]
    opened = [part for (part, _), claims in zip(parts, shown, strict=True) if not claims]
    return Whole(tuple(_once(shown)), tuple(opened), sure)


def _once(parts: Sequence[Sequence[Claim]]) -> list[Claim]:
    """The claims, each once; a later part begins a line."""
    told, said = list[Claim](), set[str]()
    for claims in parts:
        new = [claim for claim in claims if claim.text not in said]
        said |= {claim.text for claim in new}
        if told and new:
            new[0] = replace(new[0], before="\n")
        told += new
    return told
