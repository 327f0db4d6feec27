"""Whole answers from the example handbook: one asker, and eight who ask at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from bench import corpora, parts
from bench.commands import settle
from bench.common import Goal, Line, Sample, Table, about, options, publish, say, scratch
from bot.app import build
from bot.assistant import Assistant
from bot.conversation import Interaction, Outcome, Place, Question
from bot.settings import load_settings

SMALL = "SmolLM2-135M-Instruct"
PEOPLE = 8
LENGTH = 16  # tokens of an answer in the short form
WARM = "Who wrote this handbook?"  # asked first and not counted
ONE, EIGHT = "one asker", f"{PEOPLE} askers at once"
GOALS = {ONE: Goal("<=", 4), EIGHT: Goal("<=", 14)}
NOTES = (
    "Seconds from the question, the waiting in the line included; no answer is given again from "
    "the cache, and no question is put twice while there are others. They take turns: one person "
    f"asks {PEOPLE} questions one after the other, then {PEOPLE} people ask one each at the same "
    "moment. An abstention is an answer without a first piece.",
)


@dataclass
class Took:
    """Seconds of the answers of some askers."""

    first_piece: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    written: int = 0  # answers that are no abstention

    def add(self, answers: Iterable[Interaction]) -> None:
        """Note their times."""
        for answer in answers:
            first, whole = answer.timings.first_piece_ms, answer.timings.total_ms
            self.first_piece += [] if first is None else [first / 1000]
            self.whole += [] if whole is None else [whole / 1000]
            self.written += answer.answer.outcome is Outcome.CITED


def put(assistant: Assistant, texts: Sequence[str], people: int) -> list[Interaction]:
    """The answers to `texts`, asked by so many people who begin together."""
    together = threading.Barrier(people)

    def ask(mine: tuple[int, Sequence[str]]) -> list[Interaction]:
        together.wait()
        place = Place("terminal")
        asker = f"asker {mine[0]}"
        return [assistant.ask(Question(text, asker, place), fresh=True) for text in mine[1]]

    with ThreadPoolExecutor(people) as pool:
        theirs = enumerate(texts[number::people] for number in range(people))
        return [answer for answers in pool.map(ask, theirs) for answer in answers]


def taken(assistant: Assistant, texts: Sequence[str], rounds: int) -> dict[str, Took]:
    """What each kind of asking took, by turns."""
    found = {ONE: Took(), EIGHT: Took()}
    put(assistant, [WARM], 1)
    for turn in range(rounds):
        for place, (who, people) in enumerate({ONE: 1, EIGHT: PEOPLE}.items()):
            begin = (2 * turn + place) * PEOPLE
            theirs = [texts[number % len(texts)] for number in range(begin, begin + PEOPLE)]
            say(f"round {turn + 1}: {who}")
            found[who].add(put(assistant, theirs, people))
    return found


def lines(found: dict[str, Took]) -> list[Line]:
    """Median and tail of each, and how much longer eight wait than one."""
    rows = list[Line]()
    for who, took in found.items():
        first, whole = Sample(tuple(took.first_piece) or (float("nan"),)), Sample(tuple(took.whole))
        rows += [
            Line(f"{who}: first piece", first.median, "s", first.spread),
            Line(f"{who}: whole answer", whole.median, "s", whole.spread, None, GOALS[who]),
            Line(f"{who}: whole answer, p95", whole.percentile(0.95), "s"),
            Line(f"{who}: answered, not abstained", took.written / len(took.whole)),
        ]
    one, eight = (Sample(tuple(found[who].whole)).median for who in (ONE, EIGHT))
    return [*rows, Line(f"{EIGHT} ÷ {ONE}: whole answer", eight / one, "times")]


def measured(
    work: Path, model: str, rounds: int, threads: int | None, at_once: int, short: bool
) -> list[Line]:
    """The rows; in short of short answers from only the pages that are asked about."""
    rows = [row for row in corpora.lines(corpora.EXAMPLE_QUESTIONS) if not row.get("thread")]
    pages, length = corpora.EXAMPLE, dict[str, int]()
    if short:
        rows, length = rows[: 2 * PEOPLE], {"max_tokens": LENGTH}
        pages = corpora.pages_of(rows, pages, work / "pages")
    engine: dict[str, object] = {"name": model, **({"threads": threads} if threads else {})}
    told: dict[str, dict[str, object]] = {
        "sources.handbook": {"use": "folder", "path": str(pages)},
        "model": engine,
        "answers": {"at_once": at_once, **length},
        "weaviate": {"linger": "0s"},
    }
    settle(work, told)
    texts = [str(row["question"]) for row in rows]
    environment = {"TANDEM_HOME": str(work / "home"), "TANDEM_CACHE": str(parts.cache())}
    with build(load_settings(environment, work)) as app:
        app.set_up()
        app.syncing.first_sync()
        return lines(taken(app.assistant, texts, rounds))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it."""
    parser = options(__doc__ or "")
    parser.add_argument("--model", help="the language model; the settings' own by default")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each; 3 by default")
    parser.add_argument("--threads", type=int, help="of the engine; its own choice by default")
    parser.add_argument("--at-once", type=int, default=4, help="`answers.at_once`; 4 by default")
    given = parser.parse_args(arguments)
    model = given.model or (SMALL if given.short else parts.LANGUAGE_MODEL)
    rounds = 1 if given.short else given.rounds
    details = about()
    with scratch() as made:
        rows = measured(made, model, rounds, given.threads, given.at_once, given.short)
    notes = (f"{model}, {rounds} turns, `answers.at_once` {given.at_once}", *NOTES)
    publish(Table("bench.askers", "", tuple(rows), notes, details), given.json)


if __name__ == "__main__":
    main()
