"""Confluence as a source: a pass over what changed, or from time to time over everything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from knowledge import reading
from knowledge.documents import Checkpoint, Item, Reached, Unchanged, Unreadable
from knowledge.errors import SourceUnreadable
from knowledge.net.asking import Limits, Outside
from knowledge.net.client import Client
from knowledge.net.errors import NetError
from knowledge.net.guard import Guard
from knowledge.sources._atlassian import memory
from knowledge.sources._atlassian.memory import Memory
from knowledge.sources._atlassian.service import Service
from knowledge.sources._atlassian.site import Site
from knowledge.sources._services.memory import digest
from knowledge.sources.confluence.cql import LATEST, OLDEST, Scope, lately
from knowledge.sources.confluence.entries import Entry, fingerprint, order
from knowledge.sources.confluence.files import Files, key_of, readable
from knowledge.sources.confluence.lists import OF_PAGES, READERS, SHOWN, Entries, Lists
from knowledge.sources.confluence.pages import Blank, Reader

VERSION = 1  # raise it when pages are written otherwise than before
UNKNOWN = (
    "lies below a page that does not tell who may read it; "
    "check the token's permissions, or set `restricted = true`"
)


@dataclass(frozen=True)
class Wanted:
    """What is read."""

    scope: Scope
    body: str = "export_view"
    comments: bool = False
    attachments: bool = True
    restricted: bool = False
    max_bytes: int = 50 * 2**20

    @property
    def shape(self) -> str:
        """What documents depend on besides their versions."""
        return digest(VERSION, reading.VERSION, self.body, self.comments)


@dataclass(frozen=True)
class ConfluenceSource:
    """Pages and blog posts with their comments, and files on them."""

    name: str
    site: Site
    wanted: Wanted
    guard: Guard
    limits: Limits = field(default_factory=Limits)
    outside: Outside = field(default_factory=Outside)

    def expected(self) -> int | None:
        """Not known without asking."""
        return None

    def documents(self, since: Checkpoint | None) -> Iterator[Item]:
        """Every page, then every file; see `Source.documents`."""
        self.site.check(self.name)
        if problem := self.wanted.scope.problem:
            raise SourceUnreadable(self.name, problem, "See docs/sources.md")
        form = digest(self.wanted, self.wanted.shape, self.site.url)
        held = since or Checkpoint({})
        own = self.site.credentials
        with Client(self.guard, self.limits, own, outside=self.outside) as client:
            lists = Lists(Service(client, self.site))
            journey = Journey(self, lists, held, memory.read(held.state, form))
            try:
                yield from journey.items()
            except NetError as error:
                raise error.of(self.name) from error
        yield Reached(memory.written(journey.after, form))


@dataclass
class Journey:
    """One pass. `after` is what to remember of it. Its methods raise `NetError`."""

    source: ConfluenceSource
    lists: Lists
    held: Checkpoint
    before: Memory
    hidden: set[str] = field(default_factory=set)  # restricted pages, by themselves or above
    unknown: set[str] = field(default_factory=set)  # pages of which that is not known
    lost: set[str] = field(default_factory=set)
    blank: dict[str, str] = field(default_factory=dict)
    latest: float = 0.0
    count: int = -1
    full: bool = False

    def __post_init__(self) -> None:
        """What it begins with."""
        self.now = self.source.outside.clock()
        self.latest = self.before.since
        wanted = self.source.wanted
        self.scope, self.shape = wanted.scope, wanted.shape
        self.reader = Reader(
            self.source.name,
            self.lists,
            wanted.body,
            wanted.comments,
            wanted.restricted,
            self.shape,
        )
        self.files = Files(self.source.name, self.lists.service, wanted.max_bytes, self.shape)
        keys = self.held.held
        self.held_pages = {key for key in keys if "/" not in key}
        self.held_files = {key for key in keys if "/" in key}

    @property
    def after(self) -> Memory:
        """What to remember, once the pass came to its end."""
        full_at, passes = (
            (self.now, 0) if self.full else (self.before.full_at, self.before.passes + 1)
        )
        return Memory(
            self.latest, full_at, passes, self.count,
            tuple(sorted(self.lost)), self.blank, tuple(sorted(self.hidden)),
        )  # fmt: skip

    def items(self) -> Iterator[Item]:
        """All pages, then all files."""
        self.lists.service.check_login("/rest/api/user/current")
        there = None if self.before.due(self.now) else self.changed()
        if there is None:
            self.full = True
            there = self.everything()
        yield from self.pages(there)
        if self.source.wanted.attachments:
            yield from self.attached({*there, *self.blank} - self.unknown)

    # -- which pages there are -------------------------------------------------------

    @property
    def expand(self) -> str:
        """What is asked of a page in a list."""
        return SHOWN if self.source.wanted.restricted else f"{SHOWN},{READERS}"

    def changed(self) -> dict[str, bool] | None:
        """The pages, and whether each is to be read; None when all must be listed."""
        clause = lately(self.scope.pages, self.before.minutes(self.now))
        found = self.lists.entries(clause + LATEST, self.scope.kinds, self.expand)
        self.count = self.lists.count(self.scope.pages)
        seen = self.held_pages | set(self.before.blank) | set(self.before.hidden)
        lost = {key for key in self.before.lost if "/" not in key}
        new = len(set(found) - seen - lost)
        found |= self.lists.by_ids(
            self.scope.pages, lost - set(found), self.scope.kinds, self.expand
        )
        if self.count >= 0 and self.count != self.before.count + new:
            return None  # some are gone, or came otherwise than by a change
        self.hidden = set(self.before.hidden)
        if self.hide(found, seen) & self.held_pages:
            return None  # what lies below is hidden as well
        self.note(found)
        stirred = self.stirred() | lost
        self.blank = {
            id: mark for id, mark in self.before.blank.items() if id not in {*found, *stirred}
        }
        there = {id: id in stirred for id in self.held_pages | (stirred & (seen | lost))}
        there |= {id: id in stirred or not self.has(page) for id, page in found.items()}
        return self.shown(there)

    def has(self, page: Entry) -> bool:
        """Is this version held? Comments are told by themselves."""
        return self.held.held.get(page.id, "").startswith(f"{page.version}.") and (
            self.held.held[page.id].endswith(f"-{self.shape}")
        )

    def everything(self) -> dict[str, bool]:
        """All pages, and whether each is to be read."""
        kinds, clause = self.scope.kinds, self.scope.pages
        self.count = self.lists.count(clause)
        found = self.lists.entries(clause + OLDEST, kinds, self.expand)
        self.lists.service.check_found(self.count, found)
        # While pages go, a list by offsets passes over others: what seems gone is asked for.
        missed = self.held_pages - set(found)
        found |= self.lists.by_ids(clause, missed, kinds, self.expand)
        self.hidden = set()
        self.hide(found, set())
        self.note(found)
        said = self.comments()
        there: dict[str, bool] = {}
        for id, page in found.items():
            mark = fingerprint(page, said.get(id, ()), self.shape)
            if self.before.blank.get(id) == mark:
                self.blank[id] = mark
            else:
                there[id] = not self.held.has(id, mark)
        return self.shown(there)

    def shown(self, there: dict[str, bool]) -> dict[str, bool]:
        """Without what is hidden."""
        return {id: anew for id, anew in there.items() if id not in self.hidden}

    def note(self, found: Entries) -> None:
        """How far the service came."""
        self.latest = max([self.latest, *(each.changed_s for each in found.values())])

    # -- who may read them -----------------------------------------------------------

    def hide(self, found: Entries, known: set[str]) -> set[str]:
        """Find out which are restricted, by themselves or by a page above; those are given."""
        if self.source.wanted.restricted:
            return set()
        above = {id for page in found.values() for id in page.ancestors} - set(found) - known
        told = found | self.lists.by_ids("", above, (), self.expand)
        closed = {id for id, page in told.items() if page.restricted} | (self.hidden - set(told))
        hidden = {id for id, page in found.items() if closed & {id, *page.ancestors}}
        self.unknown = {
            id for id, page in found.items() if set(page.ancestors) - set(told) - known
        } - hidden
        self.hidden = hidden | closed
        return hidden

    # -- comments --------------------------------------------------------------------

    def comments(self) -> dict[str, list[Entry]]:
        """All comments, by the id of their page."""
        made: dict[str, list[Entry]] = {}
        if self.source.wanted.comments:
            clause = self.scope.of_type("comment") + OLDEST
            found = self.lists.entries(clause, ("comment",), OF_PAGES)
            self.note(found)
            for comment in found.values():
                made.setdefault(comment.container, []).append(comment)
        return made

    def stirred(self) -> set[str]:
        """The pages that were spoken on."""
        if not self.source.wanted.comments:
            return set()
        clause = lately(self.scope.of_type("comment"), self.before.minutes(self.now))
        found = self.lists.entries(clause + LATEST, ("comment",), OF_PAGES)
        self.note(found)
        return {comment.container for comment in found.values()}

    # -- reading ---------------------------------------------------------------------

    def pages(self, there: dict[str, bool]) -> Iterator[Item]:
        """All pages: first those that are held as they are, then those that are read."""
        ids = sorted(there, key=order)
        for id in ids:
            if not there[id]:
                yield Unchanged(id)
            elif id in self.unknown:
                self.lost.add(id)
                yield Unreadable(id, UNKNOWN)
        anew = [id for id in ids if there[id] and id not in self.unknown]
        for made in self.reader.read(self.scope.pages, anew):
            if isinstance(made, Blank):
                self.blank[made.key] = made.fingerprint
                continue
            if isinstance(made, Unreadable):
                self.lost.add(made.key)
            elif self.held.has(made.key, made.fingerprint):  # asked for by the overlap
                yield Unchanged(made.key)
                continue
            yield made

    def attached(self, pages: set[str]) -> Iterator[Item]:
        """All files on these pages."""
        found = self.listed_files()
        there = {key_of(file): file for file in found.values() if file.container in pages}
        if not self.full:  # what did not change
            held = {key for key in self.held_files if key.partition("/")[0] in pages}
            yield from (Unchanged(key) for key in sorted(held) if ending(key) not in found)
        for key in sorted(there):
            if not readable(there[key]):
                continue
            if self.held.has(key, self.files.mark(there[key])):
                yield Unchanged(key)
                continue
            made = self.files.read(there[key])
            if isinstance(made, Unreadable):
                self.lost.add(key)
            yield made

    def listed_files(self) -> Entries:
        """All files, or those that changed or were lost."""
        clause, types = self.scope.of_type("attachment"), ("attachment",)
        asked = clause if self.full else lately(clause, self.before.minutes(self.now))
        found = self.lists.entries(asked + OLDEST, types, OF_PAGES)
        again = self.held_files if self.full else {key for key in self.before.lost if "/" in key}
        found |= self.lists.by_ids(clause, {ending(k) for k in again} - set(found), types, OF_PAGES)
        self.note(found)
        return found


def ending(key: str) -> str:
    """The id of a file in its document's key."""
    return key.partition("/")[2]
