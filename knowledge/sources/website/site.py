"""One pass over a website: several pages at once, politely, in an order that is always the same."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from typing import Literal
from urllib.parse import urlsplit

from knowledge.documents import (
    Checkpoint,
    Document,
    Item,
    Keyed,
    Reached,
    Unchanged,
    Unreadable,
)
from knowledge.errors import SourceUnreadable
from knowledge.net.client import Client
from knowledge.net.errors import Missing, NetError, RateLimited, Unreached
from knowledge.net.urls import shown
from knowledge.sources.website.finding import Robots
from knowledge.sources.website.pace import Pace
from knowledge.sources.website.pages import Found, Mark, digest, last_modified, read
from knowledge.sources.website.scope import Scope, normal
from knowledge.sources.website.sitemaps import Sitemaps
from knowledge.states import read_state, written_state

STATE = 1
PATIENCE = 5  # pages in a row that are not reached before the site is taken to be away


@dataclass(frozen=True)
class Manners:
    """How a site is gone through."""

    find: Literal["auto", "sitemap", "links"] = "auto"
    sitemap: str = ""
    max_pages: int = 5000
    max_depth: int = 20
    max_s: float = 7200.0
    delay_s: float = 0.5
    at_once: int = 4


@dataclass(frozen=True)
class WebsiteSource:
    """A website's pages; the key of each is its address."""

    name: str
    url: str
    scope: Scope
    manners: Manners
    client: Client

    def expected(self) -> int | None:
        """Not known before."""
        return None

    def documents(self, since: Checkpoint | None) -> Iterator[Item]:
        """Every page; see `Source.documents`."""
        with self.client, ThreadPoolExecutor(max(1, self.manners.at_once)) as pool:
            try:
                yield from Pass(self, since or Checkpoint({}), pool).items()
            except NetError as error:
                raise error.of(self.name) from error


