"""Generation: tokens per second, one stream and eight, and of reading, beside llama.cpp.

llama-cpp-python is not locked, for it is built from source, which takes minutes; without it the
bench says how to have it beside. It runs in a process of its own, whose Python may be another.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from bench import llama_peer, parts
from bench.common import Goal, Line, Sample, Table, about, options, publish, say, scratch, turns
from model.backends import Sampling
from model.backends.local import backend
from model.engines import Bits, Engine
from model.progress import quiet
from model.weights import places
from model.weights.cache import Cache
from model.weights.catalogue import GGUF, entry
from model.weights.install import original

BUILD = (
    "CMAKE_ARGS=-DGGML_NATIVE=ON pip install --no-binary llama-cpp-python llama-cpp-python==0.3.36"
)
SMALL = "SmolLM2-135M-Instruct"
FILE, EIGHT = "llama.cpp, the GGUF file", "llama.cpp, requantised Q8_0"
GOALS = {"reading": Goal(">=", 2.0), "one stream": Goal(">=", 1.5), "eight": Goal(">=", 2.0)}
NOTES = (
    "Random tokens for prompts, greedy. Ratios are to llama.cpp with as many bits: ours with 8 "
    "(8.25 a weight with the scales) to Q8_0 (8.5), ours with 4 (4.4 in layers, 8.25 in the "
    "embedding, which is 5.4 for Qwen 0.5B) to the GGUF file (Q4_K_M of Qwen 0.5B: 6.2; Q4_1 of "
    "SmolLM2: 5). Q8_0 is made of the same file. Eight at once are decoded in one batch by both. "
    "Both use all cores.",
)

Write = Callable[[Sequence[Sequence[int]], int], int]  # prompts at once, tokens each; gives tokens


@dataclass(frozen=True)
class Work:
    """What is timed: so many tokens after each of so many prompts."""

    prompts: int
    size: int  # tokens of a prompt
    tokens: int
    counts_prompt: bool = False

    @property
    def told(self) -> str:
        """In words."""
        if self.counts_prompt:
            return f"a prompt of {self.size} tokens"
        if self.prompts == 1:
            return f"{self.tokens} tokens after a short prompt"
        return f"{self.prompts} prompts of {self.size} tokens at once, {self.tokens} tokens each"


WORKS = {
    "reading": Work(1, 512, 1, counts_prompt=True),
    "one stream": Work(1, 8, 96),
    "eight": Work(8, 128, 64),
}


@dataclass(frozen=True)
class Writer:
    """One that is measured, and the one that it is compared with."""

    name: str
    write: Write
    peer: str = ""


def ours(model: str, bits: Bits) -> Writer:
    """Tandem's fast engine."""
    made = backend(model, device="cpu", engine="openvino", bits=bits)
    made.load()
    return Writer(
        f"Tandem: OpenVINO int{bits}",
        partial(_written, made.engine()),
        EIGHT if bits == 8 else FILE,
    )


def _written(engine: Engine, prompts: Sequence[Sequence[int]], tokens: int) -> int:
    def one(ids: Sequence[int]) -> int:
        return sum(1 for _ in engine.write(ids, Sampling(max_tokens=tokens)))

    with ThreadPoolExecutor(len(prompts)) as pool:
        return sum(pool.map(one, prompts))


@contextmanager
def llama_cpp(model: str, python: str | None, gguf: Path | None) -> Iterator[list[Writer]]:
    """llama.cpp on the file that the weights were made of, and on 8 bits made of that.

    Empty: there is no such file, or no llama.cpp.
    """
    known = entry(model)
    if known is None or python is None:
        yield []
        return
    cache = Cache(parts.cache())
    file = gguf or original(known, cache, places(), quiet)[GGUF]
    with scratch() as folder:
        eight = folder / "q8_0.gguf"
        subprocess.run(
            _command(python, file, "requantised", eight), check=True, stderr=subprocess.DEVNULL
        )
        with _asked(python, file) as first, _asked(python, eight) as second:
            yield [Writer(FILE, first), Writer(EIGHT, second)]


def _command(python: str, *words: object) -> list[str]:
    return [python, llama_peer.__file__, *map(str, words)]


