"""How many tokens the engine's cache holds, by the memory that this process may use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from model.engines.graph import Shape

SHARE = 1 / 32  # of the memory, for the cache of one model
FEWEST = 4096  # tokens: a long prompt or four usual ones, whatever the memory
MOST = 32768  # tokens: 16 answers of 2,048 at once; more would hardly be used
SCALES = 16  # bytes beside each head's bytes, at most (they are kept as 8 bits; measured: 12)


def cache_tokens(shape: Shape, memory: int) -> int:
    """Tokens that all answers under way and the beginnings kept take together; `memory`: bytes."""
    token = 2 * shape.layers * shape.kv_heads * (shape.head + SCALES)  # keys and values
    return max(FEWEST, min(MOST, int(memory * SHARE / token)))


def memory(root: Path = Path("/")) -> int:
    """Bytes that this process may use: the machine's, or less where its control group says so.

    The same at every call, unlike the memory that is free.
    """
    import psutil

    return min([psutil.virtual_memory().total, *_limits(root)])


def _limits(root: Path) -> Iterator[int]:
    """The limits of this process's control groups and of those around them (versions 1 and 2)."""
    told = root / "proc" / "self" / "cgroup"
    for line in told.read_text("utf-8").splitlines() if told.is_file() else ():
        _, kinds, path = line.split(":", 2)
        if not kinds:
            yield from _around(root / "sys/fs/cgroup", path, "memory.max")
        elif "memory" in kinds.split(","):
            yield from _around(root / "sys/fs/cgroup/memory", path, "memory.limit_in_bytes")


def _around(tree: Path, path: str, name: str) -> Iterator[int]:
    inside = PurePosixPath(path.lstrip("/"))  # in a container it may name what only the host sees
    for folder in (inside, *inside.parents):
        file = tree / folder / name
        text = file.read_text("utf-8").strip() if file.is_file() else ""
        if text.isdigit():  # "max": no limit
            yield int(text)
