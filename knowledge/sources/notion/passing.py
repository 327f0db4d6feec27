"""Notion as a source: a pass over what was edited, or over all that is shared."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from knowledge import reading
from knowledge.documents import Checkpoint, Item, Keyed, Reached, Unchanged, Unreadable
from knowledge.errors import SourceUnreadable
from knowledge.net.asking import MEBIBYTE, Limits, Outside
from knowledge.net.client import Client
from knowledge.net.errors import NetError
from knowledge.net.guard import Guard
from knowledge.sources._services import memory
from knowledge.sources._services.memory import digest
from knowledge.sources._services.site import Site
from knowledge.sources.notion.blocks import MOST, TooLong
from knowledge.sources.notion.entries import Entry
from knowledge.sources.notion.files import Files
from knowledge.sources.notion.finding import Finding
from knowledge.sources.notion.ids import id_of
from knowledge.sources.notion.memory import LONG, Memory
from knowledge.sources.notion.memory import VERSION as MEMORY
from knowledge.sources.notion.pages import Read, Reader
from knowledge.sources.notion.scope import Scope
from knowledge.sources.notion.service import SHARE, Notion, gone
from knowledge.sources.notion.survey import Survey

VERSION = 1  # raise it when pages are written otherwise than before
SMALL = 1000  # pages that are all listed in each pass
OVERLAP_S = 1800.0  # search lags behind
TOO_LONG = f"has more than {MOST} blocks; divide it into pages, or name it in `exclude`"


@dataclass(frozen=True)
class Wanted:
    """What is read."""

    roots: tuple[str, ...] = ()  # as the settings write them
    exclude: tuple[str, ...] = ()
    comments: bool = False
    attachments: bool = True
    max_bytes: int = 50 * MEBIBYTE

    @property
    def shape(self) -> str:
        """What documents depend on besides their versions."""
        return digest(VERSION, self.comments)

    @property
    def below(self) -> frozenset[str]:
        """The ids of `roots`."""
        return frozenset(map(id_of, self.roots))

    @property
    def without(self) -> frozenset[str]:
        """The ids of `exclude`."""
        return frozenset(map(id_of, self.exclude))

    @property
    def problem(self) -> str:
        """What is wrong with the settings."""
        for name, some in (("roots", self.roots), ("exclude", self.exclude)):
            if wrong := [one for one in some if not id_of(one)]:
                return f"`{name}`: {wrong[0]!r} is no id or address of Notion's"
        return ""


@dataclass(frozen=True)
class NotionSource:
    """Pages and rows with what was said on them, and files on them."""

    name: str
    site: Site
    wanted: Wanted
    guard: Guard
    limits: Limits = field(default_factory=Limits)
    outside: Outside = field(default_factory=Outside)
    small: int = SMALL

    def expected(self) -> int | None:
        """Not known without asking."""
        return None

    def documents(self, since: Checkpoint | None) -> Iterator[Item]:
        """Every page with its files; see `Source.documents`."""
        self.check()
        form = digest(self.wanted, self.wanted.shape, reading.VERSION, self.site.url)
        held, own = since or Checkpoint({}), self.site.credentials
        most = replace(self.limits, max_bytes=self.wanted.max_bytes)
        with (
            Client(self.guard, self.limits, own, outside=self.outside) as client,
            Client(self.guard, most, outside=self.outside) as bare,
        ):
            notion = Notion(client, self.site)
            journey = Journey(
                self, notion, bare, held, memory.read(Memory, held.state, MEMORY, form)
            )
            try:
                yield from journey.items()
            except NetError as error:
                raise error.of(self.name) from error
        yield Reached(memory.written(journey.after, MEMORY, form))

    def check(self) -> None:
        """Can Notion be asked? Raises `SourceUnreadable`."""
        self.site.check(self.name)
        if not self.site.token.strip():
            remedy = "Give the integration's secret, from notion.so/profile/integrations"
            raise SourceUnreadable(self.name, "`token` is empty", remedy)
        if problem := self.wanted.problem:
            raise SourceUnreadable(self.name, problem, "Take it from “Copy link” in Notion")
        try:
            import notion_client  # noqa: F401
        except ImportError as error:
            problem = "the package notion-client is not installed"
            raise SourceUnreadable(
                self.name, problem, "Run `uv pip install notion-client`"
            ) from error


@dataclass
class Journey:
    """One pass. `after` is what to remember of it. Its methods raise `NetError`."""

    source: NotionSource
    notion: Notion
    bare: Client
    held: Checkpoint
    before: Memory
    lost: set[str] = field(default_factory=set)
    blank: dict[str, str] = field(default_factory=dict)
    queue: deque[str] = field(default_factory=deque)  # pages to be read

    def __post_init__(self) -> None:
        """What it begins with."""
        wanted, self.now = self.source.wanted, self.source.outside.clock()
        self.full = self.before.due(self.now)
        listing = self.full or self.before.count <= self.source.small
        finding = Finding(self.notion, Scope(self.notion, wanted.below, wanted.without))
        self.survey = Survey(finding, self.held, wanted.shape, self.full, listing)
        self.reader = Reader(self.source.name, self.notion, wanted.shape, wanted.comments)
        self.files = Files(self.source.name, self.notion, self.bare, wanted.max_bytes)
        self.again = {key.partition("/")[0] for key in self.before.lost}
        self.blank = {} if listing else dict(self.before.blank)
        self.held_files: dict[str, list[str]] = {}
        for key in sorted(key for key in self.held.held if "/" in key):
            self.held_files.setdefault(key.partition("/")[0], []).append(key)

    @property
    def after(self) -> Memory:
        """What to remember, once the pass came to its end."""
        survey, before = self.survey, self.before
        full_at, passes = (self.now, 0) if self.full else (before.full_at, before.passes + 1)
        new = len(set(survey.found) - survey.held_pages - set(before.blank))
        count = survey.finding.count if survey.listing else before.count + new
        since = max(before.since, survey.finding.newest)
        return Memory(since, full_at, passes, count, tuple(sorted(self.lost)), self.blank)

    def items(self) -> Iterator[Keyed]:
        """All pages: those that are held as they are, then those that are read."""
        survey = self.survey
        survey.look(self.before.since - OVERLAP_S, self.again)
        self.check_shared()
        self.reader.titles |= {id: page.title for id, page in survey.found.items()}
        for id, reason in sorted(survey.unknown.items()):
            yield from self.missed(id, reason)
        yield from survey.missing(self.source.wanted.roots)
        for id in survey.there():
            if self.unread(id):
                self.queue.append(id)
            else:
                yield from self.kept(id)
        while self.queue:
            yield from self.read(survey.found[self.queue.popleft()])
        if self.reader.kept_from:
            yield Unreadable("comments", self.reader.kept_from.reason)

    def check_shared(self) -> None:
        """Whoever sees nothing from the start forgot to share. Raises `SourceUnreadable`."""
        known = self.survey.found or self.held.held or self.before.full_at
        if not known and not self.source.wanted.roots:
            problem = "no page is shared with the integration"
            raise SourceUnreadable(self.source.name, problem, SHARE)

    # -- what is held ----------------------------------------------------------------

    def unread(self, id: str) -> bool:
        """Is it to be read?"""
        page = self.survey.found.get(id)
        if page is None:
            return False
        talked = self.full and self.source.wanted.comments
        if id in self.again or (not self.survey.has(page) and not self.is_blank(page)):
            return True
        return talked and (self.is_blank(page) or self.stirred(id))

    def is_blank(self, page: Entry) -> bool:
        """Did it say nothing, or too much, when it was read, and was not edited since?"""
        return self.before.blank.get(page.id, "").removesuffix(LONG) == page.mark

    def stirred(self, id: str) -> bool:
        """Was something said on it? Where that is not told, reading it tells why."""
        try:
            return self.reader.stirred(id, self.held.held[id])
        except NetError as error:
            self.survey.failing(error)
            return True

    def kept(self, id: str) -> Iterator[Keyed]:
        """A page as it is held or was read, with its files."""
        page = self.survey.found.get(id)
        if page is None or not self.is_blank(page):
            yield Unchanged(id)
        else:
            self.blank[id] = self.before.blank[id]
            if self.blank[id].endswith(LONG):
                yield Unreadable(id, TOO_LONG)
        yield from self.kept_files(id)

    def kept_files(self, id: str) -> list[Unchanged]:
        """The files of a page as they are held."""
        wanted = self.source.wanted.attachments
        return [Unchanged(key) for key in self.held_files.get(id, ()) if wanted]

    # -- reading ---------------------------------------------------------------------

    def read(self, page: Entry) -> Iterator[Keyed]:
        """One page with its files, and those in it that no list told."""
        survey = self.survey
        try:
            now = page if page.properties else survey.finding.one(page.id)
            made = self.reader.read(now) if now else None
        except TooLong:
            self.blank[page.id] = f"{page.mark}{LONG}"
            yield Unreadable(page.id, TOO_LONG)
            yield from self.kept_files(page.id)
            return
        except NetError as error:
            survey.failing(error)
            if not gone(error) or survey.finding.one(page.id):
                yield from self.missed(page.id, error.reason)
            return
        survey.failed = 0
        if now and made:
            yield from self.told(now, made)
            yield from self.follow(made)

    def missed(self, id: str, reason: str) -> Iterator[Keyed]:
        """A page that could not be read, or of which it is not known if it is there."""
        self.lost.add(id)
        yield Unreadable(id, reason)
        yield from self.kept_files(id)

    def told(self, page: Entry, made: Read) -> Iterator[Keyed]:
        """What was read."""
        document = made.document
        if document is None:
            self.blank |= {} if made.fresh else {page.id: page.mark}
        elif self.held.has(page.id, document.fingerprint):
            yield Unchanged(page.id)
        else:
            yield document
        files = made.files if self.source.wanted.attachments else ()
        for item in self.files.of(page, files, self.held):
            if isinstance(item, Unreadable):
                self.lost.add(item.key)
            yield item

    def follow(self, made: Read) -> Iterator[Keyed]:
        """Pages and databases that lie in a page, where no list told them."""
        survey = self.survey
        for id in made.pages:
            if not survey.known(id):
                self.queue.extend(survey.added([survey.asked(id)]))
                if reason := survey.unknown.get(id):
                    yield from self.missed(id, reason)
        for id in made.databases if self.full else ():
            self.queue.extend(survey.added(survey.finding.in_database(id)))
