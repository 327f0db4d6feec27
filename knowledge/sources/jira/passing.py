"""Jira as a source: a pass over what changed, or from time to time over everything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from knowledge import reading
from knowledge.documents import Checkpoint, Document, Item, Reached, Unchanged, Unreadable
from knowledge.errors import SourceUnreadable
from knowledge.net.answers import Answer
from knowledge.net.asking import MEBIBYTE, Limits, Outside
from knowledge.net.client import Client
from knowledge.net.errors import NetError, Unreached
from knowledge.net.guard import Guard
from knowledge.sources._atlassian import memory
from knowledge.sources._atlassian.memory import Memory
from knowledge.sources._atlassian.service import Service
from knowledge.sources._atlassian.site import Site
from knowledge.sources._services.memory import digest
from knowledge.sources._services.refusals import Json, whole
from knowledge.sources.jira import issues
from knowledge.sources.jira.files import Files
from knowledge.sources.jira.issues import PLACE, WORDS, Issue, Odd
from knowledge.sources.jira.search import OLDEST, Scope, Search, lately

VERSION = 1  # raise it when issues are written otherwise than before
AT_ONCE = 20  # issues that are read by one question
TROUBLE = 3  # issues one after the other that Jira fails at: then it is Jira
Issues = dict[str, Issue]


@dataclass(frozen=True)
class Wanted:
    """What is read."""

    scope: Scope
    comments: bool = True
    attachments: bool = False
    restricted: bool = False
    max_bytes: int = 50 * MEBIBYTE

    @property
    def shape(self) -> str:
        """What documents depend on besides their versions."""
        return digest(VERSION, reading.VERSION, self.comments, self.restricted)

    @property
    def listed(self) -> str:
        """The fields that a list asks for."""
        return f"{PLACE},attachment" if self.attachments else PLACE

    @property
    def fields(self) -> str:
        """The fields that a document is made of."""
        return f"{self.listed},{WORDS}" + (",comment" if self.comments else "")


@dataclass(frozen=True)
class JiraSource:
    """Issues with their comments, and files on them."""

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
        """Every issue with its files; see `Source.documents`."""
        self.site.check(self.name)
        if problem := self.wanted.scope.problem:
            raise SourceUnreadable(self.name, problem, "See docs/sources.md")
        form = digest(self.wanted, self.wanted.shape, self.site.url)
        held, own = since or Checkpoint({}), self.site.credentials
        with Client(self.guard, self.limits, own, outside=self.outside) as client:
            search = Search(Service(client, self.site))
            journey = Journey(self, search, held, memory.read(held.state, form))
            try:
                yield from journey.items()
            except NetError as error:
                raise error.of(self.name) from error
        yield Reached(memory.written(journey.after, form))


@dataclass
class Journey:
    """One pass. `after` is what to remember of it. Its methods raise `NetError`."""

    source: JiraSource
    search: Search
    held: Checkpoint
    before: Memory
    hidden: set[str] = field(default_factory=set)  # issues that only some may read
    lost: set[str] = field(default_factory=set)
    latest: float = 0.0
    count: int = -1
    full: bool = False
    failed: int = 0  # issues one after the other

    def __post_init__(self) -> None:
        """What it begins with."""
        self.now, self.latest = self.source.outside.clock(), self.before.since
        self.wanted = self.source.wanted
        self.clause = self.wanted.scope.clause
        self.files = Files(self.source.name, self.search.service, self.wanted.max_bytes)
        self.held_files: dict[str, list[str]] = {}
        for key in sorted(key for key in self.held.held if "/" in key):
            self.held_files.setdefault(key.partition("/")[0], []).append(key)

    @property
    def after(self) -> Memory:
        """What to remember, once the pass came to its end."""
        passes = 0 if self.full else self.before.passes + 1
        full_at = self.now if self.full else self.before.full_at
        lost, hidden = tuple(sorted(self.lost)), tuple(sorted(self.hidden))
        return Memory(self.latest, full_at, passes, self.count, lost, {}, hidden)

    def items(self) -> Iterator[Item]:
        """All issues: those that are held as they are, then those that are read."""
        self.search.service.check_login(f"{self.search.api}/myself")
        found = None if self.before.due(self.now) else self.changed()
        if found is None:
            self.full = True
            found = self.everything()
        self.latest = max([self.latest, *(i.updated_at.timestamp() for i in found.values())])
        shown = self.shown(found)
        anew = {id for id, one in shown.items() if not self.has(one)} | self.again(found)
        yield from self.unchanged(shown, anew)
        yield from self.read(sorted(anew, key=lambda id: (len(id), id)))

    # -- which issues there are ------------------------------------------------------

    def changed(self) -> Issues | None:
        """The issues that changed; None when all must be listed."""
        found = self.listed(lately(self.clause, self.before.minutes(self.now)))
        self.count = self.search.count(self.clause)
        lost = {key.partition("/")[0] for key in self.before.lost}
        new = set(found) - set(self.held.held) - set(self.before.hidden) - lost
        if self.count >= 0 and self.count != self.before.count + len(new):
            return None  # some are gone, or came otherwise than by a change
        self.hidden = set(self.before.hidden) - set(found)
        return found

    def everything(self) -> Issues:
        """All issues. What seems gone is asked for: a list passes over some while others go."""
        self.hidden = set()
        self.count = self.search.count(self.clause)
        found = self.listed(self.clause)
        self.search.service.check_found(self.count, found)
        missed = {key for key in self.held.held if "/" not in key} - set(found)
        named = self.search.named(self.clause, missed, self.wanted.listed)
        return found | {one.id: one for one in (self.taken(told) for told in named)}

    def listed(self, jql: str) -> Issues:
        """What a question finds, by id."""
        told = self.search.found(jql + OLDEST, self.wanted.listed)
        return {one.id: one for one in (self.taken(each) for each in told)}

    def taken(self, told: tuple[Answer, Json], needed: str = "updated") -> Issue:
        """An issue of an answer, which has this field."""
        try:
            return issues.issue(told[1], needed)
        except Odd as error:
            raise told[0].garbled(f"answered no list ({error})") from error

    def shown(self, found: Issues) -> Issues:
        """Without those that only some may read."""
        if self.wanted.restricted:
            return found
        self.hidden |= {id for id, one in found.items() if one.closed}
        return {id: one for id, one in found.items() if not one.closed}

    def mark(self, one: Issue) -> str:
        """The fingerprint of an issue."""
        return f"{one.mark}-{self.wanted.shape}"

    def has(self, one: Issue) -> bool:
        """Is it held in this version?"""
        return self.held.has(one.id, self.mark(one))

    def again(self, found: Issues) -> set[str]:
        """The issues that could not be read, or whose files could not; all of them if listed."""
        lost = {key.partition("/")[0] for key in self.before.lost} - self.hidden
        return lost & set(found) if self.full else lost

    def unchanged(self, shown: Issues, anew: set[str]) -> Iterator[Item]:
        """What is held as it is: of a full pass what is listed, else all but what changed."""
        held = [key for key in self.held.held if "/" not in key and key not in self.hidden]
        there = set(shown) if self.full else set(held)
        for id in sorted(there - anew, key=lambda id: (len(id), id)):
            yield Unchanged(id)
            if self.wanted.attachments:
                yield from (Unchanged(key) for key in self.held_files.get(id, ()))

    # -- reading ---------------------------------------------------------------------

    def read(self, ids: Sequence[str]) -> Iterator[Item]:
        """Issues that are still there, some at a time; where that fails, each by itself."""
        for at in range(0, len(ids), AT_ONCE):
            some = ids[at : at + AT_ONCE]
            try:
                told: Sequence[Issue | Unreadable | Unchanged] = self.asked(some)
            except NetError as error:
                if whole(error):
                    raise
                told = [one for id in some for one in self.alone(id)]
            for one in told:
                if isinstance(one, Issue):
                    yield from self.made(one)
                else:
                    yield one

    def asked(self, ids: Sequence[str]) -> list[Issue]:
        """Issues by one question."""
        told = self.search.named(self.clause, ids, self.wanted.fields)
        found = [self.taken(one, "summary") for one in told]
        self.hidden |= {one.id for one in found if one.closed and not self.wanted.restricted}
        return [one for one in found if one.id not in self.hidden]

    def alone(self, id: str) -> Sequence[Issue | Unreadable | Unchanged]:
        """An issue by itself, or why it could not be read."""
        try:
            told = self.asked([id])
            self.failed = 0
            return told
        except NetError as error:
            self.failed += isinstance(error, Unreached)
            if whole(error) or self.failed >= TROUBLE:
                raise
            self.lost.add(id)
            return [Unreadable(id, error.reason), *self.kept(id)]

    def kept(self, id: str) -> list[Unchanged]:
        """Files of an issue that could not be read: they stay as they are."""
        return [Unchanged(key) for key in self.held_files.get(id, ())]

    def made(self, one: Issue) -> Iterator[Item]:
        """An issue as a document, and its files."""
        try:
            text = issues.written(one, self.said(one))
        except NetError as error:
            if whole(error):
                raise
            self.lost.add(one.id)
            yield Unreadable(one.id, error.reason)
            yield from self.kept(one.id)
            return
        url = f"{self.source.site.url}/browse/{one.key}"
        if self.has(one):  # asked for because of its files
            yield Unchanged(one.id)
        else:
            name, title = self.source.name, issues.titled(one)
            yield Document(name, one.id, title, text, url, self.mark(one), one.updated_at)
        for item in self.files.of(one, self.held) if self.wanted.attachments else ():
            if isinstance(item, Unreadable):
                self.lost.add(item.key)
            yield item

    def said(self, one: Issue) -> Sequence[Json]:
        """The comments; a search tells only the first ones of many."""
        told = one.fields.get("comment")
        if not self.wanted.comments or not isinstance(told, dict):
            return ()
        some, total = issues.objects(told.get("comments")), told.get("total")
        if isinstance(total, int) and total > len(some):
            some = self.search.comments(one.id)
        return [one for one in some if self.wanted.restricted or issues.open_to_all(one)]
