"""A GPU beside the CPU of the same machine: embedding and writing, and whether they agree.

    python -m bench.gpu --embedder FOLDER --model FOLDER

Takes a sentence-transformers folder and a transformers folder, so that it runs where nothing can
be fetched. Without a GPU it says so and measures the CPU alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from bench.common import Line, Sample, Table, about, options, publish, say
from knowledge.embedding import SentenceTransformerEmbedder
from model.backends import Message, Prompt, Sampling
from model.backends.local import LocalBackend, backend

TEXTS = [
    " ".join(
        f"Rule {n} of {m}: a kiln is fired by two people, never by one alone." for m in range(12)
    )
    for n in range(512)
]
PROMPT = Prompt((Message("user", "Tell a long story about a kiln. " + "It is hot. " * 100),))
COSINE = 0.999  # that vectors of two devices must agree in


def main() -> None:
    """Measure both devices, one after the other."""
    parser = options(__doc__ or "")
    parser.add_argument("--embedder", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    given = parser.parse_args()
    devices = ["cpu", "cuda"] if has_cuda() else ["cpu"]
    rounds, texts = (1, TEXTS[:8]) if given.short else (3, TEXTS)
    embedding, notes = embedded(given.embedder, devices, texts, rounds)
    writing = written(given.model, devices, 16 if given.short else 128, rounds)
    missing = () if "cuda" in devices else ("no GPU here: its rows are missing",)
    machine = about() | {"gpu": gpu_name()}
    lines = (*embedding, *writing)
    publish(Table("GPU", "÷ CPU", lines, (*notes, *missing), machine), given.json)


def has_cuda() -> bool:
    """Is there a GPU that torch can use?"""
    import torch

    return bool(torch.cuda.is_available())


def gpu_name() -> str:
    """The GPU's name."""
    import torch

    return torch.cuda.get_device_name(0) if has_cuda() else "no GPU"


def embedded(
    folder: Path, devices: list[str], texts: list[str], rounds: int
) -> tuple[list[Line], list[str]]:
    """Texts per second on each device, and how far their vectors agree."""
    lines, vectors, base = [], {}, None
    for device in devices:
        say(f"embedding on {device}")
        embedder = SentenceTransformerEmbedder(str(folder), folder.name, device)
        vectors[device] = embedder.embed(texts)
        rate = rated(partial(embedder.embed, texts), len(texts), rounds)
        base = base or rate.median
        lines.append(
            Line(f"embedding, {device}", rate.median, "texts/s", rate.spread, rate.median / base)
        )
    notes = []
    if len(vectors) == 2:
        cosines = np.sum(vectors["cpu"] * vectors["cuda"], axis=1)
        notes.append(f"vectors of both devices: least cosine {cosines.min():.6f}, wanted {COSINE}")
    return lines, notes


def written(folder: Path, devices: list[str], tokens: int, rounds: int) -> list[Line]:
    """Tokens per second on each device, a prompt of some 400 tokens before them."""
    lines, base = [], None
    for device in devices:
        say(f"writing on {device}")
        writer = backend(str(folder), device=device)
        tell(writer, tokens)
        rate = rated(partial(tell, writer, tokens), tokens, rounds)
        base = base or rate.median
        lines.append(
            Line(f"writing, {device}", rate.median, "tokens/s", rate.spread, rate.median / base)
        )
    return lines


def tell(writer: LocalBackend, tokens: int) -> str:
    """An answer of at most so many tokens."""
    return "".join(writer.complete(PROMPT, Sampling(max_tokens=tokens)))


def rated(work: Callable[[], object], units: int, rounds: int) -> Sample:
    """Units per second, so many times."""
    rates = []
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        rates.append(units / (time.perf_counter() - begun))
    return Sample(tuple(rates))


if __name__ == "__main__":
    main()