@contextmanager
def _asked(python: str, file: Path) -> Iterator[Write]:
    """A process of llama.cpp's, which has read the file and ends afterwards."""
    asked = _command(python, file)
    with subprocess.Popen(
        asked, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as child:
        assert child.stdin
        assert child.stdout
        try:
            _told(child.stdout)
            yield partial(_ordered, child.stdin, child.stdout)
        finally:
            child.stdin.close()


def _ordered(orders: IO[str], told: IO[str], prompts: Sequence[Sequence[int]], tokens: int) -> int:
    orders.write(json.dumps({"prompts": prompts, "tokens": tokens}) + "\n")
    orders.flush()
    return sum(map(len, _told(told)["texts"]))


def _told(lines: IO[str]) -> dict[str, list[list[int]]]:
    line = lines.readline()
    if not line:
        raise RuntimeError("llama.cpp ended; run bench/llama_peer.py by hand to see why")
    found: dict[str, list[list[int]]] = json.loads(line)
    return found


def measured(write: Write, work: Work) -> float:
    """Tokens per second."""
    draw = random.Random(time.time_ns())  # never a prompt whose beginning is kept
    prompts = [[draw.randrange(1000, 20000) for _ in range(work.size)] for _ in range(work.prompts)]
    begun = time.perf_counter()
    count = write(prompts, work.tokens)
    return (work.size if work.counts_prompt else count) / (time.perf_counter() - begun)


def generation(
    model: str, rounds: int, bits: Sequence[Bits], python: str | None, gguf: Path | None
) -> tuple[list[Line], list[str]]:
    """The rows of generation: each of ours with its ratio to llama.cpp's."""
    with llama_cpp(model, python, gguf) as peers:
        writers = [*(ours(model, count) for count in bits), *peers]
        samples = sampled(writers, rounds)
    lines = [line for what in WORKS for who in writers for line in rows(who, what, samples)]
    missing = f"llama.cpp is missing. In an environment of its own: `{BUILD}`, then --peer-python"
    return lines, [f"{model}, {rounds} turns", *NOTES, *([] if peers else [missing])]


def sampled(writers: Sequence[Writer], rounds: int) -> dict[tuple[str, str], Sample]:
    """Rates by writer and work, taken by turns after one round to warm up."""
    found: dict[tuple[str, str], list[float]] = {}
    for order in turns(len(writers), rounds + 1):
        for writer in (writers[place] for place in order):
            say(f"{writer.name} writes")
            for what, work in WORKS.items():
                found.setdefault((writer.name, what), []).append(measured(writer.write, work))
    return {key: Sample(tuple(rates[1:])) for key, rates in found.items()}


def rows(who: Writer, what: str, samples: dict[tuple[str, str], Sample]) -> list[Line]:
    """The rows of one for one work: the median and, where it has a peer, the best."""
    mine, name = samples[who.name, what], f"{who.name}: {what} ({WORKS[what].told})"
    peer = samples.get((who.peer, what))
    if peer is None:
        return [Line(name, mine.median, "tokens/s", mine.spread)]
    best, ratio = max(mine.values), mine.median / peer.median
    return [
        Line(name, mine.median, "tokens/s", mine.spread, ratio, GOALS[what]),
        Line(f"{name}, best to best", best, "tokens/s", "", best / max(peer.values)),
    ]


PARTS = {"generation": generation}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it."""
    parser = options("Speed of writing, beside llama.cpp where it is installed.")
    parser.add_argument("--part", choices=tuple(PARTS), action="append", help="all by default")
    parser.add_argument("--model", help="the language model; the default one by default")
    parser.add_argument("--bits", type=int, choices=(4, 8), action="append", help="both by default")
    parser.add_argument("--peer-python", metavar="PATH", help="a Python that has llama_cpp")
    parser.add_argument("--gguf", type=Path, help="the file for it; the catalogue's by default")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each; 3 by default")
    given = parser.parse_args(arguments)
    model = given.model or (SMALL if given.short else parts.LANGUAGE_MODEL)
    here = sys.executable if find_spec("llama_cpp") else None
    details, lines, notes = about(), list[Line](), list[str]()
    for part in given.part or PARTS:
        rounds = 1 if given.short else given.rounds
        bits: Sequence[Bits] = given.bits or ((8,) if given.short else (8, 4))
        more, said = PARTS[part](model, rounds, bits, given.peer_python or here, given.gguf)
        lines, notes = [*lines, *more], [*notes, *said]
    publish(Table("bench.speed", "÷ llama.cpp", tuple(lines), tuple(notes), details), given.json)


if __name__ == "__main__":
    main()
