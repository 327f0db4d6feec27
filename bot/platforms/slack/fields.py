"""The fields of Slack's payloads; what is missing or of a wrong type is told, never guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bot.errors import BotError

TIME = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?")
NAME = re.compile(r"[\x20-\x7e]{1,4000}")  # ids, codes and addresses are of plain characters
LONGEST = 100_000  # characters of a text; Slack cuts messages at 40,000


class Malformed(BotError):
    """A payload that does not hold what Slack's documents promise; it is logged and let go."""

    def __init__(self, kind: str, problem: str) -> None:
        self.kind, self.problem = kind, problem
        super().__init__(f"Slack sent {kind} that cannot be used: {problem}. It is ignored.")


def table(given: Any, key: str, kind: str) -> dict[str, Any]:
    """The table under `key`. Raises `Malformed`."""
    found = given.get(key) if isinstance(given, Mapping) else None
    if not isinstance(found, dict):
        raise Malformed(kind, f"`{key}` is no table")
    return found


def word(given: Mapping[str, Any], key: str, kind: str) -> str:
    """The id, code or address under `key`, not empty. Raises `Malformed`."""
    found = named(given, key, kind)
    if not found:
        raise Malformed(kind, f"`{key}` is missing")
    return found


def named(given: Mapping[str, Any], key: str, kind: str) -> str:
    """The id, code or address under `key`; empty where there is none. Raises `Malformed`."""
    found = optional(given, key, kind)
    if found and not NAME.fullmatch(found):
        raise Malformed(kind, f"`{key}` is {found[:40]!r}")
    return found


def optional(given: Mapping[str, Any], key: str, kind: str) -> str:
    """The text under `key`, fit to be stored; empty where there is none. Raises `Malformed`."""
    found = given.get(key)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise Malformed(kind, f"`{key}` is no text")
    if len(found) > LONGEST:
        raise Malformed(kind, f"`{key}` has {len(found):,} characters")
    whole = found.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\0", "")


def when(ts: str, kind: str) -> datetime:
    """The time that a message's id tells, aware UTC. Raises `Malformed`."""
    if not TIME.fullmatch(ts):
        raise Malformed(kind, f"{ts[:40]!r} is no time")
    return datetime.fromtimestamp(min(float(ts), 4e9), UTC)
