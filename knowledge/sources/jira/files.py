"""Files on issues: which are read, and how."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from knowledge import reading
from knowledge.documents import Checkpoint, Document, Keyed, Unchanged, Unreadable
from knowledge.reading.dates import aware
from knowledge.sources._atlassian.service import Service
from knowledge.sources._services.attached import Attached, readable
from knowledge.sources._services.memory import digest
from knowledge.sources.jira.issues import File, Issue


@dataclass(frozen=True)
class Files:
    """Reads files. Raises `NetError` when Jira itself is not there."""

    source: str
    service: Service
    max_bytes: int

    def of(self, one: Issue, held: Checkpoint) -> Iterator[Keyed]:
        """The files on an issue that can be read; pictures and recordings are passed over."""
        for file in one.files:
            key = f"{one.id}/{file.id}"
            mark = f"{file.created}-{digest(reading.VERSION)}"
            if not readable(file.name):
                continue
            yield Unchanged(key) if held.has(key, mark) else self.read(one, file, key, mark)

    def read(self, one: Issue, file: File, key: str, mark: str) -> Document | Unreadable:
        """One file."""
        attached = Attached(key, file.name, file.size, lambda: self.content(file))
        content = attached.read(self.max_bytes)
        if isinstance(content, Unreadable):
            return content
        url, title = f"{self.service.site.url}/browse/{one.key}", f"{content.title} ({one.key})"
        at = aware(file.created) or content.modified_at
        return Document(self.source, key, title, content.text, url, mark, at)

    def content(self, file: File) -> bytes:
        """Its bytes. Raises `NetError`."""
        if self.service.site.cloud:
            path = f"/rest/api/3/attachment/content/{file.id}"
        else:
            path = f"/secure/attachment/{file.id}/{quote(file.name, safe='')}"
        return self.service.get(path, accept="*/*").body
