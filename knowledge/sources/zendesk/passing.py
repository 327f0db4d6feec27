"""Zendesk as a source: a pass over the help center's articles, and over solved tickets."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace

from knowledge.documents import Checkpoint, Item, Reached
from knowledge.errors import SourceUnreadable
from knowledge.net.asking import Limits, Outside
from knowledge.net.client import Client
from knowledge.net.errors import NetError
from knowledge.net.guard import Guard
from knowledge.sources._services import memory
from knowledge.sources._services.memory import digest
from knowledge.sources.zendesk.center import HelpCenter
from knowledge.sources.zendesk.files import Files
from knowledge.sources.zendesk.guiding import Chosen, Guide
from knowledge.sources.zendesk.memory import VERSION, Memory
from knowledge.sources.zendesk.people import People
from knowledge.sources.zendesk.service import Service
from knowledge.sources.zendesk.site import Site
from knowledge.sources.zendesk.solving import Desk
from knowledge.sources.zendesk.tickets import Wanted


@dataclass(frozen=True)
class ZendeskSource:
    """Articles with their files and comments, and tickets with theirs."""

    name: str
    site: Site
    articles: Chosen | None
    tickets: Wanted | None
    guard: Guard
    max_bytes: int = 20 * 2**20
    limits: Limits = field(default_factory=Limits)
    outside: Outside = field(default_factory=Outside)

    def expected(self) -> int | None:
        """Not known without asking."""
        return None

    def documents(self, since: Checkpoint | None) -> Iterator[Item]:
        """Every article, then every ticket; see `Source.documents`."""
        self.check()
        held, own = since or Checkpoint({}), self.site.credentials
        before = memory.read(Memory, held.state, VERSION, self.form)
        with Client(self.guard, self.limits, own, outside=self.outside) as client:
            try:
                after = yield from self.passed(Service(client, self.site), held, before)
            except NetError as error:
                raise error.of(self.name) from error
        yield Reached(memory.written(after, VERSION, self.form))

    def passed(
        self, service: Service, held: Checkpoint, before: Memory
    ) -> Generator[Item, None, Memory]:
        """One pass, and what to remember of it. Raises `NetError`."""
        service.check_login()
        now, people, after = self.outside.clock(), People(service), replace(before, lost=())
        if self.articles is not None:
            center = HelpCenter(service, self.articles.restricted)
            files = Files(self.name, service, self.max_bytes)
            guide = Guide(self.name, self.articles, center, people, files, held, before, now)
            yield from guide.items()
            after = guide.after
        if self.tickets is not None:
            desk = Desk(self.name, self.tickets, service, people, held, before, now)
            yield from desk.items()
            after = desk.after(after)
        return after

    @property
    def form(self) -> str:
        """The settings that a memory is good for."""
        return digest(self.site.url, self.site.user, self.articles, self.tickets, self.max_bytes)

    def check(self) -> None:
        """Are the settings such that Zendesk can be asked? Raises `SourceUnreadable`."""
        self.site.check(self.name)
        if problem := self.problem:
            raise SourceUnreadable(self.name, problem, "See docs/sources.md")

    @property
    def problem(self) -> str:
        """What is wrong with the settings; "" where nothing is."""
        if self.articles is None and self.tickets is None:
            return "neither `articles` nor `tickets` are to be read"
        if not self.site.token and self.tickets is not None:
            return "`tickets` are read with a `token` only"
        if not self.site.token and self.articles is not None and not self.articles.locales:
            return "without a `token`, `locales` must say in which languages articles are read"
        if self.tickets is not None and self.tickets.since and self.tickets.first is None:
            return f"`tickets_since` is {self.tickets.since!r}, which is no date (2026-01-31)"
        return ""
