"""Asks again what was asked in vain: the sources may say it by now, or a person may have."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from bot.conversation import Answer, Audience, Interaction, Question
from bot.errors import BotError, UnknownInteraction
from bot.gaps.words import Lack, Now, Reader, Unanswered
from bot.learning.preferences import PARTED
from bot.stale.comparing import bare
from knowledge.errors import KnowledgeError
from model.errors import ModelError

log = logging.getLogger(__name__)

T = TypeVar("T")
DISLIKED = 20  # answers of one gap that a new one is compared with


@dataclass(frozen=True)
class Checking:
    """Checks gaps, as answers come about: the same search, reader, model and threshold."""

    would_say: Callable[[Question, Sequence[str]], Answer | None]
    readable: Callable[[Question], Sequence[str]]
    recorded: Callable[[int], Interaction]
    wait: Callable[[], None] = lambda: None  # until no question of people is in hand

    def now(self, first: Unanswered, every: Sequence[Unanswered], reader: Reader) -> Now | None:
        """What answers a gap by now, asked where `first` was and of what `reader` may read.

        An answer that rests on the words of one that people disliked is none. Raises
        `KnowledgeError`, `ModelError`, `BotError`.
        """
        self.wait()
        asked = as_asked(first)
        mine = [s for s in self.readable(asked) if reader.sources is None or s in reader.sources]
        answer = self.would_say(asked, mine)
        if answer is None or any(rests_on(answer, old) for old in self._disliked(every)):
            return None
        page = answer.citations[0] if answer.citations else None
        return Now(answer.text, page.title if page else "", page.url if page else "")

    def _disliked(self, every: Sequence[Unanswered]) -> Iterable[Answer]:
        """Those of the questions to which the sources were not silent."""
        wrong = [one for one in every if one.lacks != {Lack.UNKNOWN}]
        for one in wrong[:DISLIKED]:
            try:
                yield self.recorded(one.interaction).answer
            except UnknownInteraction:  # forgotten in this moment
                continue


@dataclass
class Trying:
    """Does what may be out of reach, until it is: each further try would take as long."""

    trouble: str = ""  # empty: none yet

    def __call__(self, work: Callable[[], T], otherwise: T) -> T:
        """What comes of it; `otherwise` where it is out of reach, now or before."""
        if self.trouble:
            return otherwise
        try:
            return work()
        except (KnowledgeError, ModelError, BotError) as error:
            log.warning("gaps are told without: %s", error)
            self.trouble = str(error)
        return otherwise


@dataclass
class Tries:
    """What was tried for one report."""

    likeness: Trying = field(default_factory=Trying)
    pages: Trying = field(default_factory=Trying)
    answers: Trying = field(default_factory=Trying)
    checked: int = 0  # gaps

    @property
    def trouble(self) -> str:
        """What was out of reach of pages and answers; empty: nothing."""
        return self.pages.trouble or self.answers.trouble


def as_asked(one: Unanswered) -> Question:
    """The question as a member of the workspace asks it there again.

    Which groups or roles a person belongs to is not known here: they open no further source.
    """
    question, place = one.question, one.question.place
    if place.platform == "terminal":
        return question
    guilds = frozenset({place.workspace} if place.platform == "discord" else ())
    channel = "" if one.private else place.channel
    there = Audience(channel, outside=False, members=True, guilds=guilds)
    return Question(question.text, question.asker, place, question.thread, audience=there)


def rests_on(answer: Answer, old: Answer) -> bool:
    """Does it say the same as an earlier answer, or rely on any of its words?

    A person who corrects an answer may well rely on the same words.
    """
    if bare(answer.text) == bare(old.text):
        return True
    return answer.curated_from is None and not quotes(answer).isdisjoint(quotes(old))


def quotes(answer: Answer) -> frozenset[str]:
    """The statements that an answer relies on."""
    said = (quote for citation in answer.citations for quote in citation.quote.split(PARTED))
    return frozenset(map(bare, said))
