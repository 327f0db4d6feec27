"""Trains the reader of passages: `python -m bench.train_reranker FOLDER`.

It is killed and started again at will. On a GPU it takes minutes, on two cores a night; what
needs the embedder (`FOLDER/lessons.jsonl.gz`) can be made on one machine and carried to another.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench import parts, tiny_models, training
from bench.common import say
from bench.lessons import lessons
from knowledge.reranker import Reading
from knowledge.reranker.base import encoder, export, tokenizer
from knowledge.reranker.lessons import Lesson, Lessons, counts, digest
from knowledge.reranker.scores import scored
from knowledge.reranker.training import Dials, Texts, epoch, learning, loss, readings, trainee
from model.training.fitting import dealt, fit

BASE = "bge-small-en-v1.5"
READINGS = "readings.jsonl"
FEW_READ = 6  # held-out lessons of the short form
MOST_READ = 40  # candidates of a lesson


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it."""
    parser = training.options("Train the reader of passages.", keep_every=200)
    parser.add_argument("--base", default=BASE, help="weights to begin with, in floating point")
    parser.add_argument("--all", action="store_true", help="learn from held-out lessons too")
    parser.add_argument("--data-only", action="store_true", help="make the lessons and end")
    given = parser.parse_args(arguments)
    made = lessons(given.folder, given.short)
    if not given.data_only:
        trained(given, made)


def trained(given: Any, made: Lessons) -> None:
    """Train, export, measure; the manifest comes last."""
    import torch

    dials = training.chosen(given, Dials())
    taught = list(made.lessons) if given.all else made.part(held_out=False)
    torch.manual_seed(dials.seed)
    bert, texts = _tiny(made) if given.short else _real(given.base, made)
    model, seen = trainee(bert).to(training.device(given.device)), epoch(taught)
    pace = training.pace(given, dials, len(seen))
    base = "tiny" if given.short else given.base
    data = digest(made) + (" all" if given.all else "")
    say(f"{len(taught)} lessons, {pace.steps} steps on {training.device(given.device)}")

    def step_loss(step: int) -> Any:
        some = [seen[i] for i in dealt(len(seen), dials.batch, step, dials.seed)]
        return loss(model, texts, some, f"{dials.seed}.{step}")

    fitted = fit(
        model,
        learning(model, dials),
        step_loss,
        pace,
        given.folder,
        training.mark(data, dials, base),
        dials.decay,
        training.tell,
        given.stop_at,
    )
    if fitted.steps < pace.steps:
        say(f"stopped after {fitted.steps} of {pace.steps} steps; the same command goes on")
        return
    asked = made.part(held_out=True)[: FEW_READ if given.short else None]
    read = readings(model, texts, asked, most=MOST_READ)
    write_readings(given.folder / READINGS, asked, read)
    export(model, given.folder / "reader.onnx")
    about = {"digest": digest(made), "all": given.all, "lessons": counts(made.lessons)}
    training.publish(given.folder, dials, base, about, fitted, scored(asked, read))


def _real(base: str, made: Lessons) -> tuple[Any, Texts]:
    folder = parts.weights(base)
    return encoder(folder), Texts(tokenizer(folder), made)


def _tiny(made: Lessons) -> tuple[Any, Texts]:
    said = [text for page in made.pages.values() for text in (page.head, *page.statements)]
    said += [lesson.question for lesson in made.lessons]
    return tiny_models.encoder(), Texts(tiny_models.words(said), made)


def write_readings(file: Path, asked: Sequence[Lesson], read: Sequence[Sequence[Reading]]) -> None:
    """The readings of lessons, for whoever chooses statements by them."""
    rows = [
        {"set": x.set, "id": x.id, "evidence": [list(reading.evidence) for reading in some]}
        for x, some in zip(asked, read, strict=True)
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


if __name__ == "__main__":
    main()
