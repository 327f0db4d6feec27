"""Routing: how many unseen messages go where they should, by patterns and by the classifier."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench import parts
from bench.common import Goal, Line, Table, about, options, publish, say, scratch
from bench.corpora import SHARED, banking, lines
from bot.classifying import classifier
from bot.conversation import Mode, Place, Question, Route, Turn
from bot.learned_routing import LearnedRouter
from bot.routing import Router, choose_route
from bot.settings.sections import Routing
from model.tasks import tasks_from

WRITTEN = Path(__file__).parents[1] / "tests" / "routing_messages.jsonl"
DATA = SHARED / "data"
EACH = 300  # questions of a shared data set


@dataclass(frozen=True)
class Asked:
    """A message, with the mode and task that it should get."""

    text: str
    mode: Mode = Mode.RAG
    task: str | None = None
    thread: str = ""

    def question(self) -> Question:
        """As a platform gives it."""
        thread = (Turn("assistant", self.thread),) if self.thread else ()
        return Question(self.text, "bench", Place("terminal"), thread)


def written() -> list[Asked]:
    """The messages that were written for this, never trained on."""
    return [
        Asked(row["text"], Mode(row["mode"]), row["task"], row.get("thread", ""))
        for row in map(json.loads, WRITTEN.read_text("utf-8").splitlines())
    ]


def mtrag() -> Iterator[Asked]:
    """The last turns of conversations, with the turn before."""
    for path in sorted((DATA / "mtrag").glob("*_questions.jsonl")):
        for row in lines(path):
            turns = str(row["text"]).split("|user|:")
            yield Asked(turns[-1].strip(), thread=turns[-2].strip())


def squad2() -> Iterator[Asked]:
    """Questions on paragraphs."""
    told = json.loads((DATA / "squad2" / "train.json").read_text("utf-8"))
    paragraphs = (p for article in told["data"] for p in article["paragraphs"])
    return (Asked(qa["question"]) for paragraph in paragraphs for qa in paragraph["qas"])


def banking77() -> Iterator[Asked]:
    """Messages of customers."""
    return (Asked(row["text"]) for row in banking())


def feedbackqa() -> Iterator[Asked]:
    """Questions for help pages."""
    return (Asked(str(row["text"])) for row in lines(DATA / "feedbackqa" / "queries.jsonl"))


def handbook() -> Iterator[Asked]:
    """Questions of a handbook's readers: the even numbers, which may be looked at."""
    for row in lines(DATA / "handbook-18f" / "questions.jsonl"):
        if row["kind"] != "style" and int(str(row["id"])[-3:]) % 2 == 0:
            yield Asked(str(row["question"]))


SETS = {
    "mtrag": mtrag,
    "squad2": squad2,
    "banking77": banking77,
    "feedbackqa": feedbackqa,
    "handbook-18f": handbook,
}


def shared(count: int) -> tuple[dict[str, list[Asked]], list[str]]:
    """Some questions of each shared set that is there, and what is missing."""
    found, missing = {}, []
    for name, read in SETS.items():
        if (DATA / name).is_dir():
            every = list(read())
            found[name] = random.Random(11).sample(every, min(count, len(every)))
        else:
            missing.append(f"{DATA / name} is missing: its questions are left out")
    return found, missing


def either(learned: Router) -> Router:
    """What the patterns take for a task is one; else as the classifier says."""

    def route(question: Question) -> Route:
        told = choose_route(question)
        return told if told.mode is Mode.TUNED else learned(question)

    return route


def right(router: Router, asked: Sequence[Asked]) -> float:
    """The share of messages that get their mode."""
    return sum(router(one.question()).mode is one.mode for one in asked) / len(asked)


def right_task(router: Router, asked: Sequence[Asked]) -> float:
    """The share of the task messages that get their task."""
    tasks = [one for one in asked if one.mode is Mode.TUNED]
    return sum(router(one.question()).task == one.task for one in tasks) / len(tasks)


def measured(count: int, cache: Path) -> tuple[list[Line], list[str]]:
    """The lines and the notes."""
    embedder, tasks = parts.embedder(), tasks_from({})
    least = Routing().min_confidence
    learned = LearnedRouter(partial(classifier, tasks, embedder, cache), tasks, least)
    started = time.perf_counter()
    learned.prepare()
    say(f"the classifier was ready after {time.perf_counter() - started:.1f} s")
    (ours, (sets, missing)) = written(), shared(count)
    questions = [one for some in sets.values() for one in some]
    half = [one for one in ours if one.mode is Mode.TUNED]
    mixed = half + random.Random(12).sample(questions, min(len(half), len(questions)))
    told = {"written messages, both kinds": ours, "task messages and shared questions": mixed}
    found: list[Line] = []
    ways: dict[str, Router] = {
        "classifier": learned,
        "patterns": choose_route,
        "either": either(learned),
    }
    for name, some in (told | sets).items():
        for way, router in ways.items():
            goal = Goal(">=", 0.97) if name in told and way == "classifier" else None
            share = right(router, some)
            found.append(Line(f"{name}: {way}", share, "", str(len(some)), None, goal))
    for way, router in ways.items():
        found.append(Line(f"task of the task messages: {way}", right_task(router, ours)))
    started = time.perf_counter()
    right(learned, ours)
    found.append(Line("one message", 1000 * (time.perf_counter() - started) / len(ours), "ms"))
    return found, missing


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it."""
    given = options("How many unseen messages are routed right.").parse_args(arguments)
    details = about()
    with scratch() as made:
        rows, notes = measured(20 if given.short else EACH, made)
    counted = (
        "`spread` is the number of messages; a figure is the share that gets its mode. Taken for "
        f"a task from a confidence of {Routing().min_confidence}."
    )
    publish(Table("bench.routing", "", tuple(rows), (counted, *notes), details), given.json)


if __name__ == "__main__":
    main()
