"""Trains the adapter that answers from notes: `python -m bench.train_answers FOLDER`.

It is killed and started again at will. Notes are chosen for training by the words that they share
with the question; the held-out questions are answered from those that a reader chose, where
`FOLDER` has the readings that `bench.train_reranker` leaves.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench import parts, tiny_models, training
from bench.common import say
from bench.lessons import lessons
from bench.train_reranker import READINGS
from knowledge.reranker import Page
from knowledge.reranker.lessons import Candidate, Lesson, Lessons, digest
from model.training.answering import scored
from model.training.answers import (
    Case,
    Dials,
    Example,
    Note,
    adapted,
    composed,
    counts,
    distinct,
    examples,
    loss,
    replies,
    within,
    writings,
)
from model.training.fitting import dealt, fit

ROOT_OF_WORD = 6  # letters by which words are compared
UNSEEN = 8.0  # the weight of a word that no page has
HEAD, LENGTH = 0.4, 0.002  # what a word in the head is worth; what a letter costs
ONCE, OFTEN = 0.12, 0.2  # the share of examples without the notes that answer, by turns
FEW_ASKED = 4  # held-out questions of the short form
LONGEST = 40  # tokens of a reply


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it."""
    parser = training.options("Train the adapter that answers from notes.", keep_every=25)
    parser.add_argument("--base", default=parts.LANGUAGE_MODEL)
    parser.add_argument("--plain", action="store_true", help="also measure the untrained model")
    given = parser.parse_args(arguments)
    trained(given, lessons(given.folder, given.short))


def trained(given: Any, made: Lessons) -> None:
    """Train, keep the adapter, measure; the manifest comes last."""
    dials = training.chosen(given, Dials())
    if given.short:
        dials = replace(dials, batch=4)
    taught = examples(cases(made, held_out=False), dials.seed)
    asked = [composed(case, within(case.notes)) for case in held_out(made, given.folder)]
    asked = asked[: FEW_ASKED if given.short else None]
    where = training.device(given.device)
    model, tokenizer = tiny_models.writer() if given.short else _real(given.base, where)
    scores = measured(model, tokenizer, asked, "plain") if given.plain else {}
    model, rows = adapted(model.to(where), dials), writings(tokenizer, taught)
    sizes = [len(row.prompt) for row in rows]
    pace = training.pace(given, dials, len(rows))
    say(f"{len(rows)} examples, {pace.steps} steps on {where}")

    def step_loss(step: int) -> Any:
        some = dealt(len(rows), dials.batch, step, dials.seed, sizes)
        return loss(model, [rows[i] for i in some])

    base, data = "tiny" if given.short else given.base, digest(made)
    learned = [p for p in model.parameters() if p.requires_grad]
    fitted = fit(
        model,
        [{"params": learned, "lr": dials.rate}],
        step_loss,
        pace,
        given.folder,
        training.mark(data, dials, base),
        progress=training.tell,
        stop_at=given.stop_at,
    )
    if fitted.steps < pace.steps:
        say(f"stopped after {fitted.steps} of {pace.steps} steps; the same command goes on")
        return
    model.save_pretrained(str(given.folder / "adapter"))
    scores = {**scores, **measured(model, tokenizer, asked, "trained", given.folder)}
    about = {"digest": data, "examples": counts(taught)}
    training.publish(given.folder, dials, base, about, fitted, scores)


def _real(base: str, where: str) -> tuple[Any, Any]:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = str(parts.weights(base))
    kind = torch.bfloat16 if where == "cuda" else torch.float32
    family: Any = AutoModelForCausalLM
    model = family.from_pretrained(folder, dtype=kind).to(where)
    return model, AutoTokenizer.from_pretrained(folder)


def measured(
    model: Any, tokenizer: Any, asked: Sequence[Example], name: str, folder: Path | None = None
) -> dict[str, dict[str, float]]:
    """The scores of a model's replies, by its name and the set; the replies go to `folder`."""
    written = replies(model, tokenizer, asked, tokens=LONGEST)
    if folder is not None:
        rows = [
            {"set": x.example.case.set, "id": x.example.case.id, "text": x.text,
             "certainty": round(x.certainty, 4), "right": sorted(x.example.right)}
            for x in written
        ]  # fmt: skip
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / "replies.jsonl").write_text(text, encoding="utf-8")
    return {f"{name}, {key}": figures for key, figures in scored(written).items()}


def held_out(made: Lessons, folder: Path) -> list[Case]:
    """The cases to measure with, their notes chosen by the reader, if it was trained here."""
    file = folder / READINGS
    if not file.is_file():
        say(f"held-out notes are chosen by shared words, for {file} is missing")
        return list(cases(made, held_out=True))
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    known = {(row["set"], row["id"]): row["evidence"] for row in rows}
    return list(cases(made, held_out=True, readings=known))


def cases(
    made: Lessons,
    held_out: bool,
    readings: Mapping[tuple[str, str], Sequence[Sequence[float]]] | None = None,
) -> Iterator[Case]:
    """The lessons that tell which statements answer, each with all its notes in order."""
    rarity = rarities(made.pages.values())
    for lesson in made.part(held_out):
        if lesson.ranks:
            continue
        read = None if readings is None else readings.get((lesson.set, lesson.id))
        if readings is not None and read is None:
            continue
        scores = read or [
            shared(lesson.question, made.pages[c.page], rarity) for c in lesson.candidates
        ]
        yield case(lesson, notes(lesson.candidates, made.pages, scores))


def case(lesson: Lesson, found: Iterable[Note]) -> Case:
    """A lesson as the language model learns it."""
    return Case(
        lesson.set,
        lesson.id,
        lesson.question,
        tuple(distinct(found)),
        lesson.answer,
        several=lesson.kind == "multi",
        turns=lesson.turns,
        withheld=ONCE if lesson.turns == 1 else OFTEN,
    )


def notes(
    candidates: Sequence[Candidate],
    pages: Mapping[str, Page],
    scores: Sequence[Sequence[float]],
) -> list[Note]:
    """All statements of the candidates, the best first."""
    found = list[tuple[float, Note]]()
    for candidate, values in zip(candidates, scores, strict=False):
        page = pages[candidate.page]
        for place, (text, score) in enumerate(zip(page.statements, values, strict=False)):
            answers = place in (candidate.evidence or ())
            found.append((score, Note(page.head, text, answers, (candidate.page, place))))
    return [note for _, note in sorted(found, key=lambda pair: -pair[0])]


def rarities(pages: Iterable[Page]) -> dict[str, float]:
    """Of each word the log of how few pages have it."""
    words = [set().union(*map(roots, page.statements)) for page in pages]
    seen = Counter(word for each in words for word in each)
    return {word: math.log(len(words) / held) for word, held in seen.items()}


def shared(question: str, page: Page, rarity: Mapping[str, float]) -> list[float]:
    """What the words that a question shares with each statement, and with the head, are worth."""
    asked = roots(question)
    head = HEAD * sum(rarity.get(word, UNSEEN) for word in asked & roots(page.head))
    return [
        sum(rarity.get(word, UNSEEN) for word in asked & roots(text)) + head - LENGTH * len(text)
        for text in page.statements
    ]


def roots(text: str) -> set[str]:
    """The first letters of each word."""
    words = "".join(c if c.isascii() and c.isalnum() else " " for c in text.lower()).split()
    return {word[:ROOT_OF_WORD] for word in words}


if __name__ == "__main__":
    main()
