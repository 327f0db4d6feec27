"""GitHub as a source: a pass over its repositories, one after the other."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from knowledge import reading
from knowledge.documents import Checkpoint, Item, Keyed, Reached, Unchanged, Unreadable
from knowledge.errors import SourceUnreadable
from knowledge.net.asking import Limits, Outside
from knowledge.net.client import Client
from knowledge.net.errors import NetError, RateLimited, Unreached
from knowledge.net.guard import Guard
from knowledge.sources._services.site import check_base
from knowledge.sources.github import memory
from knowledge.sources.github.api import GitHub
from knowledge.sources.github.bodies import Taste
from knowledge.sources.github.finding import Wanted, matching, one
from knowledge.sources.github.login import Keys, login
from knowledge.sources.github.memory import Facts, Memory, Remembered
from knowledge.sources.github.places import Site
from knowledge.sources.github.queries import THREADS
from knowledge.sources.github.releases import Releases
from knowledge.sources.github.talking import Place, Threads
from knowledge.sources.github.wiki import Wiki

VERSION = 1  # raise it when threads are written otherwise than before
Part = Threads | Releases | Wiki


@dataclass(frozen=True)
class GitHubSource:
    """What people wrote in some repositories: each thread, release and wiki page a document."""

    name: str
    cache: Path
    site: Site
    wanted: Wanted
    taste: Taste
    keys: Keys
    guard: Guard
    limits: Limits = field(default_factory=Limits)
    outside: Outside = field(default_factory=Outside)

    def expected(self) -> int | None:
        """Not known without asking."""
        return None

    def documents(self, since: Checkpoint | None) -> Iterator[Item]:
        """Every document, repository by repository; see `Source.documents`."""
        self.check()
        held, form = since or Checkpoint({}), self.form
        with Client(self.guard, self.limits, outside=self.outside) as client:
            github = GitHub(client, self.site, login(self.keys, client, self.site))
            journey = Journey(self, github, held, memory.read(held.state, form), form)
            try:
                yield from journey.items()
            except NetError as error:
                raise error.of(self.name) from error
        yield Reached(memory.written(journey.after, form))

    @property
    def form(self) -> str:
        """What else documents depend on; where it is another, they are read anew."""
        taste = self.taste.bots, sorted(self.taste.ignored)
        told = repr((VERSION, reading.VERSION, taste)).encode()
        return hashlib.sha256(told).hexdigest()[:8]

    def check(self) -> None:
        """Are the settings such that GitHub can be asked? Raises `SourceUnreadable`."""
        if problem := self.wanted.problem or self.keys.problem:
            raise SourceUnreadable(self.name, problem, "See docs/sources.md")
        check_base(self.name, self.site.rest, "Write it as https://HOST/api/v3")


@dataclass
class Journey:
    """One pass. `after` is what to remember of it."""

    source: GitHubSource
    github: GitHub
    held: Checkpoint
    memory: Memory
    form: str
    after: dict[str, Remembered] = field(default_factory=dict)
    errors: list[NetError] = field(default_factory=list)
    read: int = 0  # parts that were read to their end
    seen: set[str] = field(default_factory=set)  # repositories as they are spelled now

    def items(self) -> Iterator[Keyed]:
        """All repositories. Raises `NetError` when none could be read, or GitHub is not there."""
        for named, facts in self.repositories():
            if isinstance(facts, NetError):
                yield from self.missed(named, facts)
            elif not self.source.wanted.excludes(facts.full) and self.is_new(facts.full):
                yield from self.repository(named, facts)
        if self.errors and not self.read:
            raise self.errors[0]

    def is_new(self, full: str) -> bool:
        """Does it come for the first time? Two names may have led to it."""
        known = full.lower() in self.seen
        self.seen.add(full.lower())
        return not known

    def repositories(self) -> Iterator[tuple[str, Facts | NetError]]:
        """The repositories by the names that they were found by, or why one was not."""
        for named in self.source.wanted.named:
            known = self.memory.get(named, Remembered()).facts
            try:
                yield named, one(self.github, named, known)
            except (Unreached, RateLimited):
                raise
            except NetError as error:
                yield named, error
        for pattern in self.source.wanted.patterns:
            found = sorted(matching(self.github, pattern), key=lambda each: each.full)
            yield from ((facts.full, facts) for facts in found)

    def missed(self, named: str, error: NetError) -> Iterator[Keyed]:
        """A repository that did not answer: what is held of it stays."""
        self.errors.append(error)
        known = self.memory.get(named, Remembered())
        self.after[named] = known
        full = known.facts.full if known.facts else named
        yield Unreadable(full, error.reason)
        if self.is_new(full):
            start = f"{full}/".lower()
            held = sorted(key for key in self.held.held if key.lower().startswith(start))
            yield from (Unchanged(key) for key in held)

    # -- one repository --------------------------------------------------------------

    def repository(self, named: str, facts: Facts) -> Iterator[Keyed]:
        """All kinds, one after the other; where one fails, the others are still read."""
        known = self.memory.get(named, Remembered())
        if known.facts and known.facts.full != facts.full:
            known = Remembered()
        place = Place(self.source.name, self.github, facts, self.held, self.form, self.source.taste)
        parts = self.parts(place, known)  # what is not read now is forgotten, its state too
        threads = {kind: told for kind, told in known.threads.items() if kind in parts}
        releases = known.releases if "releases" in parts else ""
        for kind, part in parts.items():
            whole = yield from self.part(place, kind, part)
            if whole and isinstance(part, Threads):
                threads[kind] = part.after
            elif whole and isinstance(part, Releases):
                releases = part.after
        self.after[named] = Remembered(facts, threads, releases)

    def parts(self, place: Place, known: Remembered) -> dict[str, Part]:
        """What of the repository is read, by kind."""
        facts, made = place.facts, dict[str, Part]()
        for kind in self.source.wanted.kinds:
            if kind in THREADS and getattr(facts, kind, True):
                made[kind] = Threads(place, THREADS[kind], known.threads.get(kind))
            elif kind == "releases":
                made[kind] = Releases(place, known.releases)
            elif kind == "wiki" and facts.wiki:
                made[kind] = Wiki(place, self.source.cache)
        return made

    def part(self, place: Place, kind: str, part: Part) -> Generator[Keyed, None, bool]:
        """One kind; did it come to its end? Raises `NetError` when GitHub is not there."""
        seen = set[str]()
        try:
            for item in part.items():
                seen.add(item.key)
                yield item
        except (Unreached, RateLimited):
            raise
        except NetError as error:
            self.errors.append(error)
            yield Unreadable(f"{place.facts.full}/{kind}", error.reason)
            yield from (Unchanged(key) for key in part.held() if key not in seen)
            return False
        self.read += 1
        return True