class Pass:
    """One pass: what is to be asked for, what was, and what came of it."""

    def __init__(self, source: WebsiteSource, since: Checkpoint, pool: ThreadPoolExecutor) -> None:
        self.source, self.since, self.pool = source, since, pool
        self.manners, self.client = source.manners, source.client
        state = read_state(since.state, STATE)
        turn, lost = state.get("turn"), state.get("lost")
        self.turn = turn if isinstance(turn, int) else 0  # of the last pass that was finished
        self.again = [str(url) for url in lost] if isinstance(lost, list) else []
        self.robots = Robots(self.client)
        find, named, scope = self.manners.find, self.manners.sitemap, source.scope
        trusted = state.get("by_sitemap") is True
        self.sitemaps = Sitemaps(self.client, self.robots, scope, find, named, trusted)
        self.rules_before, self.rules = state.get("rules"), ""
        self.began = self.client.outside.clock()
        until = self.began + self.manners.max_s
        self.pace = Pace(self.client.outside, self.robots, self.manners.delay_s, until)
        self.queue: deque[tuple[str, int]] = deque()
        self.queued: set[str] = set()
        self.given: set[str] = set()
        self.lost: list[str] = []
        self.copies: list[tuple[str, Found]] = []  # with the address that each names as its own
        self.by_sitemap = False
        self.elsewhere = ""  # a place beyond the site to which a page leads
        self.beyond: list[tuple[str, int]] = []  # pages for which there is no time
        self.failed = 0  # pages in a row

    def items(self) -> Iterator[Item]:
        """All items."""
        for url in self.starts():
            self.add(url, 0)
        for found in self.asked():
            yield from self.once(self.items_of(found))
        self.stay()
        yield from self.once(self.only_copies())
        yield from self.once(self.out_of_sight())
        told = {"turn": self.turn + 1, "lost": self.lost, "by_sitemap": self.by_sitemap}
        yield Reached(written_state(STATE, {**told, "rules": self.rules}))

    def once(self, items: Iterable[Keyed]) -> Iterator[Keyed]:
        """The items of pages that gave none yet."""
        for item in items:
            if item.key not in self.given:
                self.given.add(item.key)
                yield item

    # -- what to ask for -------------------------------------------------------------

    def starts(self) -> Iterator[str]:
        """Where to begin: the sitemap's pages or the first page, then all that is held."""
        start = normal(self.source.url)
        if not start:
            problem = f"{self.source.url!r} is no address of a website"
            raise SourceUnreadable(self.source.name, problem, "Write `url` as https://host/path")
        if not self.robots.allow(start):
            problem = f"the robots.txt of {urlsplit(start).netloc} keeps us out"
            raise SourceUnreadable(self.source.name, problem, "Ask who runs it to allow Tandem")
        named = self.sitemaps.pages(start)
        if not named and self.sitemaps.wanted and self.sitemaps.foreign:
            problem = f"its sitemap names only pages elsewhere, such as {self.sitemaps.foreign}"
            raise SourceUnreadable(self.source.name, problem, "Check `url` and `prefixes`")
        self.by_sitemap = bool(named) or self.sitemaps.wanted
        self.rules = self.marked(self.robots.text(start))
        if not named:
            yield start
        yield from named
        if not self.by_sitemap:
            yield from (*sorted(self.since.held), *self.again)

    def marked(self, robots: str) -> str:
        """Marks what decides which pages are found; with others, all links are looked at anew."""
        scope = self.source.scope
        told = (scope.prefixes, scope.excluded, self.manners.max_depth, self.by_sitemap, robots)
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]

    def add(self, url: str, depth: int) -> None:
        """Ask for a page, if it belongs to the site and was not asked for before."""
        if url in self.queued or not self.source.scope.has(url) or depth > self.manners.max_depth:
            return
        if len(self.queued) > 2 * self.manners.max_pages and url not in self.since.held:
            return
        self.queued.add(url)
        self.queue.append((url, depth))

    # -- asking ----------------------------------------------------------------------

    def asked(self) -> Iterator[Found]:
        """Pages as they come, in the order in which they were queued."""
        coming: deque[Future[Found]] = deque()
        count = 0
        try:
            while self.queue or coming:
                while self.queue and len(coming) < 2 * self.manners.at_once and self.goes_on(count):
                    asking = partial(self.ask, *self.queue.popleft())
                    coming.append(self.pool.submit(copy_context().run, asking))  # its time limit
                    count += 1
                if not coming:
                    return
                yield coming.popleft().result()
        finally:
            self.pace.over = True
            for future in coming:
                future.cancel()

    def goes_on(self, count: int) -> bool:
        """Is there time and room for one more page?"""
        late = self.client.outside.clock() - self.began > self.manners.max_s
        return count < self.manners.max_pages and not late and not self.beyond

    def ask(self, url: str, depth: int) -> Found:
        """One page, read; in a thread of its own."""
        try:
            if not self.robots.allow(url):
                return Found(url, depth)
            if not self.pace.wait(url):
                return Found(url, depth, late=True)
            held = Mark.read(self.since.held.get(url, ""))
            known = self.by_sitemap or self.rules == self.rules_before
            sure = known and held is not None and held.turn <= self.turn
            answer = self.client.get(url, held=held.version if held and sure else None)
            return read(Found(url, depth, answer), held, links=not self.by_sitemap)
        except NetError as error:
            return Found(url, depth, failure=error)

    # -- what came -------------------------------------------------------------------

    def items_of(self, found: Found) -> Iterator[Keyed]:
        """The item of a page, if it is one; its links are queued."""
        if found.failure is not None:
            yield from self.failure(found, found.failure)
            return
        self.failed = 0
        if found.late:
            self.beyond.append((found.url, found.depth))
        if found.answer is None:
            return
        if found.answer.unchanged:
            yield Unchanged(found.url)
            return
        if not self.by_sitemap:
            for link in found.head.links:
                if self.source.scope.follows(link):
                    self.add(link, found.depth + 1)
        landed, told = normal(found.answer.url), found.head.canonical
        if landed != found.url:
            if not self.source.scope.has(landed):
                self.elsewhere = landed
            self.add(landed, found.depth)
        elif told and told != found.url and self.source.scope.has(told):
            self.add(told, found.depth)
            self.copies.append((told, found))
        else:
            yield from self.page(found, found.url)

    def only_copies(self) -> Iterator[Keyed]:
        """Pages that named another as the true one, which did not come."""
        for told, found in self.copies:
            if told not in self.given:
                yield from self.page(found, found.url)

    def page(self, found: Found, url: str) -> Iterator[Keyed]:
        """A page that is its own place."""
        answer = found.answer
        if answer is None:
            return
        if found.problem:
            self.lost.append(url)
            yield Unreadable(url, found.problem)
        elif found.content is None:
            yield Unchanged(url)
        else:
            mark = Mark(self.turn + 1, digest(answer), answer.version)
            content = found.content
            modified = content.modified_at or last_modified(answer)
            yield Document(
                self.source.name, url, content.title, content.text, url, str(mark), modified
            )

    def failure(self, found: Found, error: NetError) -> Iterator[Keyed]:
        """A page that did not come: gone, not to be read, or the site is away."""
        if found.url == normal(self.source.url) and not self.by_sitemap:
            raise error
        if isinstance(error, Missing):
            self.failed = 0
            self.lost.append(
                found.url
            )  # should it come back, the page that links to it is the same
            return
        self.failed += isinstance(error, Unreached)
        if isinstance(error, RateLimited) or self.failed >= PATIENCE:
            raise error
        self.lost.append(found.url)
        yield Unreadable(found.url, error.reason)

    def out_of_sight(self) -> Iterator[Keyed]:
        """What was not asked for because a limit was reached."""
        left = [url for url, _ in (*self.beyond, *self.queue)]
        if not left:
            return
        problem = "is the first page beyond the limits of this pass"
        yield Unreadable(left[0], f"{problem}; raise `max_pages` or `max_minutes`")
        self.lost += left[: self.manners.max_pages]
        yield from (Unchanged(url) for url in sorted(left) if url in self.since.held)

    def stay(self) -> None:
        """Raise where all that came leads elsewhere: the site moved, or asks for a login."""
        if self.elsewhere and not self.given and not self.copies:
            problem = f"its pages lead to {shown(self.elsewhere)}, which does not belong to it"
            remedy = "Let `url` be the address that it has now, or name that in `prefixes`"
            raise SourceUnreadable(self.source.name, problem, remedy)
