"""What examples teach: a prompt, as serving asks, with a good answer, a bad one, or both."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, islice, repeat

from model.backends import Prompt
from model.examples import Example, Origin, What
from model.grounding import LONGEST
from model.tasks import Task, not_showing, task_prompt, taught_prompt
from model.training.answers import Case, Note, distinct, examples, plain
from model.training.recipe import Recipe
from model.training.words import Plan

AGAIN = 4  # times that a plain example is there at most
MARK = re.compile(r"\s*\[\d+(?:,\s*\d+)*\]")  # of a citation
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=\S)|\n+")


@dataclass(frozen=True)
class Lesson:
    """A prompt with what should, or should not, be written to it; one of the two may be empty."""

    prompt: Prompt
    good: str
    bad: str = ""
    weight: float = 1.0
    thumb: bool = False  # the good one was found good, and nobody wrote it


def lessons(plan: Plan, recipe: Recipe, given: Sequence[Example]) -> list[Lesson]:
    """All that is to be learned, in an order that does not depend on how it was stored."""
    ordered = sorted(given, key=lambda each: (each.digest, each.id))
    if plan.what is What.ANSWERS:
        return grounded_lessons(ordered, recipe.seed)
    tasks = {task.name: task for task in plan.taught}
    taught = [style_lesson(tasks[each.task], each) for each in ordered if each.task in tasks]
    others = plain_lessons(plan.others, [each for each in ordered if each.task not in tasks])
    return [*taught, *_some(others, round(recipe.plain * len(taught)), recipe.seed)]


def style_lesson(task: Task, example: Example) -> Lesson:
    """An example of a task that is taught."""
    return Lesson(
        taught_prompt(task, example.text, example.wish),
        example.chosen.strip(),
        example.rejected.strip(),
        example.weight,
        example.origin is Origin.THUMB,
    )


def plain_lessons(tasks: Sequence[Task], given: Sequence[Example]) -> list[Lesson]:
    """Of the other tasks: what they should go on answering to the prompts that they get."""
    known = {task.name: task for task in tasks}
    shown = [_plain(task, shot.text, "", shot.answer) for task in tasks for shot in task.examples]
    kept = [
        _plain(known[each.task], each.text, each.wish, each.chosen)
        for each in given
        if each.task in known and each.chosen
    ]
    return [*shown, *kept]


def _plain(task: Task, text: str, wish: str, answer: str) -> Lesson:
    """What is asked for is not shown as well."""
    return Lesson(task_prompt(not_showing(task, text), text, wish), answer.strip())


def _some(pool: Sequence[Lesson], count: int, seed: int) -> list[Lesson]:
    """So many of the pool, each about as often as the others."""
    chance = random.Random(f"{seed}.plain")  # noqa: S311  # no secret hangs on it
    order = chance.sample(range(len(pool)), len(pool))
    return [pool[number] for number in islice(chain(*repeat(order, AGAIN)), count)]


def grounded_lessons(given: Iterable[Example], seed: int) -> list[Lesson]:
    """Of answers from passages: with the right note, and at times without it, then silence."""
    weights = {each.digest: each.weight for each in given}
    made = examples([case_of(each) for each in given if tells(each)], seed)
    return [
        Lesson(each.prompt, each.reply, weight=weights[each.case.id])
        for each in made
        if each.reply.strip()
    ]


def tells(example: Example) -> bool:
    """Is it known what should be answered: words from a right passage, or nothing?"""
    if not example.chosen:
        return example.all_wrong
    return any(passage.right for passage in example.passages)


def case_of(example: Example) -> Case:
    """The notes of its passages; of a right passage the one note that says most of the answer."""
    answer = MARK.sub("", example.chosen).strip()
    notes: list[Note] = []
    for number, passage in enumerate(example.passages):
        texts = _statements(passage.text)
        best = _nearest(texts, answer) if passage.right and texts else -1
        place = (f"{passage.source}/{passage.key}/{number}", 0)
        notes += [
            Note(passage.title or "Note", text, at == best, (place[0], at))
            for at, text in enumerate(texts)
        ]
    return Case("people", example.digest, example.text, tuple(distinct(notes)), answer)


def _statements(text: str) -> list[str]:
    """Sentences, joined while they are short, each within what a note may be."""
    made: list[str] = []
    for part in filter(None, (part.strip() for part in SENTENCE.split(text))):
        if made and len(f"{made[-1]} {part}".split()) <= LONGEST // 2:
            made[-1] = f"{made[-1]} {part}"
        else:
            made.append(" ".join(part.split()[:LONGEST]))
    return made


def _nearest(texts: Sequence[str], answer: str) -> int:
    """Which text shares most words with the answer."""
    wanted = {*plain(answer).split()}
    shared = [len(wanted & {*plain(text).split()}) for text in texts]
    return shared.index(max(shared))
