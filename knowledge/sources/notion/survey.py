"""Which pages there are now: what lists tell, and what is asked for by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from knowledge.documents import Checkpoint, Keyed, Unreadable
from knowledge.net.errors import NetError, Unreached
from knowledge.sources._services.refusals import whole
from knowledge.sources.notion.entries import Entry
from knowledge.sources.notion.finding import Finding
from knowledge.sources.notion.ids import id_of
from knowledge.sources.notion.service import SHARE

TROUBLE = 3  # pages one after the other that Notion fails at: then it is Notion


@dataclass
class Survey:
    """The pages of one pass. Its methods raise `NetError`."""

    finding: Finding
    held: Checkpoint
    shape: str  # how fingerprints end
    full: bool  # is everything looked at anew, databases too?
    listing: bool  # are all pages listed?
    found: dict[str, Entry] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)  # that were asked for
    unknown: dict[str, str] = field(default_factory=dict)  # why it could not be found out
    failed: int = 0  # pages one after the other

    def __post_init__(self) -> None:
        """What it begins with."""
        self.held_pages = {key for key in self.held.held if "/" not in key}

    # -- finding ---------------------------------------------------------------------

    def look(self, until: float, again: set[str]) -> None:
        """List what was edited down to a time; ask for what seems gone, and for these."""
        for page in self.finding.pages(0.0 if self.listing else until):
            self.note(page)
        for page in self.finding.rows() if self.full else ():
            self.note(page)
        doubtful = self.held_pages | again if self.listing else again
        for id in sorted(doubtful - set(self.found)):
            if found := self.asked(id):
                self.note(found)

    def note(self, page: Entry) -> None:
        """Remember a page; of one that need not be read, no more than that it is there."""
        self.found[page.id] = replace(page, properties={}) if self.has(page) else page

    def asked(self, id: str) -> Entry | None:
        """A page that no list told, where it is there; where that is not told, it stays."""
        try:
            page = self.finding.one(id)
        except NetError as error:
            self.failing(error)
            self.unknown[id] = error.reason
            return None
        self.failed = 0
        if page is None:
            self.gone.add(id)
        return page

    def added(self, pages: Iterable[Entry | None]) -> Iterator[str]:
        """Of pages that were come upon, those that are new, and chosen."""
        for page in pages:
            if page and page.id not in self.found and self.chosen(page):
                self.found[page.id] = page
                yield page.id

    def failing(self, error: NetError) -> None:
        """Is it one page, or Notion? Raises what concerns all."""
        self.failed += isinstance(error, Unreached)
        if whole(error) or self.failed >= TROUBLE:
            raise error

    # -- what was found --------------------------------------------------------------

    def there(self) -> list[str]:
        """The pages that are read, or held, in order."""
        found = {id for id, page in self.found.items() if self.chosen(page)}
        if not self.listing:
            found |= self.held_pages - set(self.found) - self.gone - set(self.unknown)
        return sorted(found)

    def chosen(self, page: Entry) -> bool:
        """Is it read by the settings? What is held as it is was asked about within the day."""
        if page.trashed:
            return False
        known = not self.full and self.has(page)
        return known or self.finding.scope.has(page.id, page.parent)

    def has(self, page: Entry) -> bool:
        """Is it held as it was edited last?"""
        mark = self.held.held.get(page.id, "")
        return mark.startswith(f"{page.mark}.") and mark.endswith(f"-{self.shape}")

    def known(self, id: str) -> bool:
        """Is it told by a list, or was it asked for, or is it held while not all is listed?"""
        held = id in self.held_pages and not self.listing
        return held or id in self.found or id in self.gone or id in self.unknown

    def missing(self, roots: Iterable[str]) -> Iterator[Keyed]:
        """The roots, as the settings write them, that the integration may not see."""
        for told in roots:
            id = id_of(told)
            seen = id in self.found or (id in self.held_pages and not self.listing)
            if not seen and not self.finding.sees(id):
                remedy = f"{SHARE[:1].lower()}{SHARE[1:]}"
                yield Unreadable(f"roots: {told}", f"is not shared with the integration; {remedy}")
