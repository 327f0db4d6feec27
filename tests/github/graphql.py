"""A little of GraphQL: what a query asks for is taken from plain values, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

TOKEN = re.compile(r'\.\.\.|\$?[A-Za-z_]\w*|-?\d+|"[^"\n]*"|[{}()\[\]:!,=]')


@dataclass(frozen=True)
class Field:
    """A field that is asked for."""

    name: str
    alias: str
    arguments: Mapping[str, Any]
    fields: tuple[Field | Spread, ...] = ()


@dataclass(frozen=True)
class Spread:
    """Fields for one type."""

    type: str  # "" for a fragment by name
    fragment: str
    fields: tuple[Field | Spread, ...] = ()


@dataclass
class Parser:
    """Reads a query. Raises `ValueError` for one that is none."""

    tokens: list[str]
    variables: Mapping[str, Any]
    fragments: dict[str, tuple[Field | Spread, ...]] = field(default_factory=dict)

    def take(self, wanted: str = "") -> str:
        token = self.tokens.pop(0) if self.tokens else ""
        if not token or (wanted and token != wanted):
            raise ValueError(f"expected {wanted or 'more'}, got {token!r}")
        return token

    def query(self) -> tuple[Field | Spread, ...]:
        self.take("query")
        self.take()
        declared = {name for name in self.declared() if name.startswith("$")}
        asked = self.fields()
        while self.tokens:
            self.take("fragment")
            name = self.take()
            self.take("on")
            self.take()
            self.fragments[name] = self.fields()
        if unknown := {f"${name}" for name in self.variables} - declared:
            raise ValueError(f"variables that are not declared: {unknown}")
        return asked

    def declared(self) -> Iterator[str]:
        self.take("(")
        while (token := self.take()) != ")":
            yield token

    def fields(self) -> tuple[Field | Spread, ...]:
        self.take("{")
        found = []
        while self.tokens[0] != "}":
            found.append(self.spread() if self.tokens[0] == "..." else self.field())
        self.take("}")
        return tuple(found)

    def spread(self) -> Spread:
        self.take("...")
        name = self.take()
        return Spread(self.take(), "", self.fields()) if name == "on" else Spread("", name)

    def field(self) -> Field:
        alias = name = self.take()
        if self.tokens[0] == ":":
            self.take(":")
            name = self.take()
        arguments = self.table("(", ")") if self.tokens[0] == "(" else {}
        return Field(name, alias, arguments, self.fields() if self.tokens[0] == "{" else ())

    def table(self, start: str, end: str) -> dict[str, Any]:
        self.take(start)
        found = {}
        while self.tokens[0] != end:
            if self.tokens[0] == ",":
                self.take()
                continue
            name = self.take()
            self.take(":")
            found[name] = self.value()
        self.take(end)
        return found

    def value(self) -> Any:
        if self.tokens[0] == "{":
            return self.table("{", "}")
        token = self.take()
        if token.startswith("$"):
            return self.variables.get(token[1:])
        return int(token) if token.lstrip("-").isdigit() else token.strip('"')


def answered(query: str, variables: Mapping[str, Any], root: Mapping[str, Any]) -> dict[str, Any]:
    """What a query is answered with. A value that is callable is called with the arguments.

    A field that the values have not is an error, as it is one for GitHub.
    """
    parser = Parser(TOKEN.findall(query), variables)
    asked = parser.query()
    return taken(asked, root, parser.fragments)


def taken(
    asked: tuple[Field | Spread, ...], value: Any, fragments: Mapping[str, Any]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in asked:
        if isinstance(each, Spread):
            if not each.type or each.type == value["__typename"]:
                found |= taken(each.fields or fragments[each.fragment], value, fragments)
            continue
        there = value[each.name]
        if callable(there):
            there = there(**each.arguments)
        found[each.alias] = shaped(each, there, fragments)
    return found


def shaped(each: Field, there: Any, fragments: Mapping[str, Any]) -> Any:
    if isinstance(there, list):
        return [shaped(each, one, fragments) for one in there]
    if there is None or not each.fields:
        return there
    return taken(each.fields, there, fragments)
