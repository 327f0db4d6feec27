"""How good Tandem is, part by part, beside what a plain pipeline reaches: `--part NAME`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench import finding, grounded, parts, squad2
from bench.common import Line, Table, about, options, publish, scratch
from knowledge.gathering import Rerank
from knowledge.reranker.onnx_reader import OnnxReader
from knowledge.reranker.ordering import read_by, reordered

Measured = tuple[Sequence[Line], Sequence[str]]
"""The lines, and the notes on them."""


@dataclass(frozen=True)
class Wish:
    """How much is wanted."""

    short: bool
    questions: int  # of the parts that draw some


@dataclass(frozen=True)
class Part:
    """A part of the table."""

    name: str
    measure: Callable[[Wish, Path], Measured]  # in an empty folder


def rerank() -> Rerank:
    """The reranker that ships."""
    return partial(reordered, judge=read_by(OnnxReader(parts.weights())))


def retrieval(wish: Wish, work: Path) -> Measured:
    """The search beside a plain hybrid; in the long form with the reranker too."""
    return finding.measured(wish.short, work, None if wish.short else rerank())


def answers(wish: Wish, work: Path) -> Measured:
    """Answers from a real handbook."""
    return grounded.measured(wish.short, work)


def held_out(wish: Wish, work: Path) -> Measured:
    """Answers on articles that nothing was trained on, beside the plain model."""
    return squad2.measured(wish.short, work, wish.questions)


PARTS: Mapping[str, Part] = {
    part.name: part
    for part in (Part("retrieval", retrieval), Part("answers", answers), Part("squad2", held_out))
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the parts that are asked for, all by default."""
    parser = options("Quality, beside a plain pipeline in the same run.")
    parser.add_argument("--part", action="append", choices=list(PARTS), help="all by default")
    parser.add_argument("--questions", type=int, default=150, help="of squad2, 150 by default")
    given = parser.parse_args(arguments)
    wish = Wish(given.short, given.questions)
    details, rows, notes = about(), list[Line](), list[str]()
    for name in given.part or PARTS:
        with scratch() as made:
            lines, told = PARTS[name].measure(wish, made)
        rows += lines
        notes += told
    table = Table("bench.quality", "Tandem − plain", tuple(rows), tuple(notes), details)
    publish(table, given.json)


if __name__ == "__main__":
    main()
