"""What the source remembers between two passes, of each repository."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from knowledge.states import read_state, written_state

VERSION = 1


@dataclass(frozen=True)
class Edits:
    """How far a list of comments was followed, and the ETag that it had."""

    since: str = ""
    etag: str = ""


@dataclass(frozen=True)
class Followed:
    """How far the threads of a kind were followed."""

    since: str = ""  # when the latest was changed, a little before
    count: int = 0  # of all that there were, read or not
    top: int = 0  # the greatest number
    full_at: float = 0.0  # when all were listed, in seconds since 1970
    lost: tuple[int, ...] = ()  # those that could not be read
    edits: Mapping[str, Edits] = field(default_factory=dict)


@dataclass(frozen=True)
class Facts:
    """What a repository says of itself."""

    full: str  # owner/name as it is spelled now
    issues: bool = True
    discussions: bool = False
    wiki: bool = False
    etag: str = ""

    @property
    def owner(self) -> str:
        """Whose it is."""
        return self.full.partition("/")[0]


@dataclass(frozen=True)
class Remembered:
    """A repository as the last pass left it."""

    facts: Facts | None = None
    threads: Mapping[str, Followed] = field(default_factory=dict)  # by kind
    releases: str = ""  # the ETag of their list, where it has one page


Memory = Mapping[str, Remembered]
"""By the name that the settings or the owner's list has."""


def written(memory: Memory, form: str) -> str:
    """The memory in words; it is good only for documents of this form."""
    told = {name: asdict(remembered) for name, remembered in memory.items()}
    return written_state(VERSION, {"form": form, "repositories": told})


def read(state: str, form: str) -> dict[str, Remembered]:
    """The memory; nothing of one that is broken, or of documents of another form."""
    from pydantic import TypeAdapter, ValidationError

    told = read_state(state, VERSION)
    if told.get("form") != form:
        return {}
    try:
        return TypeAdapter(dict[str, Remembered]).validate_python(told.get("repositories"))
    except ValidationError:
        return {}
