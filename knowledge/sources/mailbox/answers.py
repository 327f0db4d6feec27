"""What an IMAP server answers, as values: imaplib gives lists of bytes and of pairs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

UID = re.compile(rb"\bUID (\d+)", re.I)
SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)", re.I)
WHEN = re.compile(rb'\bINTERNALDATE "([^"]*)"', re.I)
COUNT = re.compile(r"([A-Z]+)\s+(\d+)", re.I)


@dataclass(frozen=True)
class Fetched:
    """What was asked for of a message."""

    uid: int
    size: int  # of the whole message, in bytes, as the server tells it
    arrived_s: float  # since 1970; 0: not told
    raw: bytes

    @property
    def is_cut(self) -> bool:
        """Is it only the message's beginning?"""
        return self.size > len(self.raw) + 1024  # servers may miscount line ends


def fetched(told: Iterable[Any]) -> dict[int, Fetched]:
    """The messages of a FETCH, by UID; notes on others' flags are passed over."""
    found: dict[int, Fetched] = {}
    parts = [part for part in told if part]
    for at, part in enumerate(parts):
        if not isinstance(part, tuple):
            continue
        after = parts[at + 1] if at + 1 < len(parts) else b""
        head = part[0] + b" " + (after if isinstance(after, bytes) else b"")
        if uid := UID.search(head):
            size, when = SIZE.search(head), WHEN.search(head)
            found[int(uid[1])] = Fetched(
                int(uid[1]), int(size[1]) if size else 0, seconds(when[1]) if when else 0, part[1]
            )
    return found


def seconds(told: bytes) -> float:
    """An INTERNALDATE; 0 for what is none."""
    text = told.decode("ascii", "replace").strip()
    try:
        return datetime.strptime(text, "%d-%b-%Y %H:%M:%S %z").timestamp()
    except (ValueError, OverflowError):
        return sent_s(text)


def sent_s(told: str) -> float:
    """A Date header in seconds since 1970; 0 for what is none, or beyond all sense."""
    try:
        when = parsedate_to_datetime(told)
        found = (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return 0
    return found if 0 < found < 4e9 else 0


def uids_of(told: Iterable[Any]) -> set[int]:
    """The numbers of a SEARCH. Raises `ValueError`."""
    return {int(n) for part in told if isinstance(part, bytes) for n in part.split()}


def status_of(told: Sequence[Any]) -> dict[str, int]:
    """The counts of a STATUS; a folder's name may come as a literal before them."""
    flat = [bytes(p) for part in told for p in (part if isinstance(part, tuple) else (part,)) if p]
    text = flat[-1].decode("ascii", "replace") if flat else ""
    counts = text[text.rfind("(") :]
    return {name.upper(): int(number) for name, number in COUNT.findall(counts)}


def numbers(uids: Iterable[int]) -> str:
    """UIDs as a set of ranges: "1:4,7"."""
    ranges: list[list[int]] = []
    for uid in sorted(uids):
        if ranges and uid == ranges[-1][1] + 1:
            ranges[-1][1] = uid
        else:
            ranges.append([uid, uid])
    return ",".join(f"{first}:{last}" if last > first else f"{first}" for first, last in ranges)
