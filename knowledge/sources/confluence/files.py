"""Files on pages: which are read, and how."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import parse_qsl, urlencode, urlsplit

from knowledge import reading
from knowledge.documents import Document, Unreadable
from knowledge.net.errors import Refused
from knowledge.sources._atlassian.service import Service
from knowledge.sources._services.attached import Attached
from knowledge.sources.confluence.entries import Entry

READABLE = frozenset({*reading.BY_SUFFIX, ".txt", ".text"})


def readable(file: Entry) -> bool:
    """Is it of a format that can be read? Pictures and drawings are passed over."""
    return PurePosixPath(file.title.lower()).suffix in READABLE


def key_of(file: Entry) -> str:
    """The key of a file's document: its page's id, and its own."""
    return f"{file.container}/{file.id}"


@dataclass(frozen=True)
class Files:
    """Reads files. Raises `NetError` when Confluence itself is not there."""

    source: str
    service: Service
    max_bytes: int
    shape: str

    def mark(self, file: Entry) -> str:
        """The fingerprint of a file."""
        return f"{file.version}-{self.shape}"

    def read(self, file: Entry) -> Document | Unreadable:
        """A file in the very version that was listed."""
        key = key_of(file)
        attached = Attached(key, file.title, file.size, lambda: self.content(file))
        content = attached.read(self.max_bytes)
        if isinstance(content, Unreadable):
            return content
        # A file's own date may be older than the version that stands here.
        return Document(
            self.source, key, content.title, content.text, file.url,
            self.mark(file), file.changed_at or content.modified_at,
        )  # fmt: skip

    def content(self, file: Entry) -> bytes:
        """Its bytes. Raises `NetError`."""
        if self.service.site.cloud:
            path = f"/rest/api/content/{file.container}/child/attachment/{file.id}/download"
            return self.service.get(path, {"version": file.version}, "*/*").body
        parts = urlsplit(file.download)
        if parts.scheme or parts.netloc or not parts.path.startswith("/"):
            problem = "tells no address of the file below its own"
            raise Refused(file.title, problem, "Check the base URL in Confluence's settings")
        query = {**dict(parse_qsl(parts.query)), "version": str(file.version)}
        return self.service.get(f"{parts.path}?{urlencode(query)}", accept="*/*").body
