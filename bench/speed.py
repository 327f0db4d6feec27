"""Generation: tokens per second, one stream and eight, and of reading, beside llama.cpp.

llama-cpp-python is not locked, for it is built from source, which takes minutes; without it the
bench says how to have it beside.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import platformdirs

from bench import parts
from bench.common import Goal, Line, Sample, Table, about, options, publish, say, turns
from model.backends import Sampling
from model.backends.local import backend
from model.engines import Bits
from model.progress import quiet
from model.weights import places
from model.weights.cache import Cache
from model.weights.catalogue import GGUF, entry
from model.weights.install import original

BESIDE = "uv run --with llama-cpp-python==0.3.36 python -m bench.speed"
SMALL = "SmolLM2-135M-Instruct"
READ, ALONE, EACH, STREAMS = 512, 96, (128, 64), 8  # tokens
GOALS = {"reading": Goal(">=", 2.0), "one stream": Goal(">=", 1.5), "eight": Goal(">=", 2.0)}
UNITS = {
    "reading": f"a prompt of {READ} tokens",
    "one stream": f"{ALONE} tokens after a short prompt",
    "eight": f"{STREAMS} prompts of {EACH[0]} tokens at once, {EACH[1]} tokens each",
}
NOTES = (
    "Random tokens for prompts, greedy, no end of sequence heeded by llama.cpp. `int4` and Q4_K_M "
    "have about the same bits a weight (4 in groups of 32; embeddings 8, and 5 to 8); `int8` has "
    "about twice as many and is what Tandem writes with by default. Both use all cores. "
    "llama-cpp-python writes one answer at a time, so its eight are written one after the other.",
)


@dataclass(frozen=True)
class Writer:
    """One that is measured: reads a prompt and writes so many tokens after it."""

    name: str
    write: Callable[[Sequence[int], int], int]  # gives the tokens written
    at_once: bool


def ours(model: str, bits: Bits) -> Writer:
    """Tandem's fast engine."""
    made = backend(model, device="cpu", engine="openvino", bits=bits)
    made.load()
    engine = made.engine()

    def write(ids: Sequence[int], tokens: int) -> int:
        return sum(1 for _ in engine.write(ids, Sampling(max_tokens=tokens)))

    return Writer(f"Tandem: OpenVINO int{bits}", write, True)


def llama_cpp(model: str) -> Writer | None:
    """llama.cpp on the file that the weights were made of; None: it is not installed."""
    known = entry(model)
    if find_spec("llama_cpp") is None or known is None:
        return None
    cache = Cache(Path(os.environ.get("TANDEM_CACHE") or platformdirs.user_cache_path("tandem")))
    file = original(known, cache, places(), quiet)[GGUF]
    llama: Any = __import__("llama_cpp").Llama(
        str(file), n_ctx=2048, n_threads=os.cpu_count(), verbose=False
    )

    def write(ids: Sequence[int], tokens: int) -> int:
        llama.reset()
        stream = llama.generate(list(ids), temp=0.0, reset=True)
        return sum(1 for _, _ in zip(range(tokens), stream, strict=False))

    return Writer("llama.cpp (llama-cpp-python), the GGUF file", write, False)


def measured(writer: Writer, what: str) -> float:
    """Tokens per second."""
    draw = random.Random(time.time_ns())  # never a prompt whose beginning is kept
    if what == "reading":
        prompt = [draw.randrange(1000, 20000) for _ in range(READ)]
        return READ / timed(lambda: writer.write(prompt, 1))[0]
    if what == "one stream":
        prompt = [draw.randrange(1000, 20000) for _ in range(8)]
        took, count = timed(lambda: writer.write(prompt, ALONE))
        return count / took
    prompts = [[draw.randrange(1000, 20000) for _ in range(EACH[0])] for _ in range(STREAMS)]
    with ThreadPoolExecutor(STREAMS if writer.at_once else 1) as pool:
        each = lambda prompt: writer.write(prompt, EACH[1])  # noqa: E731
        took, count = timed(lambda: sum(pool.map(each, prompts)))
    return count / took


def timed(work: Callable[[], int]) -> tuple[float, int]:
    """Seconds that it took, and what it gave."""
    begun = time.perf_counter()
    given = work()
    return time.perf_counter() - begun, given


def generation(model: str, rounds: int, bits: Sequence[Bits]) -> tuple[list[Line], list[str]]:
    """The rows of generation: each of ours with its ratio to llama.cpp's."""
    peer = llama_cpp(model)
    writers = [*(ours(model, count) for count in bits), *([peer] if peer else [])]
    found: dict[tuple[str, str], list[float]] = {}
    for order in turns(len(writers), rounds):
        for place in order:
            say(f"{writers[place].name} writes")
            for what in UNITS:
                rates = found.setdefault((writers[place].name, what), [])
                rates.append(measured(writers[place], what))
    samples = {key: Sample(tuple(rates)) for key, rates in found.items()}
    lines = [row(who.name, what, samples, peer) for what in UNITS for who in writers]
    missing = [] if peer else [f"llama.cpp is missing; to have it beside: `{BESIDE}`"]
    return lines, [f"{model}, {rounds} turns", *NOTES, *missing]


def row(who: str, what: str, samples: dict[tuple[str, str], Sample], peer: Writer | None) -> Line:
    """One row; the ratio is ours over llama.cpp's."""
    mine, name = samples[who, what], f"{who}: {what} ({UNITS[what]})"
    if peer is None or who == peer.name:
        return Line(name, mine.median, "tokens/s", mine.spread)
    ratio = mine.median / samples[peer.name, what].median
    return Line(name, mine.median, "tokens/s", mine.spread, ratio, GOALS[what])


PARTS = {"generation": generation}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it."""
    parser = options("Speed of writing, beside llama.cpp where it is installed.")
    parser.add_argument("--part", choices=tuple(PARTS), action="append", help="all by default")
    parser.add_argument("--model", help="the language model; the default one by default")
    parser.add_argument("--bits", type=int, choices=(4, 8), action="append", help="both by default")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each; 3 by default")
    given = parser.parse_args(arguments)
    model = given.model or (SMALL if given.short else parts.LANGUAGE_MODEL)
    details, lines, notes = about(), list[Line](), list[str]()
    for part in given.part or PARTS:
        rounds = 1 if given.short else given.rounds
        bits: Sequence[Bits] = given.bits or ((8,) if given.short else (8, 4))
        more, said = PARTS[part](model, rounds, bits)
        lines, notes = [*lines, *more], [*notes, *said]
    publish(Table("bench.speed", "÷ llama.cpp", tuple(lines), tuple(notes), details), given.json)


if __name__ == "__main__":
    main()
