"""Measures a version beside another, and asks the gate; interrupted, it goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from bot.errors import NothingToMeasure
from bot.learning.cases import Cases, cases, held_out, taught
from bot.learning.golden import Frozen, freeze, frozen
from bot.learning.sides import (
    LIVE,
    Measuring,
    Searched,
    Side,
    orders,
    side,
    what_of,
    write,
)
from bot.learning.tidying import tidy
from bot.learning.weighing import NOTHING, Weighed, by_thumbs, weigh
from bot.learning.words import Evaluation
from model.evaluation import StyleJudge, compared, decide, evaluate, style_judge
from model.evaluation import found as scored_by
from model.evaluation.replies import evaluate_replies
from model.evaluation.shape import Judging, Scores, shaped
from model.evaluation.style import FEWEST, StylePair
from model.evaluation.trials import Decision, TaskCompared, TaskScores, Trial
from model.examples import ANSWERS, Example, What
from model.tasks import Task, task_named
from model.training.words import write_whole
from model.versions import version_folder

SCORES = "scores.json"
SEARCH = "search"  # the task that a retriever must be better at,
HEADINGS = "headings"  # and that at which it must not be worse
MORE_EXAMPLES = (
    "Accept examples (`tandem examples review`) or import some: one text in five is held out to "
    "measure with"
)
PARTLY = "Only a part was measured: this is not kept, and opens no gate."
MORE_VOTES = "Wait for votes on cited answers: one question in five is held out to measure with"
STYLED = 600  # training examples that the style judge learns from, of each task
MANY = 100  # examples of a task: no fall that matters hides in so many
PLAIN = 60  # of them for which the base model writes too


@dataclass(frozen=True)
class Part:
    """What is measured, where not all is."""

    tasks: tuple[str, ...] = ()  # empty: all that either side was taught
    limit: int | None = None  # examples of each task and set

    @property
    def whole(self) -> bool:
        """Is it enough for the gate: all tasks, and many examples of each?"""
        return not self.tasks and (self.limit is None or self.limit >= MANY)


def evaluation(
    parts: Measuring, version: str, against: str = LIVE, part: Part | None = None
) -> Evaluation:
    """Measure `version` beside `against` on what neither was taught, and ask the gate.

    Names are those of versions, `base` or `live`. Scores are written to the version's folder
    (`scores.json`; `model.evaluation.shape`) and, with the gate's word, to SQL; those of a mere
    part are not kept (their id is 0), and never pass. Raises `UnknownVersion`, `UnknownTask`,
    `VersionUnusable`, `GoldenUnusable`, `NothingToMeasure`, and what the models raise.
    """
    part, what = part or Part(), what_of(parts, (version, against))
    sides = (side(parts, version, what), side(parts, against, what))
    tidy(parts.home, parts.book, parts.tasks.values())
    if what is What.RETRIEVER:
        measured, judges = _searched(parts, sides), dict[str, StyleJudge]()
    else:
        found = cases(parts.book, parts.home, what, _tasks(parts, sides, part), part.limit)
        measured, judges = _measured(parts, sides, found)
    decision = _decided(sides, measured) if part.whole else Decision(False, (PARTLY,))
    return _keep(parts, _scores(parts, sides, measured, judges, part), decision)


def _searched(parts: Measuring, sides: Sequence[Side]) -> list[TaskCompared]:
    """How well both find, question by question."""
    told = [parts.search(each.version) for each in sides]
    if not told[0].questions:
        raise NothingToMeasure(sides[0].name or "The base embedder", MORE_VOTES)
    one, other = told
    measured = [_beside(SEARCH, one, other)]
    if one.headings and other.headings and one.headings.questions:
        measured.append(_beside(HEADINGS, one.headings, other.headings))
    return measured


def _beside(name: str, one: Searched, other: Searched) -> TaskCompared:
    return compared(
        scored_by(name, one.questions, one.figures), scored_by(name, other.questions, other.figures)
    )


def _tasks(parts: Measuring, sides: Sequence[Side], part: Part) -> list[Task]:
    """What is measured: tasks that neither was taught are the base model's on both sides."""
    if sides[0].what is not What.STYLE:
        return [Task(ANSWERS, "")]
    wanted: Collection[str] = part.tasks
    if not wanted:
        taught_ = {task for each in sides if each.version for task in each.version.tasks}
        wanted = [name for name in parts.tasks if name in taught_ or not taught_]
    return [task_named(parts.tasks, name) for name in wanted]


