"""How good Tandem is, part by part, beside what a plain pipeline reaches: `--part NAME`."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench import finding, grounded, parts
from bench.common import Line, Table, about, options, publish
from knowledge.gathering import Rerank
from knowledge.reranker.onnx_reader import OnnxReader
from knowledge.reranker.ordering import read_by, reordered


@dataclass(frozen=True)
class Part:
    """A part of the table."""

    name: str
    measure: Callable[[bool, Path], tuple[Sequence[Line], Sequence[str]]]
    """Given whether little is wanted and an empty folder: the lines, and the notes on them."""


def rerank() -> Rerank:
    """The reranker that ships."""
    return partial(reordered, judge=read_by(OnnxReader(parts.weights())))


def retrieval(short: bool, work: Path) -> tuple[Sequence[Line], Sequence[str]]:
    """The search beside a plain hybrid; in the long form with the reranker too."""
    return finding.measured(short, work, None if short else rerank())


PARTS: Mapping[str, Part] = {
    part.name: part for part in (Part("retrieval", retrieval), Part("answers", grounded.measured))
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the parts that are asked for, all by default."""
    parser = options("Quality, beside a plain pipeline in the same run.")
    parser.add_argument("--part", action="append", choices=list(PARTS), help="all by default")
    given = parser.parse_args(arguments)
    details, rows, notes = about(), list[Line](), list[str]()
    for name in given.part or PARTS:
        with tempfile.TemporaryDirectory(prefix="tandem-bench-") as made:
            lines, told = PARTS[name].measure(given.short, Path(made).resolve())
        rows += lines
        notes += told
    table = Table("bench.quality", "Tandem − plain", tuple(rows), tuple(notes), details)
    publish(table, given.json)


if __name__ == "__main__":
    main()
