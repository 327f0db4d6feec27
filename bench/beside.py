"""Search while answers are written: both on the same cores, in the same process."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from bench import corpora, parts
from bench.common import Goal, Line, Sample, Table, about, options, publish, say, scratch
from knowledge.embedding import Embedder
from knowledge.search import Finder
from model.backends import Sampling
from model.backends.local import backend
from model.engines import Engine

FEW = 8  # pages of the handbook in the short form
SMALL = "SmolLM2-135M-Instruct"
WRITERS, PROMPT, ANSWER = 4, 400, 80  # answers at once; tokens
QUESTIONS = (
    "How many days of leave do I get?",
    "Who approves travel?",
    "Can I work from another country?",
    "How do I report a lost laptop?",
    "What is the notice period?",
)
GOAL = Goal("<=", 50)
NOBODY, FOUR = "nobody writes", f"{WRITERS} answers are written"
NOTES = (
    f"{WRITERS} people ask without a pause: prompts of {PROMPT} tokens, answers of {ANSWER}. A "
    "search embeds the question and asks Weaviate for its nearest chunks by words and by meaning. "
    "The embedder is timed alone too. Turns with and without the writers alternate.",
)


@contextmanager
def writing(engine: Engine | None, people: int) -> Iterator[list[int]]:
    """Several who ask without a pause, until the end; gives the lengths of their answers."""
    ended, lengths = threading.Event(), list[int]()
    threads = [
        threading.Thread(target=_ask, args=(engine, ended, lengths))
        for _ in range(people if engine else 0)
    ]
    for thread in threads:
        thread.start()
    try:
        time.sleep(1)
        yield lengths
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def _ask(engine: Engine, ended: threading.Event, lengths: list[int]) -> None:
    draw = random.Random()
    while not ended.is_set():
        ids = [draw.randrange(1000, 20000) for _ in range(PROMPT)]
        length = 0
        for _ in engine.write(ids, Sampling(max_tokens=ANSWER)):
            length += 1
            if ended.is_set():
                break
        lengths.append(length)


def searched(finder: Finder, embedder: Embedder, times: int) -> dict[str, Sample]:
    """Milliseconds of the embedding of a question, and of the whole search."""
    embeddings, searches = list[float](), list[float]()
    for turn in range(times):
        question = f"{QUESTIONS[turn % len(QUESTIONS)]} {turn}"
        begun = time.perf_counter()
        embedder.embed_queries([question])
        embeddings.append(1000 * (time.perf_counter() - begun))
        time.sleep(0.05)
        begun = time.perf_counter()
        finder.search(question)
        searches.append(1000 * (time.perf_counter() - begun))
        time.sleep(0.05)
    return {"embedding": Sample(tuple(embeddings)), "search": Sample(tuple(searches))}


def lines(who: str, found: dict[str, Sample], alone: dict[str, Sample]) -> list[Line]:
    """A row for the median and the 95th percentile of each, with the ratio to `alone`."""
    return [
        line
        for what, sample in found.items()
        for line in (
            Line(f"{what}, {who}: median", sample.median, "ms", sample.spread, None, GOAL),
            Line(f"{what}, {who}: p95", sample.percentile(0.95), "ms"),
            Line(f"{what}, {who} ÷ nobody", sample.median / alone[what].median, "times"),
        )[: 2 if found is alone else 3]
    ]


def beside(engine: Engine, times: int, rounds: int, short: bool) -> list[Line]:
    """The rows, with nobody writing and with four, who take turns."""
    embedder, found = parts.embedder(), dict[str, dict[str, Sample]]()
    with (
        scratch() as home,
        parts.weaviate(home) as server,
    ):
        pages = corpora.first(corpora.EXAMPLE, FEW, home / "few") if short else corpora.EXAMPLE
        parts.sync_folder("handbook", pages, parts.index(server, embedder), embedder)
        finder = Finder(server.client, lambda _: embedder)
        searched(finder, embedder, 3)
        for turn in range(rounds):
            for who, writer in ((NOBODY, None), (FOUR, engine)):
                say(f"round {turn + 1}: {who}")
                with writing(writer, WRITERS):
                    more = searched(finder, embedder, times)
                found[who] = pooled(found.get(who, {}), more)
    return [row for who in found for row in lines(who, found[who], found[NOBODY])]


def pooled(held: dict[str, Sample], more: dict[str, Sample]) -> dict[str, Sample]:
    """The figures of several rounds together."""
    return {what: Sample(_values(held, what) + sample.values) for what, sample in more.items()}


def _values(held: dict[str, Sample], what: str) -> tuple[float, ...]:
    return held[what].values if what in held else ()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it."""
    parser = options("Time of a search while answers are written.")
    parser.add_argument("--model", help="the language model; the default one by default")
    parser.add_argument("--times", type=int, default=15, help="searches a turn; 15 by default")
    parser.add_argument("--rounds", type=int, default=4, help="turns of each; 4 by default")
    parser.add_argument("--threads", type=int, help="of the engine; its own choice by default")
    given = parser.parse_args(arguments)
    model = given.model or (SMALL if given.short else parts.LANGUAGE_MODEL)
    details = about()
    made = backend(model, device="cpu", engine="openvino", threads=given.threads)
    made.load()
    times, rounds = (5, 1) if given.short else (given.times, given.rounds)
    rows = beside(made.engine(), times, rounds, given.short)
    publish(Table("bench.beside", "", tuple(rows), (model, *NOTES), details), given.json)


if __name__ == "__main__":
    main()
