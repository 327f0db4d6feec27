"""What is kept already, as far as new examples must be compared with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from bot.learning.book_words import Wanted
from bot.learning.merging import Texts
from model.examples import Example, What

PAGE = 1000  # examples read at a time: those of answers hold all their passages

Spot = tuple[What, str, str, str]
"""What is taught, its task, the wish and the text: examples of one spot must agree."""
Words = tuple[What, str, str]
"""What is taught, its task, and the text."""


class Shelf(Protocol):
    """Where examples are kept: `bot.learning.book.Book`."""

    def examples(self, wanted: Wanted | None = None) -> list[Example]:
        """Those that are wanted, newest first."""


class Known:
    """Examples by their texts and by the interactions that they were made from."""

    def __init__(self, held: Iterable[Example] = ()) -> None:
        self._texts: defaultdict[tuple[What, str], Texts] = defaultdict(Texts)
        self._spots: defaultdict[Spot, list[Example]] = defaultdict(list)
        self._made: defaultdict[int, set[Spot]] = defaultdict(set)
        self._wishes: defaultdict[Words, set[str]] = defaultdict(set)
        self._instead: dict[Words, str] = {}
        for example in held:
            self.add(example)

    def text(self, what: What, task: str, text: str) -> str:
        """The text that stands for this one, from now on perhaps itself."""
        return self._standing(what, task, self._texts[what, task].add(text))

    def found(self, what: What, task: str, text: str) -> str:
        """The text that stands for this one, which is not known from now on."""
        return self._standing(what, task, self._texts[what, task].find(text) or text)

    def instead(self, words: Words, text: str) -> None:
        """From now on another text stands for whatever these words stood for."""
        self._instead.pop((*words[:2], text), None)
        self._instead[words] = text

    def _standing(self, what: What, task: str, text: str) -> str:
        while (other := self._instead.get((what, task, text))) is not None:
            text = other
        return text

    def at(self, spot: Spot) -> Sequence[Example]:
        """The examples of a spot."""
        return self._spots.get(spot, ())

    def under(self, words: Words) -> list[Example]:
        """The examples of a text, whatever was wished for."""
        what, task, text = words
        wishes = sorted(self._wishes.get(words, ()))
        return [e for wish in wishes for e in self.at((what, task, wish, text))]

    def spots(self, interaction: int) -> Collection[Spot]:
        """Where an interaction's examples stand."""
        return self._made.get(interaction, ())

    def add(self, example: Example) -> None:
        """Know it; its passages need not be compared."""
        spot = spot_of(example)
        self._texts[spot[0], spot[1]].add(example.text)
        self._wishes[words_at(spot)].add(example.wish)
        self._spots[spot].append(light(example))
        for interaction in example.interactions:
            self._made[interaction].add(spot)

    def drop(self, interactions: Collection[int]) -> None:
        """Forget what was made from these; their texts still stand for later ones."""
        gone = set(interactions)
        for spot in {spot for id in gone for spot in self._made.pop(id, ())}:
            self._spots[spot] = [e for e in self._spots[spot] if not gone & {*e.interactions}]


def spot_of(example: Example) -> Spot:
    """Where it stands."""
    return example.what, example.task, example.wish, example.text


def words_at(spot: Spot) -> Words:
    """What stands there."""
    return spot[0], spot[1], spot[3]


def light(example: Example) -> Example:
    """Without the texts of its passages, which are the most of it."""
    return replace(example, passages=tuple(replace(p, text="") for p in example.passages))


def all_of(shelf: Shelf, wanted: Wanted | None = None) -> Iterator[Example]:
    """All that are wanted (by default all that is kept), oldest last, read some at a time."""
    wanted = replace(wanted or Wanted(), limit=PAGE)
    while page := shelf.examples(wanted):
        yield from page
        wanted = replace(wanted, before_id=page[-1].id)
