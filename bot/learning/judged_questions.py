"""Judged passages by question, with the chunks that they are now: what a retriever learns from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bot.learning.inclination import fair
from bot.learning.words import Judged
from knowledge.documents import Chunk
from knowledge.preferring import holds
from model.examples import group_of, held_out

Pieces = Callable[[str, str], Sequence[Chunk]]
"""The chunks of a page (source and key) as it is indexed now."""


@dataclass(frozen=True)
class JudgedQuestion:
    """A question, with the chunks that were right for it and those that were wrong."""

    text: str
    right: tuple[Chunk, ...]
    wrong: tuple[Chunk, ...]
    ids: tuple[int, ...]  # of the judged passages, ascending

    @property
    def held_out(self) -> bool:
        """Is it kept from training, to measure with?"""
        return held_out(group_of(self.text))


@dataclass
class _Heard:
    """What is known of one question so far."""

    text: str
    ids: set[int] = field(default_factory=set)
    says: dict[tuple[str, str, str], float] = field(default_factory=dict)
    chunks: dict[tuple[str, str, str], Chunk] = field(default_factory=dict)


def judged_questions(judged: Sequence[Judged], pieces: Pieces) -> list[JudgedQuestion]:
    """The questions in the order of their first judgement.

    A passage whose text is another by now, or gone, is left out; so is one that as many find
    right as find wrong. Raises what `pieces` raises.
    """
    pages = dict[tuple[str, str], Sequence[Chunk]]()
    heard = dict[str, _Heard]()
    for one in sorted(fair(judged), key=lambda weighed: weighed.judged.id):
        judgement, page = one.judged, (one.judged.source, one.judged.key)
        if page not in pages:
            pages[page] = pieces(*page)
        mine = heard.setdefault(group_of(judgement.question), _Heard(judgement.question))
        for chunk in pages[page]:
            if holds(judgement.text, judgement.chunk, chunk):
                place = (*page, chunk.digest)
                mine.says[place] = mine.says.get(place, 0.0) + one.value
                mine.chunks[place] = chunk
                mine.ids.add(judgement.id)
    found = [_question(mine) for mine in heard.values()]
    return [question for question in found if question.right or question.wrong]


def liked_questions(judged: Sequence[Judged]) -> set[str]:
    """Groups of the questions that may be learned from, whatever is indexed now: there are no more.

    It asks nothing of the index.
    """
    groups = {group_of(one.judged.question) for one in fair(judged) if one.value > 0}
    return {group for group in groups if not held_out(group)}


def _question(heard: _Heard) -> JudgedQuestion:
    right = tuple(heard.chunks[place] for place, said in heard.says.items() if said > 0)
    wrong = tuple(heard.chunks[place] for place, said in heard.says.items() if said < 0)
    return JudgedQuestion(heard.text, right, wrong, tuple(sorted(heard.ids)))
