"""Files that Notion keeps, on pages and in their properties: which are read, and how."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from knowledge import reading
from knowledge.documents import Checkpoint, Document, Keyed, Unchanged, Unreadable
from knowledge.net.client import Client
from knowledge.net.errors import Denied, Refused, TooLarge
from knowledge.sources._services.attached import Attached
from knowledge.sources._services.memory import digest
from knowledge.sources._services.refusals import Json
from knowledge.sources.notion.blocks import Block
from knowledge.sources.notion.entries import Entry
from knowledge.sources.notion.rendering import file_name
from knowledge.sources.notion.service import Notion, mapping, objects, part

READABLE = frozenset({*reading.BY_SUFFIX, ".txt", ".text", ".log"})
HOLDING = frozenset({"file", "pdf"})  # blocks


@dataclass(frozen=True)
class Hosted:
    """A file; its address is good for an hour, the path of it stays."""

    name: str
    url: str
    block: str = ""  # where it stands; "": in a property

    @property
    def path(self) -> str:
        """What stays of its address."""
        return self.url.partition("?")[0]


def hosted(told: Json, block: str = "") -> Hosted | None:
    """A file of a block or a property; None for what lies elsewhere or is of no format we read."""
    url, name = part(told, "file").get("url"), file_name(told)
    if told.get("type") != "file" or not isinstance(url, str) or not url:
        return None
    readable = PurePosixPath(name.lower()).suffix in READABLE
    return Hosted(name, url, block) if readable else None


def among(blocks: Sequence[Block]) -> Iterator[Hosted]:
    """The files that stand among blocks."""
    for block in (each for top in blocks for each in top.walk()):
        if block.type in HOLDING and (found := hosted(block.told, block.id)):
            yield found


def filed(properties: Json) -> Iterator[Hosted]:
    """The files in a page's properties."""
    for one in map(mapping, properties.values()):
        if one.get("type") == "files":
            yield from filter(None, map(hosted, objects(one.get("files"))))


@dataclass(frozen=True)
class Files:
    """Reads files. Raises `NetError` when Notion itself is not there."""

    source: str
    notion: Notion
    client: Client  # without a login: files lie at another host
    max_bytes: int

    def of(self, page: Entry, found: Sequence[Hosted], held: Checkpoint) -> Iterator[Keyed]:
        """The files of a page."""
        seen = set[str]()
        for file in found:
            key, mark = f"{page.id}/{digest(file.path)}", digest(file.path, reading.VERSION)
            if key in seen:
                continue
            seen.add(key)
            yield Unchanged(key) if held.has(key, mark) else self.read(page, file, key, mark)

    def read(self, page: Entry, file: Hosted, key: str, mark: str) -> Document | Unreadable:
        """One file."""
        attached = Attached(key, file.name, 0, lambda: self.content(page, file))
        content = attached.read(self.max_bytes)
        if isinstance(content, Unreadable):
            return content
        at = f"#{file.block.replace('-', '')}" if file.block else ""
        title, changed_at = content.title, content.modified_at or page.edited_at
        return Document(
            self.source, key, title, content.text, f"{page.url}{at}", mark, changed_at
        )  # fmt: skip

    def content(self, page: Entry, file: Hosted) -> bytes:
        """Its bytes; where the address ended, by a new one. Raises `NetError`."""
        try:
            return self.client.get(file.url).body
        except TooLarge:
            raise
        except Refused as error:
            anew = self.anew(page, file)
            if not anew or anew == file.url:
                raise ended(error) from error
        try:
            return self.client.get(anew).body
        except Denied as error:
            raise ended(error) from error

    def anew(self, page: Entry, file: Hosted) -> str:
        """The address as Notion gives it now; "" where the file is not there any more."""
        if file.block:
            told = self.notion.block(file.block)
            now = hosted(part(told, str(told.get("type") or "")))
            return now.url if now else ""
        there = filed(part(self.notion.page(page.id), "properties"))
        return next((each.url for each in there if each.path == file.path), "")


def ended(error: Refused) -> Refused:
    """What it means when an address that Notion gave does not open."""
    problem = f"the address that Notion gave does not open it ({error.problem})"
    return Refused(error.where, problem, "The next sync asks for a new one; check the file")
