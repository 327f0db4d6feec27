"""Reads a page: its properties, its blocks, and what was said on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from knowledge.documents import Document
from knowledge.net.errors import Denied, Refused
from knowledge.reading.dates import aware
from knowledge.reading.plain import clean, one_line
from knowledge.sources._services.memory import digest
from knowledge.sources._services.refusals import Json, whole
from knowledge.sources.notion.blocks import Block, Tree
from knowledge.sources.notion.entries import Entry, titled
from knowledge.sources.notion.files import Hosted, among, filed
from knowledge.sources.notion.properties import head
from knowledge.sources.notion.rendering import Drawing
from knowledge.sources.notion.service import Notion, part
from knowledge.sources.notion.words import markdown, plain

FRESH_S = 300.0  # Notion tells edits by the minute, and clocks differ


@dataclass(frozen=True)
class Read:
    """What a page holds."""

    document: Document | None  # None: it says nothing
    files: tuple[Hosted, ...] = ()
    pages: tuple[str, ...] = ()  # that lie in it
    databases: tuple[str, ...] = ()
    fresh: bool = False  # may it have been edited since within the same minute?


@dataclass
class Reader:
    """Reads pages. Its methods raise `NetError`; `read` raises `TooLong`, too."""

    source: str
    notion: Notion
    shape: str  # what documents depend on besides their versions
    talk: bool = False  # are comments read?
    titles: dict[str, str] = field(default_factory=dict)  # of pages and data sources, by id
    kept_from: Denied | None = None  # why comments cannot be read

    def read(self, page: Entry) -> Read:
        """A page as it is now."""
        now = self.notion.client.outside.clock()
        blocks = Tree(self.notion).of(page.id)
        every = [each for top in blocks for each in top.walk()]
        text, mark = self.written(page, blocks)
        fresh = now - page.edited_at.timestamp() < FRESH_S
        mark = f"{page.mark}{'?' * fresh}.{mark}.{digest(page.title, text)}-{self.shape}"
        document = Document(
            self.source, page.id, page.title, text, page.url, mark, page.edited_at
        ) if text else None  # fmt: skip
        inner = [
            [one.id for one in every if one.type == f"child_{k}"] for k in ("page", "database")
        ]
        files = (*among(blocks), *filed(page.properties))
        return Read(document, files, tuple(inner[0]), tuple(inner[1]), fresh)

    def written(self, page: Entry, blocks: tuple[Block, ...]) -> tuple[str, str]:
        """The text of a page, and a mark of what was said on it."""
        about = head(page.properties, self.named)
        body = Drawing(self.named).blocks(blocks).strip()
        talk = self.talk_on(page.id)
        if about and (table := self.table(page)):
            about = f"- Database: {table}\n{about}"
        parts = (about, body, f"## Comments\n\n{talk}" if talk else "")
        return clean("\n\n".join(one for one in parts if one)), said(talk)

    def named(self, id: str) -> str:
        """The title of a page; "" where it is not to be seen."""
        if id and id not in self.titles:
            self.titles[id] = self.asked(lambda: titled(part(self.notion.page(id), "properties")))
        return self.titles.get(id, "")

    def table(self, page: Entry) -> str:
        """The name of the data source that a row is of."""
        id = page.parent.id
        if page.parent.kind != "data_source_id" or not id:
            return ""
        if id not in self.titles:
            self.titles[id] = self.asked(lambda: plain(self.notion.data_source(id).get("title")))
        return self.titles[id]

    def asked(self, ask: Callable[[], str]) -> str:
        """A name; "" where the integration may not see it."""
        try:
            return ask()
        except Refused as error:
            if whole(error):
                raise
            return ""

    # -- comments --------------------------------------------------------------------

    def talk_on(self, id: str) -> str:
        """What was said on a page, where comments are wanted and the integration may read them."""
        if not self.talk or self.kept_from:
            return ""
        try:
            return "\n\n".join(filter(None, map(comment, self.notion.comments(id))))
        except Denied as error:
            if whole(error):
                raise
            self.kept_from = error
            return ""

    def stirred(self, id: str, mark: str) -> bool:
        """Was something said since a page was read that has this fingerprint?"""
        return mark.split(".")[1:2] != [said(self.talk_on(id))] and not self.kept_from


def said(talk: str) -> str:
    """A mark of what was said."""
    return digest(talk) if talk else "0"


def comment(told: Json) -> str:
    """A comment under its author, where he is told, and its day; "" where it says nothing."""
    text, made = markdown(told.get("rich_text")).strip(), aware(told.get("created_time"))
    name = part(told, "display_name").get("resolved_name") or part(told, "created_by").get("name")
    day = f", {made:%Y-%m-%d}" if made else ""
    return f"### {one_line(str(name or 'Comment'))}{day}\n\n{text}" if text else ""
