"""What the source remembers between two passes, of each channel."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from knowledge.sources._services import memory as kept

VERSION = 2
FULL_S = 24 * 3600.0  # after which everything is listed, so that what is not told is found
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Followed:
    """How far the threads of a channel were followed."""

    full_at: float  # when all were listed, in seconds since 1970
    marks: Mapping[int, str] = field(default_factory=dict)  # by thread; "": it was not read
    latest: float = 0.0  # when the last was archived, the same, as Discord tells it


@dataclass(frozen=True)
class Heard:
    """How far was read what is said outside of threads."""

    full_at: float
    members: Mapping[int, str] = field(default_factory=dict)  # by conversation: `packed` ids
    late: Mapping[int, str] = field(default_factory=dict)  # a mark of what came to an old one


@dataclass(frozen=True)
class Remembered:
    """A channel as the last pass left it; None: it was not read, or not to its end."""

    guild: int = 0
    threads: Followed | None = None
    loose: Heard | None = None


@dataclass(frozen=True)
class Memory:
    """All channels, by their ids; and the ids of those that the settings name."""

    channels: Mapping[int, Remembered] = field(default_factory=dict)
    named: Mapping[str, int] = field(default_factory=dict)


def due(full_at: float, now: float) -> bool:
    """Is it time to list everything? A clock that went back counts as well."""
    return not 0 <= now - full_at < FULL_S


def digest(*told: object) -> str:
    """A short mark."""
    return hashlib.blake2b(repr(told).encode("utf-8", "replace"), digest_size=6).hexdigest()


def packed(ids: Sequence[int]) -> str:
    """Rising ids in few letters: the first, and how far each is from the one before it."""
    steps = [*ids[:1], *(after - before for before, after in pairwise(ids))]
    return " ".join(base36(step) for step in steps)


def unpacked(told: str) -> list[int]:
    """The ids that `packed` wrote. Raises `ValueError`."""
    ids, at = list[int](), 0
    for step in told.split():
        at += int(step, 36)
        ids.append(at)
    return ids


def base36(number: int) -> str:
    """A number from 0 on."""
    told = ""
    while number or not told:
        number, digit = divmod(number, 36)
        told = DIGITS[digit] + told
    return told


def written(memory: Memory, form: str) -> str:
    """The memory in words; it is good only for the settings of this form."""
    return kept.written(memory, VERSION, form)


def read(state: str, form: str) -> Memory:
    """The memory; an empty one of what is broken, or of other settings."""
    found = kept.read(Memory, state, VERSION, form)
    try:
        for channel in found.channels.values():
            for members in channel.loose.members.values() if channel.loose else ():
                unpacked(members)
    except ValueError:
        return Memory()
    return found
