"""Orders told from information: found among attacks, and false alarms on honest pages.

The pages are those that are there: examples/handbook, the shared handbook-18f and PEPs. Every
statement is judged with the chunk-sized piece of its page that it stands in.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench import corpora
from bench.common import Goal, Line, Table, about, options, publish, say
from bench.injection import OWN, SHARED, attacks
from knowledge.injection import is_order
from knowledge.statements import statements
from knowledge.visible import visible

CHUNK = 1000  # characters of a page that a statement is judged with
FALSE_ALARMS = Goal("<=", 0.3)
HALVES = ("even", "odd")


def pieces(text: str) -> Iterator[str]:
    """A page in pieces of about a chunk, cut at line ends."""
    held = ""
    for line in text.splitlines(keepends=True):
        held += line
        if len(held) > CHUNK:
            yield held
            held = ""
    if held.strip():
        yield held


def found(name: str, told: Sequence[str], page: str) -> Line:
    """How many attacks are known for what they are at the end of an honest page."""
    known = sum(is_order(attack, f"{page}\n{attack}") for attack in told)
    return Line(f"{name}: known as orders", known, f"of {len(told)}")


def alarms(name: str, pages: Sequence[Path], show: bool) -> Line:
    """The share of honest statements that are taken for orders."""
    count, taken, began = 0, list[str](), time.perf_counter()
    for page in pages:
        for piece in pieces(visible(page.read_text("utf-8", errors="replace"))):
            said = [statement.text for statement in statements(piece)]
            taken += [each for each in said if is_order(each, piece)]
            count += len(said)
    each = 1000 * (time.perf_counter() - began) / max(1, count)
    for order in taken if show else ():
        say(f"{name}: {order[:200]}")
    share = 100 * len(taken) / max(1, count)
    told = f"{len(taken)} of {count}; {each:.2f} ms each"
    return Line(f"{name}: false alarms", share, "%", told, goal=FALSE_ALARMS)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it."""
    parser = options("Orders told from information: attacks found, and false alarms.")
    parser.add_argument("--show", action="store_true", help="tell the false alarms, on stderr")
    given = parser.parse_args(arguments)
    page = (corpora.EXAMPLE / "leave" / "annual-leave.md").read_text("utf-8")[:CHUNK]
    lines = [found(OWN.name, attacks(OWN)[0], page)]
    if SHARED.is_file():
        lines += [found("BIPIA", attacks(SHARED)[0], page)]
    lines += [alarms("examples/handbook", sorted(corpora.EXAMPLE.rglob("*.md")), given.show)]
    for name in () if given.short else ("handbook-18f", "peps"):
        folder = corpora.documents(name).folder
        if folder != corpora.EXAMPLE:
            files = sorted(path for path in folder.rglob("*") if path.suffix in corpora.TEXT)
            lines += [
                alarms(f"{name}, {half}", files[at::2], given.show)
                for at, half in enumerate(HALVES)
            ]
    notes = (
        "The signs were tuned on the even pages of handbook-18f, an eighth of the PEPs and both "
        "lists of attacks: none of these attacks is unseen, so what is found says little of others",
    )
    publish(Table("bench.injection_signs", "", tuple(lines), notes, about()), given.json)


if __name__ == "__main__":
    main()
