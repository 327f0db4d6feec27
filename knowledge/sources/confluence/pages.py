"""Reads pages with their comments, some at a time; where some fail, each by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from knowledge.documents import Document, Unreadable
from knowledge.net.errors import NetError, Unreached
from knowledge.reading.plain import NotReadable
from knowledge.sources._services.refusals import Json, whole
from knowledge.sources.confluence.cql import among
from knowledge.sources.confluence.entries import Entry, Odd, body, fingerprint, space
from knowledge.sources.confluence.lists import OF_PAGES, READERS, Lists, cut_up
from knowledge.sources.confluence.rendering import markdown_of

AT_ONCE = 10  # pages in one question
TROUBLE = 3  # pages one after the other that the service fails at: then it is the service
READ = "version,space"
ODD = "came without its text; check what the token permits, the next sync asks again"


@dataclass(frozen=True)
class Blank:
    """A page that says nothing: a folder, a picture."""

    key: str
    fingerprint: str


@dataclass
class Reader:
    """Reads pages of a Confluence. Raises `NetError` when Confluence itself is not there."""

    source: str
    lists: Lists
    kind: str  # of the body: export_view, storage
    comments: bool
    restricted: bool  # also what only some may read
    shape: str  # what else documents depend on
    failed: int = field(default=0)

    def read(self, clause: str, ids: Sequence[str]) -> Iterator[Document | Blank | Unreadable]:
        """Those of the pages that are still there."""
        for some in cut_up(ids, AT_ONCE):
            try:
                yield from self.together(clause, some)
            except NetError as error:
                yield from self.alone(clause, some, error)

    def alone(
        self, clause: str, ids: Sequence[str], error: NetError
    ) -> Iterator[Document | Blank | Unreadable]:
        """Each by itself: one page that cannot be drawn must not cost the others."""
        if whole(error):
            raise error
        for id in ids:
            try:
                yield from self.together(clause, [id])
                self.failed = 0
            except NetError as own:
                self.failed += isinstance(own, Unreached)
                if whole(own) or self.failed >= TROUBLE:
                    raise
                yield Unreadable(id, own.reason)

    def together(self, clause: str, ids: Sequence[str]) -> Sequence[Document | Blank | Unreadable]:
        """Pages by one question, and one for their comments."""
        found = self.lists.found(among(clause, "id", ids), (), self.expand, ids)
        told = {page.id: (page, each) for page, each in found}
        said = self.said(list(told)) if self.comments and told else {}
        return [
            self.made(page, each, sorted(said.get(page.id, ()), key=lambda one: one[0].order))
            for page, each in (told[id] for id in ids if id in told)
            if self.restricted or not page.restricted
        ]

    @property
    def expand(self) -> str:
        """What is asked of a page."""
        return f"{READ},body.{self.kind},{READERS}"

    def said(self, ids: Sequence[str]) -> dict[str, list[tuple[Entry, Json]]]:
        """The comments on pages, by the page's id."""
        made: dict[str, list[tuple[Entry, Json]]] = {}
        expand = f"{OF_PAGES},body.{self.kind}"
        for comment, told in self.lists.found(
            among("type = comment", "container", ids), ("comment",), expand
        ):
            if comment.container in ids:
                made.setdefault(comment.container, []).append((comment, told))
        return made

    def made(
        self, page: Entry, told: Json, said: Sequence[tuple[Entry, Json]]
    ) -> Document | Blank | Unreadable:
        """A page as a document."""
        mark = fingerprint(page, [comment for comment, _ in said], self.shape)
        try:
            text = self.text(page, told)
            talk = [self.comment(comment, words) for comment, words in said]
        except (NotReadable, Odd) as error:
            reason = error.reason if isinstance(error, NotReadable) else ODD
            return Unreadable(page.id, reason)
        talk = ["## Comments", *filter(None, talk)] if any(talk) else []
        words = "\n\n".join([text, *talk]).strip()
        if not words:
            return Blank(page.id, mark)
        title = page.title or page.id
        return Document(self.source, page.id, title, words, page.url, mark, page.changed_at)

    def text(self, page: Entry, told: Json) -> str:
        """The page's own words. Raises `NotReadable` and `Odd`."""
        return markdown_of(body(told, self.kind), self.kind, page.base, space(told))

    def comment(self, comment: Entry, told: Json) -> str:
        """A comment under its own heading; "" where it says nothing."""
        words = markdown_of(body(told, self.kind), self.kind)
        day = f", {comment.changed_at:%Y-%m-%d}" if comment.changed_at else ""
        return f"### {comment.author or 'Comment'}{day}\n\n{words}" if words else ""
