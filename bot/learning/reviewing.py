"""What an operator decides on examples: one by one, or by their numbers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from bot.errors import UnknownExample, WrongUse
from bot.learning.book_words import Wanted
from bot.learning.masking import masked
from bot.learning.words import Curated
from knowledge.documents import Passage
from model.examples import Example, Review, What
from model.labels import label_named

log = logging.getLogger(__name__)

GONE = (
    "the answer that was written to interaction %d still waits: the pages that it rests on are "
    "gone. Accept it again once they are there, or reject it"
)
HELP = "a accept, r reject, e edit, s skip, q quit"
EDIT = "The right answer; a line with a dot alone ends it:"
END = "."


Ask = Callable[[str], str | None]
"""Gives the line that is typed to a prompt; None: there is no more."""
Labels = Callable[[str], Sequence[str]]
"""The labels of a task, by its name; none where it has none."""


Bind = Callable[[Curated], Sequence[Passage]]
"""What a curated answer would rest on, as its pages are now; nothing: they are gone."""


def no_labels(_task: str) -> Sequence[str]:
    """Any answer may be right."""
    return ()


class Desk(Protocol):
    """Where examples are kept: `bot.learning.book.Book`."""

    def examples(self, wanted: Wanted | None = None) -> list[Example]:
        """Those that are wanted, newest first."""

    def example(self, id: int) -> Example:
        """One example. Raises `UnknownExample`."""

    def review(self, id: int, review: Review, by: str, doubt: str = "") -> Example:
        """Decide on an example. Raises `UnknownExample`."""

    def edit(self, id: int, chosen: str | None, text: str | None, by: str) -> Example:
        """Put other words in; None: as it was. Raises `UnknownExample`."""

    def curated_waiting(self) -> list[Curated]:
        """Curated answers that wait for a decision, of all workspaces, oldest first."""

    def review_curated(self, id: int, review: Review, rests_on: Sequence[Passage] = ()) -> Curated:
        """Decide on a curated answer, which rests on these passages. Raises `UnknownExample`."""


class Shower(Protocol):
    """Shows an example to whoever decides."""

    def __call__(self, example: Example, place: int, all: int) -> None:
        """Show it; `place` is from 1."""


@dataclass(frozen=True)
class ReviewReport:
    """What was decided."""

    accepted: int = 0
    rejected: int = 0
    edited: int = 0
    skipped: int = 0
    waiting: int = 0  # that were not looked at

    def __str__(self) -> str:
        """In a line."""
        return (
            f"{self.accepted} accepted, {self.rejected} rejected, {self.edited} edited, "
            f"{self.skipped} skipped, {self.waiting} still wait"
        )


class EditWrong(WrongUse):
    """An edit that would leave nothing to learn."""

    def __init__(self, id: int, problem: str) -> None:
        self.id, self.problem = id, problem
        super().__init__(f"Example {id} was not changed: {problem}.")


def decide(
    desk: Desk,
    ids: Sequence[int],
    review: Review,
    by: str,
    why: str = "",
    bind: Bind | None = None,
) -> list[Example]:
    """Accept or reject examples, and with them the answers that would be given again.

    All must be known: else nothing is decided. Raises `UnknownExample`, and what `bind` raises.
    """
    for id in ids:
        desk.example(id)
    decided = [desk.review(id, review, by, why) for id in ids]
    _decide_curated(desk, decided, review, bind)
    return decided


def _decide_curated(
    desk: Desk, decided: Sequence[Example], review: Review, bind: Bind | None
) -> None:
    """What was written as an example's right answer is the same person's answer to be given.

    It is rejected with its example, and accepted only in the words that were accepted.
    """
    answers = {
        interaction: example.chosen
        for example in decided
        if example.what is What.ANSWERS
        for interaction in example.interactions
    }
    for curated in desk.curated_waiting() if answers else ():
        same = answers.get(curated.interaction) == curated.answer
        if review is Review.REJECTED and curated.interaction in answers:
            desk.review_curated(curated.id, review)
        elif same:
            _accept_curated(desk, curated, bind)


def _accept_curated(desk: Desk, curated: Curated, bind: Bind | None) -> None:
    """One that was doubted is bound to its source as whoever accepts it sees it."""
    if not curated.doubt or bind is None:
        desk.review_curated(curated.id, Review.ACCEPTED)
    elif rests_on := bind(curated):
        desk.review_curated(curated.id, Review.ACCEPTED, rests_on)
    else:
        log.warning(GONE, curated.interaction)


def edit(
    desk: Desk,
    id: int,
    chosen: str | None,
    text: str | None,
    by: str,
    accept: bool = False,
    labels: Labels = no_labels,
    bind: Bind | None = None,
) -> Example:
    """Put other words in an example, masked. Raises `UnknownExample` and `EditWrong`."""
    held = desk.example(id)
    chosen, text = _label(id, _new(chosen), labels(held.task)), _new(text)
    if "" in (chosen, text):
        raise EditWrong(id, "the new words are empty; to drop it, use `tandem examples reject`")
    if chosen is not None and chosen == held.rejected:
        raise EditWrong(id, "that is the very answer that was not wanted")
    made = desk.edit(id, chosen, text, by)
    return decide(desk, [id], Review.ACCEPTED, by, bind=bind)[0] if accept else made


def _label(id: int, chosen: str | None, labels: Sequence[str]) -> str | None:
    """The label as the task writes it, where it has labels."""
    if not chosen or not labels:
        return chosen
    label = label_named(chosen, labels)
    if label is None:
        raise EditWrong(id, f"{chosen[:40]!r} is none of {', '.join(labels)}")
    return label


def _new(words: str | None) -> str | None:
    return None if words is None else masked(words.strip()).text


def review_all(
    desk: Desk,
    wanted: Wanted,
    by: str,
    show: Shower,
    ask: Ask,
    labels: Labels = no_labels,
    bind: Bind | None = None,
) -> ReviewReport:
    """Go through what waits, oldest first; `ask` gives a line that was typed, None at the end.

    Examples that were accepted come again where the answer that they gave is doubted.
    """
    doubted = replace(wanted, review=None, doubted=True)
    found = (*desk.examples(wanted), *desk.examples(doubted))
    waiting = sorted({example.id for example in found})
    counts = dict.fromkeys(("accepted", "rejected", "edited", "skipped"), 0)
    for place, id in enumerate(waiting, 1):
        shown = partial(show, place=place, all=len(waiting))
        done = _one(desk, id, by, shown, ask, labels, bind)
        if done is None:
            return ReviewReport(**counts, waiting=len(waiting) - place + 1)
        counts[done] += 1
    return ReviewReport(**counts)


def _one(
    desk: Desk,
    id: int,
    by: str,
    show: Callable[[Example], None],
    ask: Ask,
    labels: Labels,
    bind: Bind | None,
) -> str | None:
    """What became of one example; None: that is enough for today."""
    try:
        example = desk.example(id)
    except UnknownExample:  # its vote was withdrawn meanwhile
        return "skipped"
    show(_with_doubt(desk, example))
    while (said := ask(f"{HELP}: ")) is not None:
        match said.strip().lower()[:1]:
            case "a":
                decide(desk, [id], Review.ACCEPTED, by, bind=bind)
                return "accepted"
            case "r":
                decide(desk, [id], Review.REJECTED, by, ask("Why? ") or "")
                return "rejected"
            case "e":
                if _edited(desk, id, by, ask, labels, bind):
                    return "edited"
            case "s":
                return "skipped"
            case "q":
                return None
    return None


def _with_doubt(desk: Desk, example: Example) -> Example:
    """With why the answer that it gave is given to nobody, where that is so."""
    for curated in desk.curated_waiting() if example.what is What.ANSWERS else ():
        if curated.doubt and curated.interaction in example.interactions:
            return replace(example, doubt=f"its answer is not given again: {curated.doubt}")
    return example


def _edited(desk: Desk, id: int, by: str, ask: Ask, labels: Labels, bind: Bind | None) -> bool:
    """Take other words, which are accepted; False: there were none that could be learned."""
    lines = list[str]()
    while (line := ask(f"{EDIT}\n" if not lines else "")) is not None and line.strip() != END:
        lines.append(line)
    try:
        edit(desk, id, "\n".join(lines), None, by, True, labels, bind)
    except EditWrong as error:
        ask(f"{error} Press Enter. ")
        return False
    return True
