"""Files on articles: which are read, and how."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from knowledge import reading
from knowledge.documents import Document, Unreadable
from knowledge.net.errors import Refused
from knowledge.net.urls import shown
from knowledge.reading.dates import aware
from knowledge.sources._services.attached import Attached
from knowledge.sources._services.memory import digest
from knowledge.sources._services.refusals import Json
from knowledge.sources.zendesk.articles import Article, Odd
from knowledge.sources.zendesk.service import Service

KEPT = "/hc/article_attachments/"  # below the help desk's own address as well as a mapped one


@dataclass(frozen=True)
class File:
    """A file on an article."""

    id: str
    name: str
    size: int  # bytes
    url: str  # of its bytes
    changed: str  # when, as Zendesk tells it

    @property
    def mark(self) -> str:
        """The fingerprint of its document."""
        return f"{self.changed}-{self.size}-{digest(reading.VERSION)}"


def file(told: Json) -> File:
    """A file of a list. Raises `Odd`."""
    id, size, url = told.get("id"), told.get("size"), told.get("content_url")
    if type(id) is not int or not isinstance(url, str):
        raise Odd("a file without an id and an address")
    changed = str(told.get("updated_at") or told.get("created_at") or "")
    name = str(told.get("file_name") or "")
    return File(str(id), name, size if isinstance(size, int) else 0, url, changed)


def key_of(article: str, file: File) -> str:
    """The key of a file's document: its article's id, and its own."""
    return f"file/{article}/{file.id}"


@dataclass(frozen=True)
class Files:
    """Reads files. Raises `NetError` when Zendesk itself is not there."""

    source: str
    service: Service
    max_bytes: int

    def read(self, file: File, one: Article) -> Document | Unreadable:
        """A file on an article."""
        key = key_of(one.id, file)
        attached = Attached(key, file.name, file.size, lambda: self.content(file))
        content = attached.read(self.max_bytes)
        if isinstance(content, Unreadable):
            return content
        title = f"{content.title} ({one.title})"
        at = aware(file.changed) or content.modified_at
        return Document(self.source, key, title, content.text, one.url, file.mark, at)

    def content(self, file: File) -> bytes:
        """Its bytes, wherever they lie; our login is sent to the help desk alone."""
        answer = self.service.client.get(self.address(file))
        if answer.media == "text/html" and not file.name.lower().endswith((".html", ".htm")):
            problem = "answers a page in place of the file"
            raise Refused(shown(file.url), problem, "Check that the login may read it")
        return answer.body

    def address(self, file: File) -> str:
        """Where its bytes lie. Raises `Refused`."""
        home = self.service.site.url
        try:
            parts = urlsplit(file.url)
        except ValueError:
            parts = urlsplit("")
        url = f"{home}{parts.path}" if parts.path.startswith(KEPT) else file.url
        if parts.scheme == "https" or url.startswith(f"{home}/"):
            return url
        problem = "is not at the help desk, and not at an address with https"
        raise Refused(shown(file.url), problem, "Attach it anew, or leave files out")
