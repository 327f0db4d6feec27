"""What no platform ever sends: valid payloads that were spoiled, as hypothesis generates them."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

Json = dict[str, Any]
Path = tuple[str | int, ...]

ANYWHERE = (  # characters and words that break parsers, terminals, databases, and promises
    "\x00",
    "\ud800",
    "\u202egnp.exe",
    "\x1b[2J",
    " ,:;-" * 8_000,
    "tuned " * 7_000,
    "rag:" * 10_000,
    "```" * 13_000,
    "@" * 40_000,
    "x" * 40_000,
    "9" * 400,
    "1e999",
    "NaN",
    "../../etc/passwd",
    "'; DROP TABLE item; --",
    "{{7*7}}",
    "\u0661\u0662\u0663",  # digits, but not those of a message's id
    "",
)


def things(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Any JSON with these leaves."""
    return st.recursive(
        leaves,
        lambda inside: (
            st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=8), inside, max_size=3)
        ),
        max_leaves=8,
    )


def paths(given: Any, at: Path = ()) -> Iterator[Path]:
    """The places in a payload, the payload itself left out."""
    inside = given.items() if isinstance(given, dict) else enumerate(given)
    for key, value in inside if isinstance(given, (dict, list)) else ():
        yield (*at, key)
        if isinstance(value, (dict, list)):
            yield from paths(value, (*at, key))


def put(given: Json, path: Path, thing: Any) -> Json:
    """The payload with something else at one place; a place that is gone is left so."""
    made = copy.deepcopy(given)
    holder: Any = made
    for key in path[:-1]:
        holder = holder[key] if at(holder, key) else None
    if at(holder, path[-1]):
        holder[path[-1]] = thing
    return made


def cut(given: Json, path: Path) -> Json:
    """The payload without what stands at one place."""
    made = copy.deepcopy(given)
    holder: Any = made
    for key in path[:-1]:
        holder = holder[key] if at(holder, key) else None
    if at(holder, path[-1]):
        del holder[path[-1]]
    return made


def at(holder: Any, key: str | int) -> bool:
    """Does anything stand there?"""
    if isinstance(holder, dict):
        return key in holder
    return isinstance(holder, list) and isinstance(key, int) and key < len(holder)


@st.composite
def spoiled(draw: st.DrawFn, *valid: Json, fill: st.SearchStrategy[Any]) -> Json:
    """One of the payloads, with one to three places cut out or filled with something else."""
    made = draw(st.sampled_from(valid))
    for _ in range(draw(st.integers(1, 3))):
        places = list(paths(made))
        if not places:
            break
        path = draw(st.sampled_from(places))
        made = cut(made, path) if draw(st.booleans()) else put(made, path, draw(fill))
    return made


def deep(levels: int) -> str:
    """JSON that is nested so deep that a parser may run out of stack."""
    return '{"event":' * levels + "1" + "}" * levels
