"""The real parts that tests stand on, had once into the cache: `python -m tests.set_up`.

The tests themselves have no network, so this runs beside them, in a process of its own.
"""

from __future__ import annotations

import sys

from knowledge.server.find import find
from model.weights import resolve
from tests.servers import CACHE

WEIGHTS = (
    "bge-small-en-v1.5-int8",
    "bge-small-en-v1.5",  # which the one above is held against
    "all-MiniLM-L6-v2",
    "SmolLM2-135M-Instruct",
)


def main() -> None:
    """Find, fetch, build or convert what is not in the cache yet."""
    told: set[str] = set()

    def progress(step: str, done: int, total: int | None) -> None:
        if step not in told:
            told.add(step)
            sys.stderr.write(f"{step}\n")

    for name in WEIGHTS:
        resolve(name, CACHE, progress, substitutes=False)
    find(CACHE, progress)


if __name__ == "__main__":
    main()
