"""What is remembered of a service between two passes, and when all of it is listed anew."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, TypeVar

from knowledge.states import read_state, written_state

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

FULL_S = 24 * 3600.0  # after which everything is listed, so that deletions are found
PASSES = 20  # or after so many passes


@dataclass(frozen=True)
class Followed:
    """How far a service was followed."""

    since: float = 0.0  # when the latest change was that is known, in seconds since 1970
    full_at: float = 0.0  # when everything was listed, the same
    passes: int = 0  # since then

    def due(self, now: float) -> bool:
        """Is it time to list everything? A clock that went back counts as well."""
        old = not 0 <= now - self.full_at < FULL_S
        return not self.since or old or self.passes + 1 >= PASSES


Kind = TypeVar("Kind", bound="DataclassInstance")


def digest(*told: object) -> str:
    """A short mark of settings."""
    return hashlib.sha256(repr(told).encode("utf-8", "surrogatepass")).hexdigest()[:8]


def written(memory: DataclassInstance, version: int, form: str) -> str:
    """The memory in words; it is good only for the settings of this form."""
    return written_state(version, {"form": form, **asdict(memory)})


def read(kind: type[Kind], state: str, version: int, form: str) -> Kind:
    """The memory; an empty one of what is broken, or of other settings. All has a default."""
    from pydantic import TypeAdapter, ValidationError

    told = read_state(state, version)
    if told.get("form") != form:
        return kind()
    kept = {name: value for name, value in told.items() if name != "form"}
    try:
        return TypeAdapter(kind).validate_python(kept)
    except ValidationError:
        return kind()
