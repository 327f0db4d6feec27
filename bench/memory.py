"""Peak memory of a sync, and whether it stays flat as the corpus grows."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench import corpora, parts
from bench.commands import environment, settle, tandem
from bench.common import ROOT, Goal, Line, say
from knowledge.embedding import OnnxEmbedder, Vectors

DIMS = 64


class Cheap:
    """Vectors made of a text's digest, at no cost; tokens are counted as ever."""

    name, dims, max_tokens = "cheap", DIMS, 512

    def __init__(self, inner: OnnxEmbedder) -> None:
        self.inner = inner

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors that differ from text to text."""
        rows = [hashlib.shake_128(text.encode("utf-8", "replace")).digest(DIMS) for text in texts]
        raw = np.frombuffer(b"".join(rows), np.uint8).reshape(len(texts), DIMS).astype(np.float32)
        raw -= 127.5
        vectors: Vectors = raw / np.linalg.norm(raw, axis=1, keepdims=True)
        return vectors

    embed_queries = embed

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text."""
        return self.inner.count(texts)


def measured(folder: Path, work: Path, times: int, whole: bool) -> tuple[list[Line], list[str]]:
    """Peaks for the corpus and for one `times` as large; with `whole` also of the real command."""
    work.mkdir(parents=True)
    lines = [real(folder, work / "real")] if whole else []
    once = child(folder, work / "once")
    many = child(corpora.copies(folder, times, work / "copies"), work / "many")
    what = "peak memory of a sync with a cheap embedder"
    lines += [
        Line(f"{what}, the corpus once", once, "MB"),
        Line(f"{what}, {times} copies of it ÷ once", many, "MB", "", many / once, Goal("<=", 1.25)),
    ]
    note = (
        f"Peak memory is the process's own (VmHWM), Weaviate's not counted. The cheap embedder "
        f"makes {DIMS} numbers of a text's digest and loads no model; all else is the real sync. "
        f"The {times} copies have other names and first lines. Flat: at most a quarter more."
    )
    return lines, [note]


def real(folder: Path, work: Path) -> Line:
    """The first `tandem sync` of the corpus, with the real embedder."""
    settle(work, {"sources.peps": {"use": "folder", "path": str(folder)}})
    megabytes = peak(tandem("sync"), environment(work))
    subprocess.run(tandem("stop"), cwd=ROOT, env=environment(work), check=True)
    return Line("peak memory of a first `tandem sync`", megabytes, "MB", goal=Goal("<=", 2500))


def child(folder: Path, home: Path) -> float:
    """The peak of a sync in a process of its own."""
    home.mkdir(parents=True)
    command = [sys.executable, "-m", "bench.memory", "sync", str(folder), str(home)]
    return peak(command, environment(home))


def peak(command: Sequence[str], environ: dict[str, str]) -> float:
    """The most memory that a process had resident, in MB. Ends the bench when it fails."""
    started, highest = time.perf_counter(), 0.0
    with subprocess.Popen(command, cwd=ROOT, env=environ) as process:
        while process.poll() is None:
            highest = max(highest, high_water(process.pid))
            time.sleep(0.05)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed")
    say(f"{' '.join(command[1:4])}: {highest:.0f} MB, {time.perf_counter() - started:.0f} s")
    return highest


def high_water(pid: int) -> float:
    """What the kernel keeps as the highest; the child's own, unlike `getrusage`."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1000 for line in lines if line.startswith("VmHWM")), 0.0)


def main(arguments: Sequence[str]) -> None:
    """The child."""
    _, folder, home = arguments
    embedder = Cheap(OnnxEmbedder(parts.weights(), parts.EMBEDDER))
    with parts.weaviate(Path(home)) as server:
        index = parts.index(server, embedder)
        say(str(parts.sync_folder("bench", Path(folder), index, embedder)))


if __name__ == "__main__":
    main(sys.argv[1:])
