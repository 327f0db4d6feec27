"""A pass over the articles of a help center: over what changed, or over everything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from knowledge import reading
from knowledge.documents import Checkpoint, Document, Item, Unchanged, Unreadable
from knowledge.errors import SourceUnreadable
from knowledge.net.errors import Denied, NetError
from knowledge.reading.plain import NotReadable
from knowledge.sources._services.attached import readable
from knowledge.sources._services.memory import digest
from knowledge.sources._services.refusals import whole
from knowledge.sources.zendesk.articles import Article, Comment, Place, mark, spoken, written
from knowledge.sources.zendesk.center import HelpCenter
from knowledge.sources.zendesk.files import Files, key_of
from knowledge.sources.zendesk.memory import Memory
from knowledge.sources.zendesk.people import People
from knowledge.sources.zendesk.trouble import Trouble

VERSION = 1  # raise it when articles are written otherwise than before
MANY = 50  # changed articles: then a list of all costs less than asking for each
Found = dict[tuple[str, str], Article | None]
"""Articles by id and locale; None: it was asked for and is not there."""


@dataclass(frozen=True)
class Chosen:
    """Which articles are read, and what of them."""

    locales: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()  # ids or names
    sections: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()  # articles with one of these
    without: tuple[str, ...] = ()  # and none of these
    comments: bool = False
    attachments: bool = True
    drafts: bool = False
    restricted: bool = False

    @property
    def views(self) -> Sequence[str]:
        """The locales that are asked for; "": each article in its own."""
        return self.locales or ("",)

    @property
    def shape(self) -> str:
        """What documents depend on besides their versions."""
        return digest(VERSION, reading.VERSION, self.comments)

    def takes(self, one: Article) -> bool:
        """Is it to be read, as far as it tells itself?"""
        if (one.draft and not self.drafts) or (one.closed and not self.restricted):
            return False
        has = set(one.labels)
        return (not self.labels or bool(has & set(self.labels))) and not has & set(self.without)


@dataclass
class Guide:
    """One pass over the articles. `after` is what to remember. Its methods raise `NetError`."""

    source: str
    chosen: Chosen
    center: HelpCenter
    people: People
    files: Files
    held: Checkpoint
    before: Memory
    now: float
    counts: dict[str, int] = field(default_factory=dict)
    full: bool = False
    latest: float = 0.0
    trouble: Trouble = field(default_factory=Trouble)

    def __post_init__(self) -> None:
        """What it begins with."""
        self.latest = self.before.since
        self.held_files: dict[str, list[str]] = {}
        for key in sorted(key for key in self.held.held if key.startswith("file/")):
            self.held_files.setdefault(id_of(key), []).append(key)
        lost = (key for key in self.before.lost if not key.startswith("ticket/"))
        self.again = {id_of(key) for key in lost}

    @property
    def after(self) -> Memory:
        """What to remember, once the pass came to its end."""
        passes, full_at = self.before.passes + 1, self.before.full_at
        if self.full:
            passes, full_at = 0, self.now
        return replace(
            self.before, since=self.latest, full_at=full_at, passes=passes, counts=self.counts,
            lost=tuple(sorted(self.trouble.lost)),
        )  # fmt: skip

    def items(self) -> Iterator[Item]:
        """All articles with their files."""
        known = self.center.service.site.token and not self.before.due(self.now)
        found = self.changed() if known else None
        if found is None:
            self.full = True
            found = self.everything()
        told = [one for one in found.values() if one is not None]
        self.latest = max([self.latest, *(one.updated_s for one in told)])
        self.check_places()
        if not self.full:
            yield from self.untouched(found)
        for id in sorted({one.id for one in told}, key=int):
            ones = [found.get((id, view)) for view in self.chosen.views]
            yield from self.article([one for one in ones if one is not None and self.takes(one)])

    # -- which articles there are ----------------------------------------------------

    def everything(self) -> Found:
        """All articles in all languages that are wanted."""
        found: Found = {}
        for view in self.chosen.views:
            some = {(one.id, view): one for one in self.center.listed(view)}
            self.counts[view] = len(some)
            found |= some
        return found

    def changed(self) -> Found | None:
        """The articles that changed; None when all must be listed."""
        try:
            told = {one.id: one for one in self.center.changed(self.before.start)}
        except Denied as error:
            if whole(error):
                raise
            return None  # an end user is not told
        ids = sorted({*told, *self.again}, key=int)
        if len(ids) * len(self.chosen.views) > MANY:
            return None
        found: Found = {}
        for view in self.chosen.views:
            for id in ids:
                own = told.get(id) if not view else None
                found[id, view] = own or self.center.shown(id, view)
        return found if all(self.adds_up(found, view) for view in self.chosen.views) else None

    def adds_up(self, found: Found, view: str) -> bool:
        """Are there as many as before, and the new ones? Zendesk tells of none that is gone."""
        self.counts[view] = self.center.count(view)
        new = [
            one
            for (_, locale), one in found.items()
            if one is not None and locale == view and one.created_s > self.before.since
        ]
        return self.counts[view] == self.before.counts.get(view, -1) + len(new)

    def untouched(self, found: Found) -> Iterator[Unchanged]:
        """What is held of articles that did not change."""
        ids = {id for id, _ in found}
        for key in sorted(self.held.held):
            if key.startswith(("article/", "file/")) and id_of(key) not in ids:
                yield Unchanged(key)

    # -- which of them are wanted ----------------------------------------------------

    def takes(self, one: Article) -> bool:
        """Is it to be read?"""
        if not self.chosen.takes(one):
            return False
        place = self.place(one) if self.chosen.categories or self.chosen.sections else Place()
        return all(
            not wanted or place.among(wanted)
            for wanted in (self.chosen.categories, self.chosen.sections)
        )

    def place(self, one: Article) -> Place:
        """Where it is filed."""
        return self.center.places(one.view).get(one.section, Place())

    def check_places(self) -> None:
        """Are there such sections and categories? Raises `SourceUnreadable`."""
        wanted = (*self.chosen.categories, *self.chosen.sections)
        if not wanted:
            return
        every = [p for view in self.chosen.views for p in self.center.places(view).values()]
        for name in wanted:
            if not any(place.among((name,)) for place in every):
                problem = f"there is no section or category {name!r}"
                known = ", ".join(sorted({name for place in every for name in place.names})[:20])
                raise SourceUnreadable(self.source, problem, f"Those that there are: {known}")

    # -- reading ---------------------------------------------------------------------

    def article(self, ones: Sequence[Article]) -> Iterator[Item]:
        """An article in each language, and its files."""
        for one in ones:
            yield from self.made(one)
        if ones and self.chosen.attachments:
            yield from self.attached(ones[0])

    def touched(self, one: Article) -> bool:
        """May what belongs to it be other than it was? What is taken away is not told."""
        kept = one.id in self.held_files or self.mark(one, "0") != self.held.held.get(one.key)
        return kept or one.updated_s >= self.before.start or one.id in self.again

    def mark(self, one: Article, said: str) -> str:
        """The fingerprint of an article, with the mark of what was said."""
        return f"{mark(one, self.place(one))}.{said}-{self.chosen.shape}"

    def made(self, one: Article) -> Iterator[Item]:
        """An article as a document, or as it is held."""
        if not self.chosen.comments and self.held.has(one.key, self.mark(one, "0")):
            yield Unchanged(one.key)
            return
        if self.chosen.comments and not self.touched(one):
            yield Unchanged(one.key)
            return
        try:
            said = self.center.comments(one) if self.chosen.comments else ()
            self.trouble.passed()
            yield from self.document(one, said)
        except NetError as error:
            yield self.trouble.met(one.key, error)
        except NotReadable as error:
            yield self.trouble.unread(one.key, error.reason)

    def document(self, one: Article, said: Sequence[Comment]) -> Iterator[Item]:
        """An article with its comments, unless it is held so or says nothing."""
        told = digest([(each.id, each.html) for each in said]) if said else "0"
        fingerprint = self.mark(one, told)
        if self.held.has(one.key, fingerprint):
            yield Unchanged(one.key)
            return
        self.people.learn(each.author for each in said)
        talk = [spoken(each, self.people.called(each.author)) for each in said]
        text = written(one, self.place(one), [words for words in talk if words])
        if text:
            at = one.edited_at
            yield Document(self.source, one.key, one.title, text, one.url, fingerprint, at)

    def attached(self, one: Article) -> Iterator[Item]:
        """The files on an article."""
        held = self.held_files.get(one.id, [])
        if not self.touched(one):
            return
        try:
            there = [file for file in self.center.files(one.id) if readable(file.name)]
            self.trouble.passed()
        except NetError as error:
            yield self.trouble.met(f"file/{one.id}", error)
            yield from (Unchanged(key) for key in held)
            return
        for file in there:
            key = key_of(one.id, file)
            if self.held.has(key, file.mark):
                yield Unchanged(key)
                continue
            made = self.files.read(file, one)
            if isinstance(made, Unreadable):
                self.trouble.lost.add(key)
            yield made


def id_of(key: str) -> str:
    """The article's id in a key."""
    return key.split("/")[1]
