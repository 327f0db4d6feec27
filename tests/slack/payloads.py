"""What Slack's calls and events are made of: JSON, arguments, refusals."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

Json = dict[str, Any]


class Refused(Exception):
    """A call that Slack answers with `ok: false`."""

    def __init__(self, error: str, messages: Sequence[str] = (), **more: object) -> None:
        self.error = error
        self.answer: Json = {"ok": False, "error": error, **more}
        if messages:
            self.answer["response_metadata"] = {"messages": [f"[ERROR] {m}" for m in messages]}
        super().__init__(f"{error}: {'; '.join(messages)}")


class Limited(Exception):
    """A call too many: HTTP 429, and when to come back, in whole seconds."""

    def __init__(self, retry_after_s: int) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(f"come back in {retry_after_s} s")


class Args:
    """The arguments of one call, from a form, a query or a JSON body."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.given = given

    def text(self, name: str) -> str:
        """The words given; empty: none."""
        value = self.given.get(name)
        return "" if value is None else str(value)

    def needed(self, name: str) -> str:
        """The words given, which there must be."""
        if not self.text(name):
            raise Refused("invalid_arguments", [f"missing required field: {name}"])
        return self.text(name)

    def number(self, name: str, otherwise: int) -> int:
        """The whole number given."""
        try:
            return int(self.text(name) or otherwise)
        except ValueError:
            raise Refused("invalid_arguments", [f"must be a number: {name}"]) from None

    def flag(self, name: str) -> bool:
        """Is it switched on?"""
        return self.text(name).lower() in ("1", "true")

    def has(self, name: str) -> bool:
        """Was it given at all?"""
        return self.given.get(name) is not None

    def array(self, name: str, error: str) -> list[Json] | None:
        """The JSON array given; None: not given. What is no array is refused with `error`."""
        value = self._read(name, error)
        if value is not None and not (isinstance(value, list) and all_objects(value)):
            raise Refused(error, [f"must be an array of objects: {name}"])
        return value

    def object(self, name: str, error: str) -> Json | None:
        """The JSON object given; None: not given. What is no object is refused with `error`."""
        value = self._read(name, error)
        if value is not None and not isinstance(value, dict):
            raise Refused(error, [f"must be an object: {name}"])
        return value

    def _read(self, name: str, error: str) -> Any:
        value = self.given.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise Refused(error, [f"no JSON: {name}"]) from None


def all_objects(values: Sequence[object]) -> bool:
    """Is every one a JSON object?"""
    return all(isinstance(value, dict) for value in values)
