"""What a call of REST is: what was asked for, by which endpoint, and how it is answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.discord.refusals import (
    FORM,
    Json,
    Problem,
    Refused,
    check,
    not_a,
)
from tests.discord.world import World

Answer = Json | list[Json] | None  # None: 204, nothing to say


@dataclass(frozen=True)
class Call:
    """One call: the parts of its path, its query, its body."""

    world: World
    path: Mapping[str, str]
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None

    def id(self, name: str) -> str:
        """A snowflake in the path; anything else is refused."""
        return snowflake(self.path[name], f"{name}_id")

    @property
    def given(self) -> Json:
        """The body, which must be an object where there is one."""
        if self.body is not None and not isinstance(self.body, dict):
            raise Refused(FORM, [not_a("", "DICT", "Only dictionaries may be used in a DictType")])
        return self.body or {}

    @property
    def several(self) -> list[Json]:
        """The body, which must be an array of objects."""
        if not isinstance(self.body, list) or not all(isinstance(one, dict) for one in self.body):
            raise Refused(FORM, [not_a("", "LIST", "Only iterables may be used in a ListType")])
        return self.body

    def asked_id(self, name: str) -> str:
        """A snowflake in the query; empty: none."""
        return snowflake(self.query[name], name) if self.query.get(name) else ""

    def flag(self, name: str) -> bool:
        """Is it switched on in the query?"""
        return self.query.get(name, "").lower() in ("1", "true")

    def number(self, name: str, otherwise: int, least: int, most: int) -> int:
        """A whole number in the query, within bounds."""
        told = self.query.get(name, str(otherwise))
        if not told.isdecimal():
            message = f'Value "{told}" is not int.'
            raise Refused(FORM, [Problem(name, "NUMBER_TYPE_COERCE", message)])
        check(out_of_bounds(name, int(told), least, most))
        return int(told)


@dataclass(frozen=True)
class Endpoint:
    """A method and path, and what answers it. `status` of an answer with a body."""

    method: str
    path: str
    act: Callable[[Call], Answer]
    status: int = 200
    authorized: bool = True  # needs the bot's token
    exempt: bool = False  # from the global rate limit

    @property
    def route(self) -> str:
        """As rate limits, faults and the ledger know it: "POST /channels/{channel}/messages"."""
        return f"{self.method} {self.path}"


def snowflake(value: object, at: str) -> str:
    """An id, in JSON perhaps a number; or the refusal of what is none."""
    written = str(value)
    if not written.isascii() or not written.isdecimal():
        told = f'Value "{value}" is not snowflake.'
        raise Refused(FORM, [Problem(at, "NUMBER_TYPE_COERCE", told)])
    return written


def out_of_bounds(name: str, number: int, least: int, most: int) -> list[Problem]:
    """The problem of a number that is too small or too large."""
    if number < least:
        told = f"int value should be greater than or equal to {least}."
        return [Problem(name, "NUMBER_TYPE_MIN", told)]
    if number > most:
        told = f"int value should be less than or equal to {most}."
        return [Problem(name, "NUMBER_TYPE_MAX", told)]
    return []
