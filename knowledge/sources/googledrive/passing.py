"""Google Drive as a source: a pass over what changed, or from time to time over everything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from knowledge import reading
from knowledge.documents import Checkpoint, Document, Item, Keyed, Reached, Unchanged, Unreadable
from knowledge.errors import SourceUnreadable
from knowledge.net.asking import Limits, Outside
from knowledge.net.client import Client
from knowledge.net.errors import Garbled, NetError, Refused, Unreached
from knowledge.net.guard import Guard
from knowledge.sources._services import memory
from knowledge.sources._services.memory import digest
from knowledge.sources._services.site import check_base
from knowledge.sources.googledrive.api import Drive, whole
from knowledge.sources.googledrive.entries import Entry
from knowledge.sources.googledrive.files import Files, Found
from knowledge.sources.googledrive.finding import Finding
from knowledge.sources.googledrive.formats import readable
from knowledge.sources.googledrive.keys import Account, BadKeys, Keys
from knowledge.sources.googledrive.lists import Lists
from knowledge.sources.googledrive.login import Login
from knowledge.sources.googledrive.memory import VERSION, Memory, Unread, place_of
from knowledge.sources.googledrive.tree import Path
from knowledge.sources.googledrive.wanted import Wanted

WRITTEN = 1  # raise it when documents are written otherwise than before
TROUBLE = 3  # files one after the other that Drive fails at: then it is Drive


@dataclass(frozen=True)
class DriveSource:
    """Files of a Google Drive."""

    name: str
    keys: Keys
    wanted: Wanted
    base: str
    guard: Guard
    limits: Limits = field(default_factory=Limits)
    outside: Outside = field(default_factory=Outside)

    def expected(self) -> int | None:
        """Not known without asking."""
        return None

    def documents(self, since: Checkpoint | None) -> Iterator[Item]:
        """Every file; see `Source.documents`."""
        account = self.checked()
        held, form = since or Checkpoint({}), self.form(account)
        with Client(self.guard, self.limits, outside=self.outside) as client:
            lists = Lists(Drive(client, self.base, Login(account, client)))
            journey = Journey(self, lists, held, memory.read(Memory, held.state, VERSION, form))
            try:
                yield from journey.items()
            except NetError as error:
                raise error.of(self.name) from error
        yield Reached(memory.written(journey.after, VERSION, form))

    def checked(self) -> Account:
        """Who asks, if the settings are such that Drive can be. Raises `SourceUnreadable`."""
        try:
            account = self.keys.account
        except BadKeys as error:
            raise SourceUnreadable(self.name, error.problem, error.remedy) from None
        if problem := self.wanted.problem:
            remedy = "Copy the address of the folder from the browser"
            raise SourceUnreadable(self.name, problem, remedy)
        check_base(self.name, self.base, "Let it begin with https://, or leave it out")
        return account

    def form(self, account: Account) -> str:
        """What is remembered is good only for the same account, and what is left out."""
        who = account.email, account.subject, account.client_id, digest(account.refresh_token)
        wanted = self.wanted
        return digest(who, wanted.everything, wanted.exclude, wanted.max_bytes, self.base)

    @property
    def shape(self) -> str:
        """What documents depend on besides what Drive holds."""
        return digest(WRITTEN, reading.VERSION)


@dataclass
class Journey:
    """One pass. `after` is what to remember of it. Its methods raise `NetError`."""

    source: DriveSource
    lists: Lists
    held: Checkpoint
    before: Memory
    there: dict[str, Found | None] = field(default_factory=dict)  # None: as it is held
    unread: dict[str, Unread] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)  # what was asked for in vain, and why

    def __post_init__(self) -> None:
        """What it begins with."""
        self.now = self.source.outside.clock()
        full = self.before.due(self.now)
        self.finding = Finding(self.lists, self.source.wanted, self.before, full, self.place_held)
        most = self.source.wanted.max_bytes
        self.files = Files(self.source.name, self.lists, most, self.source.shape)

    def place_held(self, key: str) -> str:
        """By which folder or shortcut a document came that is held; "" where none is."""
        return place_of(self.held.held.get(key, ""))

    @property
    def after(self) -> Memory:
        """What to remember, once the pass came to its end."""
        finding, before = self.finding, self.before
        full_at, passes = (self.now, 0) if finding.full else (before.full_at, before.passes + 1)
        return Memory(
            since=self.now,
            full_at=0.0 if finding.blind else full_at,
            passes=passes,
            tokens=finding.tokens,
            roots=finding.roots,
            tree=finding.tree.only(finding.places),
            lost=tuple(sorted(self.lost)),
            unread=self.unread,
        )

    def items(self) -> Iterator[Keyed]:
        """Every file: first those that stay as they are, then those that are read."""
        self.finding.look()
        yield from (Unreadable(id, error.reason) for id, error in self.finding.shut.items())
        self.plan()
        yield from (Unchanged(key) for key in sorted(self.there) if self.there[key] is None)
        yield from (told.told(id) for id, told in sorted(self.unread.items()) if told.reason)
        yield from (Unreadable(id, reason) for id, reason in sorted(self.lost.items()))
        yield from self.read()

    # -- what is to be done ----------------------------------------------------------

    def plan(self) -> None:
        """Decide on each file."""
        for entry in self.finding.found.values():
            self.want(entry, entry.parent)
        for id, shortcut in self.finding.followed(folder=False):
            self.lead(id, shortcut.target)
        for ids, decide in (
            (self.before.lost, self.ask),
            (self.held.held, self.keep),
            (self.before.unread, self.recall),
        ):
            for id in sorted(ids):
                if not self.decided(id):
                    decide(id)

    def decided(self, id: str) -> bool:
        """Is it known what becomes of it?"""
        finding = self.finding
        ours = id in self.there or id in self.unread or id in self.lost
        return ours or id in finding.found or id in finding.gone

    def want(self, entry: Entry, place: str, path: Path | None = None) -> None:
        """A file that was found is read, unless it is held, elsewhere, or not for us."""
        path = self.finding.path(place) if path is None else path
        if path is None or not readable(entry) or self.barred(entry, path):
            return
        found = Found(entry, place, path)
        mark = found.fingerprint(self.source.shape)
        known = self.before.unread.get(entry.id)
        if known and known.fingerprint == mark:
            self.unread[entry.id] = known
        else:
            self.there[entry.id] = None if self.held.has(entry.id, mark) else found

    def barred(self, entry: Entry, path: Path) -> bool:
        """Do the settings leave it out?"""
        return self.source.wanted.bars((*path, entry.name))

    def lead(self, id: str, target: str) -> None:
        """A file that a shortcut leads to, unless it is read by itself."""
        if target in self.there or target in self.unread or self.stays(target):
            return
        try:
            entry = self.finding.target(target)
        except Refused as error:
            self.deny(target, error)
            return
        if entry is None:
            return
        self.finding.found[target] = entry
        if self.finding.path(entry.parent) is not None:
            self.want(entry, entry.parent)
        else:
            above = self.finding.tree.shortcuts[id].parent
            self.want(entry, id, self.finding.path(above))

    def stays(self, key: str) -> bool:
        """Is it held as what lies in a folder that was not listed now?"""
        if key not in self.held.held or self.decided(key) or self.by_shortcut(key):
            return False
        return self.unstirred(self.place_held(key))

    def unstirred(self, place: str) -> bool:
        """Is it a folder that is read, and was not listed now?"""
        finding = self.finding
        listed = finding.full or place in finding.listed
        return not listed and finding.path(place) is not None

    def by_shortcut(self, key: str) -> bool:
        """Did a shortcut lead to what is held?"""
        place = self.place_held(key)
        return place in self.before.tree.shortcuts or place in self.finding.tree.shortcuts

    def keep(self, key: str) -> None:
        """What is held and was not told of: it stays, or is asked for, or is gone."""
        place, finding = self.place_held(key), self.finding
        top = self.before.tree.top(place, self.before.roots)
        self.recall(key)
        if key in self.unread:
            return
        if self.stays(key) or (finding.shut and top not in finding.roots):
            self.there[key] = None
        elif (finding.full or place in finding.listed) and (not top or top in finding.roots):
            self.ask(key)

    def ask(self, id: str) -> None:
        """Is it still there? A list that was asked for page by page may have passed over it."""
        try:
            entry = self.finding.target(id)
        except Refused as error:
            self.deny(id, error)
        else:
            if entry is not None:
                self.want(entry, entry.parent)

    def deny(self, id: str, error: Refused) -> None:
        """Something that Drive does not tell of."""
        if whole(error):
            raise error
        self.lost[id] = error.reason

    def recall(self, id: str) -> None:
        """A file that gave no text, and was not told of: it still gives none."""
        known = self.before.unread.get(id)
        if known and self.unstirred(place_of(known.fingerprint)):
            self.unread[id] = known

    # -- reading ---------------------------------------------------------------------

    def read(self) -> Iterator[Keyed]:
        """All that is to be read; what fails is named, and the others go on."""
        failed = 0
        for key, found in sorted((k, found) for k, found in self.there.items() if found):
            try:
                made = self.files.read(found)
                failed = 0
            except NetError as error:
                failed += isinstance(error, Unreached | Garbled)
                if whole(error) or failed >= TROUBLE:
                    raise
                self.lost[key] = error.reason
                yield Unreadable(key, error.reason)
                continue
            yield from self.given(key, made)

    def given(self, key: str, made: Document | Unread) -> Iterator[Keyed]:
        """What reading a file gave."""
        if isinstance(made, Unread):
            self.unread[key] = made
            if made.reason:
                yield made.told(key)
        elif self.held.has(key, made.fingerprint):  # it went back to what it was
            yield Unchanged(key)
        else:
            yield made
