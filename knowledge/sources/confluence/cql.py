"""Confluence's query language: which pages are read, and which of them changed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

KINDS = ("page", "blogpost")
ORDERED = re.compile(r"\border\s+by\b", re.I)
OLDEST, LATEST = " order by created asc", " order by lastmodified asc"


def quoted(values: Iterable[str]) -> str:
    """Values as CQL's lists have them."""
    escaped = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return ", ".join(f'"{value}"' for value in escaped)


@dataclass(frozen=True)
class Scope:
    """What the settings choose."""

    kinds: tuple[str, ...] = KINDS
    spaces: tuple[str, ...] = ()  # keys; none: all that the login may see
    labels: tuple[str, ...] = ()  # pages with one of these
    without: tuple[str, ...] = ()  # and none of these
    cql: str = ""  # and this besides

    @property
    def problem(self) -> str:
        """What is wrong with it."""
        if not self.kinds:
            return "`kinds` is empty"
        return "`cql` has an `order by`" if ORDERED.search(self.cql) else ""

    @property
    def pages(self) -> str:
        """The clause of the pages themselves."""
        clauses = [f"type in ({', '.join(self.kinds)})", *self.within]
        clauses += [f"label in ({quoted(self.labels)})"] if self.labels else []
        clauses += [f"label not in ({quoted(self.without)})"] if self.without else []
        clauses += [f"({self.cql})"] if self.cql.strip() else []
        return " and ".join(clauses)

    @property
    def within(self) -> Sequence[str]:
        """The clause of the spaces, where any are named."""
        return [f"space in ({quoted(self.spaces)})"] if self.spaces else []

    def of_type(self, type: str) -> str:
        """The clause of what belongs to pages: labels and `cql` are the pages' own."""
        return " and ".join([f"type = {type}", *self.within])


def lately(clause: str, minutes: int) -> str:
    """Only what changed in the last minutes."""
    return f'{clause} and lastmodified >= now("-{minutes}m")'


def among(clause: str, field: str, ids: Iterable[str]) -> str:
    """Only what has one of these ids."""
    told = f"{field} in ({', '.join(ids)})"
    return f"{clause} and {told}" if clause else told
