"""Harvest: brings the examples in step with the votes; done twice, the second changes nothing.

A pass goes on from a mark, by the changes of verdicts. What it draws depends only on what stands
in SQL, is written per interaction as a whole, and the mark is moved afterwards: killed at any
point it is done again. Where two go on at once, none writes what a later vote has overtaken
(`seen`), and both write the same.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bot.errors import UnknownInteraction
from bot.learning.book_words import Voted
from bot.learning.curated import curation
from bot.learning.deciding import contradiction, drawn
from bot.learning.gathering import Gathered, gathered, spot_read
from bot.learning.known import Known, Spot, all_of
from bot.learning.lessons import Lessons, Memory
from bot.learning.preferences import judgements
from bot.learning.readings import DELETED, Consent, Reading
from bot.learning.words import Curated
from model.examples import Example, Origin, Review, What
from model.tasks import Task

if TYPE_CHECKING:
    from bot.learning.parts import Learning

Made = defaultdict[int, list[Example]]
MARK = "harvest"
BATCH = 100  # answers at a time


@dataclass(frozen=True)
class HarvestReport:
    """What one pass over the votes changed."""

    seen: int = 0  # answers whose votes changed since the last pass
    added: int = 0  # examples that are new
    changed: int = 0  # examples of which the weight, the review or the doubt is another
    withdrawn: int = 0  # examples that nobody's vote stands behind any more
    waiting: int = 0  # of what was drawn: for an operator
    merged: int = 0  # of the answers seen: to nearly a text, or with an answer, that was known
    judged: int = 0  # passages that people found right, or wrong, for a question
    curated: int = 0  # answers that people wrote, to be given again
    skipped: Mapping[str, int] = field(default_factory=dict)  # answers that gave nothing, by reason

    def __str__(self) -> str:
        """In a line."""
        if not self.seen:
            return "No new votes."
        parts = {
            "examples added": self.added,
            "changed": self.changed,
            "withdrawn": self.withdrawn,
            "to be reviewed": self.waiting,
            "merged": self.merged,
            "passages judged": self.judged,
            "answers kept": self.curated,
        }
        changes = ", ".join(f"{count} {name}" for name, count in parts.items() if count)
        told = f"Answers with new votes: {self.seen}; {changes or 'nothing is changed by them'}"
        skipped = ", ".join(f"{count} {why}" for why, count in sorted(self.skipped.items()))
        return f"{told}; nothing from {skipped}" if skipped else told


@dataclass(frozen=True)
class HarvestParts:
    """What a harvest works with."""

    lessons: Lessons
    memory: Memory
    tasks: Mapping[str, Task]
    consent: Consent
    policy: Callable[[str], str]  # of a task: "auto" or "review"


def parts_of(learning: Learning) -> HarvestParts:
    """The parts of the app, by its settings."""
    mine = learning.settings
    return HarvestParts(
        learning.book,
        learning.app.store,
        learning.tasks,
        learning.consent,
        lambda task: mine.policies.get(task, mine.policy),
    )


def harvest(parts: HarvestParts, anew: bool = False) -> HarvestReport:
    """Bring the examples in step with the votes that changed; `anew`: with all votes."""
    held = parts.lessons.mark(MARK)
    since, pass_ = 0 if anew else held, None
    while batch := parts.lessons.harvestable(since, BATCH):
        pass_ = pass_ or Pass(parts, Known(all_of(parts.lessons)))
        pass_.learn(batch)
        since = batch[-1].mark
        if since > held:
            parts.lessons.set_mark(MARK, since)
    return pass_.report() if pass_ else HarvestReport()


class Pass:
    """One pass, batch by batch."""

    def __init__(self, parts: HarvestParts, known: Known) -> None:
        self.parts, self.known = parts, known
        self.counts, self.skipped = Counter[str](), Counter[str]()
        self.found = Gathered()  # of the batch

    def report(self) -> HarvestReport:
        """What it did."""
        return HarvestReport(**self.counts, skipped=dict(self.skipped))

    def learn(self, batch: Sequence[Voted]) -> None:
        """Draw anew what these votes touch, and keep it."""
        seen = batch[-1].mark
        changed = {voted.id for voted in batch}
        self.counts["seen"] += len(changed)
        gone = {voted.id for voted in batch if voted.interaction is None}
        self.skipped.update({DELETED: len(gone)} if gone else {})
        self.found = gathered(self.parts, self.known, batch, self.skipped)
        readings, touched = self.found.readings, (changed | self.found.beside) - gone
        self.known.drop(touched | gone)
        made, lent = self._draw(readings)
        for id in sorted(touched | (lent.keys() - gone)):
            self._keep(id, made.get(id, []), lent.get(id, []), readings.get(id), seen)
        for id in sorted(changed - gone):
            self._keep_beside(id, readings.get(id), made.get(id, []), seen)
        self.counts["merged"] += sum(self._is_merged(id, readings, made) for id in changed)

    # -- drawing ---------------------------------------------------------------------

    def _draw(self, readings: Mapping[int, Reading]) -> tuple[Made, Made]:
        """The examples by the interactions that they are made from; those by whose words alone."""
        made: Made = defaultdict(list)
        lent: Made = defaultdict(list)
        for spot, alike in self._cases(readings):
            case = alike[0].case(spot[3], alike[1:])
            for example in drawn(case, self.parts.policy(case.task)):
                settled = self._settled(self._with_words_of(example), spot)
                self.known.add(settled)
                for id in settled.interactions:
                    (made if id in example.interactions else lent)[id].append(settled)
        return made, lent

    def _cases(self, readings: Mapping[int, Reading]) -> list[tuple[Spot, list[Reading]]]:
        """Readings with the same answer to the same text; the oldest first."""
        cases: defaultdict[tuple[Spot, str], list[Reading]] = defaultdict(list)
        for id in sorted(readings):
            cases[
                spot_read(self.known, readings[id]), " ".join(readings[id].answer.split())
            ].append(readings[id])
        return [(spot, alike) for (spot, _), alike in cases.items()]

    def _with_words_of(self, example: Example) -> Example:
        """With the interaction among its own whose words its text is, if none of them is."""
        said = self.found.said.get((example.what, example.task, example.text), set())
        made = {*example.interactions}
        return example if said & made or not said else _made_of(example, made | {min(said)})

    def _settled(self, example: Example, spot: Spot) -> Example:
        """It waits where it contradicts what stands there already."""
        for other in self.known.at(spot):
            same = {*other.interactions} == {*example.interactions}
            counts = other.review is not Review.REJECTED and not same
            if counts and (why := contradiction(example, other)):
                return replace(example, review=Review.WAITING, doubt=example.doubt or why)
        return example

    # -- keeping ---------------------------------------------------------------------

    def _keep(
        self,
        id: int,
        made: Sequence[Example],
        lent: Sequence[Example],
        read: Reading | None,
        seen: int,
    ) -> None:
        """What is made of an interaction holds its asker's words and its votes; `lent`: no vote."""
        votes = [vote.person for vote in read.votes] if read else []
        asker = [self.found.askers[id]] if id in self.found.askers else []
        people = {
            n: [*asker, *(votes if n < len(made) else ())] for n in range(len(made) + len(lent))
        }
        examples = [*made, *lent]
        try:
            kept = self.parts.lessons.replace_of(id, examples, people, seen)
        except UnknownInteraction:  # deleted meanwhile, and all made from it with it
            return
        told = {"added": kept.added, "changed": kept.changed, "withdrawn": kept.gone}
        self.counts.update(told)
        if kept.added or kept.changed:
            self.counts["waiting"] += sum(e.review is Review.WAITING for e in examples)

    def _keep_beside(
        self, id: int, read: Reading | None, examples: Sequence[Example], seen: int
    ) -> None:
        """What the votes say of passages, and a correction as an answer to be given again."""
        found = read is not None and read.what is What.ANSWERS
        judged = judgements(read.interaction, read.verdicts) if read and found else []
        curated = curated_of(read, examples) if read and found else None
        try:
            self.parts.lessons.judge(id, judged, seen)
            self.parts.lessons.curate(curated, id, seen)
        except UnknownInteraction:
            return
        self.counts.update(judged=len(judged), curated=int(curated is not None))

    def _is_merged(
        self, id: int, readings: Mapping[int, Reading], made: Mapping[int, Sequence[Example]]
    ) -> bool:
        """Does it stand under another's words, or with another's answer?"""
        if id not in readings:
            return False
        own = readings[id].wish_and_text[1]
        return any(e.text != own or min(e.interactions) < id for e in made.get(id, ()))


def _made_of(example: Example, interactions: set[int]) -> Example:
    return replace(example, interactions=tuple(sorted(interactions)))


def curated_of(read: Reading, examples: Sequence[Example]) -> Curated | None:
    """The correction that was taken, as an answer to be given again; None: there is none."""
    for example in examples:
        if example.origin is not Origin.CORRECTION or not example.chosen:
            continue
        for verdict, vote in zip(read.verdicts, read.votes, strict=True):
            if vote.correction.strip() == example.chosen:
                return curation(read.interaction, verdict, example.review)
    return None