def _measured(
    parts: Measuring, sides: Sequence[Side], found: Sequence[Cases]
) -> tuple[list[TaskCompared], dict[str, StyleJudge]]:
    if not found:
        raise NothingToMeasure(sides[0].name or "The base model", MORE_EXAMPLES)
    learned = styled(parts, found) if sides[0].what is What.STYLE else {}
    plain = [example for examples in learned.values() for example in examples[:PLAIN]]
    written = write(parts, sides, found, plain)
    judges = judges_from(learned, written.get("", {}))
    both = [
        {e.digest: written[s.writer(c.task)][e.digest] for c in found for e in c.examples}
        for s in sides
    ]
    weighed = weigh(parts, sides, found)
    return measure(parts, found, (both[0], both[1]), judges, weighed), judges


def styled(parts: Measuring, found: Sequence[Cases]) -> dict[str, Sequence[Example]]:
    """By task the examples that house style is learned from, where there are enough."""
    judged = {some.task for some in found if some.judged}  # by thumbs, so not by style
    names = {s.task for s in found if not parts.tasks[s.task].labels} - judged
    held = {name: taught(parts.book, name, STYLED) for name in sorted(names)}
    return {name: examples for name, examples in held.items() if len(examples) >= FEWEST}


def judges_from(
    learned: Mapping[str, Sequence[Example]], base: Mapping[str, str]
) -> dict[str, StyleJudge]:
    """By task what tells house style; `base`: what the base model wrote to some of the texts."""
    return {
        task: style_judge([StylePair(e.chosen, (e.text, base.get(e.digest, ""))) for e in examples])
        for task, examples in learned.items()
    }


def measure(
    parts: Measuring,
    found: Sequence[Cases],
    written: tuple[Mapping[str, str], Mapping[str, str]],
    judges: Mapping[str, StyleJudge],
    weighed: Weighed = NOTHING,
) -> list[TaskCompared]:
    """Both sides' texts beside each other, by task and set."""
    return [
        by_thumbs(parts.tasks[some.task], some, written, weighed)
        if some.judged
        else _by_references(parts, some, written, judges.get(some.task))
        for some in found
    ]


def _by_references(
    parts: Measuring,
    some: Cases,
    written: tuple[Mapping[str, str], Mapping[str, str]],
    judge: StyleJudge | None,
) -> TaskCompared:
    one, other = (_scored(parts, some, texts, judge) for texts in written)
    return compared(one, other)


def _scored(
    parts: Measuring, some: Cases, written: Mapping[str, str], judge: StyleJudge | None
) -> TaskScores:
    if some.task == ANSWERS:
        return evaluate_replies(some.examples, [written[e.digest] for e in some.examples], some.set)
    task = parts.tasks[some.task]
    told = orders(task)
    trials = [
        Trial(e.text, e.chosen, written[e.digest], e.wish, told, e.digest) for e in some.examples
    ]
    return evaluate(task, trials, judge, some.set)


def _decided(sides: Sequence[Side], measured: Sequence[TaskCompared]) -> Decision:
    mine, theirs = sides
    if mine.name == theirs.name:
        return Decision(False, ("It was compared with itself.",))
    if mine.version is None:
        return Decision(False, ("The base model is no version that could be promoted.",))
    targets = {What.ANSWERS: (ANSWERS,), What.RETRIEVER: (SEARCH,)}.get(
        mine.what, mine.version.tasks
    )
    return decide(targets, measured)


def _scores(
    parts: Measuring,
    sides: Sequence[Side],
    measured: Sequence[TaskCompared],
    judges: Mapping[str, StyleJudge],
    part: Part,
) -> Scores:
    judging = {task: Judging(j.texts, j.auc, j.usable) for task, j in judges.items()}
    digests = {each.task: each.digest for each in frozen(parts.home)}
    mine, theirs = sides
    return Scores(mine.name, theirs.name, part.whole, tuple(measured), judging, digests)


def _keep(parts: Measuring, scores: Scores, decision: Decision) -> Evaluation:
    """In the version's folder and in SQL."""
    names, said = (scores.version, scores.against), (decision.passed, decision.reasons)
    made = Evaluation(*names, shaped(scores), *said, parts.now())
    if not scores.whole:
        return made
    if scores.version:
        told = json.dumps(evaluation_json(made), indent=1, ensure_ascii=False)
        write_whole(version_folder(parts.home, scores.version) / SCORES, told)
    return parts.registry.evaluate(made)


def evaluation_json(made: Evaluation) -> dict[str, object]:
    """An evaluation as JSON: its scores, and the gate's word."""
    gate = {"passed": made.passed, "reasons": list(made.reasons)}
    return {**made.scores, "made_at": made.made_at.isoformat(timespec="seconds"), "gate": gate}


def freeze_all(parts: Measuring) -> list[Frozen]:
    """Freeze the held-out examples of every task that has no golden set yet."""
    style = [(What.STYLE, name) for name in parts.tasks]
    held = [held_out(parts.book, *each) for each in (*style, (What.ANSWERS, ANSWERS))]
    return freeze(parts.home, [example for some in held for example in some], parts.now())
