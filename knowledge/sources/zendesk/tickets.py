"""A ticket as Zendesk tells it, as a value and as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from knowledge.reading.dates import aware
from knowledge.reading.plain import one_line
from knowledge.sources._services.refusals import Json
from knowledge.sources.zendesk.articles import Odd

SOLVED = ("solved", "closed")
MERGED = "closed_by_merge"  # the tag that Zendesk gives to a ticket whose talk went to another


@dataclass(frozen=True)
class Ticket:
    """A ticket, without what was said on it."""

    id: str
    subject: str
    status: str
    tags: tuple[str, ...]
    updated_at: datetime | None
    changed: str  # a mark of its last change, the system's own ones included

    @property
    def key(self) -> str:
        """The key of its document."""
        return f"ticket/{self.id}"

    @property
    def title(self) -> str:
        """Its number and subject."""
        return f"#{self.id}: {self.subject}".rstrip(": ")


@dataclass(frozen=True)
class Wanted:
    """Which tickets are read, and what of them."""

    since: str = ""  # a date
    tags: tuple[str, ...] = ()  # tickets with one of these
    without: tuple[str, ...] = ()  # and none of these
    internal: bool = False  # notes that only agents may read

    @property
    def first(self) -> datetime | None:
        """Since when they are read; None: since ever, or the setting is no date."""
        return aware(self.since)

    def takes(self, one: Ticket) -> bool:
        """Is it solved, and wanted? One that was merged is told by the other."""
        has, first = set(one.tags), self.first
        late = first is None or one.updated_at is None or one.updated_at >= first
        chosen = not self.tags or bool(has & set(self.tags))
        return one.status in SOLVED and late and chosen and not has & {MERGED, *self.without}


def ticket(told: Json) -> Ticket:
    """A ticket of a list. Raises `Odd`."""
    id, status, tags = told.get("id"), told.get("status"), told.get("tags")
    if type(id) is not int or not isinstance(status, str):
        raise Odd("a ticket without an id and a status")
    subject = one_line(str(told.get("subject") or told.get("raw_subject") or ""))
    changed = str(told.get("generated_timestamp") or told.get("updated_at") or "")
    many = tuple(map(str, tags)) if isinstance(tags, list) else ()
    return Ticket(str(id), subject, status.lower(), many, aware(told.get("updated_at")), changed)


def written(one: Ticket, said: Sequence[str]) -> str:
    """A ticket with what was said on it."""
    tags = f" Tags: {', '.join(map(one_line, one.tags))}." if one.tags else ""
    return "\n\n".join([f"Ticket {one.id}, {one.status}.{tags}", *said])
