"""Answering: `tandem ask --batch` beside a haystack pipeline, and the score of the handbook."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import corpora, parts, peers, with_haystack
from bench.commands import run, settle
from bench.common import Line, Sample, Table, about, options, publish, say, scratch
from bench.haystack_answers import answerer
from bench.scores import Answered, answered, holds
from bot.settings.sections import Answers, Search

EXCERPTS = 4  # chunks that haystack shows its model
ALPHA, MAX_TOKENS = Search().alpha, Answers().max_tokens
TANDEM, HAYSTACK = "Tandem: `tandem ask --batch`", "haystack: hybrid retriever, local generator"
SMALL = "SmolLM2-135M-Instruct"
WARM = "Who wrote this handbook?"  # asked first and not counted: models are loaded lazily
COMPARED = (
    "Both use the same Weaviate, the same chunks, vectors and question embedder, the same model "
    "folder, greedy, with the same bound on tokens. Tandem is as it is set by default; haystack "
    f"shows its model the {EXCERPTS} best chunks in the prompt of its own guides. Its first piece "
    "is the generator's raw stream; Tandem's is the first that a person sees. They take turns, "
    "whole sets of questions.",
    "The ratio is Tandem's median over the line's; below 1 Tandem is faster.",
)


@dataclass(frozen=True)
class Took:
    """Milliseconds from the question, of several answers."""

    first_piece: Sample
    total: Sample


Row = Mapping[str, Any]


def asked(rows: Sequence[Row], count: int) -> list[Row]:
    """Questions that stand alone, answerable and not, as they lie spread over the file."""
    alone = [row for row in rows if not row.get("thread")]
    return [alone[place * len(alone) // count] for place in range(min(count, len(alone)))]


def ask_tandem(work: Path, rows: Sequence[Row]) -> dict[str, Row]:
    """The results of the real command by id, the first question apart."""
    batch = work / "batch.jsonl"
    told = [{"id": "warm", "question": WARM}, *rows]
    keys = ("id", "question", "thread")
    lines = [json.dumps({key: row[key] for key in keys if key in row}) for row in told]
    batch.write_text("\n".join(lines) + "\n", encoding="utf-8")
    said = run(work, "ask", "--batch", str(batch), "--json").splitlines()
    return {str(row["id"]): row for row in map(json.loads, said) if row["id"] != "warm"}


def timings(results: Sequence[Row], name: str) -> Sample:
    """One of the timings, of the answers that have it (an abstention has no first piece)."""
    found = [row.get("timings", {}).get(name) for row in results]
    return Sample(tuple(float(each) for each in found if each is not None) or (float("nan"),))


@dataclass
class Race:
    """Who answers what in turns."""

    work: Path
    rows: Sequence[Row]
    ask: Callable[[str], Any]  # haystack

    def run(self, rounds: int) -> tuple[list[Row], list[tuple[Row, Any]]]:
        """All results of both."""
        ours, theirs = list[Row](), list[tuple[Row, Any]]()
        self.ask(WARM)
        for number in range(rounds):
            say(f"round {number + 1}: Tandem")
            ours += ask_tandem(self.work, self.rows).values()
            say(f"round {number + 1}: haystack")
            theirs += [(row, self.ask(str(row["question"]))) for row in self.rows]
        return ours, theirs


def raced(
    work: Path, rows: Sequence[Row], pages: Path, model: str, rounds: int, max_tokens: int
) -> list[Line]:
    """First piece and whole answer of both, and how many say what must be said."""
    embedder = parts.embedder()
    with parts.weaviate(work / "home") as server:
        chunks = parts.chunks_of("handbook", pages, embedder)
        held = with_haystack.fill(server, chunks, embedder)
        folder = parts.weights(model)
        ask = answerer(held, embedder, folder, EXCERPTS, max_tokens, ALPHA)
        ours, theirs = Race(work, rows, ask).run(rounds)
        held.close()
    must = {str(row["id"]): row.get("must", ()) for row in rows}
    said = [holds(str(row.get("answer", "")), must[str(row["id"])]) for row in ours]
    their_said = [holds(told.text, row.get("must", ())) for row, told in theirs]
    took = Took(timings(ours, "first_piece_ms"), timings(ours, "total_ms"))
    their = Took(
        Sample(tuple(told.first_piece_ms for _, told in theirs)),
        Sample(tuple(told.total_ms for _, told in theirs)),
    )
    able = sum(bool(must[str(row["id"])]) for row in ours)
    told = [line("first piece", took.first_piece, their.first_piece)]
    told += [line("whole answer", took.total, their.total)]
    counts = ((TANDEM, said), (HAYSTACK, their_said))
    words = "answers with the words that must be in them"
    last = [Line(f"{who}: {words}", sum(found), f"of {able}") for who, found in counts]
    return [*(each for pair in told for each in pair), *last]


def line(what: str, ours: Sample, theirs: Sample) -> tuple[Line, Line]:
    """Tandem's row and haystack's."""
    ratio = ours.median / theirs.median
    return (
        Line(f"{TANDEM}: {what}", ours.median, "ms", f"p95 {ours.percentile(0.95):.0f} ms"),
        Line(
            f"{HAYSTACK}: {what}",
            theirs.median,
            "ms",
            f"p95 {theirs.percentile(0.95):.0f} ms",
            ratio,
        ),
    )


def scored(work: Path, rows: Sequence[Row]) -> tuple[list[Line], list[str]]:
    """The score of all questions, by our rules and, where they are, by the shared ones."""
    results = ask_tandem(work, rows)
    told = answered(rows, results)
    found = work / "results.jsonl"
    found.write_text("".join(json.dumps(row) + "\n" for row in results.values()))
    return score_lines(told), shared_score(work, rows, found)


def score_lines(told: Answered) -> list[Line]:
    """The rows of the score."""
    able, unable = f"of {told.answerable}", f"of {told.unanswerable}"
    return [
        Line("handbook: right (cited, with the words that must be there)", told.right, able),
        Line("handbook: of these, citing a page that has it", told.gold, f"of {told.right}"),
        Line("handbook: withheld though answerable", told.withheld, able),
        Line("handbook: abstained on unanswerable", told.abstained, unable),
        Line("handbook: failed", told.failed, f"of {told.answerable + told.unanswerable}"),
    ]


def shared_score(work: Path, rows: Sequence[Row], results: Path) -> list[str]:
    """What ../shared/measure/score_qa.py says."""
    measure = corpora.SHARED / "measure" / "score_qa.py"
    if not measure.is_file():
        return [f"{measure} is missing: scored by bench/scores.py alone, which has the same rules"]
    questions = work / "questions.jsonl"
    questions.write_text("".join(json.dumps(row) + "\n" for row in rows))
    asked = [sys.executable, str(measure), str(questions), str(results)]
    told = subprocess.run(asked, check=True, capture_output=True, text=True).stdout
    return ["score_qa.py: " + "; ".join(" ".join(row.split()) for row in told.splitlines())]


def measured(
    work: Path, model: str, count: int, rounds: int, short: bool
) -> tuple[list[Line], list[str]]:
    """The lines and the notes."""
    rows, pages = list(corpora.lines(corpora.EXAMPLE_QUESTIONS)), corpora.EXAMPLE
    if short:
        pages = corpora.pages_of(asked(rows, count), pages, work / "pages")
    source = {"use": "folder", "path": str(pages)}
    length = 16 if short else MAX_TOKENS
    told = {"sources.handbook": source, "model": {"name": model}}
    settle(work, {**told, "answers": {"max_tokens": length}})
    run(work, "sync")
    lines = raced(work, asked(rows, count), pages, model, rounds, length)
    notes = [
        f"{count} questions of examples/handbook, {rounds} turns, {model}, at most {length} tokens",
        *COMPARED,
    ]
    if not short:
        more, said = scored(work, rows)
        lines, notes = [*lines, *more], [*notes, *said]
    run(work, "stop")
    return lines, notes


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it."""
    parser = options("Answering, measured beside haystack; the score of the handbook's questions.")
    parser.add_argument("--model", help="the language model; the settings' own by default")
    parser.add_argument("--questions", type=int, default=20, help="in the race; 20 by default")
    parser.add_argument("--rounds", type=int, default=2, help="turns of each; 2 by default")
    given = parser.parse_args(arguments)
    if problem := peers.missing():
        raise SystemExit(problem)
    peers.silence()
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    model = given.model or (SMALL if given.short else parts.LANGUAGE_MODEL)
    count, rounds = (1, 1) if given.short else (given.questions, given.rounds)
    details = about()
    with scratch() as made:
        rows, notes = measured(made, model, count, rounds, given.short)
    table = Table("bench.answer", "Tandem ÷ this", tuple(rows), tuple(notes), details)
    publish(table, given.json)


if __name__ == "__main__":
    main()
