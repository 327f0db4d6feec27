"""One pass over a website: several pages at once, politely, in an order that is always the same."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from typing import Literal
from urllib.parse import urlsplit

from knowledge import reading
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
from knowledge.reading.plain import NotReadable
from knowledge.sources.website.finding import Head, Robots, head_of, in_sitemap
from knowledge.sources.website.pace import Pace
from knowledge.sources.website.pages import Found, Mark, digest, last_modified
from knowledge.sources.website.scope import Scope, normal
from knowledge.states import read_state, written_state

STATE = 1
PATIENCE = 5  # pages in a row that are not reached before the site is taken to be away
NAMES = {  # by media type, the file name by which a page is read
    "": "page.html",
    "text/html": "page.html",
    "application/xhtml+xml": "page.html",
    "application/pdf": "page.pdf",
    "text/plain": "page.txt",
    "text/markdown": "page.md",
}


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
        self.pace = Pace(self.client.outside, self.robots, self.manners.delay_s)
        self.queue: deque[tuple[str, int]] = deque()
        self.queued: set[str] = set()
        self.given: set[str] = set()
        self.lost: list[str] = []
        self.copies: list[tuple[str, Found]] = []  # with the address that each names as its own
        self.by_sitemap = False
        self.failed = 0  # pages in a row
        self.began = self.client.outside.clock()

    def items(self) -> Iterator[Item]:
        """All items."""
        for url in self.starts():
            self.add(url, 0)
        for found in self.asked():
            yield from self.once(self.items_of(found))
        yield from self.once(self.only_copies())
        yield from self.once(self.out_of_sight())
        yield Reached(written_state(STATE, {"turn": self.turn + 1, "lost": self.lost}))

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
        named = list(self.named(start))
        if not named:
            yield start
        yield from named
        if not self.by_sitemap:
            yield from (*sorted(self.since.held), *self.again)

    def named(self, start: str) -> Iterator[str]:
        """The pages of the sitemaps, where pages are found by them."""
        if self.manners.find == "links":
            return
        told = normal(self.manners.sitemap, start) if self.manners.sitemap else ""
        sure = [told] if told else self.robots.sitemaps(start)
        guess = [] if sure else [normal("/sitemap.xml", start)]
        for url in sure or guess:
            try:
                yield from in_sitemap(self.client, url, self.manners.max_pages)
                self.by_sitemap = True
            except Missing:
                if told or sure or self.manners.find == "sitemap":
                    raise

    def add(self, url: str, depth: int) -> None:
        """Ask for a page, if it belongs to the site and was not asked for before."""
        if url in self.queued or not self.source.scope.has(url) or depth > self.manners.max_depth:
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
        return count < self.manners.max_pages and not late

    def ask(self, url: str, depth: int) -> Found:
        """One page, read; in a thread of its own."""
        try:
            if not self.robots.allow(url) or not self.pace.wait(url):
                return Found(url, depth)
            held = Mark.read(self.since.held.get(url, ""))
            sure = held is not None and held.turn <= self.turn
            answer = self.client.get(url, held=held.version if held and sure else None)
            return self.read(Found(url, depth, answer), held)
        except NetError as error:
            return Found(url, depth, failure=error)

    def read(self, found: Found, held: Mark | None) -> Found:
        """The page's links and text; the text only if it is another than the one held."""
        answer = found.answer
        if answer is None or answer.unchanged:
            return found
        name = NAMES.get(answer.media, "")
        if not name:
            problem = f"is {answer.media}, which is not read; exclude it"
            return Found(found.url, found.depth, answer, problem=problem)
        is_html = name.endswith(".html") and not answer.body.startswith(b"%PDF-")
        links = not self.by_sitemap
        head = head_of(answer.body, answer.url, links) if is_html else Head()
        if held is not None and held.digest == digest(answer):
            return Found(found.url, found.depth, answer, head)
        try:
            content = reading.read(answer.body, name)
        except NotReadable as error:
            return Found(found.url, found.depth, answer, head, problem=str(error))
        return Found(found.url, found.depth, answer, head, content)

    # -- what came -------------------------------------------------------------------

    def items_of(self, found: Found) -> Iterator[Keyed]:
        """The item of a page, if it is one; its links are queued."""
        if found.failure is not None:
            yield from self.failure(found, found.failure)
            return
        self.failed = 0
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
        if not self.queue:
            return
        problem = "is the first page beyond the limits of this pass"
        yield Unreadable(self.queue[0][0], f"{problem}; raise `max_pages` or `max_minutes`")
        self.lost += [url for url, _ in self.queue][: self.manners.max_pages]
        left = {url for url, _ in self.queue}
        yield from (Unchanged(url) for url in sorted(left & self.since.held.keys())
                    if url not in self.given and url != self.queue[0][0])  # fmt: skip
